/** Deadlines of bodies: every way to read one, and what a watched response still is. @module */
import assert from "node:assert/strict";
import { type Fetch, type Layer, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { IdleTimeoutError } from "../../src/message/client_errors.ts";
import { redirect } from "../../src/layers/redirect.ts";
import { editHeaders } from "../../src/layers/response_headers.ts";
import { timeout, type TimeoutOptions } from "../../src/layers/timeout.ts";

const url = "http://a.example/";
const noBody = "Idle timeout triggered while reading inbound response entity body";

const ways: Record<string, (response: Response) => Promise<unknown>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  bytes: (response) => response.bytes(),
  arrayBuffer: (response) => response.arrayBuffer(),
  blob: async (response) => await (await response.blob()).text(),
  formData: async (response) => (await response.formData()).get("1"),
  "a reader": (response) => readAll(response.body!),
  iteration: (response) => Array.fromAsync(response.body!),
  pipeThrough: (response) => readAll(response.body!.pipeThrough(new TransformStream())),
  "a new response": (response) => new Response(response.body, response).text(),
  "a clone": (response) => response.clone().text(),
  "what was cloned": (response) => (response.clone(), response.text()),
  "the body asked for, then text": (response) => (void response.body, response.text()),
  "the body asked for, then a clone": (response) => (void response.body, response.clone().text()),
  "the body of what was cloned": (response) => {
    const { body } = response;
    void response.clone();
    return readAll(body!);
  },
};

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
}

/** Sends a piece every `pause` milliseconds, then closes or falls silent; ignores its signal. */
function dripping(
  clock: VirtualClock,
  pieces: readonly string[],
  { pause, closes = true }: { readonly pause: number; readonly closes?: boolean },
): { fetch: Fetch; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const fetch: Fetch = () => {
    const left = pieces.map((piece) => new TextEncoder().encode(piece));
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) =>
        new Promise<void>((resolve) => {
          const piece = left.shift();
          if (piece === undefined && !closes) return;
          clock.setTimer(() => {
            if (piece === undefined) controller.close();
            else controller.enqueue(piece);
            resolve();
          }, pause);
        }),
      cancel: (reason) => void cancelled.push(reason),
    }, { highWaterMark: 0 });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return Promise.resolve(new Response(body, { headers }));
  };
  return { fetch, cancelled };
}

/** What a promise settled to, without waiting for it. */
function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then((value) => seen.value = value, (error) => seen.error = error);
  return seen;
}

Deno.test("timeout: a body that flows is read for longer than the idle limit, in every way", async () => {
  for (const [way, read] of Object.entries(ways)) {
    const clock = new VirtualClock();
    const { fetch } = dripping(clock, ["1", "2", "3", "4"], { pause: 9 });
    const timed = stack(fetch, timeout({ bodyIdle: 10, clock }));
    const seen = outcome(timed(url).then(read));
    await clock.advance(100);
    assert.equal(seen.error, undefined, way);
    assert.ok("value" in seen, way);
    if (typeof seen.value === "string") assert.equal(seen.value, way === "formData" ? "" : "1234");
    if (way === "json") assert.equal(seen.value, 1234);
    if (way === "bytes") assert.deepEqual(seen.value, new TextEncoder().encode("1234"));
    assert.equal(clock.pendingTimers, 0, way);
  }
});

Deno.test("timeout: a body that says it is short is one piece where it is read whole", async () => {
  const table: [length: string, way: string, fails: boolean][] = [
    ["2", "text", true],
    ["16384", "text", true],
    ["16385", "text", false],
    ["two", "text", false],
    ["2", "a reader", false],
  ];
  for (const [length, way, fails] of table) {
    const clock = new VirtualClock();
    const { fetch } = dripping(clock, ["1", "2"], { pause: 9 });
    const declaring: Layer = (next) => async (input, init) => {
      const { body } = await next(input, init);
      return new Response(body, { headers: { "content-length": length } });
    };
    const timed = stack(fetch, timeout({ bodyIdle: 10, clock }), declaring);
    const seen = outcome(timed(url).then(ways[way]));
    await clock.advance(100);
    if (fails) assert.ok(seen.error instanceof IdleTimeoutError, `${length} ${way}`);
    else assert.deepEqual(seen, { value: "12" }, `${length} ${way}`);
  }
});

