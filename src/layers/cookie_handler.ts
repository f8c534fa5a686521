/**
 * Where cookies are kept that outlive the program: the interface of a file or database of them (spec
 * section 2.4.1.6).
 *
 * @module
 */
import type { Cookie } from "../message/cookie.ts";

/**
 * Keeps persistent cookies; a {@linkcode CookieStore} reads it once and tells it of every change, one
 * at a time. A method may throw: the store reports it as a `CookieHandlingError`.
 */
export interface PersistentCookieHandler {
  /** Keeps a cookie, in place of one with the same name, domain, path and `hostOnly`. */
  storeCookie(cookie: Cookie): void | Promise<void>;
  /** All cookies that are kept. */
  getAllCookies(): readonly Cookie[] | Promise<readonly Cookie[]>;
  /** Drops the cookies of a name, domain and path; does nothing if there are none. */
  removeCookie(name: string, domain: string, path: string): void | Promise<void>;
  /** Drops all cookies. */
  removeAllCookies(): void | Promise<void>;
}
