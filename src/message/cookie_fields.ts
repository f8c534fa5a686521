/**
 * Puts cookies into header fields: `Set-Cookie` of a response, `Cookie` of a request (RFC 6265bis
 * sections 4.1 and 4.2).
 *
 * @module
 */
import type { Cookie } from "./cookie.ts";
import type { CookiePair } from "./cookie_parse.ts";

/**
 * Adds a `Set-Cookie` field to a response's header fields.
 *
 * @throws {InvalidCookieError} when the cookie may not be sent.
 *
 * @example
 * ```ts
 * import { Cookie, setCookie } from "@pirouette/http";
 *
 * const response = new Response("Hello");
 * setCookie(response.headers, new Cookie("theme", "dark", { path: "/", maxAge: 3600 }));
 * ```
 */
export function setCookie(headers: Headers, cookie: Cookie): void {
  headers.append("set-cookie", cookie.toStringValue());
}

/**
 * Adds a `Set-Cookie` field that makes the client drop a cookie; name, domain and path have to be
 * those it was set with.
 *
 * @throws {InvalidCookieError} when the cookie may not be sent.
 *
 * @example
 * ```ts
 * import { Cookie, removeCookie } from "@pirouette/http";
 *
 * const response = new Response("Goodbye");
 * removeCookie(response.headers, new Cookie("theme", "dark", { path: "/" }));
 * ```
 */
export function removeCookie(headers: Headers, cookie: Cookie): void {
  headers.append("set-cookie", cookie.removal().toStringValue());
}

/** Writes cookies as the value of a `Cookie` field, in the order given. */
export function formatCookies(cookies: Iterable<CookiePair>): string {
  let text = "";
  for (const { name, value } of cookies) text += `${text === "" ? "" : "; "}${name}=${value}`;
  return text;
}
