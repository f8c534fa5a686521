/**
 * Time, as an object that can be given: the platform's, or a test's that waits for nobody.
 *
 * @module
 */

/** A timer that was set and can be cleared. */
export interface Timer {
  /** Forgets the timer; does nothing once it fired. */
  clear(): void;
}

/** Tells the time and waits; every wait of this library goes through one. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls `action` once, `delay` milliseconds from now. */
  setTimer(action: () => void, delay: number): Timer;
}

/** The platform's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(action, delay) {
    const id = setTimeout(action, delay);
    return { clear: () => clearTimeout(id) };
  },
};

/** The longest that timers of the platforms can wait, in milliseconds: some 24.8 days. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;
