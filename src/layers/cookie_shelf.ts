/**
 * The cookies of a store in memory, by their domains, and which of them go when there are too many
 * (RFC 6265bis section 5.7, its last steps).
 *
 * @module
 */
import { Cookie } from "../message/cookie.ts";
import { domainMatches } from "./cookie_match.ts";

/** A cookie that is stored: its domain and path are known, as is when it expires. */
export interface StoredCookie {
  /** The cookie, with its domain and path. */
  readonly cookie: Cookie;
  /** Its domain. */
  readonly domain: string;
  /** Its path. */
  readonly path: string;
  /** When it expires, in milliseconds since 1970; infinity at the end of the session. */
  readonly expiry: number;
  /** The site whose own it is; empty for a cookie that is not partitioned. */
  readonly partition: string;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
  /** Its place among those made in the same millisecond. */
  readonly order: number;
  /** When it was last sent or set, in milliseconds since 1970. */
  lastAccess: number;
}

/** The limits of a shelf. */
export interface ShelfLimits {
  /** The most cookies of one domain. */
  readonly maxCookiesPerDomain: number;
  /** The most cookies altogether. */
  readonly maxTotalCookieCount: number;
}

/** Cookies by their domains. */
export class CookieShelf {
  readonly #domains = new Map<string, Map<string, StoredCookie>>();
  readonly #limits: ShelfLimits;
  #size = 0;
  #order = 0;

  /** Makes an empty shelf. */
  constructor(limits: ShelfLimits) {
    this.#limits = limits;
  }

  /** All cookies. */
  *all(): Iterable<StoredCookie> {
    for (const cookies of this.#domains.values()) yield* cookies.values();
  }

  /** The cookies whose domain is this one. */
  of(domain: string): Iterable<StoredCookie> {
    return this.#domains.get(domain)?.values() ?? [];
  }

  /** The cookies whose domain is this host or one above it. */
  *above(host: string): Iterable<StoredCookie> {
    for (let at = 0; at >= 0;) {
      yield* this.of(host.slice(at));
      const dot = host.indexOf(".", at);
      at = dot === -1 ? -1 : dot + 1;
    }
  }

  /** The cookies whose domain is this one, above it or below it. */
  *near(domain: string): Iterable<Cookie> {
    for (const [other, cookies] of this.#domains) {
      if (!domainMatches(domain, other) && !domainMatches(other, domain)) continue;
      for (const { cookie } of cookies.values()) yield cookie;
    }
  }

  /** The place of the next cookie among all. */
  nextOrder(): number {
    return this.#order++;
  }

  /** The cookie that this one would replace. */
  same(stored: CookieIdentity): StoredCookie | undefined {
    return this.#domains.get(stored.domain)?.get(keyOf(stored));
  }

  /** Puts a cookie in, in place of the same one. */
  put(stored: StoredCookie): void {
    const cookies = this.#domains.get(stored.domain) ?? new Map<string, StoredCookie>();
    this.#domains.set(stored.domain, cookies);
    const before = cookies.size;
    cookies.set(keyOf(stored), stored);
    this.#size += cookies.size - before;
  }

  /** Takes a cookie out. */
  remove(stored: CookieIdentity): void {
    const cookies = this.#domains.get(stored.domain);
    if (cookies?.delete(keyOf(stored)) !== true) return;
    this.#size--;
    if (cookies.size === 0) this.#domains.delete(stored.domain);
  }

  /** Takes all cookies out. */
  clear(): void {
    this.#domains.clear();
    this.#size = 0;
  }

  /** Takes out what is over the limits after a cookie of `domain` came in, and tells what. */
  evict(domain: string, now: number): StoredCookie[] {
    const { maxCookiesPerDomain, maxTotalCookieCount } = this.#limits;
    const own = this.#domains.get(domain)?.size ?? 0;
    const evicted: StoredCookie[] = [];
    if (own > maxCookiesPerDomain) {
      evicted.push(...this.#worst([...this.of(domain)], own - maxCookiesPerDomain, now));
    }
    if (this.#size > maxTotalCookieCount) {
      evicted.push(...this.#worst([...this.all()], this.#size - maxTotalCookieCount, now));
    }
    return evicted;
  }

  /**
   * Takes out the expired ones, and then so many more: those that are not secure first, so that no
   * flood over an open connection pushes out the secure ones, and those first that were not sent for
   * the longest time.
   */
  #worst(cookies: StoredCookie[], count: number, now: number): StoredCookie[] {
    const expired = cookies.filter(({ expiry }) => expiry <= now);
    const evicted = expired.length >= count
      ? expired
      : cookies.sort((one, other) =>
        Number(one.expiry > now) - Number(other.expiry > now) ||
        Number(one.cookie.secure) - Number(other.cookie.secure) ||
        one.lastAccess - other.lastAccess || one.order - other.order
      ).slice(0, count);
    for (const stored of evicted) this.remove(stored);
    return evicted;
  }
}

/** A stored cookie as it is told to others: with the times that the store knows. */
export function current({ cookie, created, lastAccess }: StoredCookie): Cookie {
  const times = { createdTime: created, lastAccessedTime: lastAccess };
  return new Cookie(cookie.name, cookie.value, { ...cookie.attributes(), ...times });
}

/** What tells a stored cookie from the others. */
export type CookieIdentity = Pick<StoredCookie, "cookie" | "domain" | "path" | "partition">;

/** A NUL can be in none of the parts. */
function keyOf({ cookie, path, partition }: CookieIdentity): string {
  return `${cookie.name}\0${path}\0${cookie.hostOnly ? 1 : 0}\0${partition}`;
}
