/**
 * Trailer fields: header fields that come after the body (RFC 9110 section 6.5), for what is known
 * only once the body was made, as its checksum.
 *
 * `fetch` has nothing for them, so that they are kept beside the message that they belong to. A
 * transport sends them where the message can have any: over HTTP/2, and in HTTP/1.1 where the body is
 * sent in chunks. Otherwise they are left out, as the standard lets it.
 *
 * @module
 */

/** Trailer fields, or what gives them once the body has been sent. */
export type Trailers = HeadersInit | (() => HeadersInit | Promise<HeadersInit>);

/** Kept by the response itself. */
const kept = new WeakMap<Response, Trailers>();

/** Responses that came from a server and brought their own along, if any. */
const received = new WeakSet<Response>();

/**
 * What no trailer may say: how the message is framed, routed, authenticated or to be read (RFC 9110
 * section 6.5.1), and fields of one connection.
 */
const forbidden: ReadonlySet<string> = new Set([
  ...["transfer-encoding", "content-length", "content-encoding", "content-range", "content-type"],
  ...["host", "connection", "keep-alive", "proxy-connection", "upgrade", "te", "trailer"],
  ...["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"],
  ...["set-cookie", "cookie", "cache-control", "expect", "max-forwards", "range", "location"],
  ...["age", "date", "expires", "vary", "retry-after", "warning", "if-match", "if-none-match"],
  ...["if-modified-since", "if-unmodified-since", "if-range", "accept-encoding"],
]);

/**
 * Gives a response trailer fields, in place of those it had, and returns it.
 *
 * @throws {TypeError} when one may not be in trailers, or is no field; where a function gives them,
 * the response breaks off instead.
 *
 * @example
 * ```ts
 * import { get, withTrailers } from "@pirouette/http";
 *
 * const report = get("/report", () => {
 *   const started = performance.now();
 *   return withTrailers(
 *     new Response(new Blob(["a,b\n", "1,2\n"]).stream()),
 *     () => ({ "server-timing": `make;dur=${performance.now() - started}` }),
 *   );
 * });
 * ```
 */
export function withTrailers(response: Response, trailers: Trailers): Response {
  keepTrailers(response, typeof trailers === "function" ? trailers : trailerFields(trailers));
  return response;
}

/** Keeps trailer fields that were checked. */
export function keepTrailers(response: Response, trailers: Trailers): void {
  kept.set(response, trailers);
}

/** The trailer fields to send after a response's body, if there are any. */
export function trailersOf(response: Response): Trailers | undefined {
  return kept.get(response);
}

/**
 * The names of trailer fields as the field `Trailer` announces them ahead of the body (RFC 9110 section
 * 6.6.2); `undefined` where there are none, or a function gives them later.
 */
export function trailerNames(trailers: Trailers): string | undefined {
  if (typeof trailers === "function") return undefined;
  return [...new Headers(trailers).keys()].join(", ") || undefined;
}

/** Gives a copy of a response the trailers of the one it was made of. */
export function copyTrailers(from: Response, to: Response): void {
  const trailers = kept.get(from);
  if (trailers !== undefined) kept.set(to, trailers);
  if (received.has(from)) received.add(to);
}

/**
 * The trailer fields of a response once its body was read: of one that a service has made, of a copy
 * of it that a layer has made, and of one that came by an `Http2Client`; no platform's `fetch` tells
 * them.
 *
 * @throws {ClientError} (as a rejection) when the body of a received response breaks off.
 *
 * @example
 * ```ts
 * import { responseTrailers } from "@pirouette/http";
 * import { Http2Client } from "@pirouette/http/http2";
 *
 * await using client = new Http2Client("https://music.example");
 * const response = await client.fetch("https://music.example/albums");
 * const albums = await response.json();
 * const checksum = (await responseTrailers(response)).get("x-checksum");
 * console.log(albums, checksum);
 * ```
 */
export async function responseTrailers(response: Response): Promise<Headers> {
  const trailers = kept.get(response);
  return new Headers(typeof trailers === "function" ? await trailers() : trailers);
}

/**
 * Keeps how the trailer fields of a received response come. Where it is passed on, they are sent on
 * by a transport that can, and left out by another (RFC 9110 section 6.5.1).
 */
export function keepReceivedTrailers(response: Response, coming: () => Promise<Headers>): void {
  kept.set(response, coming);
  received.add(response);
}

/** Whether a response has trailer fields that this program gave it. */
export function hasOwnTrailers(response: Response): boolean {
  return kept.has(response) && !received.has(response);
}

/**
 * Trailer fields that may be sent.
 *
 * @throws {TypeError} when one may not, or is no field.
 */
export function trailerFields(given: HeadersInit): Headers {
  const fields = new Headers(given);
  fields.forEach((_value, name) => {
    if (!forbidden.has(name)) return;
    throw new TypeError(`Cannot send "${name}" as a trailer field: send it as a header field`);
  });
  return fields;
}
