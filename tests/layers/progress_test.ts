/** How far the bodies of a call are. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { any, type Fetch, serve, service, stack } from "@pirouette/http";
import { redirect } from "../../src/layers/redirect.ts";
import { progress, type ProgressOptions, withProgress } from "../../src/layers/progress.ts";
import { counted, type Progress } from "../../src/layers/progress_count.ts";
import { within } from "../support/within.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 };

/** Answers with what it was sent. */
const echo: Fetch = async (input, init) => {
  const request = new Request(input, init);
  const headers = { "content-type": request.headers.get("content-type") ?? "none" };
  return new Response(await request.bytes(), { headers });
};

/** What was told, in the order of telling. */
function listener(): { readonly told: Progress[]; readonly listen: (progress: Progress) => void } {
  const told: Progress[] = [];
  return { told, listen: (progress) => void told.push(progress) };
}

/** Chunks as a stream that counts how many were asked for. */
function streamOf(chunks: readonly string[]): {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly state: { pulls: number; cancelled: unknown };
} {
  const state = { pulls: 0, cancelled: undefined as unknown };
  const rest = [...chunks];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      state.pulls++;
      const chunk = rest.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(chunk));
    },
    cancel(reason) {
      state.cancelled = reason;
    },
  }, { highWaterMark: 0 });
  return { stream, state };
}

Deno.test("progress: a download tells each chunk and its end", async () => {
  for (
    const [headers, total] of [
      [{}, undefined],
      [{ "content-length": "6" }, 6],
      [{ "content-length": "6", "content-encoding": "identity" }, 6],
      [{ "content-length": "99", "content-encoding": "gzip" }, undefined],
      [{ "content-length": "six" }, undefined],
    ] as const
  ) {
    const { told, listen } = listener();
    const next: Fetch = () =>
      Promise.resolve(new Response(streamOf(["ab", "", "cdef"]).stream, { headers }));
    const response = await stack(next, progress({ onDownload: listen }))(url);
    assert.deepEqual(told, []);
    assert.equal(await response.text(), "abcdef");
    assert.deepEqual(told, [
      { loaded: 2, total, done: false },
      { loaded: 6, total, done: false },
      { loaded: 6, total, done: true },
    ]);
  }
});

Deno.test("progress: a response without a body is told as its end, and stays itself", async () => {
  const { told, listen } = listener();
  const empty = new Response(null, { status: 204 });
  const next: Fetch = () => Promise.resolve(empty);
  assert.equal(await stack(next, progress({ onDownload: listen }))(url), empty);
  assert.deepEqual(told, [{ loaded: 0, total: 0, done: true }]);
});

Deno.test("progress: an upload tells its total where the body is there as a whole", async () => {
  const bytes = new Uint8Array(150_000).fill(97);
  const steps = [65_536, 131_072, 150_000, 150_000];
  const text = "a".repeat(150_000);
  for (
    const [body, type] of [
      [text, "text/plain;charset=utf-8"],
      [bytes, "none"],
      [bytes.buffer, "none"],
      [new DataView(bytes.buffer), "none"],
      [new Blob([bytes], { type: "image/png" }), "image/png"],
      [new Blob([bytes]), "none"],
    ] as const
  ) {
    const { told, listen } = listener();
    const upload = stack(echo, progress({ onUpload: listen }));
    const response = await upload(url, { method: "POST", body });
    assert.equal(response.headers.get("content-type"), type);
    assert.equal((await response.bytes()).length, 150_000);
    assert.deepEqual(told.map(({ loaded }) => loaded), steps);
    assert.ok(told.every(({ total }) => total === 150_000));
    assert.deepEqual(told.map(({ done }) => done), [false, false, false, true]);
  }
});

Deno.test("progress: forms are sent as they would be, with their total", async () => {
  const form = new FormData();
  form.set("a", "é");
  form.set("file", new File(["content"], "name.txt", { type: "text/x" }));
  const { told, listen } = listener();
  const upload = stack(echo, progress({ onUpload: listen }));
  const response = await upload(url, { method: "POST", body: form, headers: { "x-a": "1" } });
  const received = await response.formData();
  assert.equal(received.get("a"), "é");
  assert.equal(await (received.get("file") as File).text(), "content");
  assert.equal(told.at(-1)?.done, true);
  assert.equal(told.at(-1)?.loaded, told.at(-1)?.total);

  const fields = await upload(url, { method: "POST", body: new URLSearchParams({ a: "b c" }) });
  assert.equal((await fields.formData()).get("a"), "b c");
});

