/**
 * A bulkhead that finds its own size: it measures the calls that go through it, and moves its limit
 * when enough of them have.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import { type Clock, systemClock } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { BulkheadFullError } from "../message/overload_errors.ts";
import { GradientLimit } from "./adaptive_concurrency_gradient.ts";
import { Gate, type Place } from "./call_gate.ts";
import { WaitingLine } from "./waiting_line.ts";
import {
  type CallPriority,
  priorityOf,
  QUEUE_TIMEOUT,
  type QueueOptions,
  queueOptions,
  type QueueState,
  UNREAD_LIMIT,
} from "./call_queue.ts";
import { failureCodes, OVERLOAD } from "./failure_codes.ts";
import { checkMilliseconds, checkWhole } from "./number_checks.ts";
import { isTransient } from "./call_failure.ts";

/** How the limit is found. */
export interface ConcurrencyLimiterOptions extends QueueOptions {
  /**
   * How many calls may be on their way at first.
   *
   * @default 20
   */
  readonly initialLimit?: number;
  /**
   * The lowest limit, 1 or more.
   *
   * @default 1
   */
  readonly minLimit?: number;
  /**
   * The highest limit.
   *
   * @default 200
   */
  readonly maxLimit?: number;
  /**
   * How many times as long as with little to do calls may take before the limit shrinks, 1 or more.
   *
   * @default 1.5
   */
  readonly tolerance?: number;
  /**
   * By how many calls the limit tries to grow while they take no longer: the queue that may form at the
   * service.
   *
   * @default 4
   */
  readonly queueSize?: number;
  /**
   * What is left of the limit once the service refused a call, from 0.5 up to, and without, 1.
   *
   * @default 0.9
   */
  readonly backoff?: number;
  /**
   * For how long calls are measured before the limit moves, in milliseconds; ten of them at least.
   *
   * @default 100
   */
  readonly sampleTime?: number;
  /**
   * The statuses with which the service refuses a call because of its load.
   *
   * @default [429, 502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** What a limiter has found. */
export interface ConcurrencyMetrics extends QueueState {
  /** How many calls are on their way. */
  readonly active: number;
  /** How many may be. */
  readonly limit: number;
  /** What calls take when the service has little to do, in milliseconds; 0 where it is not known. */
  readonly latency: number;
}

/** The options that are known. */
export const limiterNames: Readonly<Record<keyof ConcurrencyLimiterOptions, true>> = {
  ...queueOptions,
  initialLimit: true,
  minLimit: true,
  maxLimit: true,
  tolerance: true,
  queueSize: true,
  backoff: true,
  sampleTime: true,
  statusCodes: true,
  clock: true,
};

/** How many calls make a sample at least. */
const minCalls = 10;

/** A limit on calls of one service, to be shared by layers or looked at. */
export class ConcurrencyLimiter {
  readonly #gate: Gate;
  readonly #line: WaitingLine;
  readonly #gradient: GradientLimit;
  readonly #overload: ReadonlySet<number>;
  readonly #sampleTime: number;
  readonly #clock: Clock;
  #sampleStart: number;
  #calls = 0;
  #successes = 0;
  #latencies = 0;
  #inFlight = 0;
  #isOverload = false;

