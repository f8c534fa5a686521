/**
 * Serialises structured field values (RFC 9651 section 4.1): the other direction of
 * `structured_fields.ts`. A value that the grammar cannot hold is refused, never bent to fit, so
 * that no input can break out of its place in the field.
 *
 * @module
 */
import { define } from "./errors.ts";
import { type SfBareItem, SfDecimal, SfDisplayString, SfToken } from "./structured_field_values.ts";
import { StructuredFieldError } from "./structured_fields.ts";

/**
 * Values by key, in order: a Map, as parsing gives, or an object literal, of which the own
 * properties count.
 */
export type SfEntries<Value> = ReadonlyMap<string, Value> | Readonly<Record<string, Value>>;

/** An item to serialise: a bare value, or one with parameters. */
export type SfItemInput = SfBareItem | {
  /** The value. */
  readonly value: SfBareItem;
  /** Its parameters; `true` is written as the key alone. */
  readonly parameters?: SfEntries<SfBareItem>;
};

/** An inner list to serialise. */
export interface SfInnerListInput {
  /** The items, in order. */
  readonly items: readonly SfItemInput[];
  /** The parameters of the inner list itself. */
  readonly parameters?: SfEntries<SfBareItem>;
}

/** A member of a List or Dictionary to serialise. */
export type SfMemberInput = SfItemInput | SfInnerListInput;

/**
 * A value cannot be written as a structured field.
 *
 * The program made the value, so a listener answers with 500 and not with its base class's 400.
 */
export class StructuredFieldSerializationError extends StructuredFieldError {
  static {
    define(this, "StructuredFieldSerializationError", 500);
  }
}

/**
 * Serialises an Item (RFC 9651 section 4.1.3).
 *
 * @throws {StructuredFieldSerializationError} when a value or key does not fit the grammar.
 * @example
 * ```ts
 * import { serializeItem, SfDecimal, SfToken } from "@pirouette/http";
 *
 * serializeItem(new Date(0)); // "@0"
 * serializeItem({ value: new SfToken("gzip"), parameters: { q: new SfDecimal(1) } }); // "gzip;q=1.0"
 * ```
 */
export function serializeItem(input: SfItemInput): string {
  if (isBareItem(input)) return bareItem(input);
  return bareItem(input.value) + parameters(input.parameters);
}

/**
 * Serialises a List (RFC 9651 section 4.1.1).
 *
 * An empty list gives an empty text, and then the field should not be sent at all.
 *
 * @throws {StructuredFieldSerializationError} when a value or key does not fit the grammar.
 * @example
 * ```ts
 * import { serializeList } from "@pirouette/http";
 *
 * serializeList(["a", 1, { items: [2, 3] }]); // '"a", 1, (2 3)'
 * ```
 */
export function serializeList(input: readonly SfMemberInput[]): string {
  return input.map(member).join(", ");
}

/**
 * Serialises a Dictionary (RFC 9651 section 4.1.2), in the order of the entries.
 *
 * An empty dictionary gives an empty text, and then the field should not be sent at all.
 *
 * @throws {StructuredFieldSerializationError} when a value or key does not fit the grammar.
 * @example
 * ```ts
 * import { serializeDictionary } from "@pirouette/http";
 *
 * serializeDictionary({ u: 2, i: true }); // "u=2, i"
 * ```
 */
export function serializeDictionary(input: SfEntries<SfMemberInput>): string {
  return Array.from(entries(input), ([name, value]) => {
    if (value === true) return key(name);
    if (!isBareItem(value) && "value" in value && value.value === true) {
      return key(name) + parameters(value.parameters);
    }
    return `${key(name)}=${member(value)}`;
  }).join(", ");
}

function member(input: SfMemberInput): string {
  if (isBareItem(input) || !("items" in input)) return serializeItem(input);
  return `(${input.items.map(serializeItem).join(" ")})${parameters(input.parameters)}`;
}

function parameters(input: SfEntries<SfBareItem> = {}): string {
  let text = "";
  for (const [name, value] of entries(input)) {
    text += value === true ? `;${key(name)}` : `;${key(name)}=${bareItem(value)}`;
  }
  return text;
}

function entries<Value>(input: SfEntries<Value>): Iterable<readonly [string, Value]> {
  return isMap(input) ? input : Object.entries(input);
}

