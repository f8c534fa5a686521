/**
 * A response built anew around another body or with other header fields.
 *
 * The copy keeps what a reader would miss: `url`, `redirected`, and every status that `fetch` can give,
 * also those beyond 599 that the `Response` constructor refuses, and its trailer fields. Its `type` is `"default"`. A deadline
 * that a layer has put on reading the body goes with it, and so does the address that was asked last.
 *
 * @module
 */
import { bodyDeadline, type Timed } from "../message/body_pieces.ts";
import { copyTrailers } from "../message/trailers.ts";
import { keepURIOf } from "./redirect_uri.ts";

/** The bytes of a body as they stream. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * The response with another body, and other header fields where they are given.
 *
 * @throws {RangeError} when the response is informational, as one that upgrades its connection.
 */
export function withBody(
  response: Response,
  body: ByteStream | null,
  headers: Headers = response.headers,
): Response {
  const { status, statusText, url, redirected } = response;
  const isBeyond = status > 599;
  const copy = new Response(body, { status: isBeyond ? 200 : status, statusText, headers });
  if (isBeyond) define(copy, { status, ok: false });
  // A response that was made tells no address; that of a fetched one must not be lost.
  if (url !== "") define(copy, { url, redirected });
  keepURIOf(response, copy);
  copyTrailers(response, copy);
  // Not that of a class whose own body keeps it.
  if (Object.hasOwn(response, bodyDeadline)) {
    const timed: Timed<Response> = copy;
    timed[bodyDeadline] = (response as Timed<Response>)[bodyDeadline];
  }
  return copy;
}

/** Configurable, so that a layer outside can say where the response came from. */
function define(response: Response, values: Partial<Response>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
}
