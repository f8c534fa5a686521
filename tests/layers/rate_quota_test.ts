/** How rate limits count: the token bucket and the sliding window. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Quota, RateAlgorithm, Take } from "../../src/layers/rate_quota.ts";
import { slidingWindow } from "../../src/layers/sliding_window.ts";
import { tokenBucket } from "../../src/layers/token_bucket.ts";
import type { StoreValue } from "../../src/stores/store.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

const algorithms = { "token bucket": tokenBucket, "sliding window": slidingWindow } as const;

/** One key's count over time. */
class Counter {
  state: StoreValue | undefined = undefined;
  constructor(readonly algorithm: RateAlgorithm, readonly quota: Quota) {}

  take(now: number, cost = 1): Take {
    const take = this.algorithm.take(this.quota, this.state, now, cost);
    if (take.state !== undefined) this.state = take.state;
    return take;
  }
}

const quotas = fc.record({
  limit: fc.integer({ min: 1, max: 50 }),
  window: fc.integer({ min: 1, max: 5000 }),
  burst: fc.integer({ min: 1, max: 60 }),
});
const arrivals = fc.array(
  fc.record({ after: fc.oneof(fc.nat(3), fc.nat(4000)), cost: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 150 },
);

/** What passed: when, and how much. */
function passed(
  counter: Counter,
  all: readonly { after: number; cost: number }[],
): { at: number; cost: number }[] {
  let at = 0;
  const found: { at: number; cost: number }[] = [];
  for (const { after, cost } of all) {
    at += after;
    const real = Math.min(cost, counter.quota.burst, counter.quota.limit);
    if (counter.take(at, real).allowed) found.push({ at, cost: real });
  }
  return found;
}

Deno.test("token bucket: no span of time lets through more than the burst and what was refilled", () => {
  fc.assert(
    fc.property(quotas, arrivals, (quota, all) => {
      const found = passed(new Counter(tokenBucket, quota), all);
      for (const [first, { at: from }] of found.entries()) {
        let sum = 0;
        for (const { at, cost } of found.slice(first)) {
          sum += cost;
          const most = quota.burst + (at - from) * quota.limit / quota.window;
          assert.ok(sum <= most + 1e-9, `${sum} of ${most}`);
        }
      }
    }),
    settings,
  );
});

Deno.test("sliding window: no window by the clock lets through more than the limit, none twice that", () => {
  fc.assert(
    fc.property(quotas, arrivals, (given, all) => {
      const quota = { ...given, burst: given.limit };
      const { limit, window } = quota;
      const found = passed(new Counter(slidingWindow, quota), all);
      const byClock = Map.groupBy(found, ({ at }) => Math.floor(at / window));
      for (const one of byClock.values()) assert.ok(total(one) <= limit);
      for (const { at: from } of found) {
        const inside = found.filter(({ at }) => at >= from && at < from + window);
        assert.ok(total(inside) <= 2 * limit);
      }
    }),
    settings,
  );
});

function total(found: readonly { cost: number }[]): number {
  return found.reduce((sum, { cost }) => sum + cost, 0);
}

Deno.test("token bucket: it decides as a bucket of fractions does", () => {
  fc.assert(
    fc.property(quotas, arrivals, (quota, all) => {
      const counter = new Counter(tokenBucket, quota);
      // In tokens times the window, so that the reference is exact too.
      const full = BigInt(quota.burst) * BigInt(quota.window);
      let tokens = full;
      let at = 0;
      for (const { after, cost } of all) {
        at += after;
        tokens += BigInt(after) * BigInt(quota.limit);
        if (tokens > full) tokens = full;
        const price = BigInt(Math.min(cost, quota.burst)) * BigInt(quota.window);
        const allowed = tokens >= price;
        if (allowed) tokens -= price;
        const take = counter.take(at, cost);
        assert.equal(take.allowed, allowed);
        assert.equal(take.remaining, Number(tokens / BigInt(quota.window)));
      }
    }),
    settings,
  );
});

Deno.test("sliding window: it decides as counting by window does", () => {
  fc.assert(
    fc.property(quotas, arrivals, (given, all) => {
      const quota = { ...given, burst: given.limit };
      const { limit, window } = quota;
      const counter = new Counter(slidingWindow, quota);
      const counts = new Map<number, number>();
      let at = 0;
      for (const { after, cost: asked } of all) {
        at += after;
        const cost = Math.min(asked, limit);
        const index = Math.floor(at / window);
        const current = counts.get(index) ?? 0;
        const weight = window - (at - index * window);
        const used = current * window + (counts.get(index - 1) ?? 0) * weight;
        const allowed = used + cost * window <= limit * window;
        if (allowed) counts.set(index, current + cost);
        assert.equal(counter.take(at, asked).allowed, allowed);
      }
    }),
    settings,
  );
});

for (const [name, algorithm] of Object.entries(algorithms)) {
  const withBurst = quotas.map((quota) =>
    algorithm === tokenBucket ? quota : { ...quota, burst: quota.limit }
  );

  Deno.test(`${name}: who waits as long as told is let through, who comes earlier is not`, () => {
    fc.assert(
      fc.property(withBurst, arrivals, (quota, all) => {
        const counter = new Counter(algorithm, quota);
        let at = 0;
        for (const { after, cost } of all) {
          at += after;
          const take = counter.take(at, cost);
          if (take.allowed) continue;
          assert.ok(take.wait > 0);
          const { state } = counter;
          const again = (when: number): boolean => algorithm.take(quota, state, when, cost).allowed;
          assert.equal(again(at + Math.ceil(take.wait + 1e-6)), true);
          if (take.wait > 1.001) assert.equal(again(at + Math.floor(take.wait - 1e-3) - 1), false);
        }
      }),
      settings,
    );
  });

  Deno.test(`${name}: what is left can be had at once, and no more`, () => {
    fc.assert(
      fc.property(withBurst, arrivals, (quota, all) => {
        const counter = new Counter(algorithm, quota);
        let at = 0;
        for (const { after, cost } of all) {
          at += after;
          const { remaining, wait } = counter.take(at, cost);
          const has = (units: number): boolean =>
            algorithm.take(quota, counter.state, at, units).allowed;
          assert.ok(remaining === 0 || has(remaining));
          if (remaining < quota.burst) assert.equal(has(remaining + 1), false);
          if (wait === 0) assert.ok(remaining > 0);
        }
      }),
      settings,
    );
  });

  Deno.test(`${name}: a state that expired says what none says`, () => {
    fc.assert(
      fc.property(withBurst, arrivals, fc.nat(5000), (quota, all, later) => {
        const counter = new Counter(algorithm, quota);
        let at = 0;
        for (const { after, cost } of all) {
          at += after;
          const { ttl, state } = counter.take(at, cost);
          if (state === undefined) continue;
          const then = at + ttl + later;
          const kept = algorithm.take(quota, state, then, 1);
          const none = algorithm.take(quota, undefined, then, 1);
          assert.equal(kept.allowed, none.allowed);
          assert.ok(none.remaining - kept.remaining <= (Number.isInteger(then) ? 0 : 1));
        }
      }),
      settings,
    );
  });

  Deno.test(`${name}: a state is two or three numbers, and is not written where nothing is taken`, () => {
    const counter = new Counter(algorithm, { limit: 2, window: 1000, burst: 2 });
    assert.equal(counter.take(0, 0).state, undefined);
    assert.ok(counter.take(0).allowed);
    assert.ok(counter.take(500).allowed);
    assert.ok(JSON.stringify(counter.state).length < 40);
    const refused = counter.take(500, 2);
    assert.equal(refused.allowed, false);
    assert.equal(refused.state, undefined);
  });

  Deno.test(`${name}: a clock that is behind gives nothing away, one that is ahead locks nobody out`, () => {
    const quota = { limit: 10, window: 1000, burst: 10 };
    const counter = new Counter(algorithm, quota);
    for (let time = 0; time < 10; time++) assert.ok(counter.take(5000).allowed);
    for (const now of [4999, 4000, 3000, 0, 5000]) {
      assert.equal(counter.take(now).allowed, false, String(now));
    }
    assert.equal(counter.take(8000).allowed, true);
    // What one instance took counts the same for another whose clock is a little behind.
    const behind = new Counter(algorithm, quota);
    assert.equal(behind.take(5000).remaining, 9);
    assert.equal(behind.take(4500).remaining, 8);
  });

  Deno.test(`${name}: a state of another kind, limit or window is none, or no worse than full`, () => {
    const quota = { limit: 10, window: 1000, burst: 10 };
    const foreign: StoreValue[] = [
      ...[null, true, "x", 5, {}, [], [1], [NaN, 1], [1, 2, 3, 4], ["1", 2], ["a", 1, 1], [-1, 0]],
      ...[[-1, 0, 0], [null, null], [0, -5, 1]],
    ];
    for (const state of foreign) {
      assert.equal(algorithm.take(quota, state, 10_000, 1).remaining, 9, JSON.stringify(state));
    }
    for (const state of [[1e15, 10_000], [10_000, 1e9, 1e9]]) {
      const { wait } = algorithm.take(quota, state, 10_000, 1);
      assert.ok(wait <= 2000, String(wait));
    }
  });

  Deno.test(`${name}: a cost above what may pass at once counts as that`, () => {
    const counter = new Counter(algorithm, { limit: 5, window: 1000, burst: 5 });
    assert.equal(counter.take(0, 100).allowed, true);
    assert.equal(counter.take(0, 1).allowed, false);
  });
}
