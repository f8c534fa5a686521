/**
 * Scalars for numbers: `int`, `float` and `bigint`. (`decimal` has a file of its own.)
 *
 * The syntax is strict: digits with an optional minus, and for `float` a fraction and an exponent.
 * No blanks, no leading `+` (in a query it means a blank anyway), no hexadecimal, no `Infinity` or
 * `NaN`, and never an empty text. Leading zeros are accepted, as the original library does.
 *
 * @module
 */
import { checkOption, readDefault, readOptions } from "./options.ts";
import { broken, conversion, Failure, Scalar } from "./scalar.ts";
import type { JsonSchema } from "./standard.ts";

/** Options of {@linkcode int}. */
export interface IntOptions {
  /** The least value accepted, inclusive. @default -9007199254740991 */
  readonly min?: number;
  /** The greatest value accepted, inclusive. @default 9007199254740991 */
  readonly max?: number;
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: number;
}

/**
 * A whole number that a JavaScript number holds exactly; one beyond is refused, never rounded.
 *
 * @throws {TypeError} when an option is unknown, no safe integer, or contradicts another.
 *
 * @example
 * ```ts
 * import { int } from "@pirouette/http";
 *
 * const limit = int({ min: 1, max: 100, default: 20 });
 * ```
 */
export function int(options?: IntOptions): Scalar<number> {
  const read = readOptions("int", options, ["min", "max", "default"]);
  const within = range("int", read, "a safe integer", Number.isSafeInteger);
  const rule = {
    expected: "int",
    fromText: (text: string): number | Failure => {
      const value = integerOf(text);
      if (value !== value) return conversion("int", text);
      if (value < -SAFE || value > SAFE) return conversion(`int from -${SAFE} to ${SAFE}`, text);
      return within(value);
    },
    fromValue: (value: unknown): number | Failure =>
      Number.isSafeInteger(value) ? within(value as number + 0) : conversion("int", value),
    jsonSchema: { type: "integer", ...bounds(read.min, read.max) },
  };
  return new Scalar(rule, readDefault("int", read.default, rule));
}

/** Options of {@linkcode float}. */
export interface FloatOptions {
  /** The least value accepted, inclusive. @default none */
  readonly min?: number;
  /** The greatest value accepted, inclusive. @default none */
  readonly max?: number;
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: number;
}

/**
 * A finite number in decimal or exponent notation: `1`, `-0.5`, `6.02e23`. A text beyond the range
 * of a double is refused, one with more digits than a double holds is rounded to the nearest.
 *
 * @throws {TypeError} when an option is unknown, no finite number, or contradicts another.
 */
export function float(options?: FloatOptions): Scalar<number> {
  const read = readOptions("float", options, ["min", "max", "default"]);
  const within = range("float", read, "a finite number", Number.isFinite);
  const rule = {
    expected: "float",
    fromText: (text: string): number | Failure => {
      const value = numberForm(text) === undefined ? NaN : Number(text);
      return Number.isFinite(value) ? within(value) : conversion("float", text);
    },
    fromValue: (value: unknown): number | Failure =>
      Number.isFinite(value) ? within(value as number) : conversion("float", value),
    jsonSchema: { type: "number", ...bounds(read.min, read.max) },
  };
  return new Scalar(rule, readDefault("float", read.default, rule));
}

/** Options of {@linkcode bigint}. */
export interface BigintOptions {
  /** The least value accepted, inclusive. @default none */
  readonly min?: bigint;
  /** The greatest value accepted, inclusive. @default none */
  readonly max?: bigint;
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: bigint;
}

/**
 * A whole number of any size, up to {@linkcode LONGEST_NUMBER} characters.
 *
 * As JSON has no bigint, a typed value may also be a safe integer or a text of digits.
 *
 * @throws {TypeError} when an option is unknown, no bigint, or contradicts another.
 */
