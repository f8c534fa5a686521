/**
 * How much of the load may be retries: a share of the calls, and a few a second besides, so that a
 * service which is down is not called several times as often as one which is up.
 *
 * As Finagle's `RetryBudget`. Calls and retries of a sliding window are counted in slots that are cleared
 * when time has passed them by; there is no timer.
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
   * For how long a call pays and a retry costs, in milliseconds; by steps of a tenth.
   *
   * @default 10000
   */
  readonly window?: number;
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
  clock: true,
};

/** What a {@linkcode RetryBudget} counted. */
export interface RetryBudgetMetrics {
  /** Calls in the window. */
  readonly calls: number;
  /** Retries in the window. */
  readonly retries: number;
  /** Retries that were refused since the budget was made. */
  readonly refused: number;
  /** Retries that may be made now. */
  readonly balance: number;
}

/** Steps of the window; one slot more, as the current step has only begun. */
const STEPS = 10;
const SLOTS = STEPS + 1;

/**
 * Counts calls and retries. One that several layers share, and clients of one service, limits the
 * retries of them all.
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
  /** Retries of a window that no call has to pay for. */
  readonly #reserve: number;
  readonly #step: number;
  readonly #clock: Clock;
  readonly #callsBySlot = new Array<number>(SLOTS).fill(0);
  readonly #retriesBySlot = new Array<number>(SLOTS).fill(0);
  #calls = 0;
  #retries = 0;
  #refused = 0;
  /** The step that it is, counted from the clock's beginning, and its slot. */
  #now = 0;
  #slot = 0;
  /** When the step that it is ends. */
  #ends = 0;

  /**
   * Makes a budget that nothing was counted for.
   *
   * @throws {TypeError} when there is an option it does not know.
   * @throws {RangeError} when `ratio` or `perSecond` is negative or infinite, both are 0, or `window` is
   * not above 0.
   */
  constructor(options: RetryBudgetOptions = {}) {
    checkOptions("A RetryBudget", options, known);
    const { ratio = 0.2, perSecond = 10, window = 10_000, clock = systemClock } = ownOptions(
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
    const reserve = perSecond * window / 1_000;
    if (ratio === 0 && reserve < 1) {
      throw new RangeError(
        "A RetryBudget with ratio 0 and less than one retry a window allows none: leave retry out",
      );
    }
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.#step = window / STEPS;
    this.#clock = clock;
    this.#enter(clock.now());
  }

  /** Counts a call, which pays for a part of a retry. */
  deposit(): void {
    const now = this.#clock.now();
    if (now >= this.#ends) this.#enter(now);
    this.#calls++;
    const { [this.#slot]: calls = 0 } = this.#callsBySlot;
    this.#callsBySlot[this.#slot] = calls + 1;
  }

  /** Counts a retry if there may be one; `false` if not. */
  withdraw(): boolean {
    const now = this.#clock.now();
    if (now >= this.#ends) this.#enter(now);
    if (this.#balance() < 1) {
      this.#refused++;
      return false;
    }
    this.#retries++;
    const { [this.#slot]: retries = 0 } = this.#retriesBySlot;
    this.#retriesBySlot[this.#slot] = retries + 1;
    return true;
  }

  /** What was counted, as of now. */
  get metrics(): RetryBudgetMetrics {
    const now = this.#clock.now();
    if (now >= this.#ends) this.#enter(now);
    return {
      calls: this.#calls,
      retries: this.#retries,
      refused: this.#refused,
      balance: Math.max(0, Math.floor(this.#balance())),
    };
  }

  #balance(): number {
    // What a fraction loses to rounding must not cost a retry.
    return this.#calls * this.#ratio + this.#reserve - this.#retries + 1e-9;
  }

  /** Goes on to the step that it is now, and forgets what the window has left behind. */
  #enter(now: number): void {
    const step = Math.floor(now / this.#step);
    const passed = Math.min(step - this.#now, SLOTS);
    for (let count = 0; count < passed; count++) {
      this.#slot = (this.#slot + 1) % SLOTS;
      this.#calls -= this.#callsBySlot[this.#slot] ?? 0;
      this.#retries -= this.#retriesBySlot[this.#slot] ?? 0;
      this.#callsBySlot[this.#slot] = 0;
      this.#retriesBySlot[this.#slot] = 0;
    }
    this.#now = step;
    this.#ends = (step + 1) * this.#step;
  }
}
