/**
 * The cookie jar of a client (RFC 6265bis sections 5.7 and 5.8; spec section 2.4.1.6).
 *
 * It holds what servers set, within limits, and knows what to send where. Without a
 * {@linkcode PersistentCookieHandler} all of it ends with the program.
 *
 * @module
 */
import { CookieHandlingError } from "../message/client_errors.ts";
import type { Cookie } from "../message/cookie.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { admit, type Admitted, checkStorable, shadowsSecure } from "./cookie_admission.ts";
import { goesTo, isOtherSite, ofContext, partitionOf, sendOrder } from "./cookie_choice.ts";
import type { PersistentCookieHandler } from "./cookie_handler.ts";
import { type CookieChange, CookieKeeper } from "./cookie_keeper.ts";
import { type CookieTarget, targetOf } from "./cookie_match.ts";
import { CookieShelf, current, type StoredCookie } from "./cookie_shelf.ts";
import { loadPublicSuffixes, type PublicSuffixes } from "./cookie_suffixes.ts";

/** Options of a {@linkcode CookieStore}. */
export interface CookieStoreOptions {
  /** The most cookies of one domain; the least used give way. @default 50 */
  readonly maxCookiesPerDomain?: number;
  /** The most cookies altogether; the least used give way. @default 3000 */
  readonly maxTotalCookieCount?: number;
  /** Whether a cookie for a domain that the server is not in is refused. @default true */
  readonly blockThirdPartyCookies?: boolean;
  /** Keeps the persistent cookies beyond the program. @default none, they end with it */
  readonly persistentCookieHandler?: PersistentCookieHandler;
  /** Knows the public suffixes. @default the list of the package `tldts`, loaded when needed */
  readonly publicSuffixes?: PublicSuffixes;
  /** The time, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Options of a request that cookies are asked or set for. */
export interface CookieContext {
  /**
   * The URL of the page that the request is made for: one of another site gets and sets only cookies
   * that are `SameSite=None`, and has partitioned ones of its own.
   *
   * @default the request's own site
   */
  readonly site?: string | URL | undefined;
}

const knownOptions: Readonly<Record<keyof CookieStoreOptions, true>> = {
  maxCookiesPerDomain: true,
  maxTotalCookieCount: true,
  blockThirdPartyCookies: true,
  persistentCookieHandler: true,
  publicSuffixes: true,
  now: true,
};

/**
 * Holds cookies and tells which go with a request.
 *
 * Every method that reaches a handler can reject with a `CookieHandlingError`.
 *
 * @example
 * ```ts
 * import { Cookie } from "@pirouette/http";
 * import { CookieStore } from "@pirouette/http/layers";
 *
 * const store = new CookieStore();
 * await store.addCookie(new Cookie("sid", "31d4"), "https://albums.example/");
 * console.log(await store.getCookies("https://albums.example/", "/albums"));
 * ```
 */
export class CookieStore {
  readonly #shelf: CookieShelf;
  readonly #keeper: CookieKeeper;
  readonly #blockThirdParty: boolean;
  readonly #now: () => number;
  #suffixes: PublicSuffixes | undefined;
  #loading: Promise<PublicSuffixes> | undefined;

  /**
   * Makes a store.
   *
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when a limit is no whole number above zero.
   */
  constructor(options: CookieStoreOptions = {}) {
    checkOptions("CookieStore", options, knownOptions);
    const own = ownOptions(options);
    const { maxCookiesPerDomain = 50, maxTotalCookieCount = 3000 } = own;
    for (const [name, limit] of Object.entries({ maxCookiesPerDomain, maxTotalCookieCount })) {
      if (Number.isInteger(limit) && limit > 0) continue;
      throw new RangeError(
        `Cannot keep ${limit} cookies: set ${name} to a whole number above zero`,
      );
    }
    this.#shelf = new CookieShelf({ maxCookiesPerDomain, maxTotalCookieCount });
    this.#keeper = new CookieKeeper(this.#shelf, own.persistentCookieHandler);
    this.#blockThirdParty = own.blockThirdPartyCookies ?? true;
    this.#suffixes = own.publicSuffixes;
    this.#now = own.now ?? Date.now;
  }

  /**
   * Adds a cookie that the server at a URL set; `false` when it may not set it, which is no error.
   * One that has expired removes the stored one.
   *
   * @param path is below the path of the URL.
   * @throws {CookieHandlingError} as a rejection, when the cookie is malformed or cannot be kept.
   * @throws {TypeError} as a rejection, when the URL is no absolute one.
   */
  async addCookie(
    cookie: Cookie,
    url: string | URL,
    path = "",
    context: CookieContext = {},
  ): Promise<boolean> {
    checkStorable(cookie);
    return await this.#add([cookie], targetOf(url, path), context) === 1;
  }

  /** Adds the cookies of one response, as {@linkcode CookieStore.addCookie} does each. */
  async addCookies(
    cookies: readonly Cookie[],
    url: string | URL,
    path = "",
    context: CookieContext = {},
  ): Promise<void> {
    for (const cookie of cookies) checkStorable(cookie);
    await this.#add(cookies, targetOf(url, path), context);
  }

