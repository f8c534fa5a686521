/** All policies together leave nothing behind, whatever goes wrong. @module */
import assert from "node:assert/strict";
import { leakRun } from "../support/leak_run.ts";

Deno.test("resilience: 100,000 calls with random faults leave nothing behind", async () => {
  const { calls, attempts, outcomes, heap, ...left } = await leakRun(100_000, 1);
  assert.deepEqual(left, { timers: 0, waiting: 0, bodies: 0, listeners: 0, outstanding: 0 });
  // One that grew by a hundred bytes a call would be at eight million; beside other tests the collector
  // leaves five at times.
  assert.ok(heap < 7_000_000, `${heap} bytes of heap`);
  assert.ok(attempts > calls, "there were retries");
  assert.ok(outcomes["200"]! > 0.8 * calls, JSON.stringify(outcomes));
  for (const name of ["AbortError", "IdleTimeoutError", "ReadingInboundResponseBodyError", "500"]) {
    assert.ok(outcomes[name]! > 0, name);
  }
});
