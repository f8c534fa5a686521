/**
 * What structured fields are made of (RFC 9651 section 3, which replaces RFC 8941), as TypeScript
 * values. The names are those of the RFC's grammar: `sf-item` is {@linkcode SfItem}.
 *
 * `structured_fields.ts` parses them, `structured_fields_serialize.ts` writes them.
 *
 * @module
 */

/**
 * One value without parameters (RFC 9651 section 3.3).
 *
 * | RFC 9651 | here |
 * | --- | --- |
 * | Integer, `42` | `number`, always whole, at most 15 digits |
 * | Decimal, `4.2` | {@linkcode SfDecimal} |
 * | String, `"abc"` | `string`, printable ASCII |
 * | Token, `abc` | {@linkcode SfToken} |
 * | Byte Sequence, `:YWJj:` | `Uint8Array` |
 * | Boolean, `?1` | `boolean` |
 * | Date, `@1659578233` | `Date`, in whole seconds |
 * | Display String, `%"f%c3%bc"` | {@linkcode SfDisplayString} |
 */
export type SfBareItem =
  | number
  | string
  | boolean
  | Uint8Array
  | Date
  | SfDecimal
  | SfToken
  | SfDisplayString;

/**
 * A Decimal (RFC 9651 section 3.3.2), as `0.5`: at most 12 digits before and 3 after the point.
 *
 * It is not a plain number because `1.0` and `1` are of different types in a structured field, and
 * a field that wants a Decimal refuses `1`.
 *
 * @example
 * ```ts
 * import { parseItem, SfDecimal } from "@pirouette/http";
 *
 * const { value } = parseItem("0.5");
 * if (value instanceof SfDecimal) console.log(value.value * 2); // 1
 * ```
 */
export class SfDecimal {
  /** Tells the wrapped types apart where `instanceof` is unhandy. */
  readonly type: "decimal" = "decimal";

  /** Wraps `value`, which is rounded to three fractional digits when it is serialized. */
  constructor(
    /** The number. */
    readonly value: number,
  ) {}

  /** The number, so that `Number(decimal)` works. */
  valueOf(): number {
    return this.value;
  }

  /** The number as JavaScript writes it; `serializeItem` gives the field's form. */
  toString(): string {
    return String(this.value);
  }
}

/**
 * A Token (RFC 9651 section 3.3.4): a bare word, as `gzip` or `text/html`.
 *
 * It is not a plain string because `gzip` and `"gzip"` differ in a structured field.
 */
export class SfToken {
  /** Tells the wrapped types apart where `instanceof` is unhandy. */
  readonly type: "token" = "token";

  /** Wraps `value`, whose characters are checked when it is serialized. */
  constructor(
    /** The word. */
    readonly value: string,
  ) {}

  /** The word itself. */
  toString(): string {
    return this.value;
  }
}

/** A Display String (RFC 9651 section 3.3.8): text for people, in any script. */
export class SfDisplayString {
  /** Tells the wrapped types apart where `instanceof` is unhandy. */
  readonly type: "display-string" = "display-string";

  /** Wraps `value`, which must be well-formed Unicode when it is serialized. */
  constructor(
    /** The text, decoded. */
    readonly value: string,
  ) {}

  /** The text itself. */
  toString(): string {
    return this.value;
  }
}

/**
 * The parameters of an item or inner list, in the order they came (RFC 9651 section 3.1.2).
 *
 * A parameter without a value is `true`; a key that came twice keeps its place and its last value.
 * It is to be read only: what has no parameters in one parsed field shares one empty map.
 */
export type SfParameters = ReadonlyMap<string, SfBareItem>;

/** A value with its parameters (RFC 9651 section 3.3). */
export interface SfItem {
  /** The value. */
  readonly value: SfBareItem;
  /** Its parameters, empty when it has none. */
  readonly parameters: SfParameters;
}

/** A parenthesised list of items inside a List or Dictionary (RFC 9651 section 3.1.1). */
export interface SfInnerList {
  /** The items, in order. */
  readonly items: readonly SfItem[];
  /** The parameters of the inner list itself, empty when it has none. */
  readonly parameters: SfParameters;
}

/** A member of a List or Dictionary; `"items" in member` tells an inner list from an item. */
export type SfMember = SfItem | SfInnerList;

/** A List (RFC 9651 section 3.1). */
export type SfList = readonly SfMember[];

/**
 * A Dictionary in the order its keys came (RFC 9651 section 3.2).
 *
 * It is a Map, so that a key such as `constructor` is data like any other.
 */
export type SfDictionary = ReadonlyMap<string, SfMember>;
