/**
 * Whether a store takes a cookie that a server sent, and as what (RFC 6265bis section 5.7).
 *
 * @module
 */
import { CookieHandlingError } from "../message/client_errors.ts";
import { Cookie } from "../message/cookie.ts";
import {
  hasControl,
  keepsPrefix,
  MAX_ATTRIBUTE_SIZE,
  MAX_COOKIE_SIZE,
  octets,
} from "../message/cookie_check.ts";
import {
  canonicalDomain,
  type CookieTarget,
  defaultPath,
  domainMatches,
  pathMatches,
} from "./cookie_match.ts";
import type { PublicSuffixes } from "./cookie_suffixes.ts";

/** What a cookie is judged by. */
export interface Admission {
  /** The response's URL. */
  readonly target: CookieTarget;
  /** Whether the request was made for a page of another site. */
  readonly isCrossSite: boolean;
  /** Whether a cookie for a domain that the host is not in is refused. */
  readonly blockThirdPartyCookies: boolean;
  /** The public suffixes; needed for a cookie with a domain only. */
  readonly suffixes: PublicSuffixes | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

/** A cookie as it is stored. */
export interface Admitted {
  /** The cookie, with domain and path. */
  readonly cookie: Cookie;
  /** When it expires, in milliseconds since 1970; infinity at the end of the session. */
  readonly expiry: number;
}

/** No cookie lives longer than 400 days (RFC 6265bis section 5.5), in milliseconds. */
const LONGEST_LIFE = 400 * 24 * 3_600_000;

/**
 * The cookie as it is to be stored, which may be one that has expired and only removes another;
 * `undefined` when it is refused.
 */
export function admit(cookie: Cookie, admission: Admission): Admitted | undefined {
  if (!isAllowed(cookie, admission)) return undefined;
  const { target, now } = admission;
  const domain = scopeOf(cookie, admission);
  if (domain === undefined) return undefined;
  const hostOnly = domain === "";
  if (!keepsPrefix({ ...cookie, domain: hostOnly ? undefined : domain })) return undefined;
  const options = {
    ...cookie.attributes(),
    domain: hostOnly ? target.host : domain,
    path: cookie.path?.startsWith("/") === true ? cookie.path : defaultPath(target.path),
    hostOnly,
    createdTime: now,
    lastAccessedTime: now,
  };
  return { cookie: new Cookie(cookie.name, cookie.value, options), expiry: expiryOf(cookie, now) };
}

/** When a cookie that was set at a time expires, in milliseconds since 1970. */
export function expiryOf({ maxAge, expires }: Cookie, set: number): number {
  const longest = set + LONGEST_LIFE;
  if (maxAge !== undefined) return maxAge > 0 ? Math.min(set + maxAge * 1000, longest) : -Infinity;
  const time = expires?.getTime() ?? NaN;
  // A date that is none counts as no date at all.
  return Number.isNaN(time) ? Infinity : Math.min(time, longest);
}

/**
 * Checks that a cookie would not break a `Cookie` field.
 *
 * @throws {CookieHandlingError} when it would.
 */
export function checkStorable(cookie: Cookie): void {
  if (isStorable(cookie)) return;
  throw new CookieHandlingError(
    `Cannot store cookie ${JSON.stringify(cookie.name.slice(0, 40))}: give it a name, at most ` +
      `${MAX_COOKIE_SIZE} octets, and no control characters, semicolons or those beyond Latin-1`,
  );
}

/** Whether a cookie can be put into a `Cookie` field. */
export function isStorable({ name, value, domain = "", path = "" }: Cookie): boolean {
  return name !== "" && !/[=;]/.test(name) && !value.includes(";") && !path.includes(";") &&
    !hasControl(name + value + domain + path) && isByteString(name + value) &&
    octets(name) + octets(value) <= MAX_COOKIE_SIZE && octets(path) <= MAX_ATTRIBUTE_SIZE &&
    octets(domain) <= MAX_ATTRIBUTE_SIZE;
}

/**
 * Whether a plain cookie would shadow a secure one ("leave secure cookies alone").
 *
 * @param near are those whose domain is the cookie's, above it or below it.
 */
export function shadowsSecure(cookie: Cookie, near: Iterable<Cookie>): boolean {
  const { name, path = "/" } = cookie;
  for (const other of near) {
    if (!other.secure || other.name !== name) continue;
    if (pathMatches(path, other.path ?? "/")) return true;
  }
  return false;
}

/** Whether a header can hold a text, as each of its characters is one octet there. */
function isByteString(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false;
  return true;
}

function isAllowed(cookie: Cookie, { target, isCrossSite }: Admission): boolean {
  const { secure, sameSite, partitioned } = cookie;
  if (secure && !target.isSecure) return false;
  if ((partitioned || sameSite === "none") && !secure) return false;
  return !isCrossSite || sameSite === "none";
}

/** The domain of a cookie, `""` for the host alone; `undefined` when it may not have it. */
function scopeOf(cookie: Cookie, admission: Admission): string | undefined {
  if (cookie.domain === undefined || cookie.domain === "") return "";
  const { target, suffixes, blockThirdPartyCookies } = admission;
  const domain = canonicalDomain(cookie.domain);
  // One that a store gave and that is put back: it is the host's alone, whatever domain it shows.
  if (cookie.hostOnly) return domain === target.host ? "" : undefined;
  // The name of a suffix with the root's dot behind it is no less that of a suffix.
  const name = domain.endsWith(".") ? domain.slice(0, -1) : domain;
  if (suffixes?.isPublicSuffix(name) !== false) return domain === target.host ? "" : undefined;
  if (domainMatches(target.host, domain)) return domain;
  return blockThirdPartyCookies ? undefined : domain;
}
