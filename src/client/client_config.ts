/**
 * The configuration of a client (spec 2.4.1).
 *
 * @module
 */
import type { CompressionMode } from "../layers/compress_config.ts";
import type { CookieConfig } from "../layers/cookie_config.ts";
import type { CookieStore } from "../layers/cookie_store.ts";
import type { DecompressOptions } from "../layers/decompress.ts";
import type { DefaultHeaderFields } from "../layers/default_headers.ts";
import type { RedirectOptions } from "../layers/redirect.ts";
import type { ResponseLimitsOptions } from "../layers/response_limits.ts";
import type { TimeoutOptions } from "../layers/timeout.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import type { ForwardedMode, ForwardedOptions } from "../message/forwarded_build.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { type ResilienceConfiguration, resilienceOptions } from "./client_resilience.ts";
import type { QueryListStyle } from "./query.ts";
import type { Transport } from "./transport.ts";
import type { TransportOptions } from "./transport_options.ts";

/** How a client sends requests and reads responses. */
export interface ClientConfiguration extends ResilienceConfiguration {
  /**
   * The innermost fetch, which everything else is put around: a service's, another client's, a stub.
   * Not beside `transport`.
   *
   * @default the platform's
   */
  readonly fetch?: Fetch;
  /**
   * How connections are made. Options make a transport of the client's own, which `close()` frees; one
   * that is there already is shared, and left open.
   *
   * @default the platform's
   */
  readonly transport?: TransportOptions | Transport;
  /**
   * Header fields of every call to the base URL's origin that does not set them itself. Other origins
   * never see them.
   *
   * @default none
   */
  readonly headers?: DefaultHeaderFields;
  /**
   * Origins besides that of the base URL which calls may name by absolute URLs; `["*"]` for all.
   *
   * @default []
   */
  readonly origins?: readonly string[];
  /**
   * How the values of a list are sent as query parameters: `a=1,2`, or `a=1&a=2`.
   *
   * @default "comma"
   */
  readonly queryLists?: QueryListStyle;
  /**
   * How long a call may take, in ms: a number is how long nothing may come, of the head or of any body.
   * `false` for any time.
   *
   * @default 30000 for the head, and for bodies that the client binds
   */
  readonly timeout?: number | false | TimeoutOptions;
  /**
   * Whether redirects are followed, and how. Where they are not, a call of `client.fetch` that says
   * `redirect: "follow"` has up to 20 followed all the same, by the same rules.
   *
   * @default false
   */
  readonly followRedirects?: boolean | RedirectOptions;
  /**
   * Whether cookies are kept and sent, and where.
   *
   * @default false
   */
  readonly cookies?: boolean | CookieStore | CookieConfig;
  /**
   * What `forward` tells the service of who sent the request.
   *
   * @default "disable"
   */
  readonly forwarded?: ForwardedMode | ForwardedOptions;
  /**
   * Whether compressed responses are asked for: as the platform does, always, or never.
   *
   * @default "AUTO"
   */
  readonly compression?: CompressionMode;
  /**
   * What compressed responses may become, and what undoes them.
   *
   * @default at most 100 MiB, and 200 times what was sent
   */
  readonly decompression?: Omit<DecompressOptions, "codings">;
  /**
   * How large responses may be. A body that is bound has a limit of its own where `maxEntityBodySize`
   * is not set: 67108864 bytes.
   *
   * @default what the platform allows
   */
  readonly responseLimits?: ResponseLimitsOptions;
  /**
   * Layers around everything but the default header fields, the first one outermost: they see each
   * call once, with its whole URL.
   *
   * @default []
   */
  readonly layers?: readonly Layer[];
  /**
   * Whether bound values that break a constraint of their schema, but not its type, are refused.
   *
   * @default true
   */
  readonly validation?: boolean;
  /**
   * Whether a null may stand for an absent field of a bound value, and an absent field for a null.
   *
   * @default false
   */
  readonly laxDataBinding?: boolean;
}

const known: Readonly<Record<keyof ClientConfiguration, true>> = {
  ...resilienceOptions,
  fetch: true,
  transport: true,
  headers: true,
  origins: true,
  queryLists: true,
  timeout: true,
  followRedirects: true,
  cookies: true,
  forwarded: true,
  compression: true,
  decompression: true,
  responseLimits: true,
  layers: true,
  validation: true,
  laxDataBinding: true,
};

/**
 * The configuration as a client uses it: its own properties only.
 *
 * @throws {TypeError} when it has an option that there is not, one of the wrong type, or two that
 * exclude each other.
 */
export function clientConfig(given: ClientConfiguration): ClientConfiguration {
  checkOptions("Client", given, known);
  const config = ownOptions(given);
  const { queryLists, fetch, transport } = config;
  if (queryLists !== undefined && queryLists !== "comma" && queryLists !== "repeat") {
    throw new TypeError(`Client needs "comma" or "repeat" for queryLists`);
  }
  if (fetch !== undefined && transport !== undefined) {
    throw new TypeError("Client sends by fetch or by transport: leave out one of them");
  }
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new TypeError("Client needs a function for fetch, as service.fetch");
  }
  checkTypes(config);
  return config;
}

/** What would do nothing, or something else, without a word. */
function checkTypes(config: ClientConfiguration): void {
  const { decompression, followRedirects } = config;
  for (const name of ["validation", "laxDataBinding"] as const) {
    if (config[name] === undefined || typeof config[name] === "boolean") continue;
    throw new TypeError(`Client needs true or false for ${name}`);
  }
  for (const [name, member] of [["layers", "timeout(500)"], ["origins", '"https://h"']] as const) {
    if (config[name] === undefined || Array.isArray(config[name])) continue;
    throw new TypeError(`Client needs a list for ${name}, as [${member}]`);
  }
  const isKnown = ["undefined", "boolean", "object"].includes(typeof followRedirects);
  if (!isKnown || followRedirects === null) {
    throw new TypeError("Client needs true, false or options for followRedirects");
  }
  if (decompression && Object.hasOwn(decompression, "codings")) {
    throw new TypeError("Client has no codings in decompression: ask for them by compression");
  }
}
