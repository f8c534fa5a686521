/**
 * What came of the latest calls, counted: those of a span of time, of a number of calls, or of an
 * unbroken run.
 *
 * Windows have no timers. What is too old is dropped when the next call is counted or asked for.
 *
 * @module
 */

/** How many calls there were, and how many of them went badly. */
export interface CallCounts {
  /** All calls. */
  readonly total: number;
  /** Those that failed. */
  readonly failed: number;
  /** Those that took too long, whether they failed or not. */
  readonly slow: number;
}

/** Counts calls. Its fields are right as of the last {@linkcode RollingWindow.record} or `roll`. */
export interface RollingWindow extends CallCounts {
  /** Counts a call that ended at `now`, in milliseconds. */
  record(now: number, failed: boolean, slow: boolean): void;
  /** Drops what is too old at `now`, in milliseconds. */
  roll(now: number): void;
  /** Forgets everything. */
  clear(): void;
}

/** The calls of a span of time, in buckets: one of them is dropped whole. */
export class TimeWindow implements RollingWindow {
  total = 0;
  failed = 0;
  slow = 0;
  readonly #bucketSize: number;
  /** Three numbers a bucket: all, failed, slow. */
  readonly #buckets: Float64Array;
  readonly #length: number;
  /** Which bucket is counted in, since the beginning of time. */
  #number = 0;
  /** When it ends. */
  #end = 0;
  /** Where it is. */
  #at = 0;

  /** Makes a window of `length` buckets of `bucketSize` milliseconds each. */
  constructor(length: number, bucketSize: number) {
    this.#length = length;
    this.#bucketSize = bucketSize;
    this.#buckets = new Float64Array(length * 3);
  }

  /** Counts a call that ended at `now`. */
  record(now: number, failed: boolean, slow: boolean): void {
    if (now >= this.#end) this.roll(now);
    const at = this.#at;
    const buckets = this.#buckets;
    buckets[at] = (buckets[at] ?? 0) + 1;
    this.total++;
    if (failed) {
      buckets[at + 1] = (buckets[at + 1] ?? 0) + 1;
      this.failed++;
    }
    if (slow) {
      buckets[at + 2] = (buckets[at + 2] ?? 0) + 1;
      this.slow++;
    }
  }

  /** Drops the buckets that are too old at `now`. */
  roll(now: number): void {
    if (now < this.#end) return;
    const number = Math.floor(now / this.#bucketSize);
    // An interval that is no power of two is not divided exactly: time must not stand still.
    const passed = Math.max(0, number - this.#number);
    for (let step = 1; step <= Math.min(passed, this.#length); step++) {
      this.#drop(((this.#number + step) % this.#length) * 3);
    }
    this.#number = Math.max(number, this.#number);
    this.#end = (this.#number + 1) * this.#bucketSize;
    this.#at = (this.#number % this.#length) * 3;
  }

  /** Forgets all calls. */
  clear(): void {
    this.#buckets.fill(0);
    this.total = this.failed = this.slow = 0;
  }

  #drop(at: number): void {
    const buckets = this.#buckets;
    this.total -= buckets[at] ?? 0;
    this.failed -= buckets[at + 1] ?? 0;
    this.slow -= buckets[at + 2] ?? 0;
    buckets.fill(0, at, at + 3);
  }
}

const failedBit = 1;
const slowBit = 2;

/** The latest calls, however long ago they were. */
export class CountWindow implements RollingWindow {
  total = 0;
  failed = 0;
  slow = 0;
  readonly #calls: Uint8Array;
  #at = 0;

  /** Makes a window of `size` calls. */
  constructor(size: number) {
    this.#calls = new Uint8Array(size);
  }

  /** Counts a call. */
  record(_now: number, failed: boolean, slow: boolean): void {
    if (this.total === this.#calls.length) {
      const oldest = this.#calls[this.#at] ?? 0;
      if (oldest & failedBit) this.failed--;
      if (oldest & slowBit) this.slow--;
    } else this.total++;
    this.#calls[this.#at] = (failed ? failedBit : 0) | (slow ? slowBit : 0);
    if (++this.#at === this.#calls.length) this.#at = 0;
    if (failed) this.failed++;
    if (slow) this.slow++;
  }

  /** Does nothing: calls do not age. */
  roll(): void {}

  /** Forgets all calls. */
  clear(): void {
    this.#calls.fill(0);
    this.total =
      this.failed =
      this.slow =
      this.#at =
        0;
  }
}

/** How many calls in a row failed, and were slow, up to now. */
export class RunWindow implements RollingWindow {
  failed = 0;
  slow = 0;

  /** The longer of the two runs. */
  get total(): number {
    return Math.max(this.failed, this.slow);
  }

  /** Counts a call, which ends the runs that it does not belong to. */
  record(_now: number, failed: boolean, slow: boolean): void {
    this.failed = failed ? this.failed + 1 : 0;
    this.slow = slow ? this.slow + 1 : 0;
  }

  /** Does nothing: calls do not age. */
  roll(): void {}

  /** Forgets all calls. */
  clear(): void {
    this.failed = this.slow = 0;
  }
}
