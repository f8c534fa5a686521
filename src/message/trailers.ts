/**
 * Trailer fields: header fields that come after the body (RFC 9110 section 6.5), for what is known
 * only once the body was made, as its checksum.
 *
 * `fetch` has nothing for them, so that they are kept beside the response that they belong to. A
 * transport sends them where the message can have any: over HTTP/2, and in HTTP/1.1 where the body is
 * sent in chunks. Otherwise they are left out, as the standard has it.
 *
 * @module
 */

/** Trailer fields, or what gives them once the body has been sent. */
export type Trailers = HeadersInit | (() => HeadersInit | Promise<HeadersInit>);

/** Kept by the response itself. */
const kept = new WeakMap<Response, Trailers>();

/** The trailer fields to send after a response's body, if there are any. */
export function trailersOf(response: Response): Trailers | undefined {
  return kept.get(response);
}

/** Keeps the trailer fields of a response for {@linkcode trailersOf}, in place of what was there. */
export function keepTrailers(response: Response, trailers: Trailers): void {
  kept.set(response, trailers);
}
