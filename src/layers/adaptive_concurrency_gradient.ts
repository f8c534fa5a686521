/**
 * How many calls a service can work on at a time, by how long they take: the step of the Gradient2
 * algorithm of Netflix's concurrency-limits. Nothing here knows of calls; it is given what was seen in
 * a while.
 *
 * The time that calls take is held against what they take when the service has little to do. While the
 * two are alike the limit grows by a few calls; when they take longer a queue has formed somewhere, and
 * it shrinks by the same ratio. Gradient2 compares with an average of the long run, which under steady
 * load grows until nothing is limited (here within two minutes). So the limit is halved for a moment
 * now and then to measure, as BBR and Envoy do, and a refusal shrinks it as in TCP.
 *
 * @module
 */

/** What was seen in a while. */
export interface ConcurrencySample {
  /** What the calls took on average, in milliseconds; `undefined` where none succeeded. */
  readonly latency: number | undefined;
  /** The most calls that were on their way at a time. */
  readonly inFlight: number;
  /** Whether the service refused one because of its load. */
  readonly isOverload: boolean;
}

/** How the limit moves. */
export interface GradientOptions {
  /** Where it begins. */
  readonly initialLimit: number;
  /** How low it may be. */
  readonly minLimit: number;
  /** How high it may be. */
  readonly maxLimit: number;
  /** How many times as long as with little to do calls may take. */
  readonly tolerance: number;
  /** By how many calls it grows, which is the queue that is meant to be there. */
  readonly queueSize: number;
  /** What is left of it after a refusal. */
  readonly backoff: number;
}

/** How far the limit goes towards what a sample says. */
const smoothing = 0.2;
/** How far the base goes towards faster samples; one of them may be chance. */
const learning = 0.1;
/** After how many samples the base is measured, at first and later. */
const firstMeasure = 20;
const nextMeasure = 300;

/** A limit that follows what it is shown. */
export class GradientLimit {
  readonly #options: GradientOptions;
  #limit: number;
  #base = 0;
  /** How many samples until the base is measured; below 1 while it is. */
  #countdown = firstMeasure;

  /** Begins with the initial limit. */
  constructor(options: GradientOptions) {
    this.#options = options;
    this.#limit = options.initialLimit;
  }

  /** How many calls may be on their way, a whole number. */
  get limit(): number {
    const isMeasuring = this.#countdown <= 0;
    return Math.max(
      this.#options.minLimit,
      Math.floor(isMeasuring ? this.#limit / 2 : this.#limit),
    );
  }

  /** What calls take when the service has little to do, in milliseconds; 0 at first. */
  get base(): number {
    return this.#base;
  }

  /** Takes in what was seen. */
  update({ latency, inFlight, isOverload }: ConcurrencySample): void {
    const { minLimit, maxLimit, tolerance, queueSize, backoff } = this.#options;
    if (isOverload) {
      this.#limit = Math.max(minLimit, this.#limit * backoff);
      return;
    }
    if (latency === undefined) return;
    if (this.#base === 0) this.#base = latency;
    if (this.#measure(latency)) return;
    if (latency < this.#base) this.#base += (latency - this.#base) * learning;
    // What the program does not use says nothing of how much more there could be.
    if (inFlight < this.#limit / 2) return;
    const ratio = latency > 0 ? tolerance * this.#base / latency : 1;
    const gradient = Math.max(0.5, Math.min(1, ratio));
    const target = this.#limit * gradient + queueSize;
    const moved = this.#limit * (1 - smoothing) + target * smoothing;
    this.#limit = Math.max(minLimit, Math.min(maxLimit, moved));
  }

  /** Measures the base when it is time; whether the sample was for that. */
  #measure(latency: number): boolean {
    // At 0 the limit is halved; the sample after it still has calls from before.
    if (--this.#countdown >= -1) return this.#countdown === -1;
    const isFar = latency < 0.9 * this.#base;
    this.#base = Math.min(latency, (this.#base + latency) / 2);
    // A base that was taken under load is found in steps.
    this.#countdown = isFar ? firstMeasure : nextMeasure;
    return true;
  }
}
