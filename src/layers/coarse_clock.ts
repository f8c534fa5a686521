/**
 * The platform's time at less than half the price, right to a millisecond: for what asks for it with
 * every call.
 *
 * `performance.now()` takes some 100 ns on Deno, `Date.now()` 40, but that one follows whoever sets the
 * machine's clock. So it only tells how much of the present second has passed.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";

/** How long the wall clock is believed, in milliseconds: a wall clock that is set misleads no longer. */
const trust = 1_000;

/** Tells the time by two clocks: the steady one once a second, the quick one between. */
export class CoarseClock implements Clock {
  readonly #steady: () => number;
  readonly #quick: () => number;
  #base = 0;
  #quickBase = -Infinity;
  #last = 0;

  /** Makes a clock from the platform's, or from a test's. */
  constructor(steady: () => number = systemClock.now, quick: () => number = Date.now) {
    this.#steady = steady;
    this.#quick = quick;
  }

  /** Milliseconds since some fixed moment; never goes back. */
  now(): number {
    const quick = this.#quick();
    const passed = quick - this.#quickBase;
    let now: number;
    if (passed >= 0 && passed < trust) now = this.#base + passed;
    else {
      now = this.#steady();
      this.#base = now;
      this.#quickBase = quick;
    }
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  /** Calls `action` once, `delay` milliseconds from now. */
  setTimer(action: () => void, delay: number): ReturnType<Clock["setTimer"]> {
    return systemClock.setTimer(action, delay);
  }
}
