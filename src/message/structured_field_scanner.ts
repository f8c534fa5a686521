/**
 * Reads the lexical parts of a structured field (RFC 9651 section 4.2): keys, numbers, strings,
 * tokens, bytes. `structured_fields.ts` puts them together; this file knows none of its types.
 *
 * Every method moves forward only, so that the work is linear in the length of the text.
 *
 * @module
 */

/** A position in a text, and what can be read from there. Positions count from 0. */
export class StructuredFieldScanner {
  #at = 0;
  readonly #text: string;
  readonly #subject: string;
  readonly #createError: (message: string) => Error;

  /**
   * Starts at the first character of `text`.
   *
   * `subject` is what the text should be, for messages; `createError` makes what is thrown.
   */
  constructor(text: string, subject: string, createError: (message: string) => Error) {
    this.#text = text;
    this.#subject = subject;
    this.#createError = createError;
  }

  /** How many characters are read. */
  get position(): number {
    return this.#at;
  }

  /** Whether nothing is left. */
  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next character's code, `NaN` at the end: it equals nothing and is in no set. */
  peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  /** Passes the next character if its code is `code`, and tells whether it was. */
  skip(code: number): boolean {
    if (this.peek() !== code) return false;
    this.#at++;
    return true;
  }

  /** Passes any spaces, and tells whether there were some. */
  skipSpaces(): boolean {
    const start = this.#at;
    while (this.peek() === SPACE) this.#at++;
    return this.#at > start;
  }

  /** Passes any spaces and tabs. */
  skipSpacesAndTabs(): void {
    while (this.peek() === SPACE || this.peek() === TAB) this.#at++;
  }

  /** The error that says what was expected at `position`, and what is there instead. */
  failure(expected: string, position: number = this.#at): Error {
    const found = this.#text.codePointAt(position);
    const received = found === undefined ? "the end" : JSON.stringify(String.fromCodePoint(found));
    return this.#createError(
      `Cannot parse ${this.#subject} at position ${position}: expected ${expected}, received ${received}`,
    );
  }

  /** A key of a parameter or dictionary member (section 4.2.3.3). */
  key(): string {
    return this.#word(KEY_START, KEY_CHARACTERS, 'a key, which begins with a-z or "*"');
  }

  /** A token (section 4.2.6). */
  token(): string {
    return this.#word(TOKEN_START, TOKEN_CHARACTERS, 'a token, which begins with a letter or "*"');
  }

  /** The text of an integer or, where `.` is in it, of a decimal (section 4.2.4). */
  number(): string {
    const start = this.#at;
    this.skip(MINUS);
    const whole = this.#digits(15);
    if (this.peek() !== POINT) return this.#text.slice(start, this.#at);
    if (whole > 12) throw this.failure("at most 12 digits before the point of a decimal");
    this.#at++;
    this.#digits(3);
    return this.#text.slice(start, this.#at);
  }

  /** What is between double quotes, unescaped (section 4.2.5). */
  string(): string {
    if (!this.skip(QUOTE)) throw this.failure("a double quote");
    let result = "";
    let start = this.#at;
    for (; this.peek() !== QUOTE; this.#at++) {
      if (this.peek() === BACKSLASH) {
        result += this.#text.slice(start, this.#at);
        start = ++this.#at;
        if (this.peek() !== QUOTE && this.peek() !== BACKSLASH) {
          throw this.failure("a double quote or backslash after a backslash");
        }
      } else if (!this.#isPrintable()) {
        throw this.failure("printable ASCII or the closing double quote");
      }
    }
    return result + this.#text.slice(start, this.#at++);
  }

  /** The bytes between colons (section 4.2.7); absent padding and loose pad bits are accepted. */
  bytes(): Uint8Array<ArrayBuffer> {
    if (!this.skip(COLON)) throw this.failure("a colon");
    const start = this.#at;
    while (BASE64_CHARACTERS[this.peek()] === 1) this.#at++;
    if (this.peek() !== COLON) throw this.failure("a character of Base64 or the closing colon");
    const binary = decodeBase64(this.#text.slice(start, this.#at));
    if (binary === undefined) throw this.failure("complete Base64", start);
    this.#at++;
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  }

  /** The text between `%"` and `"`, percent-decoded as UTF-8 (section 4.2.10). */
  displayString(): string {
    if (!this.skip(PERCENT) || !this.skip(QUOTE)) throw this.failure('%"');
    const start = this.#at;
    for (; this.peek() !== QUOTE; this.#at++) {
      if (this.peek() === PERCENT) {
        this.#lowerHexDigit();
        this.#lowerHexDigit();
      } else if (!this.#isPrintable()) {
        throw this.failure("printable ASCII, %xx or the closing double quote");
      }
    }
    try {
      return decodeURIComponent(this.#text.slice(start, this.#at++));
    } catch {
      throw this.failure("percent-encoded UTF-8", start);
    }
  }

  #word(first: Uint8Array, rest: Uint8Array, expected: string): string {
    const start = this.#at;
    if (first[this.peek()] !== 1) throw this.failure(expected);
    do this.#at++; while (rest[this.peek()] === 1);
    return this.#text.slice(start, this.#at);
  }

  #digits(limit: number): number {
    const start = this.#at;
    for (; DIGITS[this.peek()] === 1; this.#at++) {
      if (this.#at - start === limit) throw this.failure(`at most ${limit} digits`);
    }
    if (this.#at === start) throw this.failure("a digit");
    return this.#at - start;
  }

  #lowerHexDigit(): void {
    this.#at++;
    if (HEX_DIGITS[this.peek()] !== 1) throw this.failure("a lowercase hexadecimal digit");
  }

  #isPrintable(): boolean {
    const code = this.peek();
    return code >= 0x20 && code <= 0x7e;
  }
}

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const PERCENT = 0x25;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

const lower = "abcdefghijklmnopqrstuvwxyz";
const letters = lower + lower.toUpperCase();
const digits = "0123456789";

const DIGITS = characterSet(digits);
const HEX_DIGITS = characterSet(digits + "abcdef");
const KEY_START = characterSet(lower + "*");
const KEY_CHARACTERS = characterSet(lower + digits + "_-.*");
const TOKEN_START = characterSet(letters + "*");
const TOKEN_CHARACTERS = characterSet(letters + digits + "!#$%&'*+-.^_`|~:/");
const BASE64_CHARACTERS = characterSet(letters + digits + "+/=");

/** A table by character code, 1 for each member; any other code gives 0 or `undefined`. */
function characterSet(members: string): Uint8Array {
  const set = new Uint8Array(128);
  for (const member of members) set[member.charCodeAt(0)] = 1;
  return set;
}

/** Decodes with `atob`, which is native and refuses misplaced padding. */
function decodeBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
