/**
 * How cookies are written into a file: what the formats have in common.
 *
 * @module
 */
import type { Cookie } from "../message/cookie.ts";

/** What names a kept cookie to whoever removes it: its name, domain and path. */
export interface CookiePlace {
  /** The name. */
  readonly name: string;
  /** The domain. */
  readonly domain: string;
  /** The path. */
  readonly path: string;
}

/** A line that is no cookie, and why; never what is in it. */
export interface SkippedLine {
  /** The number of the line, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What is in a file. */
export interface CookieFileContent {
  /** The cookies. */
  readonly cookies: CookieTable;
  /** The lines that are none. */
  readonly skipped: readonly SkippedLine[];
  /** How many lines there are. */
  readonly lineCount: number;
}

/** One way to write cookies. */
export interface CookieFormat {
  /** What the name of a file ends in. */
  readonly extension: string;
  /** Reads a whole file; throws nothing, whatever is in it. */
  read(text: string): CookieFileContent;
  /** Writes a whole file. */
  write(cookies: Iterable<Cookie>): string;
  /**
   * The line that tells of a change at the end of a file: a cookie that is kept, or a place that is
   * empty. Without it, every change writes the file anew.
   */
  readonly writeChange?: (change: Cookie | CookiePlace) => string;
}

/** Cookies by their name, domain, path and `hostOnly`. */
export class CookieTable {
  readonly #cookies = new Map<string, Cookie>();

  /** How many there are. */
  get size(): number {
    return this.#cookies.size;
  }

  /** All of them, in the order they came. */
  all(): Iterable<Cookie> {
    return this.#cookies.values();
  }

  /** Puts a cookie in, in place of the same one. */
  put(cookie: Cookie): void {
    this.#cookies.set(keyOf(placeOf(cookie), cookie.hostOnly), cookie);
  }

  /** Takes out the cookies of a place; `false` where there are none. */
  remove(place: CookiePlace): boolean {
    const hadHostOnly = this.#cookies.delete(keyOf(place, true));
    return this.#cookies.delete(keyOf(place, false)) || hadHostOnly;
  }
}

/** The place of a cookie. */
export function placeOf({ name, domain = "", path = "" }: Cookie): CookiePlace {
  return { name, domain, path };
}

/** As JSON, since a cookie that no store has checked can have any character in each part. */
function keyOf({ name, domain, path }: CookiePlace, hostOnly: boolean): string {
  return JSON.stringify([name, domain, path, hostOnly]);
}
