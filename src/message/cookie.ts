/**
 * A cookie with its attributes (RFC 6265bis section 4.1, spec section 2.4.1.6), as a value that does
 * not change.
 *
 * What a server sends is checked strictly with {@linkcode Cookie.check}; what a client receives is
 * read leniently (`parseSetCookie`) and judged by its store.
 *
 * @module
 */
import { checkCookie } from "./cookie_check.ts";
import { parseCookieDate, parsePlainDate } from "./cookie_date.ts";
import { trimHttp } from "./header_value.ts";
import { formatHttpDate } from "./http_date.ts";
import { InvalidCookieError } from "./listener_errors.ts";
import { checkOptions, ownOptions } from "./options.ts";

/** To which requests from other sites a cookie goes (RFC 6265bis section 4.1.2.7). */
export type SameSite = "strict" | "lax" | "none";

/** Attributes of a {@linkcode Cookie}. */
export interface CookieOptions {
  /**
   * The path below which the cookie is sent; begins with `/`.
   *
   * @default the directory of the request's path
   */
  readonly path?: string | undefined;
  /**
   * The domain whose hosts get the cookie; a dot before it is dropped.
   *
   * @default only the host that sets it
   */
  readonly domain?: string | undefined;
  /**
   * When the cookie expires: a date, or one as cookies have it or as `2030-06-26 05:46:22` (UTC).
   *
   * @default the end of the session
   */
  readonly expires?: Date | string | undefined;
  /**
   * In how many **seconds** the cookie expires; wins over `expires`. Zero removes the cookie.
   *
   * @default as `expires`
   */
  readonly maxAge?: number | undefined;
  /** Whether scripts of a page cannot see it. @default false */
  readonly httpOnly?: boolean | undefined;
  /** Whether it is sent over secure connections only. @default false */
  readonly secure?: boolean | undefined;
  /** To which requests from other sites it goes. @default as the client chooses, mostly `"lax"` */
  readonly sameSite?: SameSite | undefined;
  /** Whether each top-level site has one of its own; needs `secure`. @default false */
  readonly partitioned?: boolean | undefined;
  /** When it was made, in milliseconds since 1970. @default Date.now() */
  readonly createdTime?: number | undefined;
  /** When it was last sent or set, in milliseconds since 1970. @default createdTime */
  readonly lastAccessedTime?: number | undefined;
  /** Whether it goes to the host of `domain` and to none below it. @default false */
  readonly hostOnly?: boolean | undefined;
}

const knownOptions: Readonly<Record<keyof CookieOptions, true>> = {
  path: true,
  domain: true,
  expires: true,
  maxAge: true,
  httpOnly: true,
  secure: true,
  sameSite: true,
  partitioned: true,
  createdTime: true,
  lastAccessedTime: true,
  hostOnly: true,
};

/**
 * A cookie: a name, a value and who gets it for how long.
 *
 * @example
 * ```ts
 * import { Cookie } from "@pirouette/http";
 *
 * const session = new Cookie("__Host-session", "31d4d96e", {
 *   path: "/",
 *   secure: true,
 *   httpOnly: true,
 *   sameSite: "lax",
 * });
 * console.log(session.toStringValue());
 * // __Host-session=31d4d96e; Path=/; HttpOnly; Secure; SameSite=Lax
 * ```
 */
export class Cookie {
  /** The name. */
  readonly name: string;
  /** The value, as it is sent: quotes are part of it, and nothing is decoded. */
  readonly value: string;
  /** The path below which it is sent; `undefined` for the directory of the request's path. */
  readonly path: string | undefined;
  /** The domain whose hosts get it, in lower case; `undefined` for the host that sets it. */
  readonly domain: string | undefined;
  /** When it expires; an invalid date where the text was none. */
  readonly expires: Date | undefined;
  /** In how many seconds after `createdTime` it expires; wins over `expires`. */
  readonly maxAge: number | undefined;
  /** Whether scripts of a page cannot see it. */
  readonly httpOnly: boolean;
  /** Whether it is sent over secure connections only. */
  readonly secure: boolean;
  /** To which requests from other sites it goes; `undefined` leaves it to the client. */
  readonly sameSite: SameSite | undefined;
  /** Whether each top-level site has one of its own. */
  readonly partitioned: boolean;
  /** When it was made, in milliseconds since 1970. */
  readonly createdTime: number;
  /** When it was last sent or set, in milliseconds since 1970. */
  readonly lastAccessedTime: number;
  /** Whether it goes to the host of `domain` and to none below it. */
  readonly hostOnly: boolean;

