/**
 * Outlier ejection: targets that fail are left alone for a while (as Envoy's outlier detection).
 *
 * It judges by the calls themselves and sets no timer. Of the rest it knows nothing: whether enough
 * targets are left is for the balancer.
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";

/** Options of outlier ejection. All times are in milliseconds. */
export interface OutlierOptions {
  /**
   * How many failures in a row eject a target: responses from 500 on, no connection, a timeout. One
   * that comes back has one chance.
   *
   * @default 5
   */
  readonly consecutiveFailures?: number;
  /**
   * What share of the calls in an `interval` must fail to eject a target; 1 for none but all.
   *
   * @default 0.85
   */
  readonly failureRatio?: number;
  /**
   * How many calls an interval needs for its ratio to count.
   *
   * @default 50
   */
  readonly minimumCalls?: number;
  /**
   * How long calls are counted together. Also how long a target must have been back for one ejection
   * to be forgotten.
   *
   * @default 10000
   */
  readonly interval?: number;
  /**
   * How long the first ejection lasts; the next lasts twice as long, then three times.
   *
   * @default 30000
   */
  readonly baseEjectionTime?: number;
  /**
   * How long an ejection lasts at most.
   *
   * @default 300000
   */
  readonly maxEjectionTime?: number;
  /**
   * What share of the targets may be ejected at once, rounded down.
   *
   * @default 0.5
   */
  readonly maxEjected?: number;
}

const known: Readonly<Record<keyof OutlierOptions, true>> = {
  consecutiveFailures: true,
  failureRatio: true,
  minimumCalls: true,
  interval: true,
  baseEjectionTime: true,
  maxEjectionTime: true,
  maxEjected: true,
};

/** What is known of one target. */
interface TargetRecord {
  /** Failures since the last success. */
  inARow: number;
  /** When the present interval began. */
  since: number;
  calls: number;
  failures: number;
  /** How often it was ejected, less what is forgotten. */
  ejections: number;
  ejectedUntil: number;
}

/** Judges targets by what becomes of their calls. */
export class OutlierDetection {
  readonly #options: Required<OutlierOptions>;
  readonly #records: readonly TargetRecord[];
  readonly #mostEjected: number;
  /** When the last ejection ends: before it nobody has to look who is ejected. */
  #lastReturn = -Infinity;

  /**
   * Begins with all targets in service.
   *
   * @param count how many targets there are
   * @throws {TypeError} when there is an option it does not know.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: OutlierOptions, count: number) {
    checkOptions("outlierEjection", options, known);
    this.#options = checked(ownOptions(options));
    this.#mostEjected = Math.floor(this.#options.maxEjected * count);
    this.#records = Array.from({ length: count }, () => ({
      inARow: 0,
      since: -Infinity,
      calls: 0,
      failures: 0,
      ejections: 0,
      ejectedUntil: -Infinity,
    }));
  }

  /** Whether any target may be ejected. */
  hasEjected(now: number): boolean {
    return now < this.#lastReturn;
  }

  /** Whether a target is left alone. */
  isEjected(index: number, now: number): boolean {
    return now < this.ejectedUntil(index);
  }

  /** When a target comes back, or came back last; `-Infinity` if it was never ejected. */
  ejectedUntil(index: number): number {
    return this.#records[index]?.ejectedUntil ?? -Infinity;
  }

  /** Takes a call's end into account. */
  record(index: number, isFailure: boolean, now: number): void {
    const record = this.#records[index];
    // What began before the ejection was judged with the others.
    if (record === undefined || now < record.ejectedUntil) return;
    const { interval, consecutiveFailures, minimumCalls, failureRatio } = this.#options;
    if (now - record.since >= interval) {
      record.since = now;
      record.calls = record.failures = 0;
    }
    record.calls++;
    if (!isFailure) {
      record.inARow = 0;
      return;
    }
    record.failures++;
    record.inARow++;
    const isOutlier = record.inARow >= consecutiveFailures ||
      record.calls >= minimumCalls && record.failures / record.calls >= failureRatio;
    if (isOutlier && this.#ejectedCount(now) < this.#mostEjected) this.#eject(record, now);
  }

  #eject(record: TargetRecord, now: number): void {
    const { interval, consecutiveFailures, baseEjectionTime, maxEjectionTime } = this.#options;
    const forgotten = Math.floor((now - record.ejectedUntil) / interval);
    record.ejections = Math.max(0, record.ejections - forgotten) + 1;
    record.ejectedUntil = now + Math.min(maxEjectionTime, baseEjectionTime * record.ejections);
    // It need not fail as often again.
    record.inARow = consecutiveFailures - 1;
    record.calls = record.failures = 0;
    this.#lastReturn = Math.max(this.#lastReturn, record.ejectedUntil);
  }

  #ejectedCount(now: number): number {
    let count = 0;
    if (!this.hasEjected(now)) return count;
    for (const { ejectedUntil } of this.#records) if (now < ejectedUntil) count++;
    return count;
  }
}

function checked(options: OutlierOptions): Required<OutlierOptions> {
  const { consecutiveFailures = 5, minimumCalls = 50, interval = 10_000 } = options;
  const { baseEjectionTime = 30_000, maxEjectionTime = 300_000 } = options;
  const { failureRatio = 0.85, maxEjected = 0.5 } = options;
  for (const [name, value] of Object.entries({ consecutiveFailures, minimumCalls })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw wrong(name, "a whole number from 1", value);
    }
  }
  for (const [name, value] of Object.entries({ interval, baseEjectionTime, maxEjectionTime })) {
    if (!Number.isFinite(value) || value <= 0) throw wrong(name, "milliseconds above 0", value);
  }
  for (const [name, value] of Object.entries({ failureRatio, maxEjected })) {
    if (typeof value !== "number" || !(value > 0 && value <= 1)) {
      throw wrong(name, "a number above 0 and at most 1", value);
    }
  }
  if (maxEjectionTime < baseEjectionTime) {
    throw new RangeError(
      `outlierEjection never reaches baseEjectionTime (${baseEjectionTime} ms), as maxEjectionTime (${maxEjectionTime} ms) is shorter: raise maxEjectionTime`,
    );
  }
  return {
    consecutiveFailures,
    failureRatio,
    minimumCalls,
    interval,
    baseEjectionTime,
    maxEjectionTime,
    maxEjected,
  };
}

function wrong(name: string, expected: string, value: unknown): RangeError {
  return new RangeError(`outlierEjection needs ${expected} for ${name}, not ${value}`);
}
