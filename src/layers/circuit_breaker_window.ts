/**
 * The windows a circuit breaker can look through (spec 2.4.1.5, `RollingWindow`), as they are
 * configured.
 *
 * @module
 */
import { CircuitBreakerConfigError, GenericClientError } from "../message/client_errors.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { CountWindow, type RollingWindow, RunWindow, TimeWindow } from "./rolling_window.ts";

/**
 * Which calls are looked at: those of a `timeWindow`, the last `size`, or how many in a row went badly
 * (`consecutive`).
 */
export interface RollingWindowConfig {
  /**
   * How many calls there must be in the window before it says anything; 0 is as 1.
   *
   * @default 10, or size if that is smaller
   */
  readonly requestVolumeThreshold?: number;
  /**
   * How far back calls count, in milliseconds.
   *
   * @default 60000
   */
  readonly timeWindow?: number;
  /**
   * The steps in which calls are forgotten, in milliseconds.
   *
   * @default a sixth of timeWindow
   */
  readonly bucketSize?: number;
  /**
   * How many calls count, in place of a time; at most 100000.
   *
   * @default none
   */
  readonly size?: number;
  /**
   * How many calls in a row must fail, or be slow, for the circuit to open; in place of a window.
   *
   * @default none
   */
  readonly consecutive?: number;
}

const known: Readonly<Record<keyof RollingWindowConfig, true>> = {
  requestVolumeThreshold: true,
  timeWindow: true,
  bucketSize: true,
  size: true,
  consecutive: true,
};

/** A window as it is used. */
export interface CircuitWindow {
  /** Which kind it is. */
  readonly kind: "time" | "count" | "run";
  /** How many calls it must have before it says anything; how many in a row. */
  readonly volume: number;
  /** How far back calls count, in milliseconds; `Infinity` where that is not by time. */
  readonly timeWindow: number;
  /** How long a bucket is, in milliseconds; `Infinity` where there are none. */
  readonly bucketSize: number;
  /** Makes an empty one. */
  open(): RollingWindow;
}

/** More would only cost memory. */
const maxBuckets = 1_000;
const maxSize = 100_000;

/**
 * Checks the configuration of a window and fills in what it leaves out.
 *
 * @throws {CircuitBreakerConfigError} when a value is out of its range, or there are several windows.
 * @throws {GenericClientError} when the window is shorter than its buckets.
 * @throws {TypeError} when an option is unknown.
 */
export function circuitWindow(given: RollingWindowConfig = {}): CircuitWindow {
  checkOptions("rollingWindow", given, known);
  const config = ownOptions(given);
  const { size, consecutive } = config;
  const isTimed = config.timeWindow !== undefined || config.bucketSize !== undefined;
  if (Number(isTimed) + Number(size !== undefined) + Number(consecutive !== undefined) > 1) {
    throw new CircuitBreakerConfigError(
      "rollingWindow has several windows: set one of timeWindow, size and consecutive",
    );
  }
  const { requestVolumeThreshold = Math.min(10, size ?? 10) } = config;
  if (!Number.isSafeInteger(requestVolumeThreshold) || requestVolumeThreshold < 0) {
    throw new CircuitBreakerConfigError(
      `rollingWindow needs a whole number for requestVolumeThreshold, not ${requestVolumeThreshold}`,
    );
  }
  const volume = Math.max(1, requestVolumeThreshold);
  if (consecutive !== undefined) return runWindow(config, consecutive);
  return size === undefined ? timeWindow(config, volume) : countWindow(size, volume);
}

function runWindow(config: RollingWindowConfig, consecutive: number): CircuitWindow {
  if (config.requestVolumeThreshold !== undefined) {
    throw new CircuitBreakerConfigError(
      "requestVolumeThreshold has no effect on calls in a row: leave it out, or consecutive",
    );
  }
  checkSize("consecutive", consecutive);
  return { kind: "run", volume: consecutive, ...timeless, open: () => new RunWindow() };
}

function countWindow(size: number, volume: number): CircuitWindow {
  checkSize("size", size);
  if (volume > size) {
    throw new CircuitBreakerConfigError(
      `A window of ${size} calls never has ${volume}: set requestVolumeThreshold to at most size`,
    );
  }
  return { kind: "count", volume, ...timeless, open: () => new CountWindow(size) };
}

const timeless = { timeWindow: Infinity, bucketSize: Infinity };

function timeWindow(config: RollingWindowConfig, volume: number): CircuitWindow {
  const { timeWindow = 60_000 } = config;
  const { bucketSize = timeWindow / 6 } = config;
  for (const [name, value] of [["timeWindow", timeWindow], ["bucketSize", bucketSize]] as const) {
    if (typeof value === "number" && value > 0 && value < Infinity) continue;
    throw new CircuitBreakerConfigError(
      `rollingWindow needs milliseconds above 0 for ${name}, not ${value}`,
    );
  }
  if (timeWindow < bucketSize) {
    // Programs that know the original library compare this text.
    throw new GenericClientError(
      "Circuit breaker 'timeWindow' value should be greater than the 'bucketSize' value.",
    );
  }
  const length = Math.ceil(timeWindow / bucketSize);
  if (length > maxBuckets) {
    throw new CircuitBreakerConfigError(
      `A window of ${length} buckets is too fine: set bucketSize to a ${maxBuckets}th of timeWindow or more`,
    );
  }
  return {
    kind: "time",
    volume,
    timeWindow,
    bucketSize,
    open: () => new TimeWindow(length, bucketSize),
  };
}

function checkSize(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= maxSize) return;
  throw new CircuitBreakerConfigError(
    `rollingWindow needs a whole number from 1 to ${maxSize} for ${name}, not ${value}`,
  );
}
