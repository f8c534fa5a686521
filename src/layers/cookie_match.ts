/**
 * Which requests a cookie is for: the matching of domains and paths (RFC 6265bis section 5.1).
 *
 * @module
 */
import { parseIpAddress } from "../message/ip_address.ts";

/** Where a cookie comes from or goes to. */
export interface CookieTarget {
  /** The host, in lower case and ASCII, without its port. */
  readonly host: string;
  /** The path, which begins with `/`. */
  readonly path: string;
  /** Whether the connection is secure. */
  readonly isSecure: boolean;
}

/**
 * The target of a URL, with a path below that of the URL if one is given; a query is dropped.
 *
 * @throws {TypeError} when the URL is no absolute one.
 */
export function targetOf(url: string | URL, path = ""): CookieTarget {
  const { hostname, pathname, protocol } = typeof url === "string" ? new URL(url) : url;
  const isSecure = protocol === "https:" || protocol === "wss:";
  return { host: hostname, path: joinPaths(pathname, path), isSecure };
}

/** Whether a host is a domain or below it; an address is below none (section 5.1.3). */
export function domainMatches(host: string, domain: string): boolean {
  if (host === domain) return true;
  return host.endsWith(domain) && host[host.length - domain.length - 1] === "." &&
    domain !== "" && !isAddress(host);
}

/** Whether a path is that of a cookie or below it (section 5.1.4). */
export function pathMatches(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith("/") ||
    path[cookiePath.length] === "/";
}

/** The path of a cookie that names none: the directory of the request's (section 5.1.4). */
export function defaultPath(path: string): string {
  const last = path.lastIndexOf("/");
  return last <= 0 ? "/" : path.slice(0, last);
}

/** A domain as a URL would have its host; as it is where it is no host. */
export function canonicalDomain(domain: string): string {
  if (/^[a-z0-9._-]*$/.test(domain)) return domain;
  if (/[\s/?#@:\\[\]%]/.test(domain)) return domain;
  return URL.parse(`http://${domain}/`)?.hostname ?? domain;
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || parseIpAddress(host) !== undefined;
}

function joinPaths(base: string, path: string): string {
  const query = path.indexOf("?");
  const below = query === -1 ? path : path.slice(0, query);
  if (below === "") return base;
  return (base.endsWith("/") ? base.slice(0, -1) : base) + (below[0] === "/" ? "" : "/") + below;
}
