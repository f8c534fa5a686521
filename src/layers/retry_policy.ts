/**
 * The options of a retry as they are used, and how they are read.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { RetryBudget, type RetryBudgetOptions } from "./retry_budget.ts";
import type { BackOff } from "./retry_delay.ts";
import { type RetryOptions, retryOptions } from "./retry_options.ts";

/** The statuses that say that a later try may succeed. */
const transientStatuses: readonly number[] = [408, 425, 429, 502, 503, 504];

/** RFC 9110 section 9.2.2, and QUERY of draft-ietf-httpbis-safe-method-w-body. */
const idempotent: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PUT", "DELETE"];

/** The longest that timers of the platform can wait, some 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/** Options as they are used. */
export interface RetryPolicy {
  /** How many times a call is repeated. */
  readonly count: number;
  /** What waits are made of. */
  readonly backOff: BackOff;
  /** The statuses that are tried again. */
  readonly statusCodes: ReadonlySet<number>;
  /** The methods that are tried again, in capitals; `undefined` for every one. */
  readonly methods: ReadonlySet<string> | undefined;
  /** The longest wait that a response may ask for; below 0 where it is not looked at. */
  readonly retryAfter: number;
  /** How many bytes of a body are kept. */
  readonly bufferLimit: number;
  /** Limits retries, if anything does. */
  readonly budget: RetryBudget | undefined;
  /** How long after the call began a retry may begin. */
  readonly total: number;
  /** The program's own rule. */
  readonly shouldRetry: RetryOptions["shouldRetry"];
  /** Told of each retry. */
  readonly onRetry: RetryOptions["onRetry"];
  /** Tells the time. */
  readonly clock: Clock;
}

/**
 * Reads options.
 *
 * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
 * @throws {RangeError} when a number is out of range, or can have no effect.
 */
export function retryPolicy(given: RetryOptions): RetryPolicy {
  checkOptions("retry", given, retryOptions);
  const options = ownOptions(given);
  const { count = 2, bufferLimit = 65_536, clock = systemClock, total } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(
      `retry needs a whole number from 1 for count, not ${count}: leave retry out for none`,
    );
  }
  if (!Number.isSafeInteger(bufferLimit) || bufferLimit < 0) {
    throw new RangeError(`retry needs a whole number from 0 for bufferLimit, not ${bufferLimit}`);
  }
  for (const name of ["shouldRetry", "onRetry", "random"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "function") {
      throw new TypeError(`retry needs a function for ${name}`);
    }
  }
  const backOff = backOffOf(options);
  if (total !== undefined) refuseShort(milliseconds("total", total, "above 0"), backOff);
  const { retryAfter = 30_000 } = options;
  if (retryAfter !== false) milliseconds("retryAfter", retryAfter, "above 0");
  return {
    count,
    bufferLimit,
    clock,
    backOff,
    retryAfter: retryAfter === false ? -1 : retryAfter,
    total: total ?? Infinity,
    statusCodes: statusesOf(options.statusCodes ?? transientStatuses),
    methods: methodsOf(options.methods ?? idempotent),
    budget: budgetOf(options.budget ?? {}, clock),
    shouldRetry: options.shouldRetry,
    onRetry: options.onRetry,
  };
}

function backOffOf(options: RetryOptions): BackOff {
  const { interval = 100, backOffFactor = 2, jitter = "full", random = Math.random } = options;
  milliseconds("interval", interval, "from 0");
  if (!Number.isFinite(backOffFactor)) {
    throw new RangeError(`retry needs a number for backOffFactor, not ${backOffFactor}`);
  }
  if (jitter !== "full" && jitter !== "equal" && jitter !== "none") {
    throw new TypeError(`retry has no jitter "${jitter}": use "full", "equal" or "none"`);
  }
  const maxInterval = longestOf(options) ?? Math.max(5_000, interval);
  if (interval > maxInterval) {
    throw new RangeError(
      `retry never waits interval (${interval} ms), as maxInterval (${maxInterval} ms) is shorter: leave out one of them`,
    );
  }
  return { interval, factor: backOffFactor <= 0 ? 1 : backOffFactor, maxInterval, jitter, random };
}

function longestOf({ maxInterval, maxWaitInterval }: RetryOptions): number | undefined {
  if (maxWaitInterval === undefined) {
    if (maxInterval === undefined) return undefined;
    return milliseconds("maxInterval", maxInterval, "above 0");
  }
  if (maxInterval !== undefined) {
    throw new TypeError("retry has maxInterval and maxWaitInterval: leave out one of them");
  }
  return milliseconds("maxWaitInterval", maxWaitInterval, "from 0") || 60_000;
}

/** Refuses a limit that leaves no time for the shortest first wait. */
function refuseShort(total: number, { interval, jitter }: BackOff): void {
  const shortest = { none: interval, equal: interval / 2, full: 0 }[jitter];
  if (shortest < total) return;
  throw new RangeError(
    `retry never repeats a call, as total (${total} ms) is over before the first wait is (${shortest} ms): raise total or lower interval`,
  );
}

function milliseconds(name: string, value: unknown, least: "from 0" | "above 0"): number {
  const isInRange = typeof value === "number" && value <= LONGEST &&
    (least === "from 0" ? value >= 0 : value > 0);
  if (isInRange) return value;
  throw new RangeError(
    `retry needs milliseconds ${least} and at most ${LONGEST} for ${name}, not ${value}`,
  );
}

function statusesOf(statusCodes: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(statusCodes)) {
    throw new TypeError("retry needs a list for statusCodes, as [502, 503]");
  }
  for (const status of statusCodes) {
    if (!Number.isInteger(status) || status < 100 || status > 999) {
      throw new RangeError(`retry needs statuses for statusCodes, not ${status}`);
    }
  }
  return new Set(statusCodes);
}

function methodsOf(methods: readonly string[] | "all"): ReadonlySet<string> | undefined {
  if (methods === "all") return undefined;
  if (!Array.isArray(methods) || methods.some((method) => typeof method !== "string")) {
    throw new TypeError(`retry needs a list for methods, as ["GET", "PUT"], or "all"`);
  }
  return new Set(methods.map((method: string) => method.toUpperCase()));
}

function budgetOf(
  budget: RetryBudget | RetryBudgetOptions | false,
  clock: Clock,
): RetryBudget | undefined {
  if (budget === false) return undefined;
  if (budget instanceof RetryBudget) return budget;
  if (typeof budget !== "object" || budget === null) {
    throw new TypeError("retry needs a RetryBudget, its options or false for budget");
  }
  return new RetryBudget({ clock, ...budget });
}
