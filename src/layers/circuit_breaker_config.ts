/**
 * The configuration of a circuit breaker (spec 2.4.1.5, `CircuitBreakerConfig`).
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { Store } from "../stores/store.ts";
import type { CallOutcome } from "./circuit_breaker_outcome.ts";
import type { CircuitStateChange } from "./circuit_breaker_state.ts";
import type { RollingWindowConfig } from "./circuit_breaker_window.ts";

/** When a circuit opens, how long it stays open, and what closes it. Times are milliseconds. */
export interface CircuitBreakerConfig {
  /**
   * Which calls are looked at.
   *
   * @default those of the last 60 s, at least 10
   */
  readonly rollingWindow?: RollingWindowConfig;
  /**
   * The part of the calls, from 0 to below 1, that may fail: the circuit opens when more do. 1 means
   * that failures never open it, and is for those who count slow calls only.
   *
   * @default 0.5
   */
  readonly failureThreshold?: number;
  /**
   * How long calls are refused before a trial.
   *
   * @default 5000
   */
  readonly resetTime?: number;
  /**
   * By what that time is multiplied each time a trial fails; 1 for always the same.
   *
   * @default 2
   */
  readonly backOffFactor?: number;
  /**
   * The most that time grows to.
   *
   * @default 60000, or resetTime if that is longer
   */
  readonly maxResetTime?: number;
  /**
   * The statuses that count as failures; `[]` for none.
   *
   * @default 500 to 599
   */
  readonly statusCodes?: readonly number[];
  /**
   * Decides what a failure is, in place of `statusCodes` and of what is known of errors. It is asked
   * for every call, once the head of the response is there, and must leave the body alone. A call that
   * the caller aborted is nobody's failure unless it says so.
   *
   * @default none
   */
  readonly isFailure?: (outcome: CallOutcome) => boolean;
  /**
   * How long a call may take until the head of its response before it counts as slow.
   *
   * @default none: calls are not timed
   */
  readonly slowCallDuration?: number;
  /**
   * The part of the calls, from 0 to below 1, that may be slow: the circuit opens when more are.
   *
   * @default 0.5
   */
  readonly slowCallThreshold?: number;
  /**
   * How many calls are let through after the reset time; all of them must succeed, and the first one
   * that does not opens the circuit again. Other calls are refused meanwhile.
   *
   * @default 1
   */
  readonly trialRequests?: number;
  /**
   * How long trials are waited for before others may take their places.
   *
   * @default 60000
   */
  readonly trialTimeout?: number;
  /**
   * Which circuit a call belongs to, by its URL. The first 256 characters of the answer count.
   *
   * @default the origin of the URL
   */
  readonly target?: (url: string) => string;
  /**
   * How many circuits are kept at most; closed ones go first, the oldest of them.
   *
   * @default 1000
   */
  readonly maxTargets?: number;
  /**
   * Told of each change of a circuit's state, while the call that caused it waits.
   *
   * @default none
   */
  readonly onStateChange?: (change: CircuitStateChange) => void;
  /**
   * Where instances that should open and close together share what they know. It takes a time window.
   *
   * @default none: nothing is shared
   */
  readonly store?: Store;
  /**
   * The name that instances share their circuits by: 1 to 64 printable ASCII characters.
   *
   * @default "default"
   */
  readonly name?: string;
  /**
   * How often an instance with traffic tells the store of its calls and asks it for those of others.
   * No call waits for it.
   *
   * @default 1000
   */
  readonly syncInterval?: number;
  /**
   * Told when the store fails, or `onStateChange` does. The circuits go on by what they know
   * themselves.
   *
   * @default console.error
   */
  readonly onError?: (error: unknown) => void;
  /**
   * Tells the time. A store has its own.
   *
   * @default the platform's, to the millisecond
   */
  readonly clock?: Clock;
}

/** The options that are known. */
export const circuitBreakerOptions: Readonly<Record<keyof CircuitBreakerConfig, true>> = {
  rollingWindow: true,
  failureThreshold: true,
  resetTime: true,
  backOffFactor: true,
  maxResetTime: true,
  statusCodes: true,
  isFailure: true,
  slowCallDuration: true,
  slowCallThreshold: true,
  trialRequests: true,
  trialTimeout: true,
  target: true,
  maxTargets: true,
  onStateChange: true,
  store: true,
  name: true,
  syncInterval: true,
  onError: true,
  clock: true,
};
