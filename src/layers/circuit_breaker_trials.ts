/**
 * The trials of a half-open circuit: how many are on their way, how many succeeded, and whether they
 * take too long.
 *
 * @module
 */

/** Counts trials. */
export class Trials {
  /** How many are on their way. */
  active = 0;
  /** Until when none is let through, by the clock. */
  pausedUntil = 0;
  readonly #requests: number;
  readonly #timeout: number;
  #passed = 0;
  #lastAt = 0;

  /** Lets `requests` trials through, and gives them up after `timeout` milliseconds. */
  constructor(requests: number, timeout: number) {
    this.#requests = requests;
    this.#timeout = timeout;
  }

  /** Lets one more through at `now`, if there is a place. */
  enter(now: number): boolean {
    if (now < this.pausedUntil || this.active + this.#passed >= this.#requests) return false;
    this.active++;
    this.#lastAt = now;
    return true;
  }

  /** Whether all places are taken by trials that should have ended. */
  hang(now: number): boolean {
    return this.active > 0 && this.active + this.#passed >= this.#requests &&
      now - this.#lastAt >= this.#timeout;
  }

  /** One ended, and its place is free again. */
  leave(): void {
    this.active--;
  }

  /** One succeeded. @returns whether that was the last that was needed */
  succeed(): boolean {
    this.active--;
    return ++this.#passed >= this.#requests;
  }

  /** Forgets all of them. */
  clear(): void {
    this.active = this.#passed = this.pausedUntil = 0;
  }
}
