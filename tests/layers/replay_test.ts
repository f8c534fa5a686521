/** Calls that are sent several times: bodies of all kinds, what is kept of them, and what is let go. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { asRequest, type Fetch, stack } from "@pirouette/http";
import { connectionOf } from "../../src/message/connection.ts";
import { redirect } from "../../src/layers/redirect.ts";
import { Replay } from "../../src/layers/replay.ts";
import { replayable } from "../../src/layers/replay_body.ts";
import { BodyTape } from "../../src/layers/replay_tape.ts";
import { within } from "../support/within.ts";

const url = "http://a.example/";

/** Reads all of the body that it is sent. */
const reads: Fetch = async (input, init) => {
  const request = asRequest(input, init);
  return new Response(await request.bytes());
};

async function text(response: Promise<Response>): Promise<string> {
  return await (await response).text();
}

/** A stream of pieces, which counts what is asked of it. */
function source(pieces: readonly string[]): {
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  pulls: () => number;
  cancelled: () => unknown[];
} {
  let pulls = 0;
  const cancelled: unknown[] = [];
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const piece = pieces[pulls++];
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
    },
    cancel: (reason) => {
      cancelled.push(reason);
    },
  }, { highWaterMark: 0 });
  return { stream, pulls: () => pulls, cancelled: () => cancelled };
}

Deno.test("replay: nothing is changed where nothing must be", async () => {
  const sent: [unknown, unknown][] = [];
  const below: Fetch = (input, init) => {
    sent.push([input, init]);
    return Promise.resolve(new Response());
  };
  const init = { method: "POST", body: "text", headers: { a: "1" } };
  const bodyless = new Request(url);
  const replay = new Replay(url, init, 10);
  await replay.send(below);
  await replay.send(below);
  const again = new Replay(bodyless, undefined, 10);
  await again.send(below);
  await again.send(below);
  assert.equal(sent[0]?.[0], url);
  assert.equal(sent[0]?.[1], init);
  assert.equal(sent[1]?.[1], init);
  assert.equal(sent[2]?.[0], bodyless);
  assert.equal(sent[3]?.[0], bodyless);
});

Deno.test("replay: every kind of body is sent again", async () => {
  const form = new FormData();
  form.set("a", "1");
  const bodies: [name: string, body: () => BodyInit, expected: RegExp][] = [
    ["text", () => "hello", /^hello$/],
    ["bytes", () => new TextEncoder().encode("hello"), /^hello$/],
    ["a buffer", () => new TextEncoder().encode("hello").buffer, /^hello$/],
    ["a Blob", () => new Blob(["hello"]), /^hello$/],
    ["a form", () => new URLSearchParams({ a: "1" }), /^a=1$/],
    ["a multipart form", () => form, /name="a"/],
    ["a stream", () => source(["he", "llo"]).stream, /^hello$/],
    ["an iterable", () => iterable() as unknown as BodyInit, /^hello$/],
    ["a factory", () => replayable(() => source(["hel", "lo"]).stream), /^hello$/],
  ];
  for (const [name, body, expected] of bodies) {
    const beside = new Replay(url, { method: "PUT", body: body() }, 64);
    const whole = new Replay(new Request(url, { method: "PUT", body: body() }), undefined, 1_024);
    const moved = new Replay(new Request(url, { method: "PUT", body: body() }), undefined, 1_024);
    for (let count = 0; count < 3; count++) {
      assert.match(await text(beside.send(reads)), expected, name);
      assert.match(await text(whole.send(reads)), expected, `${name} of a request`);
      assert.match(await text(moved.send(reads, { url: `${url}${count}` })), expected, name);
      for (const replay of [beside, whole, moved]) {
        assert.equal(await replay.canSendAgain(), true, name);
      }
    }
  }
});

async function* iterable(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield* source(["hell", "o"]).stream;
}

Deno.test("replay: a length stays known", async () => {
  const lengths: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    lengths.push(request.headers.get("content-length"));
    return request.text().then((body) => new Response(body));
  });
  const at = `http://127.0.0.1:${server.addr.port}/`;
  const replay = new Replay(new Request(at, { method: "POST", body: "hello" }), undefined, 64);
  const moved = new Replay(new Request(url, { method: "POST", body: "hello" }), undefined, 64);
  const form = new FormData();
  form.set("a", "1");
  const multipart = new Replay(new Request(url, { method: "POST", body: form }), undefined, 1_024);
  for (let count = 0; count < 2; count++) {
    assert.equal(await within(text(replay.send(fetch)), "sent"), "hello");
    assert.equal(await within(text(moved.send(fetch, { url: at })), "moved"), "hello");
    await within(text(multipart.send(fetch, { url: at })), "multipart");
  }
  assert.deepEqual(lengths.map((length) => length === "5" || Number(length) > 100), [
    ...new Array(6).fill(true),
  ]);
});

