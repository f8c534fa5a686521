/**
 * Reads DER (ITU-T X.690), in which certificates and key stores are written.
 *
 * It takes definite lengths of at most four bytes and single-byte tags, which is all that X.509 and
 * PKCS#12 use, never reads beyond what it was given, and copies nothing.
 *
 * @module
 */

/** The tags that are looked for. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value. */
export interface DerValue {
  /** Its class, form and number in one byte. */
  readonly tag: number;
  /** What it contains. */
  readonly content: Uint8Array;
  /** All of it, tag and length included. */
  readonly whole: Uint8Array;
}

/** Reads the values of a sequence one after the other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Reads from the beginning of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything is read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /**
   * The next value.
   *
   * @throws {SyntaxError} when there is none, or it is no DER.
   */
  next(): DerValue {
    const bytes = this.#bytes;
    const start = this.#at;
    const tag = bytes[start];
    if (tag === undefined || (tag & 0x1f) === 0x1f) throw noDer();
    const [contentStart, length] = this.#length(start + 1);
    const end = contentStart + length;
    if (end > bytes.length) throw noDer();
    this.#at = end;
    return {
      tag,
      content: bytes.subarray(contentStart, end),
      whole: bytes.subarray(start, end),
    };
  }

  /**
   * What the next value contains, which must have this tag.
   *
   * @throws {SyntaxError} when it has another, or there is none.
   */
  expect(tag: number): Uint8Array {
    const value = this.next();
    if (value.tag !== tag) throw noDer();
    return value.content;
  }

  /** What the next value contains if it has this tag; otherwise nothing is read. */
  optional(tag: number): Uint8Array | undefined {
    return this.#bytes[this.#at] === tag ? this.next().content : undefined;
  }

  /**
   * A reader of what the next value contains.
   *
   * @throws {SyntaxError} as {@linkcode expect}.
   */
  inside(tag: number): DerReader {
    return new DerReader(this.expect(tag));
  }

  /**
   * The next value, an object identifier, as `2.5.4.3`.
   *
   * @throws {SyntaxError} as {@linkcode expect}.
   */
  oid(): string {
    return oidText(this.expect(Tag.oid));
  }

  /**
   * The next value, a whole number that is not negative and at most 2^32 - 1.
   *
   * @throws {SyntaxError} when it is another.
   */
  count(): number {
    const content = this.expect(Tag.integer);
    if (content.length === 0 || content.length > 5 || content[0]! >= 0x80) throw noDer();
    const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value >= 2 ** 32) throw noDer();
    return value;
  }

  /** Where the content starts, and how long it is. */
  #length(at: number): readonly [start: number, length: number] {
    const bytes = this.#bytes;
    const first = bytes[at];
    if (first === undefined) throw noDer();
    if (first < 0x80) return [at + 1, first];
    const count = first & 0x7f;
    if (count === 0 || count > 4 || at + count >= bytes.length) throw noDer();
    let length = 0;
    for (let index = 1; index <= count; index++) length = length * 256 + bytes[at + index]!;
    return [at + 1 + count, length];
  }
}

function oidText(content: Uint8Array): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of content) {
    // More than this is no number that anybody was given, and no exact one here.
    if (part > 2 ** 40) throw noDer();
    part = part * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(part / 40));
      parts.push(first, part - first * 40);
    } else {
      parts.push(part);
    }
    part = 0;
  }
  return parts.join(".");
}

function noDer(): SyntaxError {
  return new SyntaxError("It is no DER");
}
