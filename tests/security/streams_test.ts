/**
 * SECURITY.md row 19: a client that reads or sends slowly, or leaves, holds no more than buffers,
 * and a stream that fails ends one connection and nothing else.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, ok, post, type RunningServer, serve, service, stream } from "@pirouette/http";
import { overTransports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const CHUNK = new Uint8Array(64 * 1024);
const MIB = 1024 * 1024;

/** What loopback and the runtime hold between them is far below this, and far above one chunk. */
const BUFFERS = 32 * MIB;

/** Lets server and sockets do whatever they can do: real requests go round, no clock is needed. */
async function settle(server: RunningServer): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const response = await fetch(`${server.url}/ok`);
    assert.equal(await response.text(), "ok");
  }
}

/** Settles until `count` stays the same, then gives it. */
async function settled(server: RunningServer, count: () => number): Promise<number> {
  for (;;) {
    const before = count();
    await settle(server);
    if (count() === before) return before;
    assert.ok(before < 1024 * MIB, "it goes on and on");
  }
}

interface Source {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly cancelled: Promise<void>;
  produced(): number;
}

/** A stream that never ends. */
function endless(): Source {
  let produced = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      produced += CHUNK.length;
      controller.enqueue(CHUNK);
    },
    cancel: () => resolve(),
  }, { highWaterMark: 0 });
  return { stream: source, cancelled: promise, produced: () => produced };
}

overTransports(
  "security 19: streams: a client that stops reading stops the source, and leaving cancels it",
  async (listening) => {
    const forms = {
      response: (source: Source) => new Response(source.stream),
      value: (source: Source) => source.stream,
      reply: (source: Source) => ok({ body: source.stream }),
      iterable: (source: Source) => chunksOf(source),
    };
    for (const [name, form] of Object.entries(forms)) {
      const source = endless();
      const endlessly = service({}, [get("/ok", () => "ok"), get("/", () => form(source))]);
      await using server = await serve(endlessly, listening);
      {
        using connection = await RawConnection.open(server);
        await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
        const held = await settled(server, source.produced);
        assert.ok(held > 0 && held < BUFFERS, `${name}: ${held}`);
      }
      await within(source.cancelled, `${name}: cancellation`);
    }
  },
);

