/**
 * Options of a transport that are true or false: what comes from a file as a text would be true whatever
 * it says.
 *
 * @module
 */

/**
 * Checks a flag that there need not be.
 *
 * @throws {TypeError} when it is neither true nor false.
 */
export function flag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`transport needs true or false for ${name}`);
}
