/** Thousands of calls with random faults through all of the layers: nothing may be left behind. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { adaptiveConcurrency } from "../../src/layers/adaptive_concurrency.ts";
import { ConcurrencyLimiter } from "../../src/layers/adaptive_concurrency_limiter.ts";
import { adaptiveThrottle } from "../../src/layers/adaptive_throttle.ts";
import { Bulkhead, bulkhead } from "../../src/layers/bulkhead.ts";
import { coalesce, Flights } from "../../src/layers/coalesce.ts";
import { fallback } from "../../src/layers/fallback.ts";
import { hedge } from "../../src/layers/hedge.ts";
import { RatePacer } from "../../src/layers/rate_pacer.ts";
import { ratePacing } from "../../src/layers/rate_pacing.ts";
import { ClientConnectorError } from "../../src/message/client_errors.ts";
import { countListeners, settle, watchedBody } from "./bulkhead_support.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 };

interface Call {
  readonly path: number;
  readonly delay: number;
  readonly fault: "none" | "status" | "connection" | "stall";
  readonly use: "read" | "cancel" | "drop";
  readonly abortAfter: number | null;
  readonly gap: number;
}

const call: fc.Arbitrary<Call> = fc.record({
  path: fc.integer({ min: 0, max: 3 }),
  delay: fc.integer({ min: 0, max: 60 }),
  fault: fc.constantFrom("none", "none", "none", "status", "connection", "stall"),
  use: fc.constantFrom("read", "read", "cancel", "drop"),
  abortAfter: fc.option(fc.integer({ min: 0, max: 80 })),
  gap: fc.integer({ min: 0, max: 20 }),
});

/** Answers as the next one of `calls` says. */
function faulty(clock: VirtualClock, calls: readonly Call[]): Fetch {
  let at = 0;
  return (_, init) => {
    const { delay, fault } = calls[at++ % calls.length]!;
    return new Promise((resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      if (fault === "stall") return;
      clock.setTimer(() => {
        if (fault === "connection") reject(new ClientConnectorError("gone"));
        else {
          const status = fault === "status" ? 503 : 200;
          resolve(new Response(watchedBody(["a", "b"]).body, { status }));
        }
      }, delay);
    });
  };
}

Deno.test("overload layers: after random faults no place, turn, timer or listener is left", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 80 }), async (calls) => {
      const clock = new VirtualClock();
      const flights = new Flights();
      const places = new Bulkhead({ maxConcurrent: 4, maxQueue: 8, queueTimeout: 100, clock });
      const limiter = new ConcurrencyLimiter({ initialLimit: 3, maxQueue: 5, clock });
      const pacer = new RatePacer({ limit: 1, window: 5, burst: 5, maxQueue: 5, clock });
      const asked = stack(
        faulty(clock, calls),
        fallback({ to: "other", statusCodes: [500] }),
        coalesce({ flights }),
        bulkhead({ bulkhead: places }),
        hedge({ delay: 20, clock }),
        ratePacing({ pacer }),
        adaptiveThrottle({ clock }),
        adaptiveConcurrency({ limiter }),
      );
      const listeners: (() => number)[] = [];
      const done: Promise<unknown>[] = [];
      for (const { path, use, abortAfter, gap } of calls) {
        const controller = new AbortController();
        listeners.push(countListeners(controller.signal));
        // Whatever stalls ends at some time, as under a timeout layer.
        const timer = clock.setTimer(() => controller.abort("mine"), abortAfter ?? 1_000);
        const address = `http://a.example/${path}`;
        done.push(
          asked(address, { signal: controller.signal }).then(async (response) => {
            if (use === "read") await response.text();
            if (use === "cancel") await response.body?.cancel();
          }).catch(() => {}).finally(() => timer.clear()),
        );
        await clock.advance(gap);
      }
      await clock.advance(5_000);
      await Promise.all(done);
      await settle();
      assert.equal(flights.metrics.inFlight, 0);
      assert.deepEqual([places.metrics.queued, limiter.metrics.queued, pacer.metrics.queued], [
        0,
        0,
        0,
      ]);
      await clock.advance(0);
      assert.equal(clock.pendingTimers, 0);
      // What was dropped unread has its place until another call needs it.
      const dropped = calls.filter(({ use }) => use === "drop").length;
      assert.ok(places.metrics.active <= dropped);
      if (dropped > 0) return;
      assert.deepEqual([places.metrics.active, limiter.metrics.active], [0, 0]);
      assert.deepEqual(listeners.filter((count) => count() !== 0), []);
    }),
    settings,
  );
});