Deno.test("progress: a stream's total is what its Content-Length says, if it says so", async () => {
  for (const total of [undefined, 6]) {
    const headers: HeadersInit = total === undefined ? {} : { "content-length": String(total) };
    const init = { method: "POST", headers, duplex: "half" };
    for (
      const call of [
        [url, { ...init, body: streamOf(["ab", "cdef"]).stream }],
        [new Request(url, { ...init, body: streamOf(["ab", "cdef"]).stream } as RequestInit)],
      ] as Parameters<Fetch>[]
    ) {
      const { told, listen } = listener();
      const response = await stack(echo, progress({ onUpload: listen }))(...call);
      assert.equal(await response.text(), "abcdef");
      assert.deepEqual(told, [
        { loaded: 2, total, done: false },
        { loaded: 6, total, done: false },
        { loaded: 6, total, done: true },
      ]);
    }
  }
});

Deno.test("progress: a call without a body is passed on as it is, and nothing told", async () => {
  const { told, listen } = listener();
  const init = { headers: { "x-a": "1" } };
  let passed: unknown[] = [];
  const next: Fetch = (...call) => {
    passed = call;
    return Promise.resolve(new Response("x"));
  };
  const response = await withProgress(next, { onUpload: listen })(url, init);
  assert.deepEqual([passed[0], passed[1]], [url, init]);
  assert.equal(await response.text(), "x");
  assert.deepEqual(told, []);
});

Deno.test("progress: what a fetch does not read it tells when there is a response", async () => {
  const { told, listen } = listener();
  const next: Fetch = () => Promise.resolve(new Response());
  await withProgress(next, { onUpload: listen })(url, { method: "POST", body: "abc" });
  assert.deepEqual(told, [{ loaded: 3, total: 3, done: true }]);
});

Deno.test("progress: a callback's error is the call's, and ends the transfer", async () => {
  const mine = new Error("mine");
  const fail = () => {
    throw mine;
  };
  const failLater = () => Promise.reject(mine);
  const failAtTheEnd = ({ done }: Progress) => {
    if (done) throw mine;
  };
  for (const callback of [fail, failLater, failAtTheEnd]) {
    const bodies = [() => "abc", () => new Blob(["abc"]), () => streamOf(["abc"]).stream];
    for (const body of bodies) {
      const upload = withProgress(echo, { onUpload: callback });
      const init = { method: "POST", body: body(), duplex: "half" } as RequestInit;
      await assert.rejects(upload(url, init), (error) => error === mine);
    }
    const { stream, state } = streamOf(["abc", "def"]);
    const next: Fetch = () => Promise.resolve(new Response(stream));
    const response = await withProgress(next, { onDownload: callback })(url);
    await assert.rejects(response.text(), (error) => error === mine);
    if (callback !== failAtTheEnd) assert.equal(state.cancelled, mine);
    const empty: Fetch = () => Promise.resolve(new Response());
    await assert.rejects(withProgress(empty, { onDownload: callback })(url), (e) => e === mine);
    const unread = withProgress(empty, { onUpload: callback });
    await assert.rejects(unread(url, { method: "POST", body: "a" }), (error) => error === mine);
  }
});

Deno.test("progress: a failure below is told as it is", async () => {
  const mine = new Error("mine");
  const next: Fetch = () => Promise.reject(mine);
  const { listen } = listener();
  const call = withProgress(next, { onUpload: listen, onDownload: listen });
  await assert.rejects(call(url, { method: "POST", body: "a" }), (error) => error === mine);
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(mine);
    },
  });
  const half: Fetch = () => Promise.resolve(new Response(broken));
  const response = await withProgress(half, { onDownload: listen })(url);
  await assert.rejects(response.text(), (error) => error === mine);
});

Deno.test("progress: nothing is read ahead, and cancelling is passed on", async () => {
  const { stream, state } = streamOf(["a", "b", "c"]);
  const next: Fetch = () => Promise.resolve(new Response(stream));
  const { told, listen } = listener();
  const response = await withProgress(next, { onDownload: listen })(url);
  const reader = response.body?.getReader();
  assert.equal(state.pulls, 0);
  await reader?.read();
  assert.equal(state.pulls, 1);
  await reader?.cancel("enough");
  assert.equal(state.cancelled, "enough");
  assert.equal(told.length, 1);
});

