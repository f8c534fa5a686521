/** Pacing: calls wait for their turn, in order, in time. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { RatePacer } from "../../src/layers/rate_pacer.ts";
import { ratePacing, type RatePacingOptions } from "../../src/layers/rate_pacing.ts";
import { MaximumWaitTimeExceededError } from "../../src/message/client_errors.ts";
import { BulkheadFullError, CallThrottledError } from "../../src/message/overload_errors.ts";
import { countListeners, outcome, settle } from "./bulkhead_support.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

/** Remembers when each call was sent. */
function timedFetch(clock: VirtualClock): { fetch: Fetch; sent: [string, number][] } {
  const sent: [string, number][] = [];
  const fetch: Fetch = (input) => {
    sent.push([String(input).slice(url.length), clock.now()]);
    return Promise.resolve(new Response("ok"));
  };
  return { fetch, sent };
}

Deno.test("rate pacing: a burst goes at once, the others one by one", async () => {
  const clock = new VirtualClock();
  const { fetch, sent } = timedFetch(clock);
  const polite = stack(fetch, ratePacing({ limit: 10, window: 1_000, burst: 2, clock }));
  const done = Promise.all(["a", "b", "c", "d"].map((path) => polite(url + path)));
  await clock.advance(1_000);
  await done;
  assert.deepEqual(sent, [["a", 0], ["b", 0], ["c", 100], ["d", 200]]);
  assert.equal(clock.pendingTimers, 0);
  await polite(`${url}e`);
  assert.deepEqual(sent.at(-1), ["e", 1_000]);
});

Deno.test("rate pacing: those with a higher priority go first", async () => {
  const clock = new VirtualClock();
  const { fetch, sent } = timedFetch(clock);
  const priority = (input: Request | URL | string) => Number(String(input).at(-1));
  const polite = stack(fetch, ratePacing({ limit: 1, window: 10, clock, priority }));
  const done = Promise.all(["a0", "b0", "c2", "d0", "e2"].map((path) => polite(url + path)));
  await clock.advance(100);
  await done;
  assert.deepEqual(sent.map(([path]) => path), ["a0", "c2", "e2", "b0", "d0"]);
});

Deno.test("rate pacing: who waits too long, aborts, or finds too many waiting is not sent", async () => {
  const clock = new VirtualClock();
  const { fetch, sent } = timedFetch(clock);
  const pacer = new RatePacer({ limit: 1, window: 100, maxQueue: 2, queueTimeout: 150, clock });
  const polite = stack(fetch, ratePacing({ pacer }));
  await polite(url);
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const aborted = outcome(polite(url, { signal: controller.signal }));
  const second = outcome(polite(`${url}b`));
  await assert.rejects(polite(url), (error) => {
    assert.ok(error instanceof CallThrottledError && !(error instanceof BulkheadFullError));
    assert.equal(
      error.message,
      "1 calls were sent in 100 ms, and 2 others wait: try later, or raise maxQueue",
    );
    return true;
  });
  controller.abort("enough");
  await settle();
  assert.deepEqual([aborted.error, listeners()], ["enough", 0]);
  const third = outcome(polite(`${url}c`));
  await clock.advance(150);
  assert.ok(second.value instanceof Response);
  assert.ok(third.error instanceof MaximumWaitTimeExceededError);
  assert.equal(
    third.error.message,
    "1 calls were sent in 100 ms, and the turn of this one did not come within 150 ms",
  );
  assert.deepEqual(sent, [["", 0], ["b", 100]]);
  assert.deepEqual(pacer.metrics, { remaining: 0, queued: 0, refused: 1, timedOut: 1 });
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
  await assert.rejects(polite(url, { signal: AbortSignal.abort("mine") }), (e) => e === "mine");
});

Deno.test("rate pacing: a program can take turns itself", async () => {
  const clock = new VirtualClock();
  const pacer = new RatePacer({ limit: 2, window: 10, clock });
  assert.deepEqual([pacer.tryTake(), pacer.metrics.remaining], [true, 1]);
  await pacer.take();
  const waiting = outcome(pacer.take().then(() => "done"));
  assert.equal(pacer.tryTake(), false);
  await clock.advance(5);
  assert.equal(waiting.value, "done");
});

Deno.test("rate pacing: in no span of time more go than the burst and what came since", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }),
      async (limit, window, burst, gaps) => {
        const clock = new VirtualClock();
        const { fetch, sent } = timedFetch(clock);
        const polite = stack(fetch, ratePacing({ limit, window, burst, clock }));
        const paths: string[] = [];
        const calls: Promise<Response>[] = [];
        for (const [call, gap] of gaps.entries()) {
          await clock.advance(gap);
          paths.push(String(call));
          calls.push(polite(url + call));
        }
        await clock.advance((gaps.length + 1) * window);
        await Promise.all(calls);
        assert.deepEqual(sent.map(([path]) => path), paths);
        for (let from = 0; from < sent.length; from++) {
          for (let to = from; to < sent.length; to++) {
            const time = sent[to]![1] - sent[from]![1];
            assert.ok(to - from + 1 <= burst + time * limit / window + 1e-9);
          }
        }
        assert.equal(clock.pendingTimers, 0);
      },
    ),
    settings,
  );
});

Deno.test("rate pacing: configurations that do nothing or cannot be are refused", () => {
  const pacer = new RatePacer({ limit: 1, window: 1 });
  const table: [RatePacingOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [{}, RangeError, /limit, not undefined/],
    [{ limit: 1, window: 0.5 }, RangeError, /window, not 0.5/],
    [{ limit: 1, window: 1, burst: 0 }, RangeError, /burst, not 0/],
    [{ limit: 2 ** 40, window: 2 ** 40 }, RangeError, /use a shorter window/],
    [{ limit: 1, window: 1, maxQueue: 0, queueTimeout: 1 }, TypeError, /leave out queueTimeout/],
    [{ pacer, limit: 1 }, TypeError, /which has its own limit/],
    [{ rate: 1 } as RatePacingOptions, TypeError, /no option "rate"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => ratePacing(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
});
