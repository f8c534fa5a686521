/**
 * What came out of a simulation: every call and every attempt, and what they say of a stretch of time.
 *
 * @module
 */

/** What a call ended with: a good response, another one, an error, or nothing yet. */
export interface CallRecord {
  /** When it began, in milliseconds of the simulation. */
  readonly at: number;
  /** How long it took until its body was read, in milliseconds; `Infinity` while it is not over. */
  took: number;
  /** `undefined` where it was good, otherwise the status, the error's name, or `unfinished`. */
  failure: string | undefined;
}

/** A stretch of a simulation. Calls count where they begin, and so do attempts. */
export interface SimulationWindow {
  /** Its beginning, in milliseconds of the simulation. */
  readonly from: number;
  /** Its end, in milliseconds of the simulation; the moment itself is outside. */
  readonly until: number;
  /** How many calls were made. */
  readonly calls: number;
  /** How many of them were answered well. */
  readonly good: number;
  /** The share of the calls that were not, from 0 to 1. */
  readonly failed: number;
  /** How often each failure happened, by status or by the error's name. */
  readonly failures: Readonly<Record<string, number>>;
  /** Calls a second. */
  readonly rate: number;
  /** Good calls a second. */
  readonly goodput: number;
  /** How many attempts arrived at the targets. */
  readonly attempts: number;
  /** How many arrived at each target. */
  readonly attemptsOf: readonly number[];
  /** Attempts for each call: 1 is no extra load. */
  readonly load: number;
  /** What half of the good calls took at most, in milliseconds; `NaN` where there are none. */
  readonly p50: number;
  /** What 99 of 100 good calls took at most, in milliseconds; `NaN` where there are none. */
  readonly p99: number;
  /** What the slowest good call took, in milliseconds; `NaN` where there are none. */
  readonly longest: number;
}

/** The outcome of {@linkcode simulate}. */
export class Simulation {
  /** How long calls were begun, in milliseconds. */
  readonly duration: number;
  /** Timers that were still set after the last call was over, which a policy left behind. */
  readonly pendingTimers: number;
  readonly #calls: readonly CallRecord[];
  readonly #arrivals: readonly (readonly number[])[];

  /** Keeps what happened; calls and arrivals in the order of their time. */
  constructor(
    duration: number,
    pendingTimers: number,
    calls: readonly CallRecord[],
    arrivals: readonly (readonly number[])[],
  ) {
    this.duration = duration;
    this.pendingTimers = pendingTimers;
    this.#calls = calls;
    this.#arrivals = arrivals;
  }

  /** All of it. */
  get all(): SimulationWindow {
    return this.between(0, this.duration);
  }

  /** What happened from `from` up to but not at `until`, both in milliseconds of the simulation. */
  between(from: number, until: number): SimulationWindow {
    const times = this.#calls.slice(
      firstFrom(this.#calls.length, (index) => this.#calls[index]!.at >= from),
      firstFrom(this.#calls.length, (index) => this.#calls[index]!.at >= until),
    );
    const good = times.filter(({ failure }) => failure === undefined)
      .map(({ took }) => took)
      .sort((a, b) => a - b);
    const failures: Record<string, number> = Object.create(null);
    for (const { failure } of times) {
      if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1;
    }
    const attemptsOf = this.#arrivals.map((arrivals) =>
      firstFrom(arrivals.length, (index) => arrivals[index]! >= until) -
      firstFrom(arrivals.length, (index) => arrivals[index]! >= from)
    );
    const attempts = attemptsOf.reduce((sum, count) => sum + count, 0);
    const calls = times.length;
    const seconds = (until - from) / 1000;
    return {
      ...{ from, until, calls, failures, attempts, attemptsOf },
      good: good.length,
      failed: calls === 0 ? 0 : (calls - good.length) / calls,
      rate: calls / seconds,
      goodput: good.length / seconds,
      load: attempts / calls,
      p50: percentile(good, 0.5),
      p99: percentile(good, 0.99),
      longest: good.at(-1) ?? NaN,
    };
  }

  /**
   * The whole as windows of `step` milliseconds, for a plot.
   *
   * @throws {RangeError} when `step` is not above 0.
   */
  series(step = 1_000): SimulationWindow[] {
    if (!(step > 0)) throw new RangeError(`A series needs a step above 0, not ${step}`);
    const windows: SimulationWindow[] = [];
    for (let from = 0; from < this.duration; from += step) {
      windows.push(this.between(from, Math.min(from + step, this.duration)));
    }
    return windows;
  }
}

/** The least of the sorted values that so large a share of them is at most (nearest rank). */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** The first index from which on `holds` is true, by halving. */
function firstFrom(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
