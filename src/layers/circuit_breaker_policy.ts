/**
 * The configuration of a circuit breaker as it is used, once it was checked and filled in.
 *
 * @module
 */
import { CircuitBreakerConfigError } from "../message/client_errors.ts";
import type { Clock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Store } from "../stores/store.ts";
import { type CircuitBreakerConfig, circuitBreakerOptions } from "./circuit_breaker_config.ts";
import type { CallOutcome } from "./circuit_breaker_outcome.ts";
import { type CircuitWindow, circuitWindow } from "./circuit_breaker_window.ts";
import { CoarseClock } from "./coarse_clock.ts";

/** A configuration as it is used. */
export interface CircuitPolicy {
  /** Which calls are looked at. */
  readonly window: CircuitWindow;
  /** The part of the calls that may fail. */
  readonly failureThreshold: number;
  /** How long calls are refused at first, in milliseconds. */
  readonly resetTime: number;
  /** By what that is multiplied when a trial fails. */
  readonly backOffFactor: number;
  /** The most it grows to, in milliseconds. */
  readonly maxResetTime: number;
  /** The statuses that are failures; `undefined` for 500 and above. */
  readonly statusCodes: ReadonlySet<number> | undefined;
  /** Decides what a failure is. */
  readonly isFailure: ((outcome: CallOutcome) => boolean) | undefined;
  /** Milliseconds above which a call is slow; `Infinity` where none is. */
  readonly slowCallDuration: number;
  /** The part of the calls that may be slow. */
  readonly slowCallThreshold: number;
  /** How many trials must succeed. */
  readonly trialRequests: number;
  /** How long they are waited for, in milliseconds. */
  readonly trialTimeout: number;
  /** Which circuit a URL belongs to; `undefined` for that of its origin. */
  readonly target: ((url: string) => string) | undefined;
  /** How many circuits are kept. */
  readonly maxTargets: number;
  /** Where circuits are shared. */
  readonly store: Store | undefined;
  /** The name they are shared by. */
  readonly name: string;
  /** How often they are, in milliseconds. */
  readonly syncInterval: number;
  /** Told of what fails on the side. */
  readonly onError: (error: unknown) => void;
  /** Tells the time. */
  readonly clock: Clock;
}

/**
 * Checks a configuration and fills in what it leaves out.
 *
 * @throws {CircuitBreakerConfigError} when a value is out of its range, or has no effect beside the
 * others.
 * @throws {GenericClientError} when the window is shorter than its buckets.
 * @throws {TypeError} when an option is unknown.
 */
export function circuitPolicy(given: CircuitBreakerConfig): CircuitPolicy {
  checkOptions("circuitBreaker", given, circuitBreakerOptions);
  const config = ownOptions(given);
  const { failureThreshold = 0.5, resetTime = 5_000, trialRequests = 1 } = config;
  const { slowCallDuration = Infinity, slowCallThreshold = 0.5 } = config;
  const { maxResetTime = Math.max(60_000, resetTime), store, name = "default" } = config;
  checkFunctions(config);
  checkThreshold(failureThreshold, slowCallDuration !== Infinity);
  checkSlowCalls(config);
  checkTime("resetTime", resetTime);
  checkTime("maxResetTime", maxResetTime);
  if (maxResetTime < resetTime) {
    throw new CircuitBreakerConfigError(
      `maxResetTime (${maxResetTime} ms) is shorter than resetTime (${resetTime} ms): leave it out, or make it longer`,
    );
  }
  const { backOffFactor = 2, trialTimeout = 60_000, maxTargets = 1_000 } = config;
  if (!(backOffFactor >= 1 && backOffFactor < Infinity)) {
    throw new CircuitBreakerConfigError(
      `Cannot multiply the reset time by ${backOffFactor}: set backOffFactor to 1 or more`,
    );
  }
  checkTime("trialTimeout", trialTimeout);
  checkCount("trialRequests", trialRequests);
  checkCount("maxTargets", maxTargets);
  const window = circuitWindow(config.rollingWindow);
  if (window.kind === "run" && config.failureThreshold !== undefined) {
    throw new CircuitBreakerConfigError(
      "failureThreshold has no effect on failures in a row: leave it out, or consecutive",
    );
  }
  checkSharing(config, window);
  return {
    window,
    failureThreshold,
    resetTime,
    backOffFactor,
    maxResetTime,
    statusCodes: statusSet(config),
    isFailure: config.isFailure,
    slowCallDuration,
    slowCallThreshold,
    trialRequests,
    trialTimeout,
    target: config.target,
    maxTargets,
    store,
    name,
    syncInterval: config.syncInterval ?? 1_000,
    onError: config.onError ?? ((error) => console.error(error)),
    clock: config.clock ?? new CoarseClock(),
  };
}

