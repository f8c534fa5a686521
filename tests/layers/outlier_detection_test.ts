/** Outlier ejection: when, for how long, and of how many. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { OutlierDetection, type OutlierOptions } from "../../src/layers/outlier_detection.ts";

const seed = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };

const second = 1_000;

function fail(outliers: OutlierDetection, index: number, count: number, now: number): void {
  for (let call = 0; call < count; call++) outliers.record(index, true, now);
}

Deno.test("outlier ejection: five failures in a row, for 30 seconds", () => {
  const outliers = new OutlierDetection({}, 4);
  fail(outliers, 1, 4, 0);
  outliers.record(1, false, 0);
  fail(outliers, 1, 4, 0);
  assert.ok(!outliers.hasEjected(0));
  fail(outliers, 1, 1, 0);
  assert.ok(outliers.hasEjected(0));
  assert.deepEqual([0, 1, 2, 3].map((index) => outliers.isEjected(index, 0)), [
    false,
    true,
    false,
    false,
  ]);
  assert.ok(outliers.isEjected(1, 30 * second - 1));
  assert.ok(!outliers.isEjected(1, 30 * second));
  assert.ok(!outliers.hasEjected(30 * second));
});

Deno.test("outlier ejection: one that comes back has one chance, and is longer away", () => {
  const outliers = new OutlierDetection({}, 4);
  let now = 0;
  fail(outliers, 0, 5, now);
  for (const seconds of [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300]) {
    assert.equal(outliers.ejectedUntil(0) - now, seconds * second);
    now = outliers.ejectedUntil(0);
    fail(outliers, 0, 1, now);
  }
});

Deno.test("outlier ejection: what was is forgotten, one ejection for each interval in service", () => {
  const outliers = new OutlierDetection({}, 4);
  fail(outliers, 0, 5, 0);
  fail(outliers, 0, 1, 30 * second);
  assert.equal(outliers.ejectedUntil(0), 90 * second);
  outliers.record(0, false, 90 * second);
  fail(outliers, 0, 5, 100 * second);
  assert.equal(outliers.ejectedUntil(0), 160 * second);
  outliers.record(0, false, 160 * second);
  fail(outliers, 0, 5, 500 * second);
  assert.equal(outliers.ejectedUntil(0), 530 * second);
});

Deno.test("outlier ejection: what ends during an ejection does not count", () => {
  const outliers = new OutlierDetection({}, 4);
  fail(outliers, 0, 5, 0);
  fail(outliers, 0, 50, 1);
  outliers.record(0, false, 2);
  assert.equal(outliers.ejectedUntil(0), 30 * second);
  fail(outliers, 0, 1, 30 * second);
  assert.ok(outliers.isEjected(0, 30 * second));
});

Deno.test("outlier ejection: a share of failures, once there are enough calls in the interval", () => {
  const options = { failureRatio: 0.5, minimumCalls: 10, interval: second };
  const alternate = (outliers: OutlierDetection, calls: number, from: number, step: number) => {
    for (let call = 0; call < calls; call++) {
      outliers.record(0, call % 2 === 1, from + call * step);
    }
  };
  const dense = new OutlierDetection(options, 2);
  alternate(dense, 9, 0, 1);
  assert.ok(!dense.isEjected(0, 9));
  dense.record(0, true, 9);
  assert.ok(dense.isEjected(0, 9));
  const sparse = new OutlierDetection(options, 2);
  alternate(sparse, 100, 0, 200);
  assert.ok(!sparse.hasEjected(0));
});

Deno.test("outlier ejection: at most half of the targets, and never the only one", () => {
  for (const [count, most] of [[1, 0], [2, 1], [3, 1], [4, 2], [5, 2]] as const) {
    const outliers = new OutlierDetection({}, count);
    for (let index = 0; index < count; index++) fail(outliers, index, 20, 0);
    const ejected = Array.from({ length: count }, (_, index) => outliers.isEjected(index, 0));
    assert.equal(ejected.filter(Boolean).length, most, `of ${count}`);
  }
  const all = new OutlierDetection({ maxEjected: 1 }, 3);
  for (let index = 0; index < 3; index++) fail(all, index, 5, 0);
  assert.ok([0, 1, 2].every((index) => all.isEjected(index, 0)));
});

Deno.test("outlier ejection: never more than allowed, never without failures, always over in time", () => {
  const event = fc.record({
    index: fc.nat(5),
    isFailure: fc.boolean(),
    wait: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(event), (count, events) => {
      const outliers = new OutlierDetection({ consecutiveFailures: 2, maxEjected: 0.4 }, count);
      const inARow = Array.from({ length: count }, () => 0);
      let now = 0;
      for (const { index, isFailure, wait } of events) {
        now += wait;
        if (index >= count) continue;
        const wasEjected = outliers.isEjected(index, now);
        outliers.record(index, isFailure, now);
        if (!wasEjected) inARow[index] = isFailure ? (inARow[index] ?? 0) + 1 : 0;
        const isEjected = outliers.isEjected(index, now);
        if (isEjected && !wasEjected) assert.ok(isFailure && (inARow[index] ?? 0) > 0);
        const ejected = inARow.filter((_, at) => outliers.isEjected(at, now)).length;
        assert.ok(ejected <= Math.floor(count * 0.4));
        assert.equal(ejected > 0, outliers.hasEjected(now));
        assert.ok(outliers.ejectedUntil(index) <= now + 300_000);
      }
    }),
    seed,
  );
});

const bad: readonly (readonly [OutlierOptions, RegExp])[] = [
  [{ consecutiveFailures: 0 }, /a whole number from 1 for consecutiveFailures, not 0/],
  [{ minimumCalls: 1.5 }, /a whole number from 1 for minimumCalls, not 1.5/],
  [{ interval: 0 }, /milliseconds above 0 for interval, not 0/],
  [{ baseEjectionTime: Infinity }, /milliseconds above 0 for baseEjectionTime, not Infinity/],
  [{ maxEjectionTime: 1_000 }, /never reaches baseEjectionTime \(30000 ms\)/],
  [{ failureRatio: 0 }, /above 0 and at most 1 for failureRatio, not 0/],
  [{ maxEjected: 1.1 }, /above 0 and at most 1 for maxEjected, not 1.1/],
  [{ ratio: 1 } as OutlierOptions, /outlierEjection has no option "ratio"/],
];

for (const [options, message] of bad) {
  Deno.test(`outlier ejection: refuses options, ${message.source}`, () => {
    assert.throws(() => new OutlierDetection(options, 2), message);
  });
}
