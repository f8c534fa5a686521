/**
 * Cookies for a client: keeps what responses set in a {@linkcode CookieStore}, and sends what belongs
 * to each request (RFC 6265bis sections 5.7 and 5.8; spec section 2.4.1.6).
 *
 * It belongs below a layer that follows redirects, so that each hop gets its own cookies. Where the
 * fetch below it follows redirects itself, those between are not seen.
 *
 * @module
 */
import type { Cookie } from "../message/cookie.ts";
import { formatCookies } from "../message/cookie_fields.ts";
import { parseCookies, parseSetCookie } from "../message/cookie_parse.ts";
import { asRequest, type Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { CookieStore } from "./cookie_store.ts";

/** Options of {@linkcode cookies}. */
export interface CookiesOptions {
  /** Where cookies are kept; clients can share one. @default a store of its own */
  readonly store?: CookieStore;
  /**
   * The URL of the page that a request is made for, so that `SameSite` and `Partitioned` can be
   * told; a client that is no browser has none.
   *
   * @default every request is made for its own site
   */
  readonly site?: (request: Request) => string | URL | undefined;
  /**
   * Is told when the store fails, as when a file cannot be written; the exchange goes on without it.
   *
   * @default console.error
   */
  readonly onError?: (error: unknown, request: Request) => void;
}

const knownOptions: Readonly<Record<keyof CookiesOptions, true>> = {
  store: true,
  site: true,
  onError: true,
};

/**
 * Sends and keeps cookies. A cookie that the request names itself is sent as it is, in place of a
 * stored one of the same name.
 *
 * @throws {TypeError} when an option is unknown.
 *
 * @example
 * ```ts
 * import { stack } from "@pirouette/http";
 * import { cookies, CookieStore } from "@pirouette/http/layers";
 *
 * const store = new CookieStore({ maxCookiesPerDomain: 20 });
 * const browse = stack(fetch, cookies({ store }));
 * ```
 */
export function cookies(options: CookiesOptions = {}): Layer {
  checkOptions("cookies", options, knownOptions);
  const own = ownOptions(options);
  const { store = new CookieStore(), site, onError = logError } = own;
  return (next) => async (input, init) => {
    const given = asRequest(input, init);
    const context = { site: site?.(given) };
    const attempt = async <Result>(action: () => Promise<Result>): Promise<Result | undefined> => {
      try {
        return await action();
      } catch (error) {
        onError(error, given);
        return undefined;
      }
    };
    const sent = await attempt(() => store.getCookies(given.url, "", context)) ?? [];
    const request = withCookies(given, sent, given !== input);
    const response = await next(request);
    const fields = response.headers.getSetCookie();
    if (fields.length === 0) return response;
    const received = fields.map((field) => parseSetCookie(field)).filter((one) =>
      one !== undefined
    );
    // A fetch that followed a redirect tells the address that really answered.
    const url = response.url === "" ? request.url : response.url;
    await attempt(() => store.addCookies(received, url, "", context));
    return response;
  };
}

/** The request with stored cookies; itself only where it is nobody else's, or nothing is added. */
function withCookies(request: Request, stored: readonly Cookie[], isOwn: boolean): Request {
  if (stored.length === 0) return request;
  const given = request.headers.get("cookie");
  let field: string;
  if (given === null) field = formatCookies(stored);
  else {
    const named = new Set(parseCookies(given).map(({ name }) => name));
    const added = formatCookies(stored.filter(({ name }) => !named.has(name)));
    if (added === "") return request;
    field = given.trim() === "" ? added : `${given}; ${added}`;
  }
  const copy = isOwn ? request : new Request(request);
  copy.headers.set("cookie", field);
  return copy;
}

function logError(error: unknown): void {
  console.error(error);
}
