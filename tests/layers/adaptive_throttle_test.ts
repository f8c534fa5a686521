/** Adaptive throttling: what is refused here when the service refuses most. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import {
  adaptiveThrottle,
  type AdaptiveThrottleOptions,
} from "../../src/layers/adaptive_throttle.ts";
import { AdaptiveThrottle } from "../../src/layers/adaptive_throttle_state.ts";
import { ClientConnectorError } from "../../src/message/client_errors.ts";
import { CallThrottledError } from "../../src/message/overload_errors.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

/** Numbers that look random, the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const answering = (status: number): Fetch => () => Promise.resolve(new Response(null, { status }));

Deno.test("adaptive throttle: nothing is refused while at least half of the calls succeed", async () => {
  const throttle = new AdaptiveThrottle({ random: () => 0 });
  const good = stack(answering(200), adaptiveThrottle({ throttle }));
  const bad = stack(answering(503), adaptiveThrottle({ throttle }));
  for (let call = 0; call < 100; call++) {
    await good(url);
    await bad(url);
  }
  const { requests, accepts, refused } = throttle.metrics;
  assert.deepEqual([requests, accepts, refused], [200, 100, 0]);
});

Deno.test("adaptive throttle: the probability is that of the book, with padding and a cap", async () => {
  const table: [requests: number, accepts: number, expected: number][] = [
    [0, 0, 0],
    [1, 0, 1 / 9],
    [10, 5, 0],
    [10, 2, 6 / 18],
    [100, 10, 80 / 108],
    [1_000, 0, 0.95],
  ];
  for (const [requests, accepts, expected] of table) {
    const throttle = new AdaptiveThrottle({ random: () => 0.9999 });
    for (let call = 0; call < requests - accepts; call++) throttle.reject();
    for (let call = 0; call < accepts; call++) throttle.accept();
    assert.equal(throttle.metrics.probability, expected);
  }
  const throttle = new AdaptiveThrottle({ k: 1.5, padding: 1, maxRefusal: 1, random: () => 0 });
  const modest = stack(answering(429), adaptiveThrottle({ throttle }));
  await modest(url);
  assert.equal(throttle.metrics.probability, 1 / 2);
  await assert.rejects(modest(url), (error) => {
    assert.ok(error instanceof CallThrottledError);
    assert.equal(
      error.message,
      "The remote service refuses most calls, so 50 % of them are not sent: try later",
    );
    return true;
  });
});

Deno.test("adaptive throttle: an outage gets a twentieth of the calls, and recovery all of them", async () => {
  const clock = new VirtualClock();
  const throttle = new AdaptiveThrottle({ clock, random: seeded(7) });
  let status = 200;
  let reached = 0;
  const modest = stack(() => {
    reached++;
    return Promise.resolve(new Response(null, { status }));
  }, adaptiveThrottle({ throttle }));
  const pass = async (seconds: number): Promise<number> => {
    const before = reached;
    for (let call = 0; call < seconds * 50; call++) {
      await modest(url).catch(() => {});
      await clock.advance(20);
    }
    return (reached - before) / (seconds * 50);
  };
  assert.equal(await pass(60), 1);
  status = 503;
  await pass(150);
  const during = await pass(60);
  assert.ok(during < 0.08, `${during}`);
  status = 200;
  // What the outage left in the window has to be outweighed first.
  await pass(300);
  assert.equal(await pass(10), 1);
});

Deno.test("adaptive throttle: failures of the network count, those of the caller do not", async () => {
  const failures: [unknown, number][] = [
    [new ClientConnectorError("no connection"), 1],
    [new DOMException("late", "TimeoutError"), 1],
    [new TypeError("Invalid URL"), 0],
    [new CallThrottledError("below"), 0],
  ];
  for (const [error, requests] of failures) {
    const throttle = new AdaptiveThrottle();
    const modest = stack(() => Promise.reject(error), adaptiveThrottle({ throttle }));
    await assert.rejects(modest(url), (thrown) => thrown === error);
    assert.equal(throttle.metrics.requests, requests, String(error));
  }
  const throttle = new AdaptiveThrottle();
  const modest = stack(() => Promise.reject("mine"), adaptiveThrottle({ throttle }));
  await assert.rejects(modest(url, { signal: AbortSignal.abort("mine") }), (e) => e === "mine");
  assert.equal(throttle.metrics.requests, 0);
});

Deno.test("adaptive throttle: the counts are those of the window, as kept in a list", async () => {
  const step = fc.record({
    gap: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 500 })),
    isAccepted: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const clock = new VirtualClock();
      const throttle = new AdaptiveThrottle({ window: 240, clock, random: () => 0.9999 });
      const calls: { at: number; isAccepted: boolean }[] = [];
      for (const { gap, isAccepted } of steps) {
        await clock.advance(gap);
        throttle.refusal();
        if (isAccepted) throttle.accept();
        else throttle.reject();
        calls.push({ at: clock.now(), isAccepted });
        // A bucket is forgotten as one.
        const from = Math.floor(clock.now() / 10) - 23;
        const counted = calls.filter(({ at }) => Math.floor(at / 10) >= from);
        const { requests, accepts } = throttle.metrics;
        assert.equal(requests, counted.length);
        assert.equal(accepts, counted.filter((call) => call.isAccepted).length);
      }
    }),
    settings,
  );
});

Deno.test("adaptive throttle: a burst of calls under way says nothing against the service", async () => {
  const clock = new VirtualClock();
  const slow: Fetch = () =>
    new Promise((resolve) => void clock.setTimer(() => resolve(new Response("there")), 100));
  const throttle = new AdaptiveThrottle({ clock, random: () => 0 });
  const modest = stack(slow, adaptiveThrottle({ throttle }));
  const calls = Array.from({ length: 100 }, () => modest(url));
  await clock.advance(100);
  for (const response of await Promise.all(calls)) assert.equal(response.status, 200);
  assert.deepEqual([throttle.metrics.requests, throttle.metrics.refused], [100, 0]);
});

Deno.test("adaptive throttle: configurations that do nothing or cannot be are refused", () => {
  const throttle = new AdaptiveThrottle();
  const table: [AdaptiveThrottleOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [{ k: 1 }, RangeError, /a number above 1 for k, not 1/],
    [{ window: 0 }, RangeError, /window, not 0/],
    [{ padding: -1 }, RangeError, /padding, not -1/],
    [{ maxRefusal: 1.1 }, RangeError, /maxRefusal, not 1.1/],
    [{ statusCodes: [200] }, RangeError, /cannot take 200 for a failure/],
    [{ throttle, k: 3 }, TypeError, /which has its own k/],
    [{ K: 3 } as AdaptiveThrottleOptions, TypeError, /no option "K"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => adaptiveThrottle(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
});
