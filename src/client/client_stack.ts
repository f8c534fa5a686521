/**
 * The layers of a client in their one order, outermost first: default header fields, the program's own,
 * what is done about failures, the timeout of an attempt, redirects, cookies, what compression is asked
 * for, limits, decompression.
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
import type { CircuitBreaker } from "../layers/circuit_breaker_object.ts";
import type { BaseURL } from "./base_url.ts";
import type { ClientConfiguration } from "./client_config.ts";
import { resilienceLayers } from "./client_resilience.ts";

/**
 * How long nothing may come where a configuration does not say. A body that the program reads itself may
 * be a stream of events, which says nothing for as long as it likes.
 */
const defaultTimeout: TimeoutOptions = { headers: 30_000, boundBodyIdle: 30_000 };

/** What the layers of a client have in common. */
export interface ClientState {
  /** The address that calls are relative to. */
  readonly base: BaseURL;
  /** Where cookies are kept, if they are. */
  readonly store: CookieStore | undefined;
  /** The circuits, if there are any. */
  readonly breaker: CircuitBreaker | undefined;
}

/** The layers that a configuration asks for; the default header fields go to the base URL's origin. */
export function clientLayers(config: ClientConfiguration, state: ClientState): readonly Layer[] {
  const { headers, followRedirects = false, compression = "AUTO" } = config;
  const { base, store, breaker } = state;
  const layers: Layer[] = [];
  if (headers !== undefined) layers.push(defaultHeaders(headers, { origins: [base.origin] }));
  const limits = timeouts(config);
  layers.push(...limits.bound, ...config.layers ?? []);
  const { total } = limits;
  const attempt = attemptLimit(config);
  layers.push(...resilienceLayers(config, { base: base.href, total, attempt, breaker }));
  layers.push(...limits.attempt, redirects(followRedirects));
  if (store !== undefined) layers.push(cookies({ store }));
  if (compression !== "AUTO") layers.push(acceptEncoding(compression));
  if (config.responseLimits !== undefined) layers.push(responseLimits(config.responseLimits));
  layers.push(decompress({ ...config.decompression, codings: [] }));
  return layers;
}

/** The limits of a configuration, by their places. */
interface Timeouts {
  /** That of bodies that are bound: responses keep it, and a layer may build them anew. */
  readonly bound: readonly Layer[];
  /** The whole call's, for the layer above retries. */
  readonly total: Pick<TimeoutOptions, "total" | "clock">;
  /** Each attempt's. */
  readonly attempt: readonly Layer[];
}

function timeouts({ timeout: given = defaultTimeout, layers = [] }: ClientConfiguration): Timeouts {
  if (given === false) return { bound: [], total: {}, attempt: [] };
  if (typeof given === "number") return { bound: [], total: {}, attempt: [timeout(given)] };
  // Checked as a whole: each part could be right by itself.
  const checked = timeout(given);
  const { boundBodyIdle, total, ...rest } = ownOptions(given);
  const clock = rest.clock === undefined ? {} : { clock: rest.clock };
  const hasLayers = layers.length > 0;
  if (total === undefined && (boundBodyIdle === undefined || !hasLayers)) {
    return { bound: [], total: {}, attempt: [checked] };
  }
  const bound = boundBodyIdle === undefined ? [] : [timeout({ boundBodyIdle, ...clock })];
  const hasRest = Object.keys(rest).some((name) => name !== "clock");
  return {
    bound,
    total: total === undefined ? {} : { total, ...clock },
    attempt: hasRest ? [timeout(rest)] : [],
  };
}

/** How long one attempt may take, where the program says it. */
function attemptLimit({ timeout: given }: ClientConfiguration): number | undefined {
  if (typeof given === "number") return given;
  return given === undefined || given === false ? undefined : given.attempt ?? given.headers;
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
