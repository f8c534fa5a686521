/**
 * Content codings of responses (RFC 9110 sections 8.4 and 12.5.3): asks for those that can be undone,
 * and undoes those that the platform's `fetch` does not, within limits that hold for both.
 *
 * A response that comes decoded no longer says that it is coded, nor how long it was: `fetch` alone
 * leaves both fields as they were sent. Left as they are: responses without a body, parts of one
 * (206), and codings that this runtime does not know, which their `Content-Encoding` still names.
 * Put it innermost: it must see the `Accept-Encoding` that is sent, as Deno undoes nothing where that
 * is `identity`. A response that was made in this process is taken for one that nobody decoded.
 *
 * @module
 */
import { dropByteFields } from "../message/byte_fields.ts";
import { ReadingInboundResponseBodyError } from "../message/client_errors.ts";
import {
  canonicalCoding,
  CONTENT_CODINGS,
  type ContentCoding,
  decoderOf,
  MAX_CODINGS,
} from "../message/content_coding.ts";
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import { trimHttp } from "../message/header_value.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { decodeBody, type ExpansionLimits, limitDecoded } from "./decompress_body.ts";
import { decodesAll, type DecodingFetch, platformDecodes } from "./decompress_platform.ts";
import { withBody } from "./response_copy.ts";
import { discard } from "./response_limits_body.ts";

/** Options of {@linkcode decompress}; sizes are bytes of decoded body. */
export interface DecompressOptions {
  /**
   * The codings to ask for where a call has neither `Accept-Encoding` nor `Range`; none leaves what
   * to ask for to the caller and the platform. What comes is decoded whether asked for or not.
   *
   * @default gzip, deflate, br, zstd: those that the runtime can do
   */
  readonly codings?: readonly ContentCoding[];
  /**
   * The most bytes that a coded body may decode to; -1 for no limit, as an endless stream needs.
   *
   * @default 104857600
   */
  readonly maxOutputSize?: number;
  /**
   * The most bytes that a coded body may decode to for each byte that was sent; -1 for no limit. Text
   * reaches 20, and what gzip can make at most is 1032. Where the platform decodes a body that came
   * without its length the ratio is not known, and `maxOutputSize` alone holds.
   *
   * @default 200
   */
  readonly maxRatio?: number;
  /**
   * The bytes that a coded body may decode to before `maxRatio` counts.
   *
   * @default 1048576
   */
  readonly ratioFloor?: number;
  /**
   * The codings that the fetch below undoes itself, where it is not the platform's own; none for
   * one that undoes nothing.
   *
   * @default what the platform's fetch does, for responses that have a `url`
   */
  readonly fetchDecodes?: readonly string[];
}

const known: Readonly<Record<keyof DecompressOptions, true>> = {
  codings: true,
  maxOutputSize: true,
  maxRatio: true,
  ratioFloor: true,
  fetchDecodes: true,
};

/** Options as they are used. */
interface Decompression extends ExpansionLimits {
  /** What to ask for; empty for nothing. */
  readonly accept: string;
  /** What this runtime can undo. */
  readonly decodable: ReadonlySet<string>;
  readonly fetchDecodes: DecodingFetch;
  /** Whether the fetch below is taken for the platform's, so that what has no `url` is not of it. */
  readonly isPlatform: boolean;
}

/**
 * Asks for content codings and undoes them.
 *
 * A call rejects with {@linkcode ReadingInboundResponseBodyError} when a response names more than
 * five codings. A body fails with that error when it is over a limit, is not what its coding says, is
 * not whole or breaks off. In all of these its source is cancelled.
 *
 * @throws {TypeError} when there is an option it does not know, or a coding that this runtime cannot
 * decode.
 * @throws {RangeError} when a limit is not a whole number of bytes, or -1.
 *
 * @example
 * ```ts
 * import { decompress, stack } from "@pirouette/http/layers";
 *
 * const careful = stack(fetch, decompress({ maxOutputSize: 10_000_000 }));
 * const albums = await (await careful("https://albums.example/all")).json();
 * ```
 */
export function decompress(options: DecompressOptions = {}): Layer {
  checkOptions("decompress", options, known);
  const rules = readOptions(ownOptions(options));
  return rules.accept === ""
    ? undoing(rules)
    : (next) => asking(undoing(rules)(next), rules.accept);
}