Deno.test("timeout: a body that falls silent fails after the idle limit, in every way", async () => {
  for (const [way, read] of Object.entries(ways)) {
    const clock = new VirtualClock();
    const { fetch, cancelled } = dripping(clock, ["1", "2"], { pause: 5, closes: false });
    const timed = stack(fetch, timeout({ headers: 50, bodyIdle: 10, clock }));
    const seen = outcome(timed(url).then(read));
    await clock.advance(19);
    assert.deepEqual(seen, {}, way);
    await clock.advance(1);
    assert.ok(seen.error instanceof IdleTimeoutError, `${way}: ${seen.error}`);
    const { phase, limit, message } = seen.error;
    assert.deepEqual([phase, limit, message], ["body", 10, noBody], way);
    assert.equal(clock.pendingTimers, 0, way);
    // A clone is cancelled only together with its other half.
    if (!way.includes("clone")) assert.deepEqual(cancelled, [seen.error], way);
  }
});

Deno.test("timeout: the time of an attempt and of the call covers the body, in every way", async () => {
  const table: [options: TimeoutOptions, phase: string, message: string][] = [
    [
      { attempt: 25 },
      "body",
      "Attempt timeout of 25 ms triggered while reading inbound response entity body",
    ],
    [
      { attempt: 25, bodyIdle: 20, total: 25 },
      "body",
      "Attempt timeout of 25 ms triggered while reading inbound response entity body",
    ],
    [
      { total: 25, bodyIdle: 10 },
      "total",
      "Total timeout of 25 ms triggered while reading inbound response entity body",
    ],
  ];
  for (const [options, phase, message] of table) {
    for (const [way, read] of Object.entries(ways)) {
      const clock = new VirtualClock();
      const { fetch } = dripping(clock, Array(100).fill("1"), { pause: 4 });
      let signal: AbortSignal | null | undefined;
      const below: Layer = (next) => (input, init) => next(input, (signal = init?.signal, init));
      const timed = stack(fetch, timeout({ ...options, clock }), below);
      const response = await timed(url);
      const seen = outcome(read(response));
      await clock.advance(24);
      assert.deepEqual(seen, {}, way);
      await clock.advance(1);
      assert.ok(seen.error instanceof IdleTimeoutError, `${way}: ${seen.error}`);
      assert.deepEqual([seen.error.phase, seen.error.message], [phase, message], way);
      assert.equal(signal?.reason, seen.error);
    }
  }
});

Deno.test("timeout: time in which nobody reads counts for the call, not as idle", async () => {
  const clock = new VirtualClock();
  const { fetch } = dripping(clock, ["1", "2"], { pause: 1 });
  const idle = await stack(fetch, timeout({ bodyIdle: 10, clock }))(url);
  await clock.advance(1_000);
  const seen = outcome(idle.text());
  await clock.advance(10);
  assert.deepEqual(seen, { value: "12" });

  const whole = await stack(
    () => Promise.resolve(new Response("12")),
    timeout({ total: 10, clock }),
  )(url);
  await clock.advance(1_000);
  assert.equal(clock.pendingTimers, 0);
  await assert.rejects(whole.text(), { name: "IdleTimeoutError", phase: "total" });
  assert.equal(clock.pendingTimers, 0);

  for (const [outer, inner] of [[10, 2_000], [2_000, 10]] as const) {
    const layers = [timeout({ total: outer, clock }), timeout({ total: inner, clock })];
    const both = await stack(() => Promise.resolve(new Response("12")), ...layers)(url);
    await clock.advance(1_000);
    await assert.rejects(both.text(), { name: "IdleTimeoutError", limit: 10 });
    await clock.advance(0);
    assert.equal(clock.pendingTimers, 0);
  }
});

Deno.test("timeout: a body's own failure is passed on", async () => {
  for (const [way, read] of Object.entries(ways)) {
    for (const options of [{ bodyIdle: 10 }, { attempt: 10 }]) {
      const clock = new VirtualClock();
      const body = new ReadableStream({
        pull: (controller) => controller.error(new TypeError("reset")),
      });
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const fetch = stack(
        () => Promise.resolve(new Response(body, { headers })),
        timeout({ ...options, clock }),
      );
      const response = await fetch(url);
      const seen = outcome(read(response));
      await clock.advance(0);
      assert.equal(String(seen.error), "TypeError: reset", way);
      assert.equal(clock.pendingTimers, 0);
    }
  }
});

