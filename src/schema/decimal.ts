/**
 * The scalar for exact decimal numbers, as money needs them: kept as text, never rounded.
 *
 * @module
 */
import { LONGEST_NUMBER, numberForm } from "./numbers.ts";
import { checkOption, readDefault, readOptions } from "./options.ts";
import { broken, conversion, Failure, Scalar } from "./scalar.ts";

/** Options of {@linkcode decimal}; bounds are texts, so that they are exact too. */
export interface DecimalOptions {
  /** The least value accepted, inclusive, as `"0.01"`. @default none */
  readonly min?: string;
  /** The greatest value accepted, inclusive. @default none */
  readonly max?: string;
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: string;
}

/**
 * A decimal number as the text of its exact value: `-`, digits, and a fraction. It is the sent text
 * without needless leading zeros and without the minus of a zero; zeros at the end are kept, as
 * they tell the precision (`007.50` gives `"7.50"`). An exponent is refused, because writing out
 * `1e999999` would cost a megabyte.
 *
 * A typed value may be text or a number of at most 15 significant digits: of one with more, JSON
 * has already lost what was sent.
 *
 * @throws {TypeError} when an option is unknown, no decimal, or contradicts another.
 *
 * @example
 * ```ts
 * import { decimal } from "@pirouette/http";
 *
 * const price = decimal({ min: "0.01" });
 * ```
 */
export function decimal(options?: DecimalOptions): Scalar<string> {
  const read = readOptions("decimal", options, ["min", "max", "default"]);
  const accepts = (value: unknown): boolean =>
    typeof value === "string" && canonical(value) !== undefined;
  checkOption("decimal", "min", read.min, `text such as "0.5"`, accepts);
  checkOption("decimal", "max", read.max, `text such as "0.5"`, accepts);
  checkOption("decimal", "default", read.default, `text such as "0.5"`, accepts);
  const min = read.min === undefined ? undefined : canonical(read.min);
  const max = read.max === undefined ? undefined : canonical(read.max);
  if (min !== undefined && max !== undefined && compare(min, max) > 0) {
    throw new TypeError(`decimal option "min" ${min} exceeds "max" ${max}: nothing would fit`);
  }
  const fromText = (text: string): string | Failure => {
    const value = canonical(text);
    if (value === undefined) return conversion("decimal", text);
    if (min !== undefined && compare(value, min) < 0) {
      return new Failure("constraint", [broken("minValue", `at least ${min}`, value)]);
    }
    if (max !== undefined && compare(value, max) > 0) {
      return new Failure("constraint", [broken("maxValue", `at most ${max}`, value)]);
    }
    return value;
  };
  const rule = {
    expected: "decimal",
    fromText,
    fromValue: (value: unknown): string | Failure => {
      if (typeof value === "string") return fromText(value);
      const text = typeof value === "number" ? exactText(value) : undefined;
      return text === undefined ? conversion("decimal as text", value) : fromText(text);
    },
    jsonSchema: { type: "string", format: "decimal", pattern: "^-?\\d+(\\.\\d+)?$" },
  };
  return new Scalar(rule, readDefault("decimal", read.default, rule));
}

/** The one way to write a decimal of this precision, or undefined when the text is none. */
function canonical(text: string): string | undefined {
  if (text.length > LONGEST_NUMBER) return undefined;
  const form = numberForm(text);
  if (form !== "integer" && form !== "fraction") return undefined;
  const negative = text.startsWith("-");
  const whole = form === "integer" ? text.length : text.indexOf(".");
  let start = negative ? 1 : 0;
  while (start < whole - 1 && text[start] === "0") start++;
  const magnitude = text.slice(start);
  return negative && !isZero(magnitude) ? `-${magnitude}` : magnitude;
}

function isZero(magnitude: string): boolean {
  for (const character of magnitude) {
    if (character !== "0" && character !== ".") return false;
  }
  return true;
}

/** The text of a number that cannot have been rounded on the way, or undefined. */
function exactText(value: number): string | undefined {
  const text = String(value);
  if (canonical(text) === undefined) return undefined;
  const digits = text.replace("-", "").replace(".", "").replace(/^0+/, "");
  return digits.length <= 15 ? text : undefined;
}

/** Less than 0, 0 or more than 0 as canonical `a` is below, equal to or above canonical `b`. */
function compare(a: string, b: string): number {
  const negative = a.startsWith("-");
  if (negative !== b.startsWith("-")) return negative ? -1 : 1;
  return negative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: string, b: string): number {
  const [wholeA = "", fractionA = ""] = a.split(".");
  const [wholeB = "", fractionB = ""] = b.split(".");
  if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
  if (wholeA !== wholeB) return wholeA < wholeB ? -1 : 1;
  // Zeros at the end do not count, and digit texts of fractions sort as their values do.
  const length = Math.max(fractionA.length, fractionB.length);
  const left = fractionA.padEnd(length, "0");
  const right = fractionB.padEnd(length, "0");
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