/** Undoes what comes. Not awaited, as this is in the way of every call of a client. */
function undoing(rules: Decompression): Layer {
  return (next) => (input, init) =>
    next(input, init).then((response) => {
      const contentEncoding = response.headers.get("content-encoding");
      if (contentEncoding === null) return response;
      return decoded(response, contentEncoding, callHeaders(input, init), rules);
    });
}

/** Asks for codings where the call does not, and wants no part of a body. */
function asking(next: Fetch, accept: string): Fetch {
  return (input, init) => {
    const headers = callHeaders(input, init);
    if (headers.has("accept-encoding") || headers.has("range")) return next(input, init);
    headers.set("accept-encoding", accept);
    return withHeaders(next, headers, input, init);
  };
}

function decoded(
  response: Response,
  contentEncoding: string,
  asked: Headers,
  rules: Decompression,
): Response {
  const { body } = response;
  if (body === null || body.locked) return response;
  const names = readNames(response, contentEncoding);
  if (names.length === 0) return response;
  if (isDecoded(response, contentEncoding, asked, rules)) {
    return plain(response, limitDecoded(body, sentLength(response.headers), rules));
  }
  // A part of what is coded is nothing that can be decoded by itself (RFC 9110 section 14.4).
  if (response.status === 206 || !areDecodable(names, rules)) return response;
  return plain(response, decodeBody(body, names, rules));
}

/** The codings to undo, the first one first: the header lists them as they were applied. */
function readNames(response: Response, contentEncoding: string): string[] {
  // One part more than is allowed is enough to know that there are too many.
  const parts = contentEncoding.split(",", MAX_CODINGS + 1);
  if (parts.length > MAX_CODINGS) {
    const error = new ReadingInboundResponseBodyError(
      `The body of the response has more than ${MAX_CODINGS} content codings`,
    );
    discard(response, error);
    throw error;
  }
  return parts.map((part) => canonicalCoding(trimHttp(part)))
    .filter((coding) => coding !== "" && coding !== "identity")
    .reverse();
}

function areDecodable(
  codings: readonly string[],
  { decodable }: Decompression,
): codings is ContentCoding[] {
  return codings.every((coding) => decodable.has(coding));
}

function isDecoded(
  { url }: Response,
  contentEncoding: string,
  asked: Headers,
  { fetchDecodes, isPlatform }: Decompression,
): boolean {
  return !(isPlatform && url === "") && fetchDecodes({ contentEncoding, asked });
}

/** How much was sent, where the transport holds the sender to it. */
function sentLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  if (length === null || !/^\d+$/.test(length)) return undefined;
  return headers.has("transfer-encoding") ? undefined : Number(length);
}

function plain(response: Response, body: ReadableStream<Uint8Array<ArrayBuffer>>): Response {
  const headers = new Headers(response.headers);
  dropByteFields(headers);
  return withBody(response, body, headers);
}

function readOptions(options: DecompressOptions): Decompression {
  const { maxOutputSize = 104_857_600, maxRatio = 200, ratioFloor = 1_048_576 } = options;
  const possible = CONTENT_CODINGS.filter((coding) => decoderOf(coding) !== undefined);
  const { codings = possible, fetchDecodes } = options;
  for (const [name, value] of Object.entries({ maxOutputSize, maxRatio })) {
    if (value === -1 || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new RangeError(
      `decompress needs a whole number from 1 for ${name}, or -1 for no limit, not ${value}`,
    );
  }
  if (!Number.isSafeInteger(ratioFloor) || ratioFloor < 0) {
    throw new RangeError(
      `decompress needs a whole number from 0 for ratioFloor, not ${ratioFloor}`,
    );
  }
  for (const [name, value] of Object.entries({ codings, fetchDecodes })) {
    if (value === undefined || Array.isArray(value)) continue;
    throw new TypeError(`decompress needs a list for ${name}, as ["gzip", "br"]`);
  }
  for (const coding of codings) {
    if (possible.includes(coding)) continue;
    throw new TypeError(
      `decompress cannot decode the coding "${coding}" here: use ${possible.join(", ")}`,
    );
  }
  return {
    accept: codings.join(", "),
    decodable: new Set(possible),
    fetchDecodes: fetchDecodes === undefined ? platformDecodes() : decodesAll(fetchDecodes),
    isPlatform: fetchDecodes === undefined,
    maxOutputSize: maxOutputSize === -1 ? Infinity : maxOutputSize,
    maxRatio: maxRatio === -1 ? Infinity : maxRatio,
    ratioFloor,
  };
}
