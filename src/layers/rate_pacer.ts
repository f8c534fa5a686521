/**
 * Turns at a steady rate, for calls that can wait: what the layer {@linkcode ratePacing} asks, and
 * what a program can ask itself before it does something costly.
 *
 * @module
 */
import { type Clock, systemClock, type Timer } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { CallThrottledError } from "../message/overload_errors.ts";
import type { StoreValue } from "../stores/store.ts";
import { WaitingLine } from "./waiting_line.ts";
import { QUEUE_TIMEOUT, type QueueOptions, queueOptions, type QueueState } from "./call_queue.ts";
import { checkMilliseconds, checkWhole } from "./number_checks.ts";
import type { Quota, Take } from "./rate_quota.ts";
import { tokenBucket } from "./token_bucket.ts";

/** How fast turns come. */
export interface RatePacerOptions extends QueueOptions {
  /** How many turns there are in a window in the long run. */
  readonly limit: number;
  /** The window, in whole milliseconds. */
  readonly window: number;
  /**
   * How many turns may be taken at once. In any span of time no more are than these and those that
   * come in it: at most `limit` + `burst` in a window.
   *
   * @default limit
   */
  readonly burst?: number;
  /**
   * How many may wait; one more is refused at once.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** What a pacer has given, and who waits. */
export interface RatePacerMetrics extends QueueState {
  /** How many turns can be had at once. */
  readonly remaining: number;
}

/** The options that are known. */
export const pacerOptions: Readonly<Record<keyof RatePacerOptions, true>> = {
  ...queueOptions,
  limit: true,
  window: true,
  burst: true,
  clock: true,
};

/**
 * Gives turns at a rate, in the order they are asked for.
 *
 * @example
 * ```ts
 * import { RatePacer } from "@pirouette/http/layers";
 *
 * const pacer = new RatePacer({ limit: 2, window: 1_000 });
 * for (const album of ["Blue Train", "Giant Steps", "Lush Life"]) {
 *   await pacer.take();
 *   console.log(album);
 * }
 * ```
 */
export class RatePacer {
  /** How much may pass. */
  readonly quota: Quota;
  readonly #clock: Clock;
  readonly #line: WaitingLine;
  #state: StoreValue | undefined = undefined;
  /** Set while somebody waits. */
  #timer: Timer | undefined = undefined;

  /**
   * Makes a pacer of which nobody took a turn.
   *
   * @throws {TypeError} when an option is unknown, or has no effect beside the others.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(given: RatePacerOptions) {
    checkOptions("A RatePacer", given, pacerOptions);
    const options = ownOptions(given);
    const { limit, window, burst = limit, maxQueue = 1000, clock = systemClock } = options;
    const { queueTimeout = QUEUE_TIMEOUT } = options;
    checkWhole("A RatePacer", "limit", limit, 1);
    checkWhole("A RatePacer", "window", window, 1);
    checkWhole("A RatePacer", "burst", burst, 1);
    checkWhole("A RatePacer", "maxQueue", maxQueue, 0);
    checkMilliseconds("A RatePacer", "queueTimeout", queueTimeout);
    if (maxQueue === 0 && options.queueTimeout !== undefined) {
      throw new TypeError(
        "A RatePacer without maxQueue has nobody who waits: leave out queueTimeout",
      );
    }
    if (Math.max(limit, burst) * window > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(
        `A RatePacer cannot count ${limit} calls in ${window} ms exactly: use a shorter window`,
      );
    }
    this.quota = { limit, window, burst };
    this.#clock = clock;
    this.#line = new WaitingLine({
      subject: `${limit} calls were sent in ${window} ms`,
      refuse: (message) => new CallThrottledError(message),
      maxQueue,
      queueTimeout,
      clock,
    });
    this.#line.onEmpty = () => {
      this.#timer?.clear();
      this.#timer = undefined;
    };
  }

  /** What can be had now, and who waits. */
  get metrics(): RatePacerMetrics {
    const { remaining } = tokenBucket.take(this.quota, this.#state, this.#clock.now(), 0);
    const { size: queued, refused, timedOut } = this.#line;
    return { remaining, queued, refused, timedOut };
  }

  /** Takes a turn if there is one and nobody waits for it; whether it did. */
  tryTake(): boolean {
    return this.#line.size === 0 && this.#take().allowed;
  }

  /**
   * Waits for a turn.
   *
   * Rejects with {@linkcode CallThrottledError} where too many wait, with
   * {@linkcode MaximumWaitTimeExceededError} when it took too long, and with the reason of `signal`
   * when that aborts.
   *
   * @param priority higher ones go first
   */
  take(signal?: AbortSignal, priority: number = 0): Promise<void> {
    if (!signal?.aborted && this.tryTake()) return Promise.resolve();
    const turn = this.#line.wait(signal, priority);
    this.#serve();
    return turn;
  }

  #take(): Take {
    const take = tokenBucket.take(this.quota, this.#state, this.#clock.now(), 1);
    if (take.state !== undefined) this.#state = take.state;
    return take;
  }

  /** Gives those who wait the turns there are, and looks again when there is the next. */
  readonly #serve = (): void => {
    if (this.#timer !== undefined) return;
    while (this.#line.size > 0) {
      const { allowed, wait } = this.#take();
      if (!allowed) {
        this.#timer = this.#clock.setTimer(this.#wake, Math.ceil(wait));
        return;
      }
      this.#line.letNext();
    }
  };

  readonly #wake = (): void => {
    this.#timer = undefined;
    this.#serve();
  };
}
