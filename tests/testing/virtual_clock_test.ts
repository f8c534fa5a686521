/** The clock that waits for nobody. @module */
import assert from "node:assert/strict";
import { VirtualClock } from "../../src/testing/mod.ts";

Deno.test("virtual clock: timers fire in the order they fall due, at their own time", async () => {
  const clock = new VirtualClock();
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.now()]);
  clock.setTimer(note("late"), 300);
  clock.setTimer(note("early"), 100);
  clock.setTimer(note("never"), 200).clear();
  await clock.advance(250);
  assert.deepEqual(fired, [["early", 100]]);
  assert.equal(clock.pendingTimers, 1);
  await clock.advance(50);
  assert.deepEqual(fired, [["early", 100], ["late", 300]]);
  assert.deepEqual([clock.now(), clock.pendingTimers], [300, 0]);
});

Deno.test("virtual clock: what follows from a timer happens before the next", async () => {
  const clock = new VirtualClock();
  const order: string[] = [];
  clock.setTimer(() => {
    Promise.resolve().then(() => order.push("promise"));
    clock.setTimer(() => order.push("nested"), 10);
  }, 10);
  clock.setTimer(() => order.push("second"), 15);
  await clock.advance(100);
  assert.deepEqual(order, ["promise", "second", "nested"]);
});
