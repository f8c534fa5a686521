/**
 * Which address a response came from after all redirects (spec: `Response.resolvedRequestedURI`).
 *
 * @module
 */

/** Kept by the response itself, so that it lives as long as the response. */
const resolved = new WeakMap<Response, string>();

/**
 * The address that was asked last: that of the response, with the fragment that redirects inherit.
 *
 * It is empty for a response that came through no redirect layer, as in the specification; such a
 * response of `fetch` has its `url` all the same.
 *
 * @example
 * ```ts
 * import { redirect, resolvedRequestedURI, stack } from "@pirouette/http/layers";
 *
 * const follow = stack(fetch, redirect({ maxCount: 3 }));
 * const response = await follow("https://albums.example/latest");
 * console.log(resolvedRequestedURI(response)); // where the latest album is
 * ```
 */
export function resolvedRequestedURI(response: Response): string {
  const kept = resolved.get(response);
  // What a layer outside built anew from a redirected response still tells its address.
  if (kept === undefined) return response.redirected ? response.url : "";
  return URL.parse(kept)?.href ?? kept;
}

/** Keeps the address of a response to the first request of a call. */
export function keepRequestedURI(response: Response, uri: string): Response {
  resolved.set(response, uri);
  return response;
}

/** Has a copy of a response tell the same address. */
export function keepURIOf(response: Response, copy: Response): void {
  const kept = resolved.get(response);
  if (kept !== undefined) resolved.set(copy, kept);
}

/**
 * Keeps the address of a response to a later request, and has the response say so as one does whose
 * redirects the platform followed.
 */
export function keepRedirectedURI(response: Response, to: URL): Response {
  const end = to.href.indexOf("#");
  const url = end === -1 ? to.href : to.href.slice(0, end);
  if (response.url === "") define(response, "url", url);
  define(response, "redirected", true);
  return keepRequestedURI(response, to.href);
}

/** Configurable, so that another redirect layer outside can say it again. */
function define(response: Response, name: "url" | "redirected", value: unknown): void {
  Object.defineProperty(response, name, { value, configurable: true });
}
