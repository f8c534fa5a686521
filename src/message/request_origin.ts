/**
 * Requests that go on in place of others, as those do that an interceptor makes: what layers keep
 * beside a request, an id or a nonce, is found for its successors too.
 *
 * Of a request that a layer makes nothing is known here: it is handed on like any other.
 *
 * @module
 */

/** Kept by the successor, so that both live no longer than it does. */
const origins = new WeakMap<Request, Request>();

/** Says that `request` goes on in place of `before`. */
export function keepOrigin(request: Request, before: Request): void {
  const origin = originOf(before);
  if (request !== origin) origins.set(request, origin);
}

/** The request in whose place another one went on; itself where there is none. */
export function originOf(request: Request): Request {
  return origins.get(request) ?? request;
}
