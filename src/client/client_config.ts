/**
 * The configuration of a client (spec 2.4.1).
 *
 * @module
 */
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { DefaultHeaderFields } from "../layers/default_headers.ts";
import type { RedirectOptions } from "../layers/redirect.ts";
import type { QueryListStyle } from "./query.ts";

/** How a client sends requests and reads responses. */
export interface ClientConfiguration {
  /**
   * The innermost fetch, which everything else is put around: a service's, another client's, a stub.
   *
   * @default the platform's
   */
  readonly fetch?: Fetch;
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
   * Whether redirects are followed, and how.
   *
   * @default false
   */
  readonly followRedirects?: boolean | RedirectOptions;
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
  fetch: true,
  headers: true,
  origins: true,
  queryLists: true,
  followRedirects: true,
  layers: true,
  validation: true,
  laxDataBinding: true,
};

/**
 * The configuration as a client uses it: its own properties only.
 *
 * @throws {TypeError} when it has an option that there is not, or one of the wrong type.
 */
export function clientConfig(given: ClientConfiguration): ClientConfiguration {
  checkOptions("Client", given, known);
  const config = ownOptions(given);
  const { queryLists } = config;
  if (queryLists !== undefined && queryLists !== "comma" && queryLists !== "repeat") {
    throw new TypeError(`Client needs "comma" or "repeat" for queryLists`);
  }
  return config;
}
