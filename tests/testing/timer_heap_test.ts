/** Timers fall due in order, whatever was set and cleared before. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "../../src/testing/mod.ts";

fc.configureGlobal({ seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) });

Deno.test("virtual clock: fires as a sorted list would, with timers cleared in between", async () => {
  const set = fc.record({ delay: fc.nat(20), cleared: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(set, { maxLength: 60 }), fc.nat(25), async (timers, until) => {
      const clock = new VirtualClock();
      const fired: number[] = [];
      const handles = timers.map(({ delay }, index) =>
        clock.setTimer(() => fired.push(index), delay)
      );
      timers.forEach(({ cleared }, index) => cleared && handles[index]?.clear());
      await clock.advance(until);
      const left = timers.map((timer, index) => ({ ...timer, index }))
        .filter(({ cleared }) => !cleared)
        .sort((a, b) => a.delay - b.delay || a.index - b.index);
      assert.deepEqual(
        fired,
        left.filter(({ delay }) => delay <= until).map(({ index }) => index),
      );
      assert.equal(clock.pendingTimers, left.length - fired.length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("virtual clock: a hundred thousand timers that are cleared leave nothing", async () => {
  const clock = new VirtualClock();
  const timers = Array.from({ length: 100_000 }, (_, index) => {
    return clock.setTimer(() => {}, (index * 7919) % 100_003);
  });
  assert.equal(clock.pendingTimers, 100_000);
  for (const timer of timers) timer.clear();
  for (const timer of timers) timer.clear();
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(100_003);
});

Deno.test("virtual clock: a long chain of promises is done before the next timer", async () => {
  const clock = new VirtualClock();
  let seen = -1;
  clock.setTimer(async () => {
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    seen = clock.now();
  }, 10);
  clock.setTimer(() => {}, 11);
  await clock.advance(20);
  assert.equal(seen, 10);
});

Deno.test("virtual clock: a timer that clears another of the same moment is heard", async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  clock.setTimer(() => {
    fired.push("first");
    second.clear();
  }, 5);
  const second = clock.setTimer(() => fired.push("second"), 5);
  await clock.advance(5);
  assert.deepEqual(fired, ["first"]);
});
