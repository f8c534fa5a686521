/**
 * How often something has happened within the last while, exactly: the moments of the last few times
 * are kept, no more than it may happen.
 *
 * @module
 */

/** Counts how often something happens. */
export class RateCount {
  readonly #most: number;
  readonly #within: number;
  /** The moments, in a ring once there are as many as there may be. */
  readonly #moments: number[] = [];
  #next = 0;

  /** At most `most` times within as many milliseconds. */
  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  /** Counts one, and tells whether it was one too many. */
  exceeds(now: number): boolean {
    const moments = this.#moments;
    if (moments.length < this.#most) {
      moments.push(now);
      return false;
    }
    const oldest = moments[this.#next] as number;
    moments[this.#next] = now;
    this.#next = (this.#next + 1) % this.#most;
    return now - oldest < this.#within;
  }
}
