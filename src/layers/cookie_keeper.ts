/**
 * Keeps a store's persistent cookies in step with a {@linkcode PersistentCookieHandler}: taken over
 * once, and written one at a time in the order they changed.
 *
 * @module
 */
import { CookieHandlingError } from "../message/client_errors.ts";
import { Cookie } from "../message/cookie.ts";
import { expiryOf, isStorable } from "./cookie_admission.ts";
import type { PersistentCookieHandler } from "./cookie_handler.ts";
import type { CookieShelf, StoredCookie } from "./cookie_shelf.ts";

/** What became of a stored cookie. */
export interface CookieChange {
  /** The cookie. */
  readonly stored: StoredCookie;
  /** Whether it is gone, and not new. */
  readonly isGone: boolean;
}

/** Stands between a shelf and a handler; without a handler it does nothing. */
export class CookieKeeper {
  readonly #shelf: CookieShelf;
  readonly #handler: PersistentCookieHandler | undefined;
  #opening: Promise<void> | undefined;
  #writes: Promise<void> = Promise.resolve();

  /** Makes a keeper of a shelf's cookies. */
  constructor(shelf: CookieShelf, handler: PersistentCookieHandler | undefined) {
    this.#shelf = shelf;
    this.#handler = handler;
  }

  /**
   * Takes over what the handler has, once; a failure is tried again at the next call.
   *
   * @throws {CookieHandlingError} as a rejection, when the handler fails.
   */
  async open(): Promise<void> {
    const handler = this.#handler;
    if (handler === undefined) return;
    this.#opening ??= this.#takeOver(handler).catch((cause) => {
      this.#opening = undefined;
      throw new CookieHandlingError("Error in getting persistent cookies", { cause });
    });
    await this.#opening;
  }

  /**
   * Tells the handler what changed; session and partitioned cookies are none of its business.
   *
   * @throws {CookieHandlingError} as a rejection, with the message `failure`, when the handler fails.
   */
  async keep(changed: readonly CookieChange[], failure: string): Promise<void> {
    const kept = changed.filter(({ stored }) => isKept(stored));
    if (kept.length === 0) return;
    await this.#write(failure, async (handler) => {
      for (const { stored, isGone } of kept) {
        if (!isGone) {
          await handler.storeCookie(lasting(stored));
          continue;
        }
        await handler.removeCookie(stored.cookie.name, stored.domain, stored.path);
        // A handler does not tell a host's own cookie from its domain's when it removes one.
        const twin = this.#twinOf(stored);
        if (twin !== undefined) await handler.storeCookie(lasting(twin));
      }
    });
  }

  /**
   * Has the handler drop all cookies.
   *
   * @throws {CookieHandlingError} as a rejection, when the handler fails.
   */
  async clear(): Promise<void> {
    await this.#write("Error in removing cookies", (handler) => handler.removeAllCookies());
  }

  async #write(
    failure: string,
    action: (handler: PersistentCookieHandler) => void | Promise<void>,
  ): Promise<void> {
    const handler = this.#handler;
    if (handler === undefined) return;
    const write = this.#writes.then(() => action(handler));
    this.#writes = write.catch(() => {});
    try {
      await write;
    } catch (cause) {
      throw new CookieHandlingError(failure, { cause });
    }
  }

  async #takeOver(handler: PersistentCookieHandler): Promise<void> {
    for (const cookie of await handler.getAllCookies()) {
      // What somebody wrote into a file must not get into a header.
      if (!isStorable(cookie)) continue;
      const { domain = "", path = "/", createdTime, lastAccessedTime } = cookie;
      const times = { created: createdTime, lastAccess: lastAccessedTime };
      const expiry = expiryOf(cookie, createdTime);
      const order = this.#shelf.nextOrder();
      this.#shelf.put({ cookie, domain, path, expiry, order, partition: "", ...times });
    }
  }

  #twinOf({ cookie, domain, path }: StoredCookie): StoredCookie | undefined {
    for (const other of this.#shelf.of(domain)) {
      if (other.cookie.name === cookie.name && other.path === path && isKept(other)) return other;
    }
    return undefined;
  }
}

function isKept({ cookie }: StoredCookie): boolean {
  return cookie.isPersistent() && !cookie.partitioned;
}

/**
 * The cookie as it is kept: with the moment it expires instead of its age, as one that was set anew
 * still has the time it was first made.
 */
function lasting({ cookie, expiry, created, lastAccess }: StoredCookie): Cookie {
  return new Cookie(cookie.name, cookie.value, {
    ...cookie.attributes(),
    expires: new Date(expiry),
    maxAge: undefined,
    createdTime: created,
    lastAccessedTime: lastAccess,
  });
}
