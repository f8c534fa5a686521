/**
 * Checks of the numbers that layers are configured with.
 *
 * @module
 */
import { LONGEST_TIMER } from "../message/clock.ts";

/**
 * Checks a number of things.
 *
 * @throws {RangeError} when it is not whole, or below `least`.
 */
export function checkWhole(subject: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${subject} needs a whole number from ${least} for ${name}, not ${value}`);
}

/**
 * Checks a time; `Infinity` is one.
 *
 * @throws {RangeError} when it is not above 0, or longer than timers can wait.
 */
export function checkMilliseconds(subject: string, name: string, value: number): void {
  if (typeof value === "number" && value > 0 && (value <= LONGEST_TIMER || value === Infinity)) {
    return;
  }
  throw new RangeError(
    `${subject} needs milliseconds above 0 and at most ${LONGEST_TIMER}, or Infinity, for ${name}, not ${value}`,
  );
}
