/**
 * The circuit breaker against a simple reference: lists of calls instead of windows, a few lines
 * instead of a state machine; 10,000 random schedules of overlapping calls.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Fetch } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import type { CircuitBreakerConfig } from "../../src/layers/circuit_breaker_config.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { CircuitOpenError } from "../../src/message/circuit_open_error.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 10_000 };
const url = "http://a.example/";

type End = "ok" | "failure" | "client-error" | "abort" | "mistake";

/** What happens next; a call is ended by its place among those on their way. */
type Step =
  | { readonly kind: "begin" }
  | { readonly kind: "end"; readonly which: number; readonly end: End }
  | { readonly kind: "wait"; readonly milliseconds: number }
  | { readonly kind: "forceOpen" | "forceClose" | "isolate" | "reset" };

interface Shape {
  readonly window: "time" | "size" | "consecutive";
  readonly volume: number;
  readonly threshold: number;
  readonly slowAfter: number | undefined;
  readonly trials: number;
}

const resetTime = 500;
const maxResetTime = 1_500;
const trialTimeout = 900;
const bucketSize = 100;
const buckets = 5;
const size = 6;

/** The reference. Its fields say what it does. */
class Model {
  state: "CLOSED" | "OPEN" | "HALF_OPEN" = "CLOSED";
  epoch = 0;
  until = 0;
  openings = 0;
  active = 0;
  passed = 0;
  lastTrial = 0;
  ended: { readonly at: number; readonly failed: boolean; readonly slow: boolean }[] = [];
  readonly shape: Shape;

  constructor(shape: Shape) {
    this.shape = shape;
  }

  /** Whether a call goes through at `now`. */
  begin(now: number): boolean {
    if (this.state === "CLOSED") return true;
    if (this.state === "OPEN") {
      if (now < this.until) return false;
      this.turn("HALF_OPEN");
    }
    const isFull = this.active + this.passed >= this.shape.trials;
    if (isFull && (this.active === 0 || now - this.lastTrial < trialTimeout)) return false;
    if (isFull) this.turn("HALF_OPEN");
    this.active++;
    this.lastTrial = now;
    return true;
  }

  end(now: number, epoch: number, end: End, took: number): void {
    if (epoch !== this.epoch) return;
    const slow = took > (this.shape.slowAfter ?? Infinity);
    const failed = end === "failure";
    const says = end === "ok" || end === "client-error" || failed || slow;
    if (this.state === "HALF_OPEN") {
      this.active--;
      if (!says) return;
      if (failed || slow) this.open(now, this.openings + 1);
      else if (++this.passed === this.shape.trials) this.close();
    } else if (says) {
      this.ended.push({ at: now, failed, slow });
      if (this.isBad(now)) this.open(now, 1);
    }
  }

  isBad(now: number): boolean {
    const { window, volume, threshold } = this.shape;
    if (window === "consecutive") {
      const run = this.ended.slice(-volume);
      return run.length === volume &&
        (run.every(({ failed }) => failed) || run.every(({ slow }) => slow));
    }
    const bucket = (at: number): number => Math.floor(at / bucketSize);
    const seen = window === "size"
      ? this.ended.slice(-size)
      : this.ended.filter(({ at }) => bucket(at) > bucket(now) - buckets);
    if (seen.length < Math.max(1, volume)) return false;
    return seen.filter(({ failed }) => failed).length / seen.length > threshold ||
      seen.filter(({ slow }) => slow).length / seen.length > threshold;
  }

  open(now: number, openings: number): void {
    this.turn("OPEN");
    this.openings = openings;
    this.until = now + Math.min(maxResetTime, resetTime * 2 ** (openings - 1));
  }

  force(now: number, time: number): void {
    const until = Math.max(now + time, this.state === "OPEN" ? this.until : 0);
    this.turn("OPEN");
    this.openings = Math.max(1, this.openings);
    this.until = until;
  }

  close(): void {
    this.turn("CLOSED");
    this.openings = 0;
    this.ended = [];
  }

