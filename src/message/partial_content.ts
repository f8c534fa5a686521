/**
 * Parts of a body: 206 with one of them, or with several as `multipart/byteranges` (RFC 9110
 * sections 14 and 15.3.7).
 *
 * Where the bytes come from is the caller's business: memory, a file, anything that can be read
 * from the middle.
 *
 * @module
 */
import { type ByteRange, parseRange } from "./byte_range.ts";
import { rangeApplies, type Validators } from "./preconditions.ts";

/** What a part of a body is read as. */
export type PartBody = Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

/** A body that can be read in parts. */
export interface PartSource {
  /** Its length in bytes. */
  readonly size: number;
  /**
   * Reads from byte `start` to the one before `end`, as `slice` does. Of several parts one is read
   * after the other, each only when it is sent.
   */
  read(start: number, end: number): PartBody | Promise<PartBody>;
}

/**
 * The ranges that a request wants of a body and may have, in the order they are sent.
 *
 * @param size of the body, in bytes.
 * @param current the validators of the body, which `If-Range` is compared with.
 * @returns `"unsatisfiable"` where the answer is 416 with {@linkcode unsatisfiedRange};
 * `undefined` where the whole is to be sent: there is no `Range`, it does not count, or the method
 * is not GET.
 */
export function rangesFor(
  request: Request,
  size: number,
  current: Validators,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  if (request.method !== "GET") return undefined;
  const value = request.headers.get("range");
  if (value === null || !rangeApplies(request, current)) return undefined;
  return parseRange(value, size);
}

/** The `Content-Range` of a 416: how long the body is of which nothing can be sent. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

/**
 * The 206 with the given ranges of a body.
 *
 * @param ranges at least one, each within the body, as {@linkcode rangesFor} gives them.
 * @param headers the fields of the answer that the whole would be; they are copied.
 * @throws {RangeError} (as a rejection) when there is no range.
 * @throws whatever reading the body throws; of several ranges that is an error of the response's
 * body.
 *
 * @example
 * ```ts
 * import { partsResponse, rangesFor } from "@pirouette/http";
 *
 * const bytes = new TextEncoder().encode("0123456789");
 * const source = {
 *   size: bytes.length,
 *   read: (start: number, end: number) => bytes.slice(start, end),
 * };
 * const request = new Request("http://localhost/", { headers: { range: "bytes=2-4" } });
 * const ranges = rangesFor(request, source.size, {});
 * if (Array.isArray(ranges)) {
 *   const response = await partsResponse(source, ranges, new Headers());
 *   console.log(response.status, await response.text()); // 206 234
 * }
 * ```
 */
export async function partsResponse(
  source: PartSource,
  ranges: readonly ByteRange[],
  headers: Headers,
): Promise<Response> {
  const [first, ...others] = ranges;
  if (first === undefined) throw new RangeError("Cannot send no part of a body: give a range");
  const own = new Headers(headers);
  if (others.length === 0) {
    own.set("content-range", contentRange(first, source.size));
    own.set("content-length", String(first.end - first.start));
    return partial(await source.read(first.start, first.end), own);
  }
  const boundary = crypto.randomUUID();
  const type = headers.get("content-type");
  const heads = ranges.map((range, index) => {
    const head = partHead(boundary, type, contentRange(range, source.size));
    // The line break before a boundary belongs to it, but before the first one there is nothing.
    return encoder.encode(index === 0 ? head : `\r\n${head}`);
  });
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const length = ranges.reduce((sum, { start, end }) => sum + end - start, 0) +
    heads.reduce((sum, head) => sum + head.length, tail.length);
  own.set("content-type", `multipart/byteranges; boundary=${boundary}`);
  own.set("content-length", String(length));
  own.delete("content-range");
  return partial(ReadableStream.from(multipart(source, ranges, heads, tail)), own);
}

const encoder = new TextEncoder();

function partial(body: PartBody, headers: Headers): Response {
  return new Response(body, { status: 206, headers });
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

function partHead(boundary: string, type: string | null, range: string): string {
  const typeLine = type === null ? "" : `content-type: ${type}\r\n`;
  return `--${boundary}\r\n${typeLine}content-range: ${range}\r\n\r\n`;
}

async function* multipart(
  source: PartSource,
  ranges: readonly ByteRange[],
  heads: readonly Uint8Array<ArrayBuffer>[],
  tail: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const [index, { start, end }] of ranges.entries()) {
    yield heads[index] as Uint8Array<ArrayBuffer>;
    const body = await source.read(start, end);
    if (body instanceof Uint8Array) yield body;
    else yield* body instanceof Blob ? body.stream() : body;
  }
  yield tail;
}
