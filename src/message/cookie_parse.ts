/**
 * Reads `Set-Cookie` and `Cookie` fields as clients and servers have to (RFC 6265bis section 5.6):
 * in one pass, taking what is odd and dropping what is dangerous.
 *
 * Nothing is decoded, and quotes are part of a value. A cookie without a name is dropped, though the
 * RFC would take it: its text could pass for a cookie with a name.
 *
 * @module
 */
import { Cookie, type CookieOptions, type SameSite } from "./cookie.ts";
import { hasControl, MAX_ATTRIBUTE_SIZE, MAX_COOKIE_SIZE, octets } from "./cookie_check.ts";
import { parseCookieDate } from "./cookie_date.ts";

/** The name and the value of a cookie in a request. */
export interface CookiePair {
  /** The name. */
  readonly name: string;
  /** The value, as it was sent. */
  readonly value: string;
}

/**
 * Reads the value of one `Set-Cookie` field; `undefined` for what no client may take as a cookie.
 *
 * `now` is its `createdTime`, in milliseconds since 1970.
 *
 * @example
 * ```ts
 * import { parseSetCookie } from "@pirouette/http";
 *
 * const cookie = parseSetCookie("sid=31d4; path=/albums; httponly; Max-Age=3600");
 * console.log(cookie?.name, cookie?.path, cookie?.httpOnly, cookie?.maxAge);
 * ```
 */
export function parseSetCookie(text: string, now: number = Date.now()): Cookie | undefined {
  if (hasControl(text)) return undefined;
  const end = partEnd(text, 0);
  const pair = pairOf(text.slice(0, end));
  if (pair === undefined || octets(pair.name) + octets(pair.value) > MAX_COOKIE_SIZE) {
    return undefined;
  }
  const attributes: Attributes = { createdTime: now };
  for (let start = end + 1; start < text.length;) {
    const stop = partEnd(text, start);
    addAttribute(attributes, text.slice(start, stop));
    start = stop + 1;
  }
  return new Cookie(pair.name, pair.value, attributes);
}

/**
 * Reads the value of a `Cookie` field, in its order, the same name as often as it is there.
 *
 * @example
 * ```ts
 * import { parseCookies } from "@pirouette/http";
 *
 * console.log(parseCookies("sid=31d4; theme=dark")); // two pairs
 * ```
 */
export function parseCookies(text: string): CookiePair[] {
  const pairs: CookiePair[] = [];
  for (let start = 0; start < text.length;) {
    const stop = partEnd(text, start);
    const part = text.slice(start, stop);
    const pair = hasControl(part) ? undefined : pairOf(part);
    if (pair !== undefined) pairs.push(pair);
    start = stop + 1;
  }
  return pairs;
}

/**
 * The cookies of a request by their names. Of several with one name it is the first, which clients
 * send for the longest path.
 *
 * @example
 * ```ts
 * import { readCookies } from "@pirouette/http";
 *
 * const request = new Request("http://localhost/", { headers: { cookie: "sid=31d4" } });
 * console.log(readCookies(request.headers).get("sid")); // 31d4
 * ```
 */
export function readCookies(headers: Headers): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const { name, value } of parseCookies(headers.get("cookie") ?? "")) {
    if (!cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

type Attributes = { -readonly [Name in keyof CookieOptions]: CookieOptions[Name] };

function partEnd(text: string, from: number): number {
  const end = text.indexOf(";", from);
  return end === -1 ? text.length : end;
}

function pairOf(part: string): CookiePair | undefined {
  const equals = part.indexOf("=");
  const name = equals === -1 ? "" : trimSpace(part.slice(0, equals));
  return name === "" ? undefined : { name, value: trimSpace(part.slice(equals + 1)) };
}

/** Adds an attribute; of several with one name the last counts. */
function addAttribute(attributes: Attributes, part: string): void {
  const equals = part.indexOf("=");
  const name = trimSpace(equals === -1 ? part : part.slice(0, equals)).toLowerCase();
  const value = equals === -1 ? "" : trimSpace(part.slice(equals + 1));
  if (octets(value) > MAX_ATTRIBUTE_SIZE) return;
  switch (name) {
    case "expires":
      return addExpires(attributes, value);
    case "max-age":
      if (/^-?\d+$/.test(value)) attributes.maxAge = Number(value);
      return;
    case "domain":
      attributes.domain = value === "" || value === "." ? undefined : value;
      return;
    case "path":
      attributes.path = value.startsWith("/") ? value : undefined;
      return;
    case "secure":
      attributes.secure = true;
      return;
    case "httponly":
      attributes.httpOnly = true;
      return;
    case "samesite":
      attributes.sameSite = toSameSite(value);
      return;
    case "partitioned":
      attributes.partitioned = true;
      return;
  }
}

function addExpires(attributes: Attributes, value: string): void {
  const expires = parseCookieDate(value);
  if (expires !== undefined) attributes.expires = expires;
}

/** Only the whole word counts: one that merely contains `none` must not weaken a cookie. */
function toSameSite(value: string): SameSite | undefined {
  const site = value.toLowerCase();
  return site === "strict" || site === "lax" || site === "none" ? site : undefined;
}

/** Without spaces and tabs around it, but with any other space, which could hide a prefix. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
