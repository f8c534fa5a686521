/**
 * Cookies for a client: keeps what responses set in a {@linkcode CookieStore}, and sends what belongs
 * to each request (RFC 6265bis sections 5.7 and 5.8; spec section 2.4.1.6).
 *
 * It belongs below a layer that follows redirects, so that each hop gets its own cookies. Where the
 * fetch below it follows redirects itself, those between are not seen.
 *
 * @module
 */
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import type { Cookie } from "../message/cookie.ts";
import { formatCookies } from "../message/cookie_fields.ts";
import { parseCookies, parseSetCookie } from "../message/cookie_parse.ts";
import { asRequest, type Fetch, type Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { type CookieContext, CookieStore } from "./cookie_store.ts";

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
   * A request that was not built yet is told without its body.
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
    if (site === undefined) return await exchange(next, input, init, {});
    const request = asRequest(input, init);
    return await exchange(next, request, undefined, { site: site(request) });
  };

  async function exchange(
    next: Fetch,
    input: Request | URL | string,
    init: RequestInit | undefined,
    context: CookieContext,
  ): Promise<Response> {
    // A relative address is known to a layer below at most, or to nobody.
    const target = URL.parse(input instanceof Request ? input.url : input);
    const sent = target === null
      ? []
      : await attempt(() => store.getCookies(target, "", context), input, init) ?? [];
    const response = await withCookies(next, sent, input, init);
    const fields = response.headers.getSetCookie();
    if (fields.length === 0) return response;
    const received = fields.map((field) => parseSetCookie(field)).filter((one) =>
      one !== undefined
    );
    // A fetch that followed a redirect tells the address that really answered.
    const url = response.url === "" ? target : response.url;
    if (url === null) return response;
    await attempt(() => store.addCookies(received, url, "", context), input, init);
    return response;
  }

  async function attempt<Result>(
    action: () => Promise<Result>,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      // The body is the exchange's, which goes on.
      const told = input instanceof Request ? input : new Request(input, { ...init, body: null });
      onError(error, told);
      return undefined;
    }
  }
}

/** Passes the call on with stored cookies; as it is, where none is added. */
function withCookies(
  next: Fetch,
  stored: readonly Cookie[],
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  if (stored.length === 0) return next(input, init);
  const headers = callHeaders(input, init);
  const given = headers.get("cookie") ?? "";
  const named = new Set(parseCookies(given).map(({ name }) => name));
  const added = formatCookies(stored.filter(({ name }) => !named.has(name)));
  if (added === "") return next(input, init);
  headers.set("cookie", given.trim() === "" ? added : `${given}; ${added}`);
  return withHeaders(next, headers, input, init);
}

function logError(error: unknown): void {
  console.error(error);
}