export function bigint(options?: BigintOptions): Scalar<bigint> {
  const read = readOptions("bigint", options, ["min", "max", "default"]);
  const within = range("bigint", read, "a bigint", (value) => typeof value === "bigint");
  const fromText = (text: string): bigint | Failure =>
    numberForm(text) === "integer" ? within(BigInt(text)) : conversion("bigint", text);
  const rule = {
    expected: "bigint",
    fromText,
    fromValue: (value: unknown): bigint | Failure => {
      if (typeof value === "bigint") return within(value);
      if (Number.isSafeInteger(value)) return within(BigInt(value as number));
      return typeof value === "string" ? fromText(value) : conversion("bigint", value);
    },
    jsonSchema: { type: "integer", ...bounds(exact(read.min), exact(read.max)) },
  };
  return new Scalar(rule, readDefault("bigint", read.default, rule));
}

/** The most characters a `bigint` or `decimal` may have; converting longer ones costs too much. */
export const LONGEST_NUMBER = 4096;

/** How a text writes a number: `12`, `1.2`, `1.2e3`; undefined when it is none of these. */
export function numberForm(text: string): "integer" | "fraction" | "exponent" | undefined {
  if (text.length > LONGEST_NUMBER) return undefined;
  const whole = skipDigits(text, text.charCodeAt(0) === MINUS ? 1 : 0);
  if (whole === -1) return undefined;
  if (whole === text.length) return "integer";
  const fraction = text.charCodeAt(whole) === POINT ? skipDigits(text, whole + 1) : whole;
  if (fraction === -1) return undefined;
  if (fraction === text.length) return "fraction";
  if ((text.charCodeAt(fraction) | LOWER) !== LETTER_E) return undefined;
  const sign = text.charCodeAt(fraction + 1);
  const digits = sign === MINUS || sign === PLUS ? fraction + 2 : fraction + 1;
  return skipDigits(text, digits) === text.length ? "exponent" : undefined;
}

const SAFE = Number.MAX_SAFE_INTEGER;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const LETTER_E = 0x65;
const LOWER = 0x20;

/** The position after one or more digits from `start`, or -1 when there is none. */
function skipDigits(text: string, start: number): number {
  let index = start;
  while (index < text.length && isDigit(text.charCodeAt(index))) index++;
  return index === start ? -1 : index;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/**
 * The integer of a text, NaN when it is none. Beyond the safe range the sum is rounded, but stays
 * beyond, so that the caller's comparison holds.
 */
function integerOf(text: string): number {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (start === text.length) return NaN;
  let value = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return start === 1 ? 0 - value : value;
}

function range<T extends number | bigint>(
  owner: string,
  options: { readonly min?: T; readonly max?: T },
  expected: string,
  accepts: (value: unknown) => boolean,
): (value: T) => T | Failure {
  const { min, max } = options;
  checkOption(owner, "min", min, expected, accepts);
  checkOption(owner, "max", max, expected, accepts);
  if (min !== undefined && max !== undefined && min > max) {
    throw new TypeError(`${owner} option "min" ${min} exceeds "max" ${max}: nothing would fit`);
  }
  if (min === undefined && max === undefined) return (value) => value;
  return (value) => {
    if (min !== undefined && value < min) return outside("minValue", `at least ${min}`, value);
    if (max !== undefined && value > max) return outside("maxValue", `at most ${max}`, value);
    return value;
  };
}

function outside(constraint: string, expected: string, value: number | bigint): Failure {
  // A bigint is shown as text, because it may be long enough to need shortening.
  const shown = typeof value === "bigint" ? String(value) : value;
  return new Failure("constraint", [broken(constraint, expected, shown)]);
}

function bounds(minimum: number | undefined, maximum: number | undefined): JsonSchema {
  return {
    ...(minimum === undefined ? undefined : { minimum }),
    ...(maximum === undefined ? undefined : { maximum }),
  };
}

/** A bound as JSON can hold it; one it cannot hold is left out of the description. */
function exact(value: bigint | undefined): number | undefined {
  const number = Number(value ?? NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}