Deno.test("replay: a stream is read no further than it is sent", async () => {
  const { stream, pulls, cancelled } = source(["a", "b", "c", "d"]);
  const replay = new Replay(url, { method: "PUT", body: stream }, 64);
  const readsOne: Fetch = async (_input, init) => {
    const reader = (init?.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    throw new TypeError("reset");
  };
  await assert.rejects(replay.send(readsOne), /reset/);
  assert.equal(pulls(), 1);
  assert.equal(replay.canSendAgain(), true);
  await assert.rejects(replay.send(readsOne), /reset/);
  assert.equal(pulls(), 1);
  assert.equal(await text(replay.send(reads)), "abcd");
  replay.drop();
  assert.deepEqual(cancelled(), []);
});

Deno.test("replay: over the limit a body is sent once", async () => {
  const beside = new Replay(url, { method: "PUT", body: source(["12345", "6"]).stream }, 5);
  assert.equal(await text(beside.send(reads)), "123456");
  assert.equal(beside.canSendAgain(), false);
  await assert.rejects(beside.send(reads), /^TypeError: Cannot send the body again: pass text/);

  const request = new Request(url, { method: "PUT", body: "123456" });
  const replay = new Replay(request, undefined, 5);
  assert.equal(await text(replay.send(reads)), "123456");
  assert.equal(await replay.canSendAgain(), false);
  await assert.rejects(replay.send(reads), /^TypeError: Cannot send the body again/);

  const moved = new Replay(
    new Request(url, { method: "PUT", body: source(["1", "2", "3"]).stream }),
    undefined,
    2,
  );
  assert.equal(await text(moved.send(reads, { url })), "123");
  assert.equal(await moved.canSendAgain(), false);
});

Deno.test("replay: a stream that nobody read goes on, whatever the limit", async () => {
  const replay = new Replay(url, { method: "PUT", body: source(["123456"]).stream }, 0);
  const refused: Fetch = () => Promise.reject(new TypeError("refused"));
  await assert.rejects(replay.send(refused), /refused/);
  assert.equal(replay.canSendAgain(), true);
  assert.equal(await text(replay.send(reads)), "123456");
  assert.equal(replay.canSendAgain(), false);
});

Deno.test("replay: a body that still comes is not waited for", async () => {
  let push: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      push = controller;
      controller.enqueue(new TextEncoder().encode("begun "));
    },
  });
  const request = new Request(url, { method: "PUT", body });
  const replay = new Replay(request, undefined, 64);
  await replay.send(() => Promise.resolve(new Response(null, { status: 503 })));
  assert.equal(await replay.canSendAgain(), true);
  const sent = text(replay.send(reads));
  push?.enqueue(new TextEncoder().encode("and ended"));
  push?.close();
  assert.equal(await within(sent, "the rest"), "begun and ended");
});

Deno.test("replay: two at once get the whole body each", async () => {
  const replay = new Replay(url, { method: "PUT", body: source(["a", "b", "c"]).stream }, 64);
  const [one, other] = await Promise.all([text(replay.send(reads)), text(replay.send(reads))]);
  assert.deepEqual([one, other], ["abc", "abc"]);
});

Deno.test("replay: a source is cancelled when it is let go, not while it is sent", async () => {
  const refused: Fetch = () => Promise.reject(new TypeError("refused"));
  const left = source(["a", "b"]);
  const replay = new Replay(url, { method: "PUT", body: left.stream }, 64);
  await assert.rejects(replay.send(refused));
  assert.equal(left.cancelled().length, 0);
  replay.drop();
  replay.drop();
  assert.equal(left.cancelled().length, 1);
  assert.equal(replay.canSendAgain(), false);

  // A service can answer before it has read what it is sent.
  const going = source(["a", "b"]);
  const early = new Replay(url, { method: "PUT", body: going.stream }, 64);
  let body: ReadableStream<Uint8Array> | undefined;
  await early.send((_input, init) => {
    body = init?.body as ReadableStream<Uint8Array>;
    return Promise.resolve(new Response());
  });
  early.drop();
  assert.equal(await new Response(body ?? null).text(), "ab");
  assert.equal(going.cancelled().length, 0);
});

Deno.test("replay: a source that fails is not sent again", async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => Promise.reject(new Error("disk")),
  });
  for (const request of [url, new Request(url, { method: "PUT", body })]) {
    const init = request === url
      ? {
        method: "PUT",
        body: new ReadableStream({ pull: () => Promise.reject(new Error("disk")) }),
      }
      : undefined;
    const replay = new Replay(request, init, 64);
    await assert.rejects(replay.send(reads), /disk/);
    assert.equal(await replay.canSendAgain(), false);
    replay.drop();
  }
});

