/** A bulkhead: who goes, who waits, who is refused, and until when a call counts. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { serve, service, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { Bulkhead, bulkhead, type BulkheadOptions } from "../../src/layers/bulkhead.ts";
import { timeout } from "../../src/layers/timeout.ts";
import { MaximumWaitTimeExceededError, ResiliencyError } from "../../src/message/client_errors.ts";
import { BulkheadFullError } from "../../src/message/overload_errors.ts";
import { readBytes } from "../../src/message/body_reader.ts";
import { countListeners, heldFetch, outcome, settle, watchedBody } from "./bulkhead_support.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

Deno.test("bulkhead: a call more than may be is refused and never sent", async () => {
  const { fetch, calls } = heldFetch();
  const places = new Bulkhead({ maxConcurrent: 2 });
  const limited = stack(fetch, bulkhead({ bulkhead: places }));
  const [one, two] = [limited(url), limited(url)];
  await assert.rejects(limited(url), (error) => {
    assert.ok(error instanceof BulkheadFullError && error instanceof ResiliencyError);
    assert.equal(
      error.message,
      "2 calls are on their way, and no call may wait: try later, or raise maxQueue",
    );
    assert.equal(error.status, 503);
    return true;
  });
  assert.equal(calls.length, 2);
  assert.deepEqual(places.metrics, {
    active: 2,
    maxConcurrent: 2,
    queued: 0,
    refused: 1,
    timedOut: 0,
  });
  calls[0]?.answer();
  calls[1]?.fail(new Error("mine"));
  await (await one).text();
  await assert.rejects(two, /mine/);
  assert.equal(places.metrics.active, 0);
});

Deno.test("bulkhead: those who wait go in the order they came, by priority", async () => {
  const { fetch, calls } = heldFetch();
  const priority = (input: Request | URL | string) => Number(String(input).at(-1));
  const limited = stack(fetch, bulkhead({ maxConcurrent: 1, maxQueue: 5, priority }));
  const done = ["a0", "b0", "c1", "d0", "e1", "f2"].map((path) => limited(`${url}${path}`));
  await assert.rejects(limited(`${url}g9`), /1 calls are on their way, and 5 others wait/);
  for (let call = 0; call < done.length; call++) {
    calls[call]?.answer(new Response(null, { status: 204 }));
    await settle();
  }
  await Promise.all(done);
  const order = calls.map(({ input }) => String(input).slice(url.length));
  assert.deepEqual(order, ["a0", "f2", "c1", "e1", "b0", "d0"]);
});

Deno.test("bulkhead: a call that waits too long, or whose caller aborts, leaves the queue", async () => {
  const clock = new VirtualClock();
  const { fetch, calls } = heldFetch();
  const places = new Bulkhead({ maxConcurrent: 1, maxQueue: 9, queueTimeout: 100, clock });
  const limited = stack(fetch, bulkhead({ bulkhead: places }));
  const first = limited(url);
  const late = outcome(limited(url));
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const aborted = outcome(limited(url, { signal: controller.signal }));
  await clock.advance(50);
  const last = limited(url);
  assert.deepEqual([places.metrics.queued, listeners()], [3, 1]);
  controller.abort("enough");
  await settle();
  assert.deepEqual([aborted, listeners()], [{ error: "enough" }, 0]);
  await clock.advance(50);
  assert.ok(late.error instanceof MaximumWaitTimeExceededError);
  assert.equal(
    late.error.message,
    "1 calls are on their way, and the turn of this one did not come within 100 ms",
  );
  calls[0]?.answer();
  await (await first).text();
  await settle();
  calls[1]?.answer();
  await (await last).text();
  assert.equal(calls.length, 2);
  assert.deepEqual(places.metrics, {
    active: 0,
    maxConcurrent: 1,
    queued: 0,
    refused: 0,
    timedOut: 1,
  });
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("bulkhead: a caller that aborts in the moment of its turn sends nothing", async () => {
  const { fetch, calls } = heldFetch({ heedsSignal: false });
  const places = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 });
  const controller = new AbortController();
  const first = places.send(fetch, url);
  const second = places.send(fetch, url, { signal: controller.signal });
  calls[0]?.answer();
  const { body } = await first;
  const cancelled = body?.cancel();
  controller.abort("mine");
  await cancelled;
  await assert.rejects(second, (error) => error === "mine");
  assert.deepEqual([calls.length, places.metrics.active], [1, 0]);
});

const readers: Record<string, (response: Response) => Promise<unknown>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  bytes: (response) => response.bytes(),
  arrayBuffer: (response) => response.arrayBuffer(),
  blob: (response) => response.blob(),
  formData: (response) => response.formData().catch(() => {}),
  "a reader": (response) => Array.fromAsync(response.body!),
  "a new response": (response) => new Response(response.body, response).text(),
  "the body asked for, then text": (response) => (void response.body, response.text()),
  "what was cloned": (response) => (void response.clone(), response.text()),
  "this library": (response) => readBytes(response, 100),
  cancel: async (response) => await response.body?.cancel(),
};

Deno.test("bulkhead: a call counts until its body was read or cancelled", async () => {
  for (const under of [undefined, timeout(1_000), timeout({ headers: 9, boundBodyIdle: 9 })]) {
    for (const [name, read] of Object.entries(readers)) {
      const places = new Bulkhead({ maxConcurrent: 1 });
      const inside = () => Promise.resolve(new Response(watchedBody(["1", "2"]).body));
      const base = under === undefined ? inside : stack(inside, under);
      const response = await places.send(base, url);
      assert.equal(places.metrics.active, 1, name);
      await assert.rejects(places.send(base, url), BulkheadFullError);
      await read(response);
      assert.equal(places.metrics.active, 0, name);
    }
  }
});

Deno.test("bulkhead: responses without a body, and with until head all, count until their head", async () => {
  const places = new Bulkhead({ maxConcurrent: 1 });
  const table: [Response, RequestInit?][] = [
    [new Response(null, { status: 204 })],
    [new Response(null, { status: 304 })],
    [Response.error()],
    [new Response("", { headers: { "content-length": "0" } }), { method: "DELETE" }],
    [new Response("a"), { method: "HEAD" }],
    [new Response("a", { headers: { "content-length": "16384" } })],
  ];
  for (const [response, init] of table) {
    assert.equal(await places.send(() => Promise.resolve(response), url, init), response);
    assert.equal(places.metrics.active, 0);
  }
  const long = new Response("a", { headers: { "content-length": "16385" } });
  await places.send(() => Promise.resolve(long), url);
  assert.equal(places.metrics.active, 1);
  await long.text();
  const heads = new Bulkhead({ maxConcurrent: 1, until: "head" });
  await heads.send(() => Promise.resolve(new Response("a")), url);
  assert.equal(heads.metrics.active, 0);
});

Deno.test("bulkhead: a body that breaks off, or that a deadline ends, gives its place back", async () => {
  const places = new Bulkhead({ maxConcurrent: 1 });
  const broken = new ReadableStream({ pull: () => Promise.reject(new Error("reset")) });
  const first = await places.send(() => Promise.resolve(new Response(broken)), url);
  await assert.rejects(first.text(), /reset/);
  assert.equal(places.metrics.active, 0);
  const clock = new VirtualClock();
  const silent = () => Promise.resolve(new Response(new ReadableStream({ pull() {} })));
  for (const limits of [{ bodyIdle: 10 }, { headers: 99, boundBodyIdle: 10 }]) {
    const late = await places.send(stack(silent, timeout({ ...limits, clock })), url);
    const read = outcome(readBytes(late, 100));
    assert.equal(places.metrics.active, 1);
    await clock.advance(120);
    assert.ok(read.error instanceof Error);
    assert.equal(places.metrics.active, 0);
  }
});

Deno.test("bulkhead: a body that nobody waits for gives its place to a call that needs it", async () => {
  const clock = new VirtualClock();
  const places = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  const inside = () => Promise.resolve(new Response(watchedBody(["a", "b"]).body));
  const dropped = await places.send(inside, url);
  const next = outcome(places.send(inside, url));
  await clock.advance(249);
  assert.deepEqual([next.value, clock.pendingTimers], [undefined, 2]);
  await clock.advance(1);
  assert.ok(next.value instanceof Response);
  // The one that was too slow can be read all the same, and gives back nothing twice.
  assert.equal(await dropped.text(), "ab");
  assert.equal(places.metrics.active, 1);
  // Begun, and left: by then it is as if nobody had.
  await next.value.body?.getReader().read();
  await clock.advance(250);
  await (await places.send(inside, url)).text();
  await clock.advance(0);
  assert.deepEqual([places.metrics.active, clock.pendingTimers], [0, 0]);
});

Deno.test("bulkhead: a body that somebody waits for keeps its place, however long it takes", async () => {
  const clock = new VirtualClock();
  const places = new Bulkhead({ maxConcurrent: 1, clock });
  let send: (text: string) => void = () => {};
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      send = (text) => controller.enqueue(new TextEncoder().encode(text));
    },
  });
  const response = await places.send(() => Promise.resolve(new Response(body)), url);
  const reader = response.body!.getReader();
  const reading = reader.read();
  await clock.advance(100_000);
  await assert.rejects(places.send(fetch, url), BulkheadFullError);
  send("a");
  await reading;
  await reader.cancel();
  assert.equal(places.metrics.active, 0);
});

Deno.test("bulkhead: the response stays what it was", async () => {
  const places = new Bulkhead({ maxConcurrent: 9 });
  const inner = new Response("abc", { status: 201, headers: { "x-a": "b" } });
  const outer = await places.send(() => Promise.resolve(inner), url);
  assert.equal(outer, inner);
  assert.ok(outer instanceof Response);
  assert.deepEqual([outer.status, outer.headers.get("x-a"), outer.bodyUsed], [201, "b", false]);
  const { body } = outer;
  assert.equal(outer.body, body);
  const reader = body!.getReader();
  await assert.rejects(outer.text(), TypeError);
  assert.throws(() => outer.clone(), TypeError);
  reader.releaseLock();
  assert.equal(await outer.text(), "abc");
  assert.equal(outer.bodyUsed, true);
  await assert.rejects(outer.text(), TypeError);
});

Deno.test("bulkhead: one response that is given again and again holds one place", async () => {
  const [one, other] = [
    new Bulkhead({ maxConcurrent: 1_000 }),
    new Bulkhead({ maxConcurrent: 1_000 }),
  ];
  const response = new Response("a");
  const inside = () => Promise.resolve(response);
  for (let call = 0; call < 100; call++) {
    await one.send((input, init) => other.send(inside, input, init), url);
  }
  assert.deepEqual([one.metrics.active, other.metrics.active], [1, 1]);
  await response.text();
  assert.deepEqual([one.metrics.active, other.metrics.active], [0, 0]);
});

Deno.test("bulkhead: a fetch that throws at once gives its place back", async () => {
  const places = new Bulkhead({ maxConcurrent: 1 });
  await assert.rejects(
    places.send(() => {
      throw new Error("mine");
    }, url),
    /mine/,
  );
  assert.equal(places.metrics.active, 0);
});

Deno.test("bulkhead: configurations that do nothing or cannot be are refused", () => {
  const shared = new Bulkhead({ maxConcurrent: 1 });
  const table: [BulkheadOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [{}, RangeError, /maxConcurrent, not undefined/],
    [{ maxConcurrent: 0 }, RangeError, /from 1 for maxConcurrent, not 0/],
    [{ maxConcurrent: 1, maxQueue: -1 }, RangeError, /maxQueue, not -1/],
    [{ maxConcurrent: 1, queueTimeout: 5 }, TypeError, /leave out queueTimeout/],
    [{ maxConcurrent: 1, maxQueue: 1, queueTimeout: 0 }, RangeError, /queueTimeout, not 0/],
    [{ maxConcurrent: 1, until: "tail" as "head" }, TypeError, /use "head" or "body"/],
    [{ maxConcurrent: 1, until: "head", unreadLimit: 5 }, TypeError, /no use for unreadLimit/],
    [{ maxConcurrent: 1, unreadLimit: NaN }, RangeError, /unreadLimit, not NaN/],
    [{ bulkhead: shared, maxConcurrent: 1 }, TypeError, /its own maxConcurrent: set it there/],
    [{ maxConcurent: 1 } as BulkheadOptions, TypeError, /has no option "maxConcurent"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => bulkhead(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
});

type Step =
  | { readonly kind: "call"; readonly priority: number; readonly abortable: boolean }
  | { readonly kind: "end" | "abort"; readonly which: number }
  | { readonly kind: "pass"; readonly time: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("call" as const),
    priority: fc.integer({ min: 0, max: 2 }),
    abortable: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("end" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("abort" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("pass" as const), time: fc.integer({ min: 0, max: 60 }) }),
);

Deno.test("bulkhead: any schedule goes as a list that is sorted by hand", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new VirtualClock();
      const { fetch, calls } = heldFetch();
      const limits = { maxConcurrent: 2, maxQueue: 4, queueTimeout: 100, clock };
      const places = new Bulkhead({ ...limits, until: "head" });
      // The model: ids that run, and ids that wait with their priority and deadline.
      let running: number[] = [];
      let waiting: { id: number; priority: number; due: number }[] = [];
      const expected = new Map<number, string>();
      const seen = new Map<number, string>();
      const aborts = new Map<number, AbortController>();
      let ids = 0;
      const admit = (): void => {
        while (running.length < 2 && waiting.length > 0) {
          const highest = Math.max(...waiting.map(({ priority }) => priority));
          const at = waiting.findIndex(({ priority }) => priority === highest);
          running.push(waiting.splice(at, 1)[0]!.id);
        }
      };
      for (const next of steps) {
        if (next.kind === "call") {
          const id = ids++;
          if (running.length < 2) running.push(id);
          else if (waiting.length < 4) {
            waiting.push({ id, priority: next.priority, due: clock.now() + 100 });
          } else expected.set(id, "BulkheadFullError");
          const controller = new AbortController();
          if (next.abortable) aborts.set(id, controller);
          const init = next.abortable ? { signal: controller.signal } : undefined;
          places.send(fetch, `${url}${id}`, init, () => next.priority).then(
            () => seen.set(id, "answered"),
            (error) => seen.set(id, error.name),
          );
        } else if (next.kind === "end" && running.length > 0) {
          const id = running[next.which % running.length]!;
          running = running.filter((other) => other !== id);
          expected.set(id, "answered");
          calls.find(({ input }) => input === `${url}${id}`)!.answer();
          admit();
        } else if (next.kind === "abort") {
          const candidates = waiting.filter(({ id }) => aborts.has(id));
          if (candidates.length > 0) {
            const { id } = candidates[next.which % candidates.length]!;
            waiting = waiting.filter((other) => other.id !== id);
            expected.set(id, "AbortError");
            aborts.get(id)!.abort();
          }
        } else if (next.kind === "pass") {
          await clock.advance(next.time);
          for (const { id, due } of waiting) {
            if (due <= clock.now()) expected.set(id, "MaximumWaitTimeExceededError");
          }
          waiting = waiting.filter(({ due }) => due > clock.now());
        }
        await settle();
        assert.deepEqual([...seen].sort(), [...expected].sort());
        assert.deepEqual(
          [places.metrics.active, places.metrics.queued],
          [running.length, waiting.length],
        );
        for (const id of running) assert.ok(calls.some(({ input }) => input === `${url}${id}`));
      }
    }),
    settings,
  );
});

Deno.test("bulkhead: calls over sockets never are more than may be", async () => {
  let [now, most] = [0, 0];
  const handler = () => {
    most = Math.max(most, ++now);
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          controller.enqueue(new TextEncoder().encode("done"));
          now--;
          controller.close();
        },
      }, { highWaterMark: 0 }),
    );
  };
  const slow = service({ layers: [() => () => Promise.resolve(handler())] }, []);
  await using server = await serve(slow, { port: 0, host: "127.0.0.1" });
  const limited = stack(fetch, bulkhead({ maxConcurrent: 3, maxQueue: 100 }));
  const texts = await Promise.all(
    Array.from({ length: 30 }, async () => await (await limited(server.url)).text()),
  );
  assert.deepEqual([...new Set(texts)], ["done"]);
  assert.ok(most <= 3, `${most} at a time`);
});