/** How long a circuit that opened for the `count`th time in a row stays open, in milliseconds. */
export function openTime(
  { resetTime, backOffFactor, maxResetTime }: CircuitPolicy,
  count: number,
): number {
  return Math.min(maxResetTime, resetTime * backOffFactor ** Math.max(0, count - 1));
}

function checkThreshold(failureThreshold: number, countsSlowCalls: boolean): void {
  if (!(failureThreshold >= 0 && failureThreshold <= 1)) {
    throw new CircuitBreakerConfigError(
      `Invalid failure threshold. Failure threshold value should between 0 to 1, found ${failureThreshold}`,
    );
  }
  if (failureThreshold === 1 && !countsSlowCalls) {
    throw new CircuitBreakerConfigError(
      "A failureThreshold of 1 never opens the circuit, as more than it must fail: set it below 1",
    );
  }
}

function checkSlowCalls(config: CircuitBreakerConfig): void {
  const { slowCallDuration, slowCallThreshold } = config;
  if (slowCallDuration !== undefined) checkTime("slowCallDuration", slowCallDuration);
  if (slowCallThreshold === undefined) return;
  if (slowCallDuration === undefined || config.rollingWindow?.consecutive !== undefined) {
    throw new CircuitBreakerConfigError(
      "slowCallThreshold has no effect without slowCallDuration, nor on calls in a row: leave it out",
    );
  }
  if (!(slowCallThreshold >= 0 && slowCallThreshold < 1)) {
    throw new CircuitBreakerConfigError(
      `Cannot open at more than ${slowCallThreshold} of slow calls: set slowCallThreshold from 0 to below 1`,
    );
  }
}

function checkSharing(config: CircuitBreakerConfig, window: CircuitWindow): void {
  const { store, name, syncInterval } = config;
  if (store === undefined) {
    for (const option of ["name", "syncInterval"] as const) {
      if (config[option] === undefined) continue;
      throw new CircuitBreakerConfigError(
        `${option} has no effect without store: leave it out, or share a store`,
      );
    }
    return;
  }
  if (window.kind !== "time") {
    throw new CircuitBreakerConfigError(
      "Circuits in a store count by time: leave out size and consecutive, or the store",
    );
  }
  if (name !== undefined && !/^[ -~]{1,64}$/.test(name)) {
    throw new CircuitBreakerConfigError(
      "Cannot share circuits by this name: give 1 to 64 printable ASCII characters",
    );
  }
  if (syncInterval !== undefined) checkTime("syncInterval", syncInterval);
}

function checkFunctions(config: CircuitBreakerConfig): void {
  for (const name of ["isFailure", "target", "onStateChange", "onError"] as const) {
    if (config[name] === undefined || typeof config[name] === "function") continue;
    throw new CircuitBreakerConfigError(`circuitBreaker needs a function for ${name}`);
  }
}

function statusSet({ statusCodes, isFailure }: CircuitBreakerConfig):
  | ReadonlySet<number>
  | undefined {
  if (statusCodes === undefined) return undefined;
  if (isFailure !== undefined) {
    throw new CircuitBreakerConfigError(
      "statusCodes has no effect beside isFailure: leave out one of them",
    );
  }
  if (!Array.isArray(statusCodes)) {
    throw new CircuitBreakerConfigError(
      "circuitBreaker needs a list for statusCodes, as [502, 503]",
    );
  }
  for (const status of statusCodes) {
    if (Number.isInteger(status) && status >= 200 && status <= 599) continue;
    throw new CircuitBreakerConfigError(
      `No response has the status ${status}: use 200 to 599 in statusCodes`,
    );
  }
  return new Set(statusCodes);
}

function checkTime(name: string, value: number): void {
  if (typeof value === "number" && value > 0 && value < Infinity) return;
  throw new CircuitBreakerConfigError(
    `circuitBreaker needs milliseconds above 0 for ${name}, not ${value}`,
  );
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new CircuitBreakerConfigError(
    `circuitBreaker needs a whole number above 0 for ${name}, not ${value}`,
  );
}