  turn(state: Model["state"]): void {
    this.state = state;
    this.epoch++;
    this.active = this.passed = 0;
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>({ kind: "begin" }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(5),
      end: fc.constantFrom<End>("ok", "failure", "failure", "client-error", "abort", "mistake"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      milliseconds: fc.constantFrom(0, 1, 40, 100, 499, 500, 501, 900, 1_500),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { kind: "forceOpen" },
      { kind: "forceClose" },
      { kind: "isolate" },
      { kind: "reset" },
    ),
  },
);

const shape: fc.Arbitrary<Shape> = fc.record({
  window: fc.constantFrom("time", "size", "consecutive"),
  volume: fc.integer({ min: 1, max: 4 }),
  threshold: fc.constantFrom(0, 0.3, 0.5, 0.9),
  slowAfter: fc.constantFrom(undefined, 50),
  trials: fc.integer({ min: 1, max: 3 }),
});

function configOf({ window, volume, threshold, slowAfter, trials }: Shape): CircuitBreakerConfig {
  const windows = {
    time: { timeWindow: bucketSize * buckets, bucketSize, requestVolumeThreshold: volume },
    size: { size, requestVolumeThreshold: volume },
    consecutive: { consecutive: volume },
  };
  const isRun = window === "consecutive";
  return {
    rollingWindow: windows[window],
    resetTime,
    maxResetTime,
    trialTimeout,
    trialRequests: trials,
    ...isRun ? {} : { failureThreshold: threshold },
    ...slowAfter === undefined ? {} : { slowCallDuration: slowAfter },
    ...slowAfter === undefined || isRun ? {} : { slowCallThreshold: threshold },
  };
}

/** A call that went through. */
interface Going {
  readonly epoch: number;
  readonly since: number;
  readonly controller: AbortController;
  readonly settle: (end: End) => void;
}

async function play(given: Shape, steps: readonly Step[]): Promise<void> {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ ...configOf(given), clock });
  const model = new Model(given);
  const going: Going[] = [];
  let sent: ((end: End) => void) | undefined;
  const next: Fetch = (_, init) =>
    new Promise((resolve, reject) => {
      sent = (end) => {
        if (end === "ok") resolve(new Response());
        else if (end === "client-error") resolve(new Response(null, { status: 404 }));
        else if (end === "failure") resolve(new Response(null, { status: 503 }));
        else if (end === "abort") reject(init?.signal?.reason);
        else reject(new TypeError("Invalid header value"));
      };
    });
  for (const taken of steps) {
    const now = clock.now();
    if (taken.kind === "wait") await clock.advance(taken.milliseconds);
    else if (taken.kind === "begin") {
      sent = undefined;
      const controller = new AbortController();
      const answer = breaker.send(next, url, { signal: controller.signal });
      const refusal = answer.then(() => {}, (error) => error);
      assert.equal(sent !== undefined, model.begin(now), `at ${now}: ${model.state}`);
      if (sent !== undefined) {
        going.push({ epoch: model.epoch, since: now, controller, settle: sent });
      } else assert.ok(await refusal instanceof CircuitOpenError);
    } else if (taken.kind === "end") {
      const [call] = going.splice(taken.which % Math.max(1, going.length), 1);
      if (call === undefined) continue;
      if (taken.end === "abort") call.controller.abort();
      call.settle(taken.end);
      await clock.advance(0);
      model.end(now, call.epoch, taken.end, now - call.since);
    } else {
      // A circuit is made by the first call; what is forced before is another test's.
      if (breaker.targets().length === 0) continue;
      breaker[taken.kind]();
      if (taken.kind === "forceOpen") model.force(now, resetTime);
      else if (taken.kind === "isolate") model.force(now, Infinity);
      else model.close();
    }
    const state = model.state === "OPEN" && clock.now() >= model.until ? "HALF_OPEN" : model.state;
    assert.equal(breaker.currentState(), state);
    const left = model.state === "OPEN" ? Math.max(0, model.until - clock.now()) : 0;
    assert.equal(breaker.metrics().suspendedFor, left);
    assert.equal(breaker.metrics().openings, model.openings);
    assert.equal(breaker.metrics().trials, model.state === "HALF_OPEN" ? model.active : 0);
    assert.equal(clock.pendingTimers, 0);
  }
  for (const { settle } of going) settle("ok");
}

Deno.test("circuit breaker: does as the reference does, in 10,000 schedules", async () => {
  await fc.assert(
    fc.asyncProperty(shape, fc.array(step, { maxLength: 60, size: "max" }), play),
    settings,
  );
});
