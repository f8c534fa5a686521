/**
 * The cookies of a client, however they are configured: switched on, with options, or in a store that
 * is there already (spec section 2.4.1.6).
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";
import { CookieStore, type CookieStoreOptions } from "./cookie_store.ts";

/** How a client keeps cookies: the options of its {@linkcode CookieStore}, and whether there is one. */
export interface CookieConfig extends CookieStoreOptions {
  /** Whether cookies are kept and sent. @default true */
  readonly enabled?: boolean;
}

const knownOptions: Readonly<Record<keyof CookieConfig, true>> = {
  enabled: true,
  maxCookiesPerDomain: true,
  maxTotalCookieCount: true,
  blockThirdPartyCookies: true,
  persistentCookieHandler: true,
  publicSuffixes: true,
  now: true,
};

/**
 * The store that a configuration asks for: the one it is, or a new one; `undefined` where it says that
 * there are to be no cookies.
 *
 * @throws {TypeError} when it is none of these, or an option is unknown.
 * @throws {RangeError} when a limit is no whole number above zero.
 *
 * @example
 * ```ts
 * import { cookies, cookieStoreOf } from "@pirouette/http/layers";
 *
 * const store = cookieStoreOf({ maxCookiesPerDomain: 20 });
 * const browse = store === undefined ? fetch : cookies({ store })(fetch);
 * ```
 */
export function cookieStoreOf(config: true | CookieStore): CookieStore;
/** The store, or `undefined` where the configuration says that there are to be no cookies. */
export function cookieStoreOf(
  config: boolean | CookieStore | CookieConfig | undefined,
): CookieStore | undefined;
export function cookieStoreOf(
  config: boolean | CookieStore | CookieConfig | undefined,
): CookieStore | undefined {
  if (config === undefined || config === false) return undefined;
  if (config === true) return new CookieStore();
  if (config instanceof CookieStore) return config;
  if (typeof config !== "object" || config === null) {
    throw new TypeError(
      `Cannot keep cookies by a ${typeof config}: give true, a CookieStore or its options`,
    );
  }
  checkOptions("cookies", config, knownOptions);
  const { enabled = true, ...options } = ownOptions(config);
  if (typeof enabled !== "boolean") {
    throw new TypeError(`Cannot tell whether cookies are kept: set enabled to true or false`);
  }
  // Made even where it is not used, so that what is wrong with its options is said in any case.
  const store = new CookieStore(options);
  return enabled ? store : undefined;
}
