/**
 * Entity tags: made from a body, compared, looked up in the lists of `If-Match` and
 * `If-None-Match` (RFC 9110 sections 8.8.3 and 13.1).
 *
 * The tag of a body is a hash (MurmurHash3, 128 bits) that runs in the caller's thread without a
 * promise. It tells versions of a body apart, and hides nothing: who may choose a whole body can
 * make two with one tag.
 *
 * @module
 */
import { isHttpSpace, trimHttp, trimHttpEnd } from "./header_value.ts";

/** How two entity tags are compared (RFC 9110 section 8.8.3.2). */
export type TagComparison = "strong" | "weak";

const QUOTE = 0x22;
const COMMA = 0x2c;

const encoder = new TextEncoder();

/**
 * The strong entity tag of a body: its length and a hash of it, in quotes. A text has the tag of
 * its UTF-8 bytes.
 *
 * @example
 * ```ts
 * import { etagOf } from "@pirouette/http";
 *
 * console.log(etagOf("hello")); // "5-2b2444a0db91def79adb31b69adb31b6"
 * ```
 */
export function etagOf(body: Uint8Array | string): string {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  return `"${bytes.length.toString(36)}-${hash(bytes)}"`;
}

/** The weak form of a tag: for a body that means the same but is not the same, byte by byte. */
export function weaken(etag: string): string {
  return etag.startsWith("W/") ? etag : `W/${etag}`;
}

/** Whether two tags name the same bytes: both are strong and equal. */
export function strongMatch(one: string, other: string): boolean {
  return one === other && !one.startsWith("W/");
}

/** Whether two tags name bodies that mean the same: they are equal, weak or strong. */
export function weakMatch(one: string, other: string): boolean {
  return opaque(one) === opaque(other);
}

/**
 * Whether a list of tags, as `If-Match` and `If-None-Match` carry it, has `etag` or is `*`.
 *
 * Tags without quotes are obsolete, and compared as they are written. A list is read once, from
 * left to right; from a quote that is never closed on, it has no more tags.
 */
export function listMatches(list: string, etag: string, comparison: TagComparison): boolean {
  if (trimHttp(list) === "*") return true;
  const matches = comparison === "strong" ? strongMatch : weakMatch;
  let at = 0;
  while (at < list.length) {
    const code = list.charCodeAt(at);
    if (code === COMMA || isHttpSpace(code)) {
      at++;
      continue;
    }
    const end = tagEnd(list, at);
    if (end === -1) return false;
    if (matches(trimHttpEnd(list.slice(at, end)), etag)) return true;
    at = end;
  }
  return false;
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Where the tag that starts at `start` ends: at the comma after it; -1 without a closing quote. */
function tagEnd(list: string, start: number): number {
  const quote = list.startsWith("W/", start) ? start + 2 : start;
  let from = start;
  if (list.charCodeAt(quote) === QUOTE) {
    // There are no escapes in a tag, and a comma inside of its quotes separates nothing.
    from = list.indexOf('"', quote + 1);
    if (from === -1) return -1;
  }
  const comma = list.indexOf(",", from);
  return comma === -1 ? list.length : comma;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

/** MurmurHash3 for 128 bits on 32-bit arithmetic, which is what the engine has without bigints. */
function hash(bytes: Uint8Array): string {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const whole = length - length % 16;
  let h1 = 0, h2 = 0, h3 = 0, h4 = 0;
  for (let at = 0; at < whole; at += 16) {
    h1 ^= mixed(view.getUint32(at, true), C1, 15, C2);
    h1 = Math.imul((h1 << 19 | h1 >>> 13) + h2, 5) + 0x561ccd1b | 0;
    h2 ^= mixed(view.getUint32(at + 4, true), C2, 16, C3);
    h2 = Math.imul((h2 << 17 | h2 >>> 15) + h3, 5) + 0x0bcaa747 | 0;
    h3 ^= mixed(view.getUint32(at + 8, true), C3, 17, C4);
    h3 = Math.imul((h3 << 15 | h3 >>> 17) + h4, 5) + 0x96cd1c35 | 0;
    h4 ^= mixed(view.getUint32(at + 12, true), C4, 18, C1);
    h4 = Math.imul((h4 << 13 | h4 >>> 19) + h1, 5) + 0x32ac3b17 | 0;
  }
  h1 ^= mixed(word(bytes, whole), C1, 15, C2) ^ length;
  h2 ^= mixed(word(bytes, whole + 4), C2, 16, C3) ^ length;
  h3 ^= mixed(word(bytes, whole + 8), C3, 17, C4) ^ length;
  h4 ^= mixed(word(bytes, whole + 12), C4, 18, C1) ^ length;
  h1 = h1 + h2 + h3 + h4 | 0;
  h2 = h2 + h1 | 0, h3 = h3 + h1 | 0, h4 = h4 + h1 | 0;
  h1 = avalanche(h1), h2 = avalanche(h2), h3 = avalanche(h3), h4 = avalanche(h4);
  h1 = h1 + h2 + h3 + h4 | 0;
  return hex(h1) + hex(h2 + h1) + hex(h3 + h1) + hex(h4 + h1);
}

function mixed(word: number, before: number, turn: number, after: number): number {
  const k = Math.imul(word, before);
  return Math.imul(k << turn | k >>> 32 - turn, after);
}

/** Up to four bytes as a number, the first one lowest; 0 past the end, which changes no hash. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 |
    (bytes[at + 3] ?? 0) << 24;
}

function avalanche(h: number): number {
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

function hex(h: number): string {
  return (h >>> 0).toString(16).padStart(8, "0");
}
