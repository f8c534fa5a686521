/**
 * Reads the options of a scalar: only its own properties, and only those that the scalar knows.
 *
 * A polluted `Object.prototype` therefore adds no option, and a misspelt option is an error when
 * the schema is made instead of a constraint that never holds.
 *
 * @module
 */
import { excerpt, Failure, type Rule } from "./scalar.ts";

/**
 * The options that were given, in an object without a prototype.
 *
 * @throws {TypeError} when `options` is no object or has a property that is not in `known`.
 */
export function readOptions<Options extends object>(
  owner: string,
  options: Options | undefined,
  known: readonly (keyof Options & string)[],
): Options {
  const read = Object.create(null) as Record<string, unknown>;
  if (options === undefined) return read as Options;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${owner} takes an object of options, got ${excerpt(options)}`);
  }
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key as keyof Options & string)) {
      throw new TypeError(
        `${owner} has no option ${excerpt(key)}: its options are ${known.join(", ")}`,
      );
    }
    if (value !== undefined) read[key] = value;
  }
  return read as Options;
}

/**
 * Checks an option by its type.
 *
 * @throws {TypeError} when the option is given and `accepts` refuses it.
 */
export function checkOption(
  owner: string,
  name: string,
  value: unknown,
  expected: string,
  accepts: (value: unknown) => boolean,
): void {
  if (value === undefined || accepts(value)) return;
  throw new TypeError(`${owner} option "${name}" must be ${expected}, got ${excerpt(value)}`);
}

/**
 * Checks a pair of lengths.
 *
 * @throws {TypeError} when one is no whole number from 0, or the least exceeds the most.
 */
export function checkLengths(
  owner: string,
  options: { readonly minLength?: number; readonly maxLength?: number },
): void {
  const { minLength, maxLength } = options;
  const isLength = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  checkOption(owner, "minLength", minLength, "a whole number from 0", isLength);
  checkOption(owner, "maxLength", maxLength, "a whole number from 0", isLength);
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    throw new TypeError(
      `${owner} option "minLength" ${minLength} exceeds "maxLength" ${maxLength}: nothing would fit`,
    );
  }
}

/**
 * The default of a schema, as the rule that it stands in for reads it.
 *
 * @throws {TypeError} when the rule refuses the default.
 */
export function readDefault<Output>(
  owner: string,
  value: unknown,
  rule: Rule<Output>,
): Output | undefined {
  if (value === undefined) return undefined;
  const output = rule.fromValue(value);
  if (!(output instanceof Failure)) return output;
  const reason = output.issues[0]?.message ?? output.message;
  throw new TypeError(
    `${owner} option "default" must be a value that the schema accepts: ${reason}`,
  );
}
