/**
 * What a server may send as a cookie (RFC 6265bis section 4.1.1), and the limits of clients (section
 * 5.6).
 *
 * Stricter than what a client has to take, as the text goes into a header: no control character and
 * no `;` gets through, whatever attribute it is in.
 *
 * @module
 */
import { isToken } from "./header_value.ts";
import { InvalidCookieError } from "./listener_errors.ts";

/** The most octets of a cookie's name and value together. */
export const MAX_COOKIE_SIZE = 4096;

/** The most octets of the value of an attribute. */
export const MAX_ATTRIBUTE_SIZE = 1024;

/** What the rules look at; a {@linkcode Cookie} is one. */
export interface CookieFields {
  /** The name. */
  readonly name: string;
  /** The value. */
  readonly value: string;
  /** The path, if there is one. */
  readonly path: string | undefined;
  /** The domain, if there is one. */
  readonly domain: string | undefined;
  /** When it expires, if it does. */
  readonly expires: Date | undefined;
  /** In how many seconds it expires, if it does. */
  readonly maxAge: number | undefined;
  /** Whether it is for secure connections only. */
  readonly secure: boolean;
  /** To which requests from other sites it goes. */
  readonly sameSite: string | undefined;
  /** Whether each top-level site has its own. */
  readonly partitioned: boolean;
}

/** Visible ASCII but `;`: more than the grammar has, as JSON in cookies is common and harmless. */
const VALUE = /^[\x21-\x3a\x3c-\x7e]*$/;
const PATH = /^\/[\x20-\x3a\x3c-\x3e\x40-\x7e]*$/;
const DOMAIN = /^[\w-]+(?:\.[\w-]+)*$/;

/**
 * Checks that a server may send a cookie.
 *
 * @throws {InvalidCookieError} when it may not.
 */
export function checkCookie(cookie: CookieFields): void {
  const fault = faultOf(cookie);
  if (fault !== undefined) throw new InvalidCookieError(fault);
}

/**
 * Whether a cookie keeps what its name promises (RFC 6265bis section 4.1.3): `__Secure-` that it is
 * secure, `__Host-` besides that it is of one host and for all of its paths.
 */
export function keepsPrefix(
  { name, secure, path, domain }: Pick<CookieFields, "name" | "secure" | "path" | "domain">,
): boolean {
  const start = name.slice(0, 9).toLowerCase();
  if (start === "__secure-") return secure;
  if (start.startsWith("__host-")) return secure && path === "/" && domain === undefined;
  return true;
}

/** Whether a text has a control character other than a tab. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/** How many octets a text has; each character of one that came by the wire is one. */
export function octets(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x100) count++;
    else count += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return count;
}

function faultOf(cookie: CookieFields): string | undefined {
  return faultOfPair(cookie) ?? faultOfScope(cookie) ?? faultOfAge(cookie) ?? faultOfFlags(cookie);
}

function faultOfPair({ name, value, maxAge }: CookieFields): string | undefined {
  if (name === "") return "Invalid name: Name cannot be empty";
  if (!isToken(name)) return "Invalid name: Use letters, digits or !#$%&'*+-.^_`|~ only";
  // One that is to be removed needs none, and should not repeat what may be a secret.
  if (value === "" && maxAge !== 0) return "Invalid value: Value cannot be empty";
  if (!VALUE.test(value)) {
    return "Invalid value: Encode control characters, spaces, semicolons and all beyond ASCII, " +
      "as with encodeURIComponent";
  }
  if (name.length + value.length > MAX_COOKIE_SIZE) {
    return `Invalid value: Name and value cannot have more than ${MAX_COOKIE_SIZE} characters`;
  }
  return undefined;
}

function faultOfScope({ domain, path }: CookieFields): string | undefined {
  if (domain === "") return "Invalid domain: Domain cannot be empty";
  if (domain !== undefined && !(domain.length <= MAX_ATTRIBUTE_SIZE && DOMAIN.test(domain))) {
    return "Invalid domain: Domain is not the name of a host";
  }
  if (path !== undefined && !(path.length <= MAX_ATTRIBUTE_SIZE && PATH.test(path))) {
    return "Invalid path: Path is not in correct format";
  }
  return undefined;
}

function faultOfAge({ expires, maxAge }: CookieFields): string | undefined {
  if (expires !== undefined && !isWritable(expires)) {
    return "Invalid time: Expiry-time is not in yyyy-mm-dd hh:mm:ss format";
  }
  if (maxAge === undefined) return undefined;
  if (maxAge < 0) return "Invalid max-age: Max Age can not be less than zero";
  if (!Number.isSafeInteger(maxAge)) return "Invalid max-age: Max Age is a whole number of seconds";
  return undefined;
}

/** Whether a cookie date can say it; of an invalid date the year is NaN. */
function isWritable(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1601 && year <= 9999;
}

function faultOfFlags(cookie: CookieFields): string | undefined {
  const { sameSite, secure, partitioned } = cookie;
  if (sameSite !== undefined && !["strict", "lax", "none"].includes(sameSite)) {
    return 'Invalid same-site: Same Site is "strict", "lax" or "none"';
  }
  if (sameSite === "none" && !secure) {
    return 'Invalid same-site: Same Site "none" needs a secure cookie';
  }
  if (partitioned && !secure) return "Invalid partitioned: Partitioned needs a secure cookie";
  if (!keepsPrefix(cookie)) {
    return "Invalid name: __Secure- needs a secure cookie, __Host- also path / and no domain";
  }
  return undefined;
}