  /**
   * Makes a limiter that has seen nothing.
   *
   * @throws {TypeError} when an option is unknown, or has no effect beside the others.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(given: ConcurrencyLimiterOptions = {}) {
    checkOptions("A ConcurrencyLimiter", given, limiterNames);
    const options = ownOptions(given);
    const { maxQueue = 0, queueTimeout = QUEUE_TIMEOUT, clock = systemClock } = options;
    const { statusCodes = OVERLOAD, sampleTime = 100 } = options;
    if (maxQueue === 0 && options.queueTimeout !== undefined) {
      throw new TypeError(
        "A ConcurrencyLimiter without maxQueue has nobody who waits: leave out queueTimeout",
      );
    }
    checkWhole(subject, "maxQueue", maxQueue, 0);
    checkMilliseconds(subject, "queueTimeout", queueTimeout);
    checkMilliseconds(subject, "sampleTime", sampleTime);
    this.#gradient = gradientOf(options);
    this.#overload = failureCodes(subject, statusCodes);
    this.#sampleTime = sampleTime;
    this.#clock = clock;
    this.#sampleStart = clock.now();
    this.#line = new WaitingLine({
      subject: "As many calls are on their way as the service can take",
      refuse: (message) => new BulkheadFullError(message),
      maxQueue,
      queueTimeout,
      clock,
    });
    this.#gate = new Gate({
      limit: this.#gradient.limit,
      line: this.#line,
      until: "body",
      unreadLimit: UNREAD_LIMIT,
      clock,
    });
  }

  /** What is known now. */
  get metrics(): ConcurrencyMetrics {
    const { active, limit } = this.#gate;
    const { size: queued, refused, timedOut } = this.#line;
    return { active, limit, latency: this.#gradient.base, queued, refused, timedOut };
  }

  /**
   * Sends a call when there is a place for it, and measures it until the head of its response.
   *
   * Rejects with {@linkcode BulkheadFullError} where too many wait, with
   * {@linkcode MaximumWaitTimeExceededError} when it waited too long, and with the caller's own reason
   * when the caller aborted.
   *
   * @param priority higher ones go first
   */
  send(
    next: Fetch,
    input: Request | URL | string,
    init?: RequestInit,
    priority?: CallPriority,
  ): Promise<Response> {
    const place = this.#gate.tryEnter();
    if (place !== undefined) return this.#send(place, next, input, init);
    return this.#gate.enter(callSignal(input, init), priorityOf(priority, input, init))
      .then((late) => this.#send(late, next, input, init));
  }

  #send(
    place: Place,
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response> {
    const start = this.#clock.now();
    this.#inFlight = Math.max(this.#inFlight, this.#gate.active);
    return this.#gate.send(place, next, input, init).then((response) => {
      const { status } = response;
      if (this.#overload.has(status)) this.#isOverload = true;
      const now = this.#clock.now();
      // Errors are often faster than work.
      this.#record(now, status < 400 ? now - start : undefined);
      return response;
    }, (error) => {
      if (isTransient(error, callSignal(input, init))) {
        this.#isOverload = true;
        this.#record(this.#clock.now(), undefined);
      }
      throw error;
    });
  }

  #record(now: number, latency: number | undefined): void {
    this.#calls++;
    if (latency !== undefined) {
      this.#successes++;
      this.#latencies += latency;
    }
    if (this.#calls < minCalls || now - this.#sampleStart < this.#sampleTime) return;
    this.#gradient.update({
      latency: this.#successes === 0 ? undefined : this.#latencies / this.#successes,
      inFlight: this.#inFlight,
      isOverload: this.#isOverload,
    });
    this.#sampleStart = now;
    this.#calls = this.#successes = this.#latencies = 0;
    this.#inFlight = this.#gate.active;
    this.#isOverload = false;
    this.#gate.limit = this.#gradient.limit;
  }
}

const subject = "A ConcurrencyLimiter";

function gradientOf(options: ConcurrencyLimiterOptions): GradientLimit {
  const { minLimit = 1, maxLimit = 200, tolerance = 1.5, queueSize = 4, backoff = 0.9 } = options;
  const { initialLimit = Math.min(Math.max(20, minLimit), maxLimit) } = options;
  checkWhole(subject, "minLimit", minLimit, 1);
  checkWhole(subject, "maxLimit", maxLimit, 1);
  checkWhole(subject, "initialLimit", initialLimit, 1);
  checkWhole(subject, "queueSize", queueSize, 1);
  if (!(minLimit <= initialLimit && initialLimit <= maxLimit)) {
    throw new RangeError(
      `${subject} cannot begin with ${initialLimit}: set initialLimit from minLimit (${minLimit}) to maxLimit (${maxLimit})`,
    );
  }
  if (!(tolerance >= 1 && tolerance < Infinity)) {
    throw new RangeError(`${subject} needs a number from 1 for tolerance, not ${tolerance}`);
  }
  if (!(backoff >= 0.5 && backoff < 1)) {
    throw new RangeError(
      `${subject} needs a number from 0.5 to below 1 for backoff, not ${backoff}`,
    );
  }
  return new GradientLimit({ initialLimit, minLimit, maxLimit, tolerance, queueSize, backoff });
}
