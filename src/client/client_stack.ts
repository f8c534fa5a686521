/**
 * The layers of a client in their one order, outermost first: default header fields, the program's
 * own, timeout, redirects, cookies, what compression is asked for, limits, decompression.
 *
 * @module
 */
import { acceptEncoding } from "../layers/accept_encoding.ts";
import type { CookieStore } from "../layers/cookie_store.ts";
import { cookies } from "../layers/cookies.ts";
import { decompress } from "../layers/decompress.ts";
import { defaultHeaders } from "../layers/default_headers.ts";
import { redirect, type RedirectOptions } from "../layers/redirect.ts";
import { responseLimits } from "../layers/response_limits.ts";
import { timeout, type TimeoutOptions } from "../layers/timeout.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import type { ClientConfiguration } from "./client_config.ts";

/**
 * How long nothing may come where a configuration does not say. A body that the program reads itself may
 * be a stream of events, which says nothing for as long as it likes.
 */
const defaultTimeout: TimeoutOptions = { headers: 30_000, boundBodyIdle: 30_000 };

/**
 * The layers that a configuration asks for.
 *
 * @param origin whose calls get the default header fields
 * @param store where cookies are kept, if they are
 */
export function clientLayers(
  config: ClientConfiguration,
  origin: string,
  store: CookieStore | undefined,
): readonly Layer[] {
  const { headers, followRedirects = false, compression = "AUTO" } = config;
  const layers: Layer[] = [];
  if (headers !== undefined) layers.push(defaultHeaders(headers, { origins: [origin] }));
  layers.push(...config.layers ?? []);
  const limit = config.timeout ?? defaultTimeout;
  if (limit !== false) layers.push(timeout(limit));
  layers.push(redirects(followRedirects));
  if (store !== undefined) layers.push(cookies({ store }));
  if (compression !== "AUTO") layers.push(acceptEncoding(compression));
  if (config.responseLimits !== undefined) layers.push(responseLimits(config.responseLimits));
  layers.push(decompress({ ...config.decompression, codings: [] }));
  return layers;
}

function redirects(followed: boolean | RedirectOptions): Layer {
  if (followed === false) return unfollowed;
  return redirect(followed === true ? {} : followed);
}

/** The platform would follow redirects of its own accord; what an init says of them stands. */
function unfollowed(next: Fetch): Fetch {
  return (input, init) => {
    if (init === undefined) return next(input, { redirect: "manual" });
    if (init.redirect !== undefined) return next(input, init);
    return next(input, { ...init, redirect: "manual" });
  };
}
