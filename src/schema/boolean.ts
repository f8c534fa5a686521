/**
 * The scalar for yes and no.
 *
 * @module
 */
import { readDefault, readOptions } from "./options.ts";
import { conversion, type Failure, Scalar } from "./scalar.ts";

/** Options of {@linkcode boolean}. */
export interface BooleanOptions {
  /** The value when nothing was sent; without it the value is required. @default none */
  readonly default?: boolean;
}

/**
 * `true` or `false`, in capitals or not, because several languages write `True`. Unlike the
 * original library's, `1` and `0` are refused: they are numbers.
 *
 * @throws {TypeError} when an option is unknown or of the wrong type.
 */
export function boolean(options?: BooleanOptions): Scalar<boolean> {
  const read = readOptions("boolean", options, ["default"]);
  const rule = {
    expected: "boolean",
    fromText,
    fromValue: (value: unknown): boolean | Failure =>
      typeof value === "boolean" ? value : conversion("boolean", value),
    jsonSchema: { type: "boolean" },
  };
  return new Scalar(rule, readDefault("boolean", read.default, rule));
}

function fromText(text: string): boolean | Failure {
  if (text === "true") return true;
  if (text === "false") return false;
  if (text.length > 5) return conversion("boolean", text);
  const lower = text.toLowerCase();
  return lower === "true" || lower === "false" ? lower === "true" : conversion("boolean", text);
}