Deno.test("progress: a promise holds the next chunk back", async () => {
  const { stream, state } = streamOf(["a", "b"]);
  const gate = Promise.withResolvers<void>();
  const next: Fetch = () => Promise.resolve(new Response(stream));
  const response = await withProgress(next, { onDownload: () => gate.promise })(url);
  const text = response.text();
  await Promise.resolve();
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  assert.ok(state.pulls <= 1);
  gate.resolve();
  assert.equal(await text, "ab");
});

Deno.test("progress: bad options fail where the layer is made", () => {
  for (
    const [options, message] of [
      [{}, "progress tells nobody: set onUpload, onDownload or both"],
      [{ onUpload: 1 }, "progress needs a function for onUpload"],
      [{ onProgress: () => {} }, 'progress has no option "onProgress"'],
    ] as const
  ) {
    assert.throws(
      () => progress(options as unknown as ProgressOptions),
      (error: unknown) => error instanceof TypeError && error.message.includes(message),
    );
  }
});

Deno.test("progress: counting changes no byte, whatever the chunks", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 7 }), async (given, sliceSize) => {
      const { told, listen } = listener();
      const stream = counted(ReadableStream.from(given), {
        total: undefined,
        tell: listen,
        sliceSize,
      });
      const bytes = await new Response(stream).bytes();
      assert.deepEqual([...bytes], given.flatMap((chunk) => [...chunk]));
      const steps = told.map(({ loaded }) => loaded);
      assert.equal(steps.at(-1), bytes.length);
      assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
      assert.equal(told.filter(({ done }) => done).length, 1);
      assert.equal(told.at(-1)?.done, true);
      assert.equal(
        told.length,
        given.reduce((n, { length }) => n + Math.ceil(length / sliceSize), 1),
      );
    }),
    settings,
  );
});

Deno.test("progress: over a socket, the body keeps its length and can be sent again", async () => {
  const target = service({}, [any("/*", async ({ request }) => {
    const { pathname } = new URL(request.url);
    const { length } = await request.bytes();
    if (pathname === "/old") {
      return new Response(null, { status: 307, headers: { location: "/new" } });
    }
    return Response.json({
      declared: request.headers.get("content-length"),
      type: request.headers.get("content-type"),
      length,
    });
  })]);
  await using server = await serve(target, { port: 0, host: "127.0.0.1" });
  const up = listener();
  const down = listener();
  const watched = progress({ onUpload: up.listen, onDownload: down.listen });
  for (const api of [stack(fetch, redirect(), watched), stack(fetch, watched, redirect())]) {
    up.told.length = down.told.length = 0;
    const body = "a".repeat(200_000);
    const response = await within(
      api(`${server.url}/old`, { method: "PUT", body }),
      "the response",
    );
    assert.equal(response.url, `${server.url}/new`);
    assert.ok(response.redirected);
    assert.deepEqual(await response.json(), {
      declared: "200000",
      type: "text/plain;charset=utf-8",
      length: 200_000,
    });
    assert.deepEqual(up.told.map(({ loaded }) => loaded), [
      ...[65_536, 131_072, 196_608, 200_000, 200_000],
      ...[65_536, 131_072, 196_608, 200_000, 200_000],
    ]);
    assert.equal(down.told.at(-1)?.done, true);
    assert.equal(down.told.at(-1)?.loaded, down.told.at(-1)?.total);
  }
});

Deno.test("progress: over a socket, a callback's error is the call's and closes the connection", async () => {
  const mine = new Error("mine");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const receiving = (async () => {
    using connection = await listener.accept();
    const buffer = new Uint8Array(65_536);
    let received = 0;
    for (;;) {
      const count = await connection.read(buffer).catch(() => null);
      if (count === null) return received;
      received += count;
    }
  })();
  const upload = withProgress(fetch, {
    onUpload({ loaded }) {
      if (loaded > 100_000) throw mine;
    },
  });
  const body = new Uint8Array(5_000_000);
  const call = upload(`http://127.0.0.1:${listener.addr.port}/`, { method: "POST", body });
  await assert.rejects(within(call, "the rejection"), (error) => error === mine);
  assert.ok(await within(receiving, "the end of the connection") < 200_000);
});
