/**
 * Structured field values: the Items, Lists and Dictionaries of RFC 9651 (which replaces RFC 8941)
 * that fields such as `Priority`, `Cache-Status`, `Signature-Input` or `RateLimit` are made of.
 *
 * Parsing is strict, as the RFC asks: a field that breaks the grammar anywhere fails as a whole.
 * It is one pass over the text, in linear time. `structured_fields_serialize.ts` writes them.
 *
 * @module
 */
import { define, HttpError } from "./errors.ts";
import { StructuredFieldScanner as Scanner } from "./structured_field_scanner.ts";
import {
  type SfBareItem,
  SfDecimal,
  type SfDictionary,
  SfDisplayString,
  type SfInnerList,
  type SfItem,
  type SfList,
  type SfMember,
  type SfParameters,
  SfToken,
} from "./structured_field_values.ts";

/**
 * A field value is not the structured field it is read as.
 *
 * The message tells the position, in characters from 0, and what was expected there.
 */
export class StructuredFieldError extends HttpError {
  static {
    define(this, "StructuredFieldError", 400);
  }
}

/**
 * Parses a field value whose type is Item (RFC 9651 section 4.2.3).
 *
 * A field that came on several lines is one text with the lines joined by `, `, as `Headers.get`
 * gives it.
 *
 * @throws {StructuredFieldError} when the text is not exactly one item.
 * @example
 * ```ts
 * import { parseItem } from "@pirouette/http";
 *
 * const { value, parameters } = parseItem("42; unit=second");
 * console.log(value, String(parameters.get("unit"))); // 42 second
 * ```
 */
export function parseItem(text: string): SfItem {
  return parseWhole(text, "item", (parser) => parser.item());
}

/**
 * Parses a field value whose type is List (RFC 9651 section 4.2.1); an empty text is an empty list.
 *
 * @throws {StructuredFieldError} when any part of the text breaks the grammar.
 * @example
 * ```ts
 * import { parseList } from "@pirouette/http";
 *
 * for (const member of parseList('gzip;q=0.5, ("a" "b")')) {
 *   console.log("items" in member ? member.items.length : String(member.value)); // gzip, 2
 * }
 * ```
 */
export function parseList(text: string): SfList {
  return parseWhole(text, "list", (parser) => parser.list());
}

/**
 * Parses a field value whose type is Dictionary (RFC 9651 section 4.2.2); an empty text is an empty
 * dictionary. A key that comes twice keeps its place and its last value.
 *
 * @throws {StructuredFieldError} when any part of the text breaks the grammar.
 * @example
 * ```ts
 * import { parseDictionary } from "@pirouette/http";
 *
 * const priority = parseDictionary("u=2, i");
 * const urgency = priority.get("u");
 * console.log(urgency && "value" in urgency && urgency.value); // 2
 * ```
 */
export function parseDictionary(text: string): SfDictionary {
  return parseWhole(text, "dictionary", (parser) => parser.dictionary());
}

const QUOTE = 0x22;
const PERCENT = 0x25;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;

/** The furthest second from 1970 that a JavaScript Date can hold. */
const MAX_DATE_SECONDS = 8_640_000_000_000;

function parseWhole<T>(text: string, type: string, parse: (parser: FieldParser) => T): T {
  const fail = (message: string) => new StructuredFieldError(message);
  const scanner = new Scanner(text, `structured field of type ${type}`, fail);
  scanner.skipSpaces();
  const value = parse(new FieldParser(scanner));
  scanner.skipSpaces();
  if (!scanner.ended) throw scanner.failure(`the end of the ${type}`);
  return value;
}

class FieldParser {
  readonly #scanner: Scanner;
  // Shared by all that have none in one field: a map for each of `a,a,a,…` would triple its memory.
  readonly #noParameters: SfParameters = new Map();

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  list(): SfList {
    const members: SfMember[] = [];
    if (this.#scanner.ended) return members;
    do {
      members.push(this.#member());
    } while (this.#hasNextMember());
    return members;
  }

  dictionary(): SfDictionary {
    const members = new Map<string, SfMember>();
    if (this.#scanner.ended) return members;
    do {
      const key = this.#scanner.key();
      const hasValue = this.#scanner.skip(EQUALS);
      members.set(key, hasValue ? this.#member() : { value: true, parameters: this.#parameters() });
    } while (this.#hasNextMember());
    return members;
  }

  item(): SfItem {
    return { value: bareItem(this.#scanner), parameters: this.#parameters() };
  }

  #hasNextMember(): boolean {
    const scanner = this.#scanner;
    scanner.skipSpacesAndTabs();
    if (scanner.ended) return false;
    if (!scanner.skip(COMMA)) throw scanner.failure("a comma or the end");
    scanner.skipSpacesAndTabs();
    if (scanner.ended) throw scanner.failure("another member after the comma");
    return true;
  }

  #member(): SfMember {
    return this.#scanner.skip(OPEN) ? this.#innerList() : this.item();
  }

  #innerList(): SfInnerList {
    const items: SfItem[] = [];
    let spaced = true;
    for (;;) {
      spaced = this.#scanner.skipSpaces() || spaced;
      if (this.#scanner.skip(CLOSE)) return { items, parameters: this.#parameters() };
      if (!spaced) throw this.#scanner.failure('a space or ")"');
      items.push(this.item());
      spaced = false;
    }
  }

  #parameters(): SfParameters {
    const scanner = this.#scanner;
    if (scanner.peek() !== SEMICOLON) return this.#noParameters;
    const found = new Map<string, SfBareItem>();
    while (scanner.skip(SEMICOLON)) {
      scanner.skipSpaces();
      const key = scanner.key();
      found.set(key, scanner.skip(EQUALS) ? bareItem(scanner) : true);
    }
    return found;
  }
}

function bareItem(scanner: Scanner): SfBareItem {
  const code = scanner.peek();
  if (code === MINUS || (code >= ZERO && code <= NINE)) return number(scanner);
  switch (code) {
    case QUOTE:
      return scanner.string();
    case COLON:
      return scanner.bytes();
    case QUESTION:
      return boolean(scanner);
    case AT:
      return date(scanner);
    case PERCENT:
      return new SfDisplayString(scanner.displayString());
    default:
      return new SfToken(scanner.token());
  }
}

function number(scanner: Scanner): number | SfDecimal {
  const text = scanner.number();
  // Adding 0 turns -0 into 0, which no field means and no comparison shows.
  const value = Number(text) + 0;
  return text.includes(".") ? new SfDecimal(value) : value;
}

function boolean(scanner: Scanner): boolean {
  scanner.skip(QUESTION);
  if (scanner.skip(ONE)) return true;
  if (scanner.skip(ZERO)) return false;
  throw scanner.failure("0 or 1 after the question mark");
}

function date(scanner: Scanner): Date {
  scanner.skip(AT);
  const start = scanner.position;
  const seconds = number(scanner);
  if (typeof seconds !== "number") throw scanner.failure("whole seconds", start);
  if (Math.abs(seconds) > MAX_DATE_SECONDS) throw scanner.failure("seconds of a Date", start);
  return new Date(seconds * 1000);
}
