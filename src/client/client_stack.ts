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
import { ownOptions } from "../message/options.ts";
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
  const { layers: own = [], timeout: limit = defaultTimeout } = config;
  if (limit !== false) layers.push(...timed(limit, own));
  else layers.push(...own);
  layers.push(redirects(followRedirects));
  if (store !== undefined) layers.push(cookies({ store }));
  if (compression !== "AUTO") layers.push(acceptEncoding(compression));
  if (config.responseLimits !== undefined) layers.push(responseLimits(config.responseLimits));
  layers.push(decompress({ ...config.decompression, codings: [] }));
  return layers;
}

/**
 * The program's layers and below them the timeout. That of bodies that are bound is kept by the response,
 * which a layer may build anew: it is put around them.
 */
function timed(limit: number | TimeoutOptions, own: readonly Layer[]): readonly Layer[] {
  const whole = timeout(limit);
  if (own.length === 0 || typeof limit === "number") return [...own, whole];
  const { boundBodyIdle, ...rest } = ownOptions(limit);
  if (boundBodyIdle === undefined) return [...own, whole];
  const { clock } = rest;
  const bound = timeout({ boundBodyIdle, ...clock === undefined ? {} : { clock } });
  return rest.headers === undefined ? [bound, ...own] : [bound, ...own, timeout(rest)];
}

function redirects(followed: boolean | RedirectOptions): Layer {
  if (followed === false) return unfollowed;
  return redirect(followed === true ? {} : followed);
}

/**
 * The platform would follow redirects of its own accord, and take along to other origins what only this
 * one may see. What a call says of them stands, and where it wants them followed that is done here.
 */
function unfollowed(next: Fetch): Fetch {
  const follow = redirect({ maxCount: 20 })(next);
  return (input, init) => {
    const asked = init?.redirect;
    if (asked === "follow") return follow(input, init);
    // A request that says nothing says "follow".
    const isLeft = asked !== undefined || (input instanceof Request && input.redirect !== "follow");
    return next(input, isLeft ? init : { ...init, redirect: "manual" });
  };
}
