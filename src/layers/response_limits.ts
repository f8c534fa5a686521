/**
 * Limits on what a client receives (spec: `responseLimits`): the header fields as a whole, and the
 * body while it streams.
 *
 * The platform has limits of its own before this one: Deno 2.9 refuses more than 100 header fields
 * or some 400 KiB of them, Node more than 16 KiB. A status line cannot be limited: `fetch` shows
 * nothing of it but the status. Bodies are counted as this layer gets them, which is decoded where
 * the platform or a {@linkcode decompress} below undid a content coding.
 *
 * @module
 */
import {
  ReadingInboundResponseBodyError,
  ReadingInboundResponseHeadersError,
} from "../message/client_errors.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { withBody } from "./response_copy.ts";
import { discard, watchBody } from "./response_limits_body.ts";

/** Options of {@linkcode responseLimits}; sizes are bytes. */
export interface ResponseLimitsOptions {
  /**
   * The most bytes of all header fields, written as in HTTP/1.1: `name: value` and a line end each;
   * those of one name are one field, but for `Set-Cookie`. Counting them costs time, so that without
   * this option, or with -1, the platform's own limit stands.
   *
   * @default -1
   */
  readonly maxHeaderSize?: number;
  /**
   * The most bytes of a body; -1 for no limit.
   *
   * @default -1
   */
  readonly maxEntityBodySize?: number;
}

const known: Readonly<Record<keyof ResponseLimitsOptions, true>> = {
  maxHeaderSize: true,
  maxEntityBodySize: true,
};

/**
 * Refuses responses that are too large.
 *
 * A call rejects with {@linkcode ReadingInboundResponseHeadersError} when the header fields are over
 * their limit, and with {@linkcode ReadingInboundResponseBodyError} when the declared length of the
 * body is. A body that tells no length, or one that its transport does not hold it to, is counted,
 * and fails with that error at the first chunk too many. In all three cases its source is cancelled.
 *
 * A response whose length fits is passed on as it is; one that is counted is a copy that streams.
 *
 * @throws {TypeError} when there is an option it does not know, `maxStatusLineLength` among them.
 * @throws {RangeError} when a limit is not a whole number of bytes, or -1.
 *
 * @example
 * ```ts
 * import { responseLimits, stack } from "@pirouette/http/layers";
 *
 * const limits = responseLimits({ maxHeaderSize: 32_768, maxEntityBodySize: 1_000_000 });
 * const careful = stack(fetch, limits);
 * const text = await (await careful("https://albums.example/latest")).text();
 * ```
 */
export function responseLimits(options: ResponseLimitsOptions = {}): Layer {
  if (Object.hasOwn(options, "maxStatusLineLength")) {
    throw new TypeError(
      "responseLimits cannot keep maxStatusLineLength, as fetch hides the status line: leave it out",
    );
  }
  checkOptions("responseLimits", options, known);
  const { maxHeaderSize = -1, maxEntityBodySize = -1 } = ownOptions(options);
  checkLimit("maxHeaderSize", maxHeaderSize, 1);
  checkLimit("maxEntityBodySize", maxEntityBodySize, 0);
  if (maxHeaderSize === -1 && maxEntityBodySize === -1) return (next) => next;
  return (next) => async (input, init) => {
    const response = await next(input, init);
    if (maxHeaderSize !== -1) checkHeaders(response, maxHeaderSize);
    return maxEntityBodySize === -1 ? response : limitBody(response, maxEntityBodySize);
  };
}

function checkLimit(name: string, value: number, least: number): void {
  if (value === -1 || (Number.isSafeInteger(value) && value >= least)) return;
  throw new RangeError(
    `responseLimits needs a whole number of bytes from ${least} for ${name}, or -1 for no limit, not ${value}`,
  );
}

function checkHeaders(response: Response, limit: number): void {
  let size = 0;
  // Takes half the time of `for … of`.
  response.headers.forEach((value, name) => size += name.length + value.length + 4);
  if (size <= limit) return;
  throw refuse(
    response,
    new ReadingInboundResponseHeadersError(
      `Response max header size exceeds: HTTP header is larger than ${limit} bytes`,
    ),
  );
}

function limitBody(response: Response, limit: number): Response {
  const length = declaredLength(response.headers);
  if (length !== undefined && length <= limit && isHeldToLength(response)) return response;
  // Last, as whoever asks for the body of a response that was made has it made a stream.
  const { body } = response;
  if (body === null || body.locked) return response;
  if (length !== undefined && length > limit) throw refuse(response, tooLarge(limit));
  let size = 0;
  const counted = watchBody(body, {
    seen(chunk) {
      size += chunk.length;
      // Also where a program streams what has no length, and the sum is no number.
      if (!(size <= limit)) throw tooLarge(limit);
    },
  });
  return withBody(response, counted);
}

/** The length that the response declares, if it is one number. */
function declaredLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * Whether the transport ends the body where its length says: not if it came in chunks, which make the
 * length void, nor if it was decoded, nor if the response was made in this process.
 */
function isHeldToLength({ url, headers }: Response): boolean {
  if (url === "" || headers.has("transfer-encoding")) return false;
  const coding = headers.get("content-encoding");
  return coding === null || coding.toLowerCase() === "identity";
}

function tooLarge(limit: number): Error {
  return new ReadingInboundResponseBodyError(
    `Response max entity body size exceeds: Entity body is larger than ${limit} bytes`,
  );
}

function refuse(response: Response, error: Error): Error {
  discard(response, error);
  return error;
}