Deno.test("timeout: a chunk that is no bytes fails as it does without", async () => {
  const body = () => new ReadableStream({ start: (controller) => controller.enqueue("text") });
  const fetch = stack(() => Promise.resolve(new Response(body())), timeout(10));
  await assert.rejects((await fetch(url)).text(), TypeError);
  await assert.rejects(new Response(body()).text(), TypeError);
});

Deno.test("timeout: a body that is cancelled leaves nothing", async () => {
  const clock = new VirtualClock();
  const { fetch, cancelled } = dripping(clock, ["1"], { pause: 5, closes: false });
  const timed = stack(fetch, timeout({ bodyIdle: 10, attempt: 100, clock }));
  await (await timed(url)).body?.cancel("unread");
  const reader = (await timed(url)).body!.getReader();
  const first = outcome(reader.read());
  await clock.advance(5);
  assert.equal(first.value?.value?.length, 1);
  await reader.cancel("half read");
  await clock.advance(0);
  assert.deepEqual([cancelled, clock.pendingTimers], [["unread", "half read"], 0]);
});

Deno.test("timeout: a response without a body ends at its head", async () => {
  const clock = new VirtualClock();
  for (const status of [200, 204, 205, 304]) {
    const fetch = stack(
      () => Promise.resolve(new Response(null, { status })),
      timeout({ total: 9, clock }),
    );
    const response = await fetch(url, { method: "HEAD" });
    assert.equal(response.body, null);
    await clock.advance(5);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(await response.text(), "");
  }
});

Deno.test("timeout: a response stays the object it was", async () => {
  const original = Response.redirect("http://b.example/", 302);
  const response = await stack(() => Promise.resolve(original), timeout(10))(url);
  assert.equal(response, original);
  assert.ok(response instanceof Response);
  assert.equal(response.status, 302);
  assert.throws(() => response.headers.set("a", "b"), TypeError);
  assert.equal(editHeaders(response, (headers) => headers.set("a", "b")).headers.get("a"), "b");
  assert.equal(Object.prototype.toString.call(response), "[object Response]");
  assert.deepEqual(Object.keys(response), []);
});

Deno.test("timeout: a body is locked and used as without", async () => {
  for (const options of [{ bodyIdle: 10 }, { attempt: 1_000 }]) {
    const fetch = stack(() => Promise.resolve(new Response("x")), timeout(options));
    const read = await fetch(url);
    assert.equal(read.body, read.body);
    assert.equal(read.bodyUsed, false);
    await read.text();
    assert.equal(read.bodyUsed, true);
    await assert.rejects(read.text(), TypeError);
    assert.throws(() => read.clone(), TypeError);

    const locked = await fetch(url);
    const reader = locked.body!.getReader();
    await assert.rejects(locked.text(), TypeError);
    await assert.rejects(locked.json(), TypeError);
    assert.throws(() => locked.clone(), TypeError);
    await reader.read();
    assert.equal(locked.bodyUsed, true);
    reader.releaseLock();
    await assert.rejects(locked.text(), TypeError);
    await locked.body!.cancel();
  }
});

Deno.test("timeout: bytes are a copy, text loses its byte order mark, broken JSON fails", async () => {
  const chunk = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b]);
  const below: Fetch = () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(chunk);
        controller.close();
      },
    });
    return Promise.resolve(new Response(body));
  };
  const fetch = stack(below, timeout(1_000));
  (await (await fetch(url)).bytes())[0] = 0;
  assert.equal(chunk[0], 0xef);
  assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 4);
  assert.equal(await (await fetch(url)).text(), "{");
  await assert.rejects((await fetch(url)).json(), SyntaxError);
});

