/**
 * Which stored cookies go with a request, and in what order (RFC 6265bis section 5.8).
 *
 * @module
 */
import type { Cookie } from "../message/cookie.ts";
import { type CookieTarget, domainMatches, pathMatches, targetOf } from "./cookie_match.ts";
import type { StoredCookie } from "./cookie_shelf.ts";
import { type PublicSuffixes, siteOf } from "./cookie_suffixes.ts";

/** Whether a cookie goes to a target, whatever site the request is made for. */
export function goesTo({ cookie, domain, path }: StoredCookie, target: CookieTarget): boolean {
  if (cookie.secure && !target.isSecure) return false;
  if (cookie.hostOnly ? domain !== target.host : !domainMatches(target.host, domain)) return false;
  return pathMatches(target.path, path);
}

/** Those that a request for a page of a site may have; all but partitioned ones if it is the own. */
export function ofContext(
  found: StoredCookie[],
  target: CookieTarget,
  site: string | URL | undefined,
  suffixes: PublicSuffixes | undefined,
): StoredCookie[] {
  const isCrossSite = isOtherSite(target, site, suffixes);
  return found.filter(({ cookie, partition }) =>
    (!isCrossSite || cookie.sameSite === "none") &&
    partition === partitionOf(cookie, target, site, suffixes)
  );
}

/** Whether the page of a request is of another site than its target; schemes count. */
export function isOtherSite(
  target: CookieTarget,
  site: string | URL | undefined,
  suffixes: PublicSuffixes | undefined,
): boolean {
  if (site === undefined) return false;
  return keyOfSite(targetOf(site), suffixes) !== keyOfSite(target, suffixes);
}

/** The site whose own a cookie is; empty for one that is not partitioned. */
export function partitionOf(
  { partitioned }: Cookie,
  target: CookieTarget,
  site: string | URL | undefined,
  suffixes: PublicSuffixes | undefined,
): string {
  return partitioned ? keyOfSite(site === undefined ? target : targetOf(site), suffixes) : "";
}

/**
 * Longer paths first, then what was made first. Of those made in the same millisecond the ones of
 * the session come before the persistent ones, as the original library has it.
 */
export function sendOrder(one: StoredCookie, other: StoredCookie): number {
  return other.path.length - one.path.length || one.created - other.created ||
    Number(one.cookie.isPersistent()) - Number(other.cookie.isPersistent()) ||
    one.order - other.order;
}

function keyOfSite({ host, isSecure }: CookieTarget, suffixes: PublicSuffixes | undefined): string {
  return `${isSecure ? "s" : "p"}:${suffixes === undefined ? host : siteOf(host, suffixes)}`;
}
