/**
 * How long calls took of late: the last few hundred, whatever their number, and what part of them was
 * faster than a time.
 *
 * @module
 */

/** How many of them are needed to say anything. */
const least = 20;

/** The times of the last calls, in milliseconds. */
export class HedgeLatencies {
  readonly #times: Float64Array;
  #count = 0;
  #sorted = new Float64Array(0);
  /** How many there will have been when they are sorted anew. */
  #sortsAt = 0;

  /**
   * Keeps so many.
   *
   * @throws {RangeError} when `size` is not a whole number from 20 to 100000.
   */
  constructor(size: number = 512) {
    if (!Number.isInteger(size) || size < least || size > 100_000) {
      throw new RangeError(
        `HedgeLatencies cannot keep ${size} times: give it a whole number from ${least} to 100000`,
      );
    }
    this.#times = new Float64Array(size);
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** Adds the time of a call, in milliseconds. */
  add(time: number): void {
    this.#times[this.#count % this.#times.length] = time;
    this.#count++;
  }

  /**
   * The time within which a part of the calls was done, in milliseconds, as of a moment ago;
   * `undefined` while fewer than 20 are known.
   *
   * @param part from 0 to 1, as 0.95
   */
  percentile(part: number): number | undefined {
    if (this.#count < least) return undefined;
    if (this.#count >= this.#sortsAt) {
      this.#sorted = this.#times.slice(0, this.#count).sort();
      // When a quarter of them are others.
      this.#sortsAt = this.#count + Math.ceil(this.#sorted.length / 4);
    }
    const { length } = this.#sorted;
    return this.#sorted[Math.min(length - 1, Math.floor(part * length))];
  }
}
