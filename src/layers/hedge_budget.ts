/**
 * How many more requests hedging may send: a small part of the calls, so that it does not double the
 * load of a service that has become slow for all.
 *
 * @module
 */

/** What hedges are charged to; a retry budget is one. */
export interface Withdrawable {
  /** Takes what one more request costs; false where there is not as much. */
  withdraw(): boolean;
}

/** How many hedges may be saved up. */
const most = 10;

/** A budget that each call adds a part of a hedge to. */
export class HedgeBudget implements Withdrawable {
  readonly #ratio: number;
  #balance = most;

  /**
   * Makes a budget of ten hedges.
   *
   * @param ratio how many hedges a call adds, above 0 and up to 1
   * @throws {RangeError} when it is not.
   */
  constructor(ratio: number = 0.1) {
    if (!(ratio > 0 && ratio <= 1)) {
      throw new RangeError(`A HedgeBudget needs a number above 0 and up to 1, not ${ratio}`);
    }
    this.#ratio = ratio;
  }

  /** How many hedges may be sent now. */
  get balance(): number {
    return this.#balance;
  }

  /** Counts a call. */
  deposit(): void {
    this.#balance = Math.min(most, this.#balance + this.#ratio);
  }

  /** Takes one hedge; false where there is none. */
  withdraw(): boolean {
    if (this.#balance < 1) return false;
    this.#balance--;
    return true;
  }
}
