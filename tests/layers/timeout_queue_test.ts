/** Deadlines on one timer: in order, in time, against a model that looks at every one. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "@pirouette/http/testing";
import { systemClock } from "../../src/message/clock.ts";
import { TimeoutQueue, type Waiting } from "../../src/layers/timeout_queue.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

function waiting(expire: () => void): Waiting {
  return { due: 0, before: undefined, after: undefined, expire };
}

type Step =
  | { readonly kind: "add"; readonly delay: number; readonly again: number }
  | { readonly kind: "remove"; readonly which: number }
  | { readonly kind: "pass"; readonly time: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    delay: fc.integer({ min: 1, max: 50 }),
    again: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ kind: fc.constant("remove" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("pass" as const), time: fc.integer({ min: 0, max: 40 }) }),
);

Deno.test("timeout queue: every entry expires when it is due, unless it was taken out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new VirtualClock();
      const queue = new TimeoutQueue(clock);
      const live = new Map<number, { entry: Waiting; due: number }>();
      let ids = 0;
      const add = (delay: number, again: number): void => {
        const id = ids++;
        const entry = waiting(() => {
          assert.equal(live.get(id)?.due, clock.now());
          live.delete(id);
          // What expires may well wait again, in the midst of the others.
          if (again > 0) add(delay, again - 1);
        });
        live.set(id, { entry, due: clock.now() + delay });
        queue.add(entry, clock.now(), delay);
      };
      for (const next of steps) {
        if (next.kind === "add") add(next.delay, next.again);
        if (next.kind === "pass") await clock.advance(next.time);
        if (next.kind === "remove" && live.size > 0) {
          const [id, { entry }] = [...live][next.which % live.size]!;
          live.delete(id);
          queue.remove(entry);
        }
        for (const { due } of live.values()) {
          assert.ok(next.kind === "pass" ? due > clock.now() : due >= clock.now());
        }
        assert.ok(clock.pendingTimers <= 1);
        if (live.size > 0) assert.equal(clock.pendingTimers, 1);
      }
      await clock.advance(200);
      assert.deepEqual([live.size, clock.pendingTimers], [0, 0]);
    }),
    settings,
  );
});

Deno.test("timeout queue: an entry that throws does not keep the others waiting", async () => {
  const clock = new VirtualClock();
  const queue = new TimeoutQueue(clock);
  let expired = 0;
  queue.add(
    waiting(() => {
      throw new Error("mine");
    }),
    0,
    10,
  );
  queue.add(waiting(() => expired++), 0, 10);
  await assert.rejects(clock.advance(10), /mine/);
  await clock.advance(10);
  assert.deepEqual([expired, clock.pendingTimers], [1, 0]);
});

Deno.test("timeout queue: an entry may take out the next one", async () => {
  const clock = new VirtualClock();
  const queue = new TimeoutQueue(clock);
  let expired = 0;
  const second = waiting(() => expired++);
  queue.add(waiting(() => queue.remove(second)), 0, 10);
  queue.add(second, 0, 10);
  await clock.advance(20);
  assert.deepEqual([expired, clock.pendingTimers], [0, 0]);
});

Deno.test("timeout queue: calls one after the other keep one timer", async () => {
  let timers = 0;
  const clock = new VirtualClock();
  const setTimer = (action: () => void, delay: number) => {
    timers++;
    return clock.setTimer(action, delay);
  };
  const queue = new TimeoutQueue({ now: () => clock.now(), setTimer });
  for (let call = 0; call < 100; call++) {
    const entry = waiting(() => assert.fail());
    queue.add(entry, 0, 1_000);
    await Promise.resolve();
    queue.remove(entry);
    await Promise.resolve();
  }
  assert.equal(timers, 1);
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("timeout queue: 10,000 entries with one delay are taken in and out fast", () => {
  const queue = new TimeoutQueue(systemClock);
  const entries = Array.from({ length: 10_000 }, () => waiting(() => {}));
  for (const entry of entries) queue.add(entry, 0, 1e9);
  for (const entry of entries) queue.remove(entry);
});
