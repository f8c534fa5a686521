/**
 * How much of the load may be retries: a share of the calls, and a few a second besides, so that a
 * service which is down is not called several times as often as one which is up.
 *
 * A bucket of retries: each call adds a part of one, time adds the others, and there is room for few, so
 * that what was saved in good times is no burst in bad ones. It asks for the time only when there is
 * something to retry; there is no timer.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";

/** Options of a {@linkcode RetryBudget}. */
export interface RetryBudgetOptions {
  /**
   * How many retries a call pays for: with 0.2 every fifth call can be retried once.
   *
   * @default 0.2
   */
  readonly ratio?: number;
  /**
   * How many retries a second there can be whatever the number of calls, on average over the window.
   *
   * @default 10
   */
  readonly perSecond?: number;
  /**
   * For which time, in milliseconds, and for all that are longer, it holds that there are at most
   * `ratio` retries for each call and `perSecond` for each second: what is saved up at its beginning
   * comes out of it.
   *
   * @default 10000
   */
  readonly window?: number;
  /**
   * How many retries can be saved up, and made at once, as when many calls fail in the same moment. They
   * are a part of what `perSecond` allows in a window: the more can be saved, the fewer come back each
   * second. What calls pay for beyond it, as many that begin at once do, is lost.
   *
   * @default half of what perSecond allows in a window, at least 1; 10 where perSecond is 0
   */
  readonly burst?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

const known: Readonly<Record<keyof RetryBudgetOptions, true>> = {
  ratio: true,
  perSecond: true,
  window: true,
  burst: true,
  clock: true,
};

/** What a {@linkcode RetryBudget} counted since it was made. */
export interface RetryBudgetMetrics {
  /** Calls. */
  readonly calls: number;
  /** Retries. */
  readonly retries: number;
  /** Retries that were refused. */
  readonly refused: number;
  /** Retries that may be made now. */
  readonly balance: number;
}

/** What fractions lose to rounding must not cost a retry. */
const rounding = 1e-9;

/**
 * Counts calls and retries. One that several layers share, and clients of one service, limits the
 * retries of them all.
 *
 * In no time of the length of the window, or a longer one, are there more retries than `ratio` for each
 * call and `perSecond` for each second of it. Where `perSecond` is 0 there can be `burst` more.
 *
 * @example
 * ```ts
 * import { retry, RetryBudget, stack } from "@pirouette/http/layers";
 *
 * const budget = new RetryBudget({ ratio: 0.1, perSecond: 1 });
 * const albums = stack(fetch, retry({ budget }));
 * const artists = stack(fetch, retry({ budget, count: 1 }));
 * ```
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #burst: number;
  /** Retries that come back each millisecond. */
  readonly #refill: number;
  readonly #clock: Clock;
  /** Retries that may be made, as of the time when it was last asked for, and of all calls. */
  #balance: number;
  #asked: number;
  #calls = 0;
  #retries = 0;
  #refused = 0;

  /**
   * Makes a budget that nothing was counted for.
   *
   * @throws {TypeError} when there is an option it does not know.
   * @throws {RangeError} when `ratio` or `perSecond` is negative or infinite, both are 0, `window` is not
   * above 0, or `burst` is below 1 or not below what `perSecond` allows in a window.
   */
  constructor(options: RetryBudgetOptions = {}) {
    checkOptions("A RetryBudget", options, known);
    const { ratio = 0.2, perSecond = 10, window = 10_000, burst, clock = systemClock } = ownOptions(
      options,
    );
    for (const [name, value] of Object.entries({ ratio, perSecond })) {
      if (!(Number.isFinite(value) && value >= 0)) {
        throw new RangeError(`A RetryBudget needs a number from 0 for ${name}, not ${value}`);
      }
    }
    if (!(Number.isFinite(window) && window > 0)) {
      throw new RangeError(`A RetryBudget needs milliseconds above 0 for window, not ${window}`);
    }
    if (ratio === 0 && perSecond === 0) {
      throw new RangeError(
        "A RetryBudget with ratio 0 and perSecond 0 allows none: leave retry out",
      );
    }
    this.#ratio = ratio;
    this.#burst = burstOf(burst, perSecond * window / 1_000);
    this.#refill = perSecond === 0 ? 0 : perSecond / 1_000 - this.#burst / window;
    this.#clock = clock;
    // Without a number for each second, calls pay for all of it.
    this.#balance = perSecond === 0 ? 0 : this.#burst;
    this.#asked = clock.now();
  }

  /** Counts a call, which pays for a part of a retry. */
  deposit(): void {
    this.#calls++;
    const balance = this.#balance + this.#ratio;
    // Time is added later: what overflows is the same whichever comes first.
    this.#balance = balance < this.#burst ? balance : this.#burst;
  }

  /** Counts a retry if there may be one; `false` if not. */
  withdraw(): boolean {
    this.#catchUp();
    if (this.#balance < 1 - rounding) {
      this.#refused++;
      return false;
    }
    this.#balance = Math.max(0, this.#balance - 1);
    this.#retries++;
    return true;
  }

  /** What was counted, as of now. */
  get metrics(): RetryBudgetMetrics {
    this.#catchUp();
    return {
      calls: this.#calls,
      retries: this.#retries,
      refused: this.#refused,
      balance: Math.floor(this.#balance + rounding),
    };
  }

  /** Adds what came back since the time was last asked for. */
  #catchUp(): void {
    const now = this.#clock.now();
    this.#balance = Math.min(this.#burst, this.#balance + (now - this.#asked) * this.#refill);
    this.#asked = now;
  }
}

/** @param floor what `perSecond` allows in a window */
function burstOf(given: number | undefined, floor: number): number {
  const burst = given ?? (floor === 0 ? 10 : Math.max(1, floor / 2));
  if (!(Number.isFinite(burst) && burst >= 1)) {
    throw new RangeError(`A RetryBudget needs a number from 1 for burst, not ${burst}`);
  }
  if (floor > 0 && burst >= floor) {
    throw new RangeError(
      `A RetryBudget cannot save up ${burst} retries where perSecond allows ${floor} in a window: raise perSecond or window, or lower burst`,
    );
  }
  return burst;
}
