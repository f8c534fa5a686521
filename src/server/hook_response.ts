/**
 * Responses as response hooks are given them, and as they leave them.
 *
 * @module
 */
import { editHeaders } from "../layers/response_headers.ts";
import { isBodiless } from "../message/status.ts";
import { copyTrailers } from "../message/trailers.ts";

/**
 * A response whose header fields can be set; those of one that came from a `fetch` cannot.
 */
export function toMutable(response: Response): Response {
  // Taking away what is not there is the cheapest way to ask.
  return editHeaders(response, (headers) => headers.delete("x-none"));
}

/**
 * A response of somebody else that is answered with once: without a body it can be sent any number of
 * times and is often a constant, and fields that are set for one request would be there for all.
 */
export function unshared(response: Response): Response {
  const { status, statusText, headers } = response;
  // To ask for the body of a text makes a stream of it, and a text has a type.
  if (status < 200 || headers.get("content-type") !== null || response.body !== null) {
    return response;
  }
  return new Response(null, { status, statusText, headers });
}

/** Header fields that tell of a body, and of no other that takes its place. */
const ofBody: readonly string[] = [
  "accept-ranges",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "etag",
  "last-modified",
];

/** The status and header fields of `response` with the body, and its type, of `other`. */
export function replaceBody(response: Response, other: Response): Response {
  const { status, statusText } = response;
  // A status that never has a body cannot be kept where one is given.
  const replaced = isBodiless(status)
    ? new Response(other.body, { headers: response.headers })
    : new Response(other.body, { status, statusText, headers: response.headers });
  copyTrailers(other, replaced);
  // With 416 this field tells the length of what was asked for, not of what is sent.
  const range = status === 416 ? replaced.headers.get("content-range") : null;
  for (const name of ofBody) replaced.headers.delete(name);
  if (range !== null) replaced.headers.set("content-range", range);
  const contentType = other.headers.get("content-type");
  if (contentType === null) replaced.headers.delete("content-type");
  else replaced.headers.set("content-type", contentType);
  return replaced;
}