function isMap<Value>(input: SfEntries<Value>): input is ReadonlyMap<string, Value> {
  return input instanceof Map;
}

function key(name: string): string {
  if (/^[a-z*][a-z0-9_.*-]*$/.test(name)) return name;
  throw failure("key", name, 'a-z or "*" first, then a-z, 0-9, "_", "-", "." or "*"');
}

function isBareItem(input: SfMemberInput): input is SfBareItem {
  return typeof input !== "object" || input === null || input instanceof SfDecimal ||
    input instanceof SfToken || input instanceof SfDisplayString || input instanceof Date ||
    input instanceof Uint8Array;
}

function bareItem(value: SfBareItem): string {
  if (typeof value === "number") return integer(value);
  if (typeof value === "string") return string(value);
  if (typeof value === "boolean") return value ? "?1" : "?0";
  if (value instanceof SfDecimal) return decimal(value.value);
  if (value instanceof SfToken) return token(value.value);
  if (value instanceof SfDisplayString) return displayString(value.value);
  if (value instanceof Date) return date(value);
  if (value instanceof Uint8Array) return bytes(value);
  throw failure("value", value, "one of the types of SfBareItem");
}

/** Fifteen digits: of an integer, or of a decimal counted in thousandths. */
const LARGEST = 999_999_999_999_999;

function integer(value: number): string {
  if (!Number.isInteger(value)) {
    throw failure("integer", value, "a whole number, or new SfDecimal(number) for a decimal");
  }
  if (Math.abs(value) > LARGEST) throw failure("integer", value, "at most 15 digits");
  return String(value);
}

function decimal(value: number): string {
  const thousandths = roundToThousandths(Math.abs(value));
  if (!(thousandths <= LARGEST)) {
    throw failure("decimal", value, "at most 12 digits before the point");
  }
  const fraction = String(thousandths % 1000).padStart(3, "0");
  const sign = value < 0 && thousandths > 0 ? "-" : "";
  return `${sign}${Math.floor(thousandths / 1000)}.${fraction[0]}${
    fraction.slice(1).replace(/0{1,2}$/, "")
  }`;
}

/**
 * Rounds a positive number to thousandths, ties to even.
 *
 * The ties are those of the decimal digits that the program wrote. `value * 1000` would not see
 * them, as 1.0015 * 1000 is 1001.4999999999999.
 */
function roundToThousandths(value: number): number {
  // Outside these limits String may use an exponent; the answers there are known.
  if (value <= 0.0005) return 0;
  if (!(value < 1e15)) return Infinity;
  const [whole = "", fraction = ""] = String(value).split(".");
  const floor = Number(whole + fraction.slice(0, 3).padEnd(3, "0"));
  const rest = fraction.slice(3);
  const roundsUp = rest === "5" ? floor % 2 === 1 : rest > "5";
  return roundsUp ? floor + 1 : floor;
}

function string(value: string): string {
  if (!/^[ -~]*$/.test(value)) {
    throw failure("string", value, "printable ASCII, or new SfDisplayString(text) for other text");
  }
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function token(value: string): string {
  if (/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(value)) return value;
  throw failure("token", value, 'a letter or "*" first, then no space, quote, comma or bracket');
}

/** Fractions of a second are cut off, as `Date.prototype.toUTCString` does. */
function date(value: Date): string {
  const seconds = Math.floor(value.getTime() / 1000);
  if (Number.isNaN(seconds)) throw failure("date", value, "a valid Date");
  return `@${seconds}`;
}

function bytes(value: Uint8Array): string {
  let binary = "";
  for (const byte of value) binary += String.fromCharCode(byte);
  return `:${btoa(binary)}:`;
}

function displayString(value: string): string {
  if (!value.isWellFormed()) throw failure("display string", value, "no lone surrogate");
  const encoded = value.replace(
    /[^ !#$&-~]/gu,
    (character) => encodeURIComponent(character).toLowerCase(),
  );
  return `%"${encoded}"`;
}

function failure(what: string, value: unknown, expected: string): Error {
  return new StructuredFieldSerializationError(
    `Cannot serialize ${shown(value)} as structured field ${what}: expected ${expected}`,
  );
}

function shown(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value);
  }
  // An object may be anything here, also one that has no text.
  return typeof value === "object" && !(value instanceof Date) ? "an object" : String(value);
}
