/**
 * How many calls a program wanted to make of late, and how many of them a service took: in buckets of
 * time that are looked at when a call comes, without timers.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { CallThrottledError } from "../message/overload_errors.ts";

/** How calls are throttled. */
export interface ThrottleOptions {
  /**
   * How many calls are sent for each that the service takes, above 1. A lower one refuses more, and
   * learns later that the service is back.
   *
   * @default 2
   */
  readonly k?: number;
  /**
   * How long calls count, in milliseconds.
   *
   * @default 120000
   */
  readonly window?: number;
  /**
   * How many calls are added to those there were, so that a program which makes few is not throttled
   * for one that failed. The book has 1, gRPC 8.
   *
   * @default 8
   */
  readonly padding?: number;
  /**
   * The highest probability with which a call is refused, from 0 to 1. What is missing to 1 is the
   * part of calls that look whether the service is back.
   *
   * @default 0.95
   */
  readonly maxRefusal?: number;
  /**
   * A number from 0 up to, and without, 1.
   *
   * @default `Math.random`
   */
  readonly random?: () => number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** What a throttle has counted in its window. */
export interface ThrottleMetrics {
  /** Calls that have ended, those that were not sent included. */
  readonly requests: number;
  /** Calls that the service took. */
  readonly accepts: number;
  /** Calls that were not sent, since the beginning. */
  readonly refused: number;
  /** The probability with which the next call is refused. */
  readonly probability: number;
}

/** The options that are known. */
export const throttleOptions: Readonly<Record<keyof ThrottleOptions, true>> = {
  k: true,
  window: true,
  padding: true,
  maxRefusal: true,
  random: true,
  clock: true,
};

/** Into how many buckets a window is divided: what is forgotten at once is this part of it. */
const buckets = 24;

/**
 * The counts of one service, to be shared by layers or looked at.
 *
 * @example
 * ```ts
 * import { AdaptiveThrottle, adaptiveThrottle, stack } from "@pirouette/http/layers";
 *
 * const throttle = new AdaptiveThrottle({ k: 1.5 });
 * const modest = stack(fetch, adaptiveThrottle({ throttle }));
 * console.log(throttle.metrics.probability, modest);
 * ```
 */
export class AdaptiveThrottle {
  readonly #k: number;
  readonly #padding: number;
  readonly #maxRefusal: number;
  readonly #width: number;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #requests = new Float64Array(buckets);
  readonly #accepts = new Float64Array(buckets);
  #sumRequests = 0;
  #sumAccepts = 0;
  /** Which bucket is filled, counted from the beginning of time. */
  #bucket = 0;
  /** When that one is over. */
  #ends = -Infinity;
  #refused = 0;

  /**
   * Makes a throttle that refuses nothing yet.
   *
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: ThrottleOptions = {}) {
    checkOptions("An AdaptiveThrottle", options, throttleOptions);
    const { k = 2, window = 120_000, padding = 8, maxRefusal = 0.95, ...own } = ownOptions(options);
    checkRange("k", k, k > 1 && k < Infinity, "a number above 1");
    checkRange("window", window, window > 0 && window < Infinity, "milliseconds above 0");
    checkRange("padding", padding, padding >= 0 && padding < Infinity, "a number from 0");
    checkRange("maxRefusal", maxRefusal, maxRefusal > 0 && maxRefusal <= 1, "a number up to 1");
    this.#k = k;
    this.#padding = padding;
    this.#maxRefusal = maxRefusal;
    this.#width = window / buckets;
    this.#random = own.random ?? Math.random;
    this.#clock = own.clock ?? systemClock;
  }

  /** What was counted. */
  get metrics(): ThrottleMetrics {
    this.#advance();
    return {
      requests: this.#sumRequests,
      accepts: this.#sumAccepts,
      refused: this.#refused,
      probability: this.#probability(),
    };
  }

  /**
   * The error for a call that is not to be sent, which is counted; else `undefined`. One that is sent
   * counts when it ends: those under way say nothing, however many they are.
   */
  refusal(): CallThrottledError | undefined {
    this.#advance();
    const probability = this.#probability();
    if (probability === 0 || this.#random() >= probability) return undefined;
    this.reject();
    this.#refused++;
    const percent = Math.round(100 * probability);
    return new CallThrottledError(
      `The remote service refuses most calls, so ${percent} % of them are not sent: try later`,
    );
  }

  /** Counts a call that the service took. */
  accept(): void {
    // Where the last call was counted: to look at the time again costs more than it tells.
    this.#accepts[this.#bucket % buckets]!++;
    this.#sumAccepts++;
    this.reject();
  }

  /** Counts a call that the service did not take. */
  reject(): void {
    this.#requests[this.#bucket % buckets]!++;
    this.#sumRequests++;
  }

  #probability(): number {
    const excess = this.#sumRequests - this.#k * this.#sumAccepts;
    if (excess <= 0) return 0;
    return Math.min(this.#maxRefusal, excess / (this.#sumRequests + this.#padding));
  }

  /** Empties the buckets whose time has passed. */
  #advance(): void {
    const now = this.#clock.now();
    if (now < this.#ends) return;
    const bucket = Math.floor(now / this.#width);
    for (let step = Math.min(bucket - this.#bucket, buckets); step > 0; step--) {
      const at = (bucket - step + 1) % buckets;
      this.#sumRequests -= this.#requests[at]!;
      this.#sumAccepts -= this.#accepts[at]!;
      this.#requests[at] = 0;
      this.#accepts[at] = 0;
    }
    this.#bucket = bucket;
    this.#ends = (bucket + 1) * this.#width;
  }
}

function checkRange(name: string, value: number, isIn: boolean, wanted: string): void {
  if (typeof value === "number" && isIn) return;
  throw new RangeError(`An AdaptiveThrottle needs ${wanted} for ${name}, not ${value}`);
}
