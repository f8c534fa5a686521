/**
 * Numbers among the options of a transport.
 *
 * @module
 */

/**
 * Checks a number that there need not be.
 *
 * @throws {RangeError} when it is no whole number from `lowest` to 2³¹ − 1.
 */
export function wholeNumber(name: string, value: unknown, lowest: number): void {
  if (value === undefined) return;
  if (
    !Number.isSafeInteger(value) || (value as number) < lowest || (value as number) > 2 ** 31 - 1
  ) {
    throw new RangeError(`transport needs a whole number from ${lowest} for ${name}, not ${value}`);
  }
}
