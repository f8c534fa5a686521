/**
 * The one shape of this library: something that turns a `Request` into a `Response`.
 *
 * The global `fetch` is one, every service is one, and every layer turns one into another.
 *
 * @module
 */
import { isConnection, keepConnection } from "./connection.ts";

/** Anything that answers a request. The global `fetch` is one; so is every service's `fetch`. */
export type Fetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

/** Wraps a {@linkcode Fetch} in another: retry, cache, trace, compress and so on are layers. */
export type Layer = (next: Fetch) => Fetch;

/**
 * Applies layers to a fetch, the first one outermost.
 *
 * @example
 * ```ts
 * import { type Layer, stack } from "@pirouette/http";
 *
 * const timed: Layer = (next) => async (input, init) => {
 *   const start = performance.now();
 *   const response = await next(input, init);
 *   console.log(response.status, performance.now() - start);
 *   return response;
 * };
 * const timedFetch = stack(fetch, timed);
 * ```
 */
export function stack(fetch: Fetch, ...layers: readonly Layer[]): Fetch {
  return layers.reduceRight((next, layer) => layer(next), fetch);
}

/**
 * The request of a fetch call, built only if the caller did not pass one.
 *
 * A layer that must look at the message calls this once and hands the result, without `init`, to
 * the layers below it. `Deno.serve` passes what it knows of the connection where fetch takes an
 * init: that is kept for those who ask for the client's address.
 *
 * @throws {TypeError} when the URL is relative or malformed, as the `Request` constructor does.
 */
export function asRequest(input: Request | URL | string, init?: RequestInit): Request {
  if (input instanceof Request) {
    if (init === undefined) return input;
    if (isConnection(init)) {
      keepConnection(input, init);
      return input;
    }
  }
  return new Request(input, init);
}
