/**
 * Statuses that count as failures of the service.
 *
 * @module
 */

/** How a service says that it has too much to do, itself or by who stands before it. */
export const OVERLOAD: readonly number[] = [429, 502, 503, 504];

/**
 * Checks a list of statuses.
 *
 * @throws {TypeError} when it is no list.
 * @throws {RangeError} when one of them is no status of a failure.
 */
export function failureCodes(subject: string, codes: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(codes)) {
    throw new TypeError(`${subject} needs a list for statusCodes, as [502, 503]`);
  }
  for (const code of codes) {
    if (Number.isInteger(code) && code >= 400 && code <= 999) continue;
    throw new RangeError(
      `${subject} cannot take ${code} for a failure: list statuses from 400 in statusCodes`,
    );
  }
  return new Set(codes);
}
