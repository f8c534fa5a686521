/**
 * The init that a later request is made of, where the first was a `Request`.
 *
 * @module
 */

/** An init whose body may be a stream: some platforms want to be told so. */
export interface StreamingInit extends RequestInit {
  /** That the response is waited for only when the body is sent; the one value there is. */
  duplex?: "half";
}

/**
 * What a later request takes from the first, but for its body; its signal only once it is asked for.
 *
 * @param init what was passed beside the request
 */
export function initOf(request: Request, init: RequestInit | undefined): StreamingInit {
  const later: StreamingInit = {
    // What only the platform at hand knows, as Deno's `client`, is not to be had from the request.
    ...init,
    method: request.method,
    headers: request.headers,
  };
  delete later.body;
  Object.defineProperty(later, "signal", { get: () => request.signal, enumerable: true });
  // A request that says nothing says "follow", and a layer below may know better than the default.
  if (request.redirect !== "follow") later.redirect = request.redirect;
  if (request.cache !== undefined) later.cache = request.cache;
  if (request.credentials !== undefined) later.credentials = request.credentials;
  if (request.referrerPolicy !== undefined) later.referrerPolicy = request.referrerPolicy;
  return later;
}

/** An init whose header fields can be read again: an iterator gives them only once. */
export function repeatableInit(init: RequestInit | undefined): RequestInit | undefined {
  return isIterator(init?.headers) ? { ...init, headers: new Headers(init.headers) } : init;
}

function isIterator(headers: HeadersInit | undefined): headers is Headers {
  return headers !== undefined && typeof headers === "object" && "next" in headers &&
    Symbol.iterator in headers;
}
