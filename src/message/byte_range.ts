/**
 * The `Range` header: which bytes of a body a client wants (RFC 9110 section 14.1 and 14.2).
 *
 * Nothing here decides whether the header counts; see `rangesFor`.
 *
 * @module
 */
import { trimHttp } from "./header_value.ts";

/** A part of a body. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly start: number;
  /** The byte after the last one, as `slice` takes it. */
  readonly end: number;
}

/**
 * The most ranges a request may ask for. A header with more is an attack rather than a reader
 * (RFC 9110 section 14.2), and ignored.
 */
export const maxRanges = 32;

/**
 * Reads a `Range` header for a body of `size` bytes.
 *
 * Ranges that overlap or touch become one; the others keep their order.
 *
 * @returns the ranges that the body has; `"unsatisfiable"` where it has none of those asked for,
 * which is 416; `undefined` where the header is to be ignored: it is malformed, counts in another
 * unit than bytes, or asks for more than {@linkcode maxRanges}.
 *
 * @example
 * ```ts
 * import { parseRange } from "@pirouette/http";
 *
 * console.log(parseRange("bytes=0-99, -50", 1000)); // 0 to 100, 950 to 1000
 * console.log(parseRange("bytes=2000-", 1000)); // unsatisfiable
 * ```
 */
export function parseRange(
  value: string,
  size: number,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  const equals = value.indexOf("=");
  if (value.slice(0, Math.max(equals, 0)).toLowerCase() !== "bytes") return undefined;
  // One more part than ranges are allowed shows that there are too many.
  const parts = value.slice(equals + 1).split(",", maxRanges + 1);
  if (parts.length > maxRanges) return undefined;
  const ranges: ByteRange[] = [];
  let isEmpty = true;
  for (const part of parts) {
    const text = trimHttp(part);
    if (text === "") continue;
    isEmpty = false;
    const range = toRange(text, size);
    if (range === undefined) return undefined;
    if (range !== "unsatisfiable") ranges.push(range);
  }
  if (isEmpty) return undefined;
  if (ranges.length > 1) return coalesced(ranges);
  return ranges.length === 0 ? "unsatisfiable" : ranges;
}

function toRange(text: string, size: number): ByteRange | "unsatisfiable" | undefined {
  const dash = text.indexOf("-");
  if (dash === -1) return undefined;
  const [first, last] = [text.slice(0, dash), text.slice(dash + 1)];
  if (!isDigits(first) || !isDigits(last)) return undefined;
  if (first === "") {
    if (last === "") return undefined;
    const length = toCount(last);
    if (length === 0) return "unsatisfiable";
    // The end of nothing is nothing: there is no range to name, so that the whole is sent.
    return size === 0 ? undefined : { start: Math.max(size - length, 0), end: size };
  }
  if (last !== "" && isGreater(first, last)) return undefined;
  const start = toCount(first);
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(toCount(last) + 1, size) };
}

/** Whether a text has nothing but digits; also where it is empty. */
function isDigits(text: string): boolean {
  return /^[0-9]*$/.test(text);
}

/** A number, or one that is greater than every size where it has too many digits to be exact. */
function toCount(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** Compares numbers of any length exactly. */
function isGreater(one: string, other: string): boolean {
  const [a, b] = [withoutZeros(one), withoutZeros(other)];
  return a.length === b.length ? a > b : a.length > b.length;
}

function withoutZeros(digits: string): string {
  let start = 0;
  while (start < digits.length && digits.charCodeAt(start) === 0x30) start++;
  return digits.slice(start);
}

/** Makes one of ranges that overlap or touch; each stays where its first one was. */
function coalesced(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = ranges.map((range, order) => ({ ...range, order }))
    .sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number; order: number }[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end) merged.push(range);
    else {
      last.end = Math.max(last.end, range.end);
      last.order = Math.min(last.order, range.order);
    }
  }
  return merged.sort((a, b) => a.order - b.order).map(({ start, end }) => ({ start, end }));
}