  /**
   * The cookies that go with a request, in the order they are sent in: longer paths first, then those
   * that were made first, and of those made in one moment the ones of the session first.
   *
   * @param path is below the path of the URL.
   * @throws {TypeError} as a rejection, when the URL is no absolute one.
   */
  async getCookies(url: string | URL, path = "", context: CookieContext = {}): Promise<Cookie[]> {
    const target = targetOf(url, path);
    await this.#keeper.open();
    const suffixes = context.site === undefined ? undefined : await this.#loadSuffixes();
    const now = this.#now();
    const found: StoredCookie[] = [];
    for (const stored of this.#shelf.above(target.host)) {
      if (stored.expiry > now && goesTo(stored, target)) found.push(stored);
    }
    const sent = ofContext(found, target, context.site, suffixes ?? this.#suffixes);
    for (const stored of sent) stored.lastAccess = now;
    return sent.sort(sendOrder).map(current);
  }

  /** All cookies, those that have expired too until they are removed. */
  async getAllCookies(): Promise<Cookie[]> {
    await this.#keeper.open();
    return [...this.#shelf.all()].map(current);
  }

  /** The cookies of a name. */
  async getCookiesByName(name: string): Promise<Cookie[]> {
    return (await this.getAllCookies()).filter((cookie) => cookie.name === name);
  }

  /** The cookies of a domain, without those of domains below it. */
  async getCookiesByDomain(domain: string): Promise<Cookie[]> {
    await this.#keeper.open();
    return [...this.#shelf.of(domain.toLowerCase())].map(current);
  }

  /**
   * Removes a cookie.
   *
   * @throws {CookieHandlingError} as a rejection, when there is none with this name, domain and path.
   */
  async removeCookie(name: string, domain: string, path: string): Promise<void> {
    await this.#keeper.open();
    const found = [...this.#shelf.of(domain.toLowerCase())]
      .filter((stored) => stored.cookie.name === name && stored.path === path);
    if (found.length === 0) {
      throw new CookieHandlingError("Error in removing cookie: No such cookie to remove");
    }
    await this.#remove(found, "Error in removing cookie");
  }

  /** Removes the cookies of a domain, without those of domains below it. */
  async removeCookiesByDomain(domain: string): Promise<void> {
    await this.#keeper.open();
    await this.#remove([...this.#shelf.of(domain.toLowerCase())], "Error in removing cookies");
  }

  /** Removes the cookies that have expired. */
  async removeExpiredCookies(): Promise<void> {
    await this.#keeper.open();
    const now = this.#now();
    const expired = [...this.#shelf.all()].filter(({ expiry }) => expiry <= now);
    await this.#remove(expired, "Error in removing expired cookies");
  }

  /** Removes all cookies. */
  async removeAllCookies(): Promise<void> {
    await this.#keeper.open();
    this.#shelf.clear();
    await this.#keeper.clear();
  }

  async #add(
    cookies: readonly Cookie[],
    target: CookieTarget,
    { site }: CookieContext,
  ): Promise<number> {
    await this.#keeper.open();
    const needsList = site !== undefined ||
      cookies.some(({ domain, partitioned }) => domain !== undefined || partitioned);
    const suffixes = needsList ? await this.#loadSuffixes() : undefined;
    // Nothing is awaited from here on until the shelf is in order again.
    const now = this.#now();
    const isCrossSite = suffixes !== undefined && isOtherSite(target, site, suffixes);
    const blockThirdPartyCookies = this.#blockThirdParty;
    const changed: CookieChange[] = [];
    let count = 0;
    for (const cookie of cookies) {
      const admission = { target, isCrossSite, blockThirdPartyCookies, suffixes, now };
      const admitted = admit(cookie, admission);
      if (admitted === undefined) continue;
      const partition = partitionOf(admitted.cookie, target, site, suffixes);
      if (this.#put(admitted, target, partition, now, changed)) count++;
    }
    await this.#keeper.keep(changed, "Error in adding persistent cookies");
    return count;
  }

  #put(
    { cookie, expiry }: Admitted,
    target: CookieTarget,
    partition: string,
    now: number,
    changed: CookieChange[],
  ): boolean {
    const { domain = "", path = "/" } = cookie;
    const near = this.#shelf.near(domain);
    if (!cookie.secure && !target.isSecure && shadowsSecure(cookie, near)) return false;
    const before = this.#shelf.same({ cookie, domain, path, partition });
    if (expiry <= now) {
      if (before === undefined) return false;
      this.#shelf.remove(before);
      changed.push({ stored: before, isGone: true });
      return true;
    }
    const created = before?.created ?? now;
    const order = before?.order ?? this.#shelf.nextOrder();
    const stored = { cookie, domain, path, expiry, partition, created, order, lastAccess: now };
    this.#shelf.put(stored);
    if (before?.cookie.isPersistent() === true && !cookie.isPersistent()) {
      changed.push({ stored: before, isGone: true });
    }
    changed.push({ stored, isGone: false });
    for (const gone of this.#shelf.evict(domain, now)) changed.push({ stored: gone, isGone: true });
    return true;
  }

  async #remove(found: readonly StoredCookie[], failure: string): Promise<void> {
    for (const stored of found) this.#shelf.remove(stored);
    await this.#keeper.keep(found.map((stored) => ({ stored, isGone: true })), failure);
  }

  async #loadSuffixes(): Promise<PublicSuffixes> {
    if (this.#suffixes !== undefined) return this.#suffixes;
    this.#loading ??= loadPublicSuffixes();
    try {
      return this.#suffixes = await this.#loading;
    } catch (cause) {
      this.#loading = undefined;
      throw new CookieHandlingError("Cannot load the list of public suffixes: install tldts", {
        cause,
      });
    }
  }
}