Deno.test("replay: one sending has an address, a signal and fields of its own", async () => {
  const seen: [url: string, a: string | null, b: string | null, aborted: boolean][] = [];
  const below: Fetch = (input, init) => {
    const request = asRequest(input, init);
    const { headers, signal } = request;
    seen.push([request.url, headers.get("a"), headers.get("b"), signal.aborted]);
    return Promise.resolve(new Response());
  };
  const changes = {
    url: `${url}b`,
    signal: AbortSignal.abort(),
    headers: (headers: Headers) => headers.set("b", "2"),
  };
  const given = { headers: { a: "1" } };
  for (
    const replay of [
      new Replay(url, given, 0),
      new Replay(new Request(url, given), undefined, 0),
      new Replay(url, { headers: new Map([["a", "1"]]).entries() as unknown as Headers }, 0),
    ]
  ) {
    seen.length = 0;
    const { signal, headers } = changes;
    await replay.send(below, changes);
    await replay.send(below, { signal, headers });
    await replay.send(below);
    assert.deepEqual(seen, [
      [`${url}b`, "1", "2", true],
      [url, "1", "2", true],
      [url, "1", null, false],
    ]);
  }
});

Deno.test("replay: what a server passes beside a request goes along", async () => {
  const connection = { remoteAddr: { hostname: "192.0.2.1" } };
  const seen: unknown[] = [];
  const below: Fetch = (input, init) => {
    seen.push(connectionOf(input as Request), init);
    return Promise.resolve(new Response());
  };
  const request = new Request(url, { method: "PUT", body: "x" });
  const replay = new Replay(request, connection as RequestInit, 10);
  await replay.send(below);
  await replay.send(below);
  assert.deepEqual(seen, new Array(4).fill(connection));
});

Deno.test("replay: a request that was read before is the platform's to refuse", async () => {
  const request = new Request(url, { method: "PUT", body: "x" });
  await request.text();
  const replay = new Replay(request, undefined, 10);
  await assert.rejects(replay.send(reads), TypeError);
  assert.equal(await replay.canSendAgain(), false);
});

Deno.test("replay: a stream that can be made anew is opened only to be read", async () => {
  let made = 0;
  const body = replayable(() => {
    made++;
    return source(["ab", "c"]).stream;
  });
  const replay = new Replay(url, { method: "PUT", body }, 0);
  await assert.rejects(replay.send(() => Promise.reject(new TypeError("refused"))));
  assert.equal(made, 0);
  assert.equal(await text(replay.send(reads)), "abc");
  assert.equal(made, 1);
  replay.drop();
  assert.equal(replay.canSendAgain(), true);
  assert.equal(await new Response(replayable(() => source(["x"]).stream)).text(), "x");
});

Deno.test("replay: a tape gives every reading the same bytes, or an error", async () => {
  const step = fc.record({ reader: fc.nat(3), cancel: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 8 }),
      fc.nat(24),
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      async (pieces, limit, steps, readsAhead) => {
        let at = 0;
        let most = 0;
        const bytes = pieces.flatMap((piece) => [...piece]);
        const tape = new BodyTape(
          new ReadableStream<Uint8Array<ArrayBuffer>>({
            pull(controller) {
              const piece = pieces[at++];
              if (piece === undefined) controller.close();
              else controller.enqueue(new Uint8Array(piece));
            },
          }, { highWaterMark: 0 }),
          limit,
        );
        if (readsAhead) tape.fill();
        const readers: { got: number[]; reader: ReadableStreamDefaultReader<Uint8Array> }[] = [];
        for (const { reader, cancel } of steps) {
          if (readers[reader] === undefined) {
            if (tape.canOpen) readers.push({ got: [], reader: tape.open().stream.getReader() });
            continue;
          }
          const one = readers[reader];
          if (cancel && reader > 0) await one.reader.cancel().catch(() => {});
          const { value } = await one.reader.read().catch(() => ({ value: undefined }));
          one.got.push(...value ?? []);
          most = Math.max(most, one.got.length);
          assert.deepEqual(one.got, bytes.slice(0, one.got.length));
        }
        // While all that was read is kept, another reading gets everything.
        if (tape.canOpen) {
          const all = await new Response(tape.open().stream).bytes();
          assert.deepEqual([...all], bytes);
        } else {
          assert.ok(most > limit);
        }
      },
    ),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 1_000 },
  );
});

Deno.test("redirect: the body of a Request is sent with its length, the first time too", async () => {
  const lengths: (string | null)[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      lengths.push(request.headers.get("content-length"));
      const body = await request.text();
      if (!request.url.endsWith("/first")) return new Response(body);
      return new Response(null, { status: 307, headers: { location: "/second" } });
    },
  );
  const at = `http://127.0.0.1:${server.addr.port}/first`;
  const request = new Request(at, { method: "POST", body: "hello" });
  const response = await within(stack(fetch, redirect())(request), "an answer");
  assert.equal(await response.text(), "hello");
  assert.deepEqual(lengths, ["5", "5"]);
});