  /**
   * Makes a cookie; white space around its texts is dropped. {@linkcode Cookie.check} tells whether
   * it may be sent.
   *
   * @throws {TypeError} when an option is unknown.
   */
  constructor(name: string, value: string, options: CookieOptions = {}) {
    checkOptions("Cookie", options, knownOptions);
    const own = ownOptions(options);
    this.name = trimHttp(name);
    this.value = trimHttp(value);
    this.path = own.path === undefined ? undefined : trimHttp(own.path);
    this.domain = own.domain === undefined ? undefined : toDomain(own.domain);
    this.expires = toDate(own.expires);
    this.maxAge = own.maxAge;
    this.httpOnly = own.httpOnly ?? false;
    this.secure = own.secure ?? false;
    this.sameSite = own.sameSite;
    this.partitioned = own.partitioned ?? false;
    this.createdTime = own.createdTime ?? Date.now();
    this.lastAccessedTime = own.lastAccessedTime ?? this.createdTime;
    this.hostOnly = own.hostOnly ?? false;
  }

  /** Whether it outlives the session: it has `expires`, or a `maxAge` above zero. */
  isPersistent(): boolean {
    return this.expires !== undefined || (this.maxAge ?? 0) > 0;
  }

  /** Whether a server may send it; {@linkcode Cookie.check} tells why it may not. */
  isValid(): boolean {
    try {
      this.check();
      return true;
    } catch (error) {
      if (error instanceof InvalidCookieError) return false;
      throw error;
    }
  }

  /**
   * Checks that a server may send it: that name, value and attributes are well formed and within
   * what clients take, and that no two of them contradict each other.
   *
   * @throws {InvalidCookieError} when it may not; the message names the attribute.
   */
  check(): void {
    checkCookie(this);
  }

  /**
   * The cookie as the value of a `Set-Cookie` field.
   *
   * @throws {InvalidCookieError} when the cookie may not be sent.
   */
  toStringValue(): string {
    this.check();
    let text = `${this.name}=${this.value}`;
    if (this.domain !== undefined) text += `; Domain=${this.domain}`;
    if (this.path !== undefined) text += `; Path=${this.path}`;
    if (this.expires !== undefined) text += `; Expires=${formatHttpDate(this.expires)}`;
    if (this.maxAge !== undefined) text += `; Max-Age=${this.maxAge}`;
    if (this.httpOnly) text += "; HttpOnly";
    if (this.secure) text += "; Secure";
    if (this.sameSite !== undefined) text += `; SameSite=${SITES[this.sameSite]}`;
    if (this.partitioned) text += "; Partitioned";
    return text;
  }

  /** The cookie that makes a client drop this one: without a value, and expired. */
  removal(): Cookie {
    const expires = new Date(0);
    return new Cookie(this.name, "", { ...this.attributes(), expires, maxAge: 0 });
  }

  /** Its attributes, from which another cookie can be made. */
  attributes(): CookieOptions {
    const { name: _name, value: _value, ...attributes } = this;
    return attributes;
  }
}

const SITES: Readonly<Record<SameSite, string>> = { strict: "Strict", lax: "Lax", none: "None" };

function toDomain(text: string): string {
  const domain = trimHttp(text).toLowerCase();
  return domain.startsWith(".") ? domain.slice(1) : domain;
}

function toDate(given: Date | string | undefined): Date | undefined {
  if (given === undefined) return undefined;
  if (given instanceof Date) return new Date(given);
  const text = trimHttp(given);
  return parsePlainDate(text) ?? parseCookieDate(text) ?? new Date(NaN);
}
