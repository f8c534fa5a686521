/**
 * The options of a retry.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { Awaitable } from "../stores/store.ts";
import type { RetryBudget, RetryBudgetOptions } from "./retry_budget.ts";
import type { Jitter } from "./retry_delay.ts";

/** An attempt that ended, in a response or an error. */
export interface RetryAttempt {
  /** Which one it was, from 1. */
  readonly attempt: number;
  /** The method of the call. */
  readonly method: string;
  /** The address of the call, as the caller gave it. */
  readonly url: string;
  /** The response, if there is one; read a clone of it. */
  readonly response: Response | undefined;
  /** The error, if there is no response. */
  readonly error: unknown;
}

/** A retry that is about to be waited for. */
export interface RetryNotice extends RetryAttempt {
  /** How long it is waited for, in milliseconds. */
  readonly delay: number;
}

/** Options of `retry` (spec 2.4.1.4: `RetryConfig`, whose times are seconds). */
export interface RetryOptions {
  /**
   * How many times a call is repeated at most, beyond the first.
   *
   * @default 2
   */
  readonly count?: number;
  /**
   * The first wait, in milliseconds; 0 for none.
   *
   * @default 100
   */
  readonly interval?: number;
  /**
   * By how much each wait is longer than the one before it; one below 1 shortens them, 0 and less is 1.
   *
   * @default 2
   */
  readonly backOffFactor?: number;
  /**
   * The longest wait before jitter, in milliseconds.
   *
   * @default 5000, or `interval` if that is longer
   */
  readonly maxInterval?: number;
  /**
   * The same under the specification's name, where 0 is a minute.
   *
   * @default none
   */
  readonly maxWaitInterval?: number;
  /**
   * How waits are spread: `"full"` from 0 to the interval, `"equal"` from half of it, `"none"` not at
   * all.
   *
   * @default "full"
   */
  readonly jitter?: Jitter;
  /**
   * The statuses that are tried again; none for errors only.
   *
   * @default [408, 425, 429, 502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
  /**
   * The methods that are tried again, `"all"` for every one. A call with an `Idempotency-Key` is
   * whatever its method.
   *
   * @default the idempotent ones: GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE
   */
  readonly methods?: readonly string[] | "all";
  /**
   * The longest `Retry-After` that is waited for, in milliseconds; a response that asks for more is
   * returned. `false` does not look at the field.
   *
   * @default 30000
   */
  readonly retryAfter?: number | false;
  /**
   * The most bytes to keep of a stream, or of the body of a `Request`, in case it must be sent again;
   * one that is longer is not. `replayable` streams and all other bodies need no copy.
   *
   * @default 65536
   */
  readonly bufferLimit?: number;
  /**
   * Limits retries to a share of the calls. One that is given can be shared; `false` for no limit.
   *
   * @default a budget of the layer's own: 20% of the calls, and 10 a second
   */
  readonly budget?: RetryBudget | RetryBudgetOptions | false;
  /**
   * How long after the call began a retry may begin, in milliseconds: one that could not in time is not
   * waited for. It ends no attempt, put a `timeout` with the same `total` above for that.
   *
   * @default none
   */
  readonly total?: number;
  /**
   * Decides in place of `statusCodes` and the kind of error; `undefined` leaves it to them. It is asked
   * about every attempt after which there could be another.
   *
   * @default none
   */
  readonly shouldRetry?: (ended: RetryAttempt) => Awaitable<boolean | undefined>;
  /**
   * Told of each retry before it is waited for.
   *
   * @default none
   */
  readonly onRetry?: (notice: RetryNotice) => Awaitable<void>;
  /**
   * Gives numbers from 0 to below 1, for jitter.
   *
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** The options that are known. */
export const retryOptions: Readonly<Record<keyof RetryOptions, true>> = {
  count: true,
  interval: true,
  backOffFactor: true,
  maxInterval: true,
  maxWaitInterval: true,
  jitter: true,
  statusCodes: true,
  methods: true,
  retryAfter: true,
  bufferLimit: true,
  budget: true,
  total: true,
  shouldRetry: true,
  onRetry: true,
  random: true,
  clock: true,
};
