/**
 * Scalars for text: `string`, and `oneOf` for a closed list of values.
 *
 * @module
 */
import { checkLengths, checkOption, readDefault, readOptions } from "./options.ts";
import { broken, conversion, excerpt, Failure, type FailureIssue, Scalar } from "./scalar.ts";

/** Options of {@linkcode string}. */
export interface StringOptions {
  /** The least number of characters (code points). @default 0 */
  readonly minLength?: number;
  /** The most characters (code points). @default none */
  readonly maxLength?: number;
  /**
   * What the whole text must match, as with HTML's `pattern`: `/[a-z]+/` refuses `"a1"`. It is not
   * tried on a text beyond `maxLength`; set one where the pattern may backtrack. @default none
   */
  readonly pattern?: RegExp;
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: string;
}

/**
 * Text as it was sent, percent-decoded, with nothing trimmed. The empty text is a text.
 *
 * @throws {TypeError} when an option is unknown, of the wrong type, or contradicts another, and for
 * a pattern with flag `g`, `y` (it would remember the last match) or `m` (it would match a line).
 *
 * @example
 * ```ts
 * import { string } from "@pirouette/http";
 *
 * const name = string({ minLength: 2, maxLength: 20, pattern: /[a-z]+/i });
 * ```
 */
export function string(options?: StringOptions): Scalar<string> {
  const read = readOptions("string", options, ["minLength", "maxLength", "pattern", "default"]);
  checkLengths("string", read);
  const { minLength = 0, maxLength = Infinity } = read;
  const pattern = wholePattern(read.pattern);
  const issues = (text: string): FailureIssue[] => {
    if (isLonger(text, maxLength)) {
      return [broken("maxLength", `at most ${maxLength} characters`, text)];
    }
    const found: FailureIssue[] = [];
    if (minLength > 0 && !isLonger(text, minLength - 1)) {
      found.push(broken("minLength", `at least ${minLength} characters`, text));
    }
    if (pattern !== undefined && !pattern.test(text)) {
      found.push(broken("pattern", `text matching ${read.pattern}`, text));
    }
    return found;
  };
  const unbounded = minLength === 0 && maxLength === Infinity && pattern === undefined;
  const fromText = unbounded
    ? (text: string): string => text
    : (text: string): string | Failure => {
      const found = issues(text);
      return found.length === 0 ? text : new Failure("constraint", found);
    };
  const rule = {
    expected: "string",
    fromText,
    fromValue: (value: unknown): string | Failure =>
      typeof value === "string" ? fromText(value) : conversion("string", value),
    jsonSchema: {
      type: "string",
      ...(read.minLength === undefined ? undefined : { minLength }),
      ...(read.maxLength === undefined ? undefined : { maxLength }),
      ...(pattern === undefined ? undefined : { pattern: pattern.source }),
    },
  };
  return new Scalar(rule, readDefault("string", read.default, rule));
}

/** Options of {@linkcode oneOf}. */
export interface OneOfOptions<Value> {
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: Value;
}

/**
 * One of the listed values, compared exactly: letters by case, numbers by how JavaScript writes
 * them (`1`, not `1.0`). Give the values as arguments, or in a list to add options.
 *
 * @throws {TypeError} when there is no value, two that are written alike, one that is neither text
 * nor a finite number, or a default that is none of them.
 *
 * @example
 * ```ts
 * import { oneOf } from "@pirouette/http";
 *
 * const order = oneOf(["asc", "desc"], { default: "asc" }); // yields "asc" | "desc"
 * const size = oneOf(16, 32, 64); // yields 16 | 32 | 64
 * ```
 */
export function oneOf<const Values extends readonly [string | number, ...(string | number)[]]>(
  ...values: Values
): Scalar<Values[number]>;
/** The same, with the values in a list, as of an enum's `Object.values`, and options. */
export function oneOf<const Value extends string | number>(
  values: readonly Value[],
  options?: OneOfOptions<NoInfer<Value>>,
): Scalar<Value>;
export function oneOf(...given: readonly unknown[]): Scalar<string | number> {
  const listed = Array.isArray(given[0]);
  const values: readonly unknown[] = listed ? given[0] as unknown[] : given;
  const options = listed ? given[1] as OneOfOptions<string | number> | undefined : undefined;
  const read = readOptions("oneOf", options, ["default"]);
  const byText = new Map<string, string | number>();
  for (const value of values) {
    checkOption("oneOf", "values", value, "texts or finite numbers", isChoice);
    if (byText.has(String(value))) {
      throw new TypeError(`oneOf lists ${excerpt(value)} twice: leave one out`);
    }
    byText.set(String(value), value as string | number);
  }
  if (byText.size === 0) throw new TypeError("oneOf needs at least one value");
  const choices = [...byText.values()];
  const expected = `one of ${listing(choices)}`;
  const rule = {
    expected,
    fromText: (text: string): string | number | Failure =>
      byText.get(text) ?? conversion(expected, text, "choice"),
    fromValue: (value: unknown): string | number | Failure => {
      const found = byText.get(String(isChoice(value) ? value : ""));
      return found !== undefined && found === value ? found : conversion(expected, value, "choice");
    },
    jsonSchema: { ...typeOf(choices), enum: choices },
  };
  return new Scalar(rule, readDefault("oneOf", read.default, rule));
}

/** Whether `text` has more than `limit` code points; it counts only where units cannot tell. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  let count = 0;
  for (let index = 0; index < text.length; count++) {
    index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  }
  return count > limit;
}

function wholePattern(pattern: RegExp | undefined): RegExp | undefined {
  if (pattern === undefined) return undefined;
  checkOption("string", "pattern", pattern, "a RegExp", (value) => value instanceof RegExp);
  for (const flag of ["g", "y", "m"]) {
    if (pattern.flags.includes(flag)) {
      throw new TypeError(
        `string option "pattern" ${pattern} must not have flag "${flag}": the whole text is matched`,
      );
    }
  }
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags);
}

function isChoice(value: unknown): value is string | number {
  return typeof value === "string" || Number.isFinite(value);
}

/** The choices as a message lists them; an enum of hundreds is cut off. */
function listing(choices: readonly (string | number)[]): string {
  const shown = choices.slice(0, 10).map(excerpt).join(", ");
  return choices.length > 10 ? `${shown}, …` : shown;
}

function typeOf(choices: readonly (string | number)[]): { readonly type?: string } {
  if (choices.every((choice) => typeof choice === "string")) return { type: "string" };
  return choices.every((choice) => typeof choice === "number") ? { type: "number" } : {};
}
