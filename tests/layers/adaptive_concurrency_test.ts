/** Adaptive concurrency: a simulated service, and the limit that is found for it. @module */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import {
  adaptiveConcurrency,
  type AdaptiveConcurrencyOptions,
} from "../../src/layers/adaptive_concurrency.ts";
import { GradientLimit } from "../../src/layers/adaptive_concurrency_gradient.ts";
import { ConcurrencyLimiter } from "../../src/layers/adaptive_concurrency_limiter.ts";
import { BulkheadFullError } from "../../src/message/overload_errors.ts";
import { heldFetch, settle } from "./bulkhead_support.ts";

const url = "http://a.example/";

/** A service with so many workers, each of which takes `time` milliseconds for a call. */
class SimulatedService {
  workers: number;
  time = 50;
  readonly #clock: VirtualClock;
  readonly #queue: (() => void)[] = [];
  #busy = 0;
  most = 0;

  constructor(clock: VirtualClock, workers: number) {
    this.#clock = clock;
    this.workers = workers;
  }

  readonly fetch: Fetch = () =>
    new Promise((resolve) => {
      this.#queue.push(() => resolve(new Response(null, { status: 204 })));
      this.most = Math.max(this.most, this.#queue.length + this.#busy);
      this.#work();
    });

  #work(): void {
    while (this.#busy < this.workers) {
      const answer = this.#queue.shift();
      if (answer === undefined) return;
      this.#busy++;
      this.#clock.setTimer(() => {
        this.#busy--;
        answer();
        this.#work();
      }, this.time);
    }
  }
}

/** Keeps `callers` calling one after the other for some time; what was refused waits a little. */
async function load(
  clock: VirtualClock,
  gentle: Fetch,
  { callers, duration }: { readonly callers: number; readonly duration: number },
): Promise<void> {
  const end = clock.now() + duration;
  const call = async (): Promise<void> => {
    while (clock.now() < end) {
      try {
        await gentle(url);
      } catch (error) {
        assert.ok(error instanceof BulkheadFullError);
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 10));
      }
    }
  };
  const all = Promise.all(Array.from({ length: callers }, call));
  await clock.advance(duration + 2_000);
  await all;
}

Deno.test("adaptive concurrency: the limit grows while calls take no longer", async () => {
  const clock = new VirtualClock();
  const service = new SimulatedService(clock, 1_000);
  const limiter = new ConcurrencyLimiter({ clock, maxLimit: 40 });
  await load(clock, stack(service.fetch, adaptiveConcurrency({ limiter })), {
    callers: 50,
    duration: 4_000,
  });
  assert.equal(limiter.metrics.limit, 40);
});

Deno.test("adaptive concurrency: the limit stays near what the service can work on", async () => {
  const clock = new VirtualClock();
  const service = new SimulatedService(clock, 10);
  const limiter = new ConcurrencyLimiter({ clock });
  await load(clock, stack(service.fetch, adaptiveConcurrency({ limiter })), {
    callers: 50,
    duration: 10_000,
  });
  const { limit } = limiter.metrics;
  assert.ok(limit >= 10 && limit <= 30, `${limit}`);
  // When most of the service is lost, the limit follows.
  service.workers = 2;
  await load(clock, stack(service.fetch, adaptiveConcurrency({ limiter })), {
    callers: 50,
    duration: 5_000,
  });
  assert.ok(limiter.metrics.limit < limit, `${limiter.metrics.limit} after ${limit}`);
});

Deno.test("adaptive concurrency: refusals make it shrink, as in TCP, once a sample", async () => {
  const clock = new VirtualClock();
  const limiter = new ConcurrencyLimiter({ clock, sampleTime: 10 });
  const gentle = stack(
    () => Promise.resolve(new Response(null, { status: 503 })),
    adaptiveConcurrency({ limiter }),
  );
  for (let sample = 1; sample <= 3; sample++) {
    await clock.advance(10);
    for (let call = 0; call < 10; call++) await (await gentle(url)).text();
    assert.equal(limiter.metrics.limit, Math.floor(20 * 0.9 ** sample));
  }
  for (let call = 0; call < 1_000; call++) {
    await clock.advance(1);
    await (await gentle(url)).text();
  }
  assert.equal(limiter.metrics.limit, 1);
});

