/** Windows over calls, against lists of them. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CoarseClock } from "../../src/layers/coarse_clock.ts";
import {
  CountWindow,
  type RollingWindow,
  RunWindow,
  TimeWindow,
} from "../../src/layers/rolling_window.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

interface Call {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const calls = fc.array(
  fc.record({
    wait: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 300 }),
      fc.double({ min: 0, max: 2_000, noNaN: true }),
    ),
    failed: fc.boolean(),
    slow: fc.boolean(),
  }),
  { maxLength: 60 },
).map((steps) => {
  let at = 1_000;
  return steps.map(({ wait, failed, slow }): Call => ({ at: at += wait, failed, slow }));
});

function counted({ total, failed, slow }: RollingWindow): unknown {
  return { total, failed, slow };
}

function count(list: readonly Call[]): unknown {
  return {
    total: list.length,
    failed: list.filter(({ failed }) => failed).length,
    slow: list.filter(({ slow }) => slow).length,
  };
}

function record(window: RollingWindow, { at, failed, slow }: Call): void {
  window.record(at, failed, slow);
}

Deno.test("rolling window: a time window has the calls of its buckets", () => {
  fc.assert(
    fc.property(
      calls,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 250 }),
      (list, length, size) => {
        const window = new TimeWindow(length, size);
        for (const [index, call] of list.entries()) {
          record(window, call);
          const now = Math.floor(call.at / size);
          const inside = list.slice(0, index + 1)
            .filter(({ at }) => Math.floor(at / size) > now - length);
          assert.deepEqual(counted(window), count(inside));
        }
        window.roll((list.at(-1)?.at ?? 0) + (length + 1) * size);
        assert.deepEqual(counted(window), count([]));
      },
    ),
    settings,
  );
});

Deno.test("rolling window: a count window has the latest calls", () => {
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 20 }), (list, size) => {
      const window = new CountWindow(size);
      for (const [index, call] of list.entries()) {
        record(window, call);
        assert.deepEqual(counted(window), count(list.slice(0, index + 1).slice(-size)));
      }
      window.clear();
      assert.deepEqual(counted(window), count([]));
    }),
    settings,
  );
});

Deno.test("rolling window: a run ends with the first call that is not of it", () => {
  const window = new RunWindow();
  const seen = [];
  for (
    const [failed, slow] of [[true, false], [true, true], [false, true], [false, false]] as const
  ) {
    window.record(0, failed, slow);
    seen.push([window.failed, window.slow, window.total]);
  }
  assert.deepEqual(seen, [[1, 0, 1], [2, 1, 2], [0, 2, 2], [0, 0, 0]]);
  window.record(0, true, false);
  window.clear();
  assert.equal(window.total, 0);
});

Deno.test("rolling window: an interval that divides badly lets no time stand still", () => {
  const size = 60_000 / 7;
  const window = new TimeWindow(7, size);
  for (let at = 0; at < 5_000; at++) {
    window.record(at * size, true, false);
    assert.ok(window.total >= 1 && window.total <= 8);
  }
});

Deno.test("coarse clock: it goes on with the steady one, whoever sets the other", () => {
  let [steady, quick] = [5, 1_000_000];
  const clock = new CoarseClock(() => steady, () => quick);
  const pass = (milliseconds: number, set = 0): number => {
    steady += milliseconds;
    quick += milliseconds + set;
    return clock.now();
  };
  assert.equal(pass(0), 5);
  assert.equal(pass(400), 405);
  assert.equal(pass(400), 805);
  assert.equal(pass(400), 1_205);
  // An hour back, and a day forth.
  assert.equal(pass(10, -3_600_000), 1_215);
  assert.equal(pass(10), 1_225);
  assert.equal(pass(10, 86_400_000), 1_235);
  // Half a second forth is not noticed until the next look at the steady one.
  assert.equal(pass(10, 500), 1_745);
  assert.equal(pass(600), 1_845);
  assert.equal(pass(10), 1_855);
});

Deno.test("coarse clock: never goes back, and is right a second after somebody set the other", () => {
  const step = fc.tuple(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: -9_000, max: 9_000 }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let [steady, quick, last] = [0, 1_000_000, 0];
      const clock = new CoarseClock(() => steady, () => quick);
      const pass = (milliseconds: number, set: number): number => {
        steady += milliseconds;
        quick += milliseconds + set;
        return clock.now();
      };
      for (const [passed, set] of steps) {
        const now = pass(passed, set);
        assert.ok(now >= last && now < steady + 1_000, `${now} at ${steady}`);
        last = now;
      }
      assert.equal(pass(1_000, 0), steady);
    }),
    settings,
  );
});