Deno.test("timeout: form data and blobs keep their type", async () => {
  const form = new FormData();
  form.set("a", new File(["content"], "a.txt", { type: "text/x" }));
  const fetch = stack(() => Promise.resolve(new Response(form)), timeout(1_000));
  const file = (await (await fetch(url)).formData()).get("a");
  assert.ok(file instanceof File);
  assert.equal(await file.text(), "content");
  assert.match((await (await fetch(url)).blob()).type, /^multipart\/form-data/);
});

Deno.test("timeout: a response of a class of its own is copied, with its address", async () => {
  class OwnResponse extends Response {
    override get url(): string {
      return "http://own.example/";
    }
  }
  const clock = new VirtualClock();
  const { fetch: silent } = dripping(clock, ["1"], { pause: 1, closes: false });
  const body = (await silent(url)).body;
  const own = new OwnResponse(body, { status: 201, statusText: "Made", headers: { a: "b" } });
  const response = await stack(() => Promise.resolve(own), timeout({ attempt: 10, clock }))(url);
  const { status, statusText, headers } = response;
  assert.deepEqual(
    [status, statusText, headers.get("a"), response.url],
    [201, "Made", "b", "http://own.example/"],
  );
  const seen = outcome(response.text());
  await clock.advance(10);
  assert.ok(seen.error instanceof IdleTimeoutError);
});

Deno.test("timeout: of two layers the one that is due first ends the body", async () => {
  const table: [outer: TimeoutOptions, inner: TimeoutOptions, at: number, phase: string][] = [
    [{ total: 30 }, { attempt: 20 }, 20, "body"],
    [{ total: 20 }, { attempt: 30 }, 20, "total"],
    [{ total: 30 }, { bodyIdle: 10 }, 15, "body"],
    [{ bodyIdle: 10 }, { attempt: 30 }, 15, "body"],
    [{ bodyIdle: 10 }, { bodyIdle: 20 }, 15, "body"],
  ];
  for (const [outer, inner, at, phase] of table) {
    for (const [way, read] of Object.entries(ways)) {
      const clock = new VirtualClock();
      const { fetch } = dripping(clock, ["1"], { pause: 5, closes: false });
      const timed = stack(fetch, timeout({ ...outer, clock }), timeout({ ...inner, clock }));
      const seen = outcome(timed(url).then(read));
      await clock.advance(at - 1);
      assert.deepEqual(seen, {}, way);
      await clock.advance(1);
      assert.ok(seen.error instanceof IdleTimeoutError, `${way}: ${seen.error}`);
      // A platform's own read of a source that ignores its signal goes on.
      const left = inner.bodyIdle === undefined && outer.bodyIdle === undefined;
      assert.deepEqual([seen.error.phase, left || clock.pendingTimers], [phase, left || 0], way);
    }
  }
});

Deno.test("timeout: a response object that is given again and again is watched for one call", async () => {
  const clock = new VirtualClock();
  const same = new Response(null, { status: 204 });
  const layers = [timeout({ total: 30, clock }), timeout({ attempt: 20, clock })];
  const fetch = stack(() => Promise.resolve(same), ...layers);
  for (let call = 0; call < 100; call++) {
    await clock.advance(25);
    const response = await fetch(url);
    assert.equal(await response.text(), "");
  }
  let reads = 0;
  const { now } = clock;
  clock.now = () => (reads++, now.call(clock));
  await same.text();
  assert.ok(reads <= 4, `${reads}`);
});

Deno.test("timeout: above redirect it limits the chain, below it each hop", async () => {
  const clock = new VirtualClock();
  let hops = 0;
  const slow: Fetch = () =>
    new Promise((resolve) => {
      const location = `http://a.example/${++hops}`;
      const done = hops % 4 === 0;
      const response = done ? new Response("there") : new Response("moved", {
        status: 302,
        headers: { location },
      });
      clock.setTimer(() => resolve(response), 10);
    });
  const follow = redirect({ maxCount: 5 });
  const above = outcome(stack(slow, timeout({ total: 35, clock }), follow)(url));
  await clock.advance(100);
  assert.ok(above.error instanceof IdleTimeoutError);
  assert.deepEqual([above.error.phase, hops], ["total", 4]);

  const below = outcome(stack(slow, follow, timeout({ attempt: 35, clock }))(url));
  await clock.advance(100);
  assert.equal(below.value?.status, 200);
  assert.equal(clock.pendingTimers, 0);
});