Deno.test("adaptive concurrency: a call beyond the limit waits or is refused", async () => {
  const { fetch, calls } = heldFetch();
  const limiter = new ConcurrencyLimiter({ initialLimit: 1, maxQueue: 1 });
  const gentle = stack(fetch, adaptiveConcurrency({ limiter }));
  const [first, second] = [gentle(url), gentle(url)];
  await assert.rejects(
    gentle(url),
    /^BulkheadFullError: As many calls are on their way as the service can take, and 1 others wait/,
  );
  assert.deepEqual(limiter.metrics, {
    active: 1,
    limit: 1,
    latency: 0,
    queued: 1,
    refused: 1,
    timedOut: 0,
  });
  calls[0]?.answer();
  await (await first).text();
  await settle();
  calls[1]?.answer();
  await (await second).text();
  assert.equal(limiter.metrics.active, 0);
});

const gradient = {
  initialLimit: 20,
  minLimit: 1,
  maxLimit: 200,
  tolerance: 1.5,
  queueSize: 4,
  backoff: 0.9,
};

Deno.test("adaptive concurrency: the gradient moves a fifth of the way to what a sample says", () => {
  const limit = new GradientLimit(gradient);
  const sample = { inFlight: 20, isOverload: false };
  for (let more = 0; more < 6; more++) limit.update({ ...sample, latency: 10 });
  // No slower: six fifths of a queue more.
  assert.equal(limit.limit, Math.floor(20 + 6 * 0.8));
  // What is not used does not grow.
  for (let more = 0; more < 5; more++) limit.update({ ...sample, inFlight: 5, latency: 10 });
  assert.equal(limit.limit, 24);
  // Far slower: by a half at most, and so by a tenth.
  limit.update({ ...sample, inFlight: 24, latency: 1_000 });
  const expected = Math.floor(24.8 * 0.8 + (24.8 / 2 + 4) * 0.2);
  assert.equal(limit.limit, expected);
  limit.update({ latency: undefined, inFlight: 24, isOverload: false });
  assert.equal(limit.limit, expected);
});

Deno.test("adaptive concurrency: hours of load do not make load pass for normal", () => {
  // With so many workers a call takes 50 ms, and longer in proportion to those beyond.
  for (const workers of [2, 10, 30, 100]) {
    const limit = new GradientLimit(gradient);
    let most = 0;
    for (let sample = 0; sample < 50_000; sample++) {
      const inFlight = limit.limit;
      const latency = 50 * Math.max(1, inFlight / workers);
      limit.update({ latency, inFlight, isOverload: false });
      if (sample > 1_000) most = Math.max(most, limit.limit);
    }
    assert.ok(
      most >= workers && most <= Math.max(20, 1.5 * workers + 12),
      `${most} for ${workers}`,
    );
  }
});

Deno.test("adaptive concurrency: a service that has become slower for good is measured anew", () => {
  const limit = new GradientLimit(gradient);
  const pass = (latency: number): void => {
    for (let sample = 0; sample < 2_000; sample++) {
      const inFlight = limit.limit;
      limit.update({ latency: latency * Math.max(1, inFlight / 30), inFlight, isOverload: false });
    }
  };
  pass(50);
  const before = limit.limit;
  pass(200);
  assert.ok(Math.abs(limit.limit - before) <= 2, `${limit.limit} after ${before}`);
  assert.ok(limit.base > 180);
});

Deno.test("adaptive concurrency: configurations that do nothing or cannot be are refused", () => {
  const limiter = new ConcurrencyLimiter();
  const table: [AdaptiveConcurrencyOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [{ minLimit: 0 }, RangeError, /minLimit, not 0/],
    [{ initialLimit: 300 }, RangeError, /cannot begin with 300/],
    [{ tolerance: 0.9 }, RangeError, /tolerance, not 0.9/],
    [{ backoff: 1 }, RangeError, /backoff, not 1/],
    [{ sampleTime: 0 }, RangeError, /sampleTime, not 0/],
    [{ queueTimeout: 10 }, TypeError, /leave out queueTimeout/],
    [{ statusCodes: [20] }, RangeError, /cannot take 20/],
    [{ limiter, maxLimit: 10 }, TypeError, /which has its own maxLimit/],
    [{ limit: 10 } as AdaptiveConcurrencyOptions, TypeError, /no option "limit"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => adaptiveConcurrency(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
});