/** The chunks as an async generator, whose `finally` runs when nobody wants more. */
async function* chunksOf(source: Source): AsyncGenerator<Uint8Array> {
  const reader = source.stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

overTransports(
  "security 19: streams: an upload that nobody reads stops the client, not the server",
  async (listening) => {
    const release = Promise.withResolvers<void>();
    const uploads = service({}, [
      get("/ok", () => "ok"),
      post("/stalled", { body: stream() }, async ({ body }) => {
        const reader = body?.getReader();
        await reader?.read();
        await release.promise;
        await reader?.cancel();
        return ok();
      }),
    ]);
    await using server = await serve(uploads, listening);
    using connection = await RawConnection.open(server);
    await connection.send(
      rawRequest("POST /stalled HTTP/1.1", ["Host: x", "Transfer-Encoding: chunked"]),
    );
    let sent = 0;
    let stopped = false;
    const chunk = `${CHUNK.length.toString(16)}\r\n${"x".repeat(CHUNK.length)}\r\n`;
    const sending = (async () => {
      while (!stopped) {
        await connection.send(chunk);
        sent += CHUNK.length;
      }
    })();
    const held = await settled(server, () => sent);
    assert.ok(held < BUFFERS, String(held));
    stopped = true;
    release.resolve();
    await within(sending, "the end of the upload");
  },
);

Deno.test("security 19: streams: without a reader in process, nothing is produced", async () => {
  const source = endless();
  const endlessly = service({}, [get("/", () => source.stream)]);
  const response = await endlessly.fetch("http://x/");
  assert.equal(source.produced(), 0);
  const head = endless();
  const heads = service({}, [get("/", () => head.stream)]);
  assert.equal((await heads.fetch("http://x/", { method: "HEAD" })).body, null);
  await within(head.cancelled, "cancellation by HEAD");
  assert.equal(head.produced(), 0);
  await response.body?.cancel();
  await within(source.cancelled, "cancellation in process");
});

const notAnError: unknown = "a";

/** Streams that fail, each in its own way. */
const failing: Readonly<Record<string, () => unknown>> = {
  "at the start": () =>
    new ReadableStream({ start: (controller) => controller.error(new Error("a")) }),
  "in pull": () => failAfter(2, () => Promise.reject(new Error("a"))),
  "in pull, synchronously": () =>
    failAfter(2, () => {
      throw notAnError;
    }),
  "by a controller's error": () => failAfter(2, (controller) => controller.error(undefined)),
  "with chunks that are no bytes": () => failAfter(1, (controller) => controller.enqueue({})),
  "in a generator": async function* () {
    yield CHUNK;
    throw new Error("a");
  },
  "in a generator, at once": async function* () {
    yield* [];
    throw new Error("a");
  },
  "in a generator, by a text": async function* () {
    yield CHUNK;
    throw notAnError;
  },
  "with an iterator that is none": () => new Chunks(() => ({})),
  "with an iterator that throws": () =>
    new Chunks(() => {
      throw new Error("a");
    }),
  "in the middle of a Response": () =>
    new Response(failAfter(2, (controller) => controller.error(new Error("a")))),
  "after its length": () =>
    new Response(failAfter(2, () => Promise.reject(new Error("a"))), {
      headers: { "content-length": "65536" },
    }),
  "before its length": () =>
    new Response(failAfter(1, () => Promise.reject(new Error("a"))), {
      headers: { "content-length": "1000000" },
    }),
};

/** Something of one's own with chunks in it. */
class Chunks {
  constructor(readonly iterator: () => unknown) {}

  [Symbol.asyncIterator](): unknown {
    return this.iterator();
  }
}

function failAfter(
  count: number,
  fail: (controller: ReadableStreamDefaultController) => unknown,
): ReadableStream {
  let pulls = 0;
  return new ReadableStream({
    async pull(controller) {
      if (pulls++ < count) controller.enqueue(CHUNK);
      else await fail(controller);
    },
  });
}

// The runtime itself logs each stream that fails.
overTransports(
  "security 19: streams: one that fails ends its connection and nothing else",
  async (listening, t) => {
    const failures = service({ onError: () => {} }, [
      get("/ok", () => "ok"),
      get("/:name", ({ path }) => failing[path.name]?.()),
    ]);
    await using server = await serve(failures, listening);
    for (const name of Object.keys(failing)) {
      await t.step(name, async () => {
        const head = rawRequest(`GET /${encodeURIComponent(name)} HTTP/1.1`, ["Host: x"]);
        // Broken off, refused, or cut at the length that was promised: never a whole longer one.
        const response = await sendRaw(server, head).catch((error) => {
          assert.match(error.message, /broke off|no size/);
        });
        assert.ok(response === undefined || response.status === 500 || name === "after its length");
        await settle(server);
        const inProcess = await failures.fetch(`http://x/${encodeURIComponent(name)}`);
        await inProcess.arrayBuffer().catch(() => {});
        const url = `http://x/${encodeURIComponent(name)}`;
        const headOnly = await failures.fetch(url, { method: "HEAD" });
        await headOnly.body?.cancel();
      });
    }
  },
);

overTransports(
  "security 19: streams: one whose cancellation fails is nobody's fault but its own",
  async (listening) => {
    const cancelled: Promise<void>[] = [];
    const make = (): ReadableStream => {
      const { promise, resolve } = Promise.withResolvers<void>();
      cancelled.push(promise);
      return new ReadableStream({
        pull: (controller) => controller.enqueue(CHUNK),
        cancel() {
          resolve();
          return Promise.reject(new Error("cancellation"));
        },
      });
    };
    const stubborn = service({}, [get("/ok", () => "ok"), get("/", make)]);
    await using server = await serve(stubborn, listening);
    {
      using connection = await RawConnection.open(server);
      await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
      await settle(server);
    }
    await sendRaw(server, rawRequest("HEAD / HTTP/1.1", ["Host: x"]), { head: true });
    await within(Promise.all(cancelled), "both cancellations");
    await settle(server);
    assert.equal(cancelled.length, 2);
  },
);
