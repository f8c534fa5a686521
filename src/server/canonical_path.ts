/**
 * One spelling for every path, so that routes, layers and handlers never see two for the same.
 *
 * Percent-encoded characters that may stand as themselves in a segment and do not part anything
 * are decoded, everything else that is encoded stays so in upper case, and what may not stand raw
 * is encoded (RFC 3986 §6.2.2). Paths that are refused instead: malformed encoding or UTF-8, NUL
 * and other control characters, `.` and `..` segments, and a raw backslash.
 *
 * @module
 */

/** A path that no server should answer for: the message says what is wrong with it. */
export class PathFault extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "PathFault", configurable: true });
  }
}

/** Characters that stand as themselves: unreserved, sub-delims but ";", and `: @ | [ ] ^`. */
const plain: Uint8Array = marks(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@|[]^",
);

const percent = 0x25;
const backslash = 0x5c;
const semicolon = 0x3b;

/**
 * The canonical spelling of a path; equal to `path` if that is it already.
 *
 * An encoded `/`, `\`, `%`, `;`, `?` or `#` stays encoded, so that `%2F` never parts segments and
 * `%252e` stays what it is. Matrix parameters (`;a=b`) stay, and do not hide a `..` before them.
 *
 * @throws {PathFault} when the path is one to refuse.
 */
export function canonicalPath(path: string): string {
  return path.split("/").map(canonicalSegment).join("/");
}

function canonicalSegment(segment: string): string {
  let canonical = "";
  /** The beginning of what is taken over as it is. */
  let kept = 0;
  for (let at = 0; at < segment.length;) {
    const code = segment.charCodeAt(at);
    if (code === semicolon || code < 128 && plain[code] === 1) {
      at++;
      continue;
    }
    canonical += segment.slice(kept, at);
    const isEncoded = code === percent;
    const length = isEncoded ? encodedLength(segment, at) : 1 + Number(isHighSurrogate(code));
    const piece = segment.slice(at, at + length);
    canonical += isEncoded ? recoded(piece) : encoded(piece);
    kept = at += length;
  }
  canonical += segment.slice(kept);
  if (/^\.\.?(?:;|$)/.test(canonical)) {
    throw new PathFault(`The path has the segment "${shown(canonical)}", which is refused`);
  }
  return canonical;
}

/**
 * The canonical spelling of the encoded text in a pattern; what is decoded is escaped where it
 * would mean something there, so `%2A` becomes `\*`. Regular expressions are left as they are.
 *
 * @throws {PathFault} when the text is malformed, as {@linkcode canonicalPath} says.
 */
export function canonicalPattern(pattern: string): string {
  // Raw characters need nothing here: reading a pattern encodes them, as its standard says.
  let depth = 0;
  let canonical = "";
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    if (char === "%" && depth === 0) {
      const length = encodedLength(pattern, at);
      const piece = recoded(pattern.slice(at, at + length));
      // A letter could also lengthen the name of a parameter before it.
      canonical += /^[\w$:*+?(){}]$/.test(piece) ? `\\${piece}` : piece;
      at += length;
      continue;
    }
    const length = char === "\\" ? 2 : 1;
    if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    canonical += pattern.slice(at, at + length);
    at += length;
  }
  return canonical;
}

/** The pattern that matches a path and nothing else: what would mean something is escaped. */
export function literalPattern(path: string): string {
  return path.replace(/[:*+?(){}\\]/g, "\\$&");
}

/** The length of the encoded character at `at`: one octet, or all of a run of non-ASCII ones. */
function encodedLength(path: string, at: number): number {
  const start = at;
  while (path.charCodeAt(at) === percent) {
    const octet = hexAt(path, at);
    if (octet === -1) {
      throw new PathFault(`The path has "${shown(path.slice(at, at + 3))}", which encodes nothing`);
    }
    if (octet < 0x80) break;
    at += 3;
  }
  return at === start ? 3 : at - start;
}

function hexAt(path: string, at: number): number {
  const digits = path.slice(at + 1, at + 3);
  return /^[0-9a-f]{2}$/i.test(digits) ? parseInt(digits, 16) : -1;
}

/** What an encoded octet, or a run of non-ASCII ones, is in a canonical path. */
function recoded(piece: string): string {
  const octet = hexAt(piece, 0);
  if (octet < 0x20 || octet === 0x7f) {
    throw new PathFault(`The path has the control character "${piece}", which is refused`);
  }
  if (octet < 0x80) return plain[octet] === 1 ? String.fromCharCode(octet) : piece.toUpperCase();
  try {
    decodeURIComponent(piece);
  } catch (cause) {
    const message = `The path has "${shown(piece)}", which is not UTF-8`;
    throw new PathFault(message, { cause });
  }
  return piece.toUpperCase();
}

/** What a raw character that may not stand as itself is in a canonical path. */
function encoded(char: string): string {
  const code = char.charCodeAt(0);
  if (code === backslash || code < 0x20 || code === 0x7f) {
    throw new PathFault(`The path has a raw ${JSON.stringify(char)}, which is refused`);
  }
  try {
    return encodeURIComponent(char);
  } catch (cause) {
    throw new PathFault("The path has half a character, which is refused", { cause });
  }
}

function shown(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function marks(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
