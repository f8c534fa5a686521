/**
 * Cookies in a file of JSON lines: each line is an object of a cookie's fields, or says with
 * `"removed": true` that those of a name, domain and path are gone.
 *
 * A change adds a line, which costs little however many cookies there are; now and then the file is
 * written anew with the lines that still count. A crash while a line is added loses that line alone.
 *
 * @module
 */
import type { PersistentCookieHandler } from "../layers/cookie_handler.ts";
import { Cookie, type SameSite } from "../message/cookie.ts";
import { CookieFile, type PersistentCookiesOptions } from "./persistent_cookies_file.ts";
import {
  type CookieFormat,
  type CookiePlace,
  CookieTable,
  placeOf,
  type SkippedLine,
} from "./persistent_cookies_format.ts";

/**
 * Keeps persistent cookies in a file of JSON lines that ends in `.jsonl`. It is made with the first
 * cookie, and only its user can read it.
 *
 * Several handlers of one file take turns within a program, and see what others changed; programs
 * that share a file can lose changes of each other.
 *
 * @example
 * ```ts
 * import { JsonLinesPersistentCookieHandler } from "@pirouette/http";
 * import { cookies, CookieStore } from "@pirouette/http/layers";
 *
 * const persistentCookieHandler = new JsonLinesPersistentCookieHandler("cookies.jsonl", {
 *   onSkipped: (lines) => console.warn(`${lines.length} lines of cookies.jsonl are damaged`),
 * });
 * const browse = cookies({ store: new CookieStore({ persistentCookieHandler }) })(fetch);
 * ```
 */
export class JsonLinesPersistentCookieHandler implements PersistentCookieHandler {
  readonly #file: CookieFile;

  /**
   * Names the file, which is not looked at before it is used.
   *
   * @throws {CookieHandlingError} when its name does not end in `.jsonl`.
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when `maxFileSize` is no whole number above zero.
   */
  constructor(path: string | URL, options: PersistentCookiesOptions = {}) {
    this.#file = new CookieFile(path, jsonLinesFormat, options);
  }

  /** How many lines were no cookies when the file was last read. */
  get skippedCount(): number {
    return this.#file.skippedCount;
  }

  /**
   * Keeps a cookie, in place of one with the same name, domain, path and `hostOnly`.
   *
   * @throws {CookieHandlingError} as a rejection, when it has no name, domain or path, or the file
   * cannot be read or written or would be too large.
   */
  storeCookie(cookie: Cookie): Promise<void> {
    return this.#file.put(cookie);
  }

  /**
   * All cookies of the file, those that have expired too; none where there is no file.
   *
   * @throws {CookieHandlingError} as a rejection, when the file cannot be read or is too large.
   */
  getAllCookies(): Promise<Cookie[]> {
    return this.#file.all();
  }

  /**
   * Drops the cookies of a name, domain and path; does nothing if there are none.
   *
   * @throws {CookieHandlingError} as a rejection, when the file cannot be read or written.
   */
  removeCookie(name: string, domain: string, path: string): Promise<void> {
    return this.#file.remove({ name, domain, path });
  }

  /**
   * Removes the file.
   *
   * @throws {CookieHandlingError} as a rejection, when it cannot be removed.
   */
  removeAllCookies(): Promise<void> {
    return this.#file.clear();
  }
}

const jsonLinesFormat: CookieFormat = {
  extension: ".jsonl",
  read(text) {
    const cookies = new CookieTable();
    const skipped: SkippedLine[] = [];
    let line = 0;
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\n", at);
      const stop = end === -1 ? text.length : end;
      line++;
      const reason = applyLine(text.slice(at, stop), cookies);
      if (reason !== undefined) skipped.push({ line, reason });
      at = stop + 1;
    }
    return { cookies, skipped, lineCount: line };
  },
  write(cookies) {
    let text = "";
    for (const cookie of cookies) text += lineOf(cookie);
    return text;
  },
  writeChange: lineOf,
};

/** JSON leaves `undefined` out; flags that are off are left out too. */
function lineOf(change: Cookie | CookiePlace): string {
  if (!(change instanceof Cookie)) return `${JSON.stringify({ ...change, removed: true })}\n`;
  const { expires, maxAge } = change;
  const isDate = expires !== undefined && !Number.isNaN(expires.getTime());
  const fields = {
    name: change.name,
    value: change.value,
    domain: change.domain,
    path: change.path,
    expires: isDate ? expires : undefined,
    // JSON has no infinity; a store takes both for as long as it may be.
    maxAge: maxAge === Infinity ? Number.MAX_SAFE_INTEGER : maxAge,
    httpOnly: change.httpOnly || undefined,
    secure: change.secure || undefined,
    sameSite: change.sameSite,
    partitioned: change.partitioned || undefined,
    createdTime: new Date(change.createdTime),
    lastAccessedTime: new Date(change.lastAccessedTime),
    hostOnly: change.hostOnly || undefined,
  };
  return `${JSON.stringify(fields)}\n`;
}

/** Applies a line, or tells what is wrong with it. */
function applyLine(text: string, cookies: CookieTable): string | undefined {
  if (text.trim() === "") return undefined;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return "it is no JSON, or cut short";
  }
  if (typeof line !== "object" || line === null || Array.isArray(line)) return "it is no object";
  const fields = new Map<string, unknown>(Object.entries(line));
  const cookie = toCookie(fields);
  if (typeof cookie === "string") return cookie;
  if (fields.get("removed") === true) cookies.remove(placeOf(cookie));
  else cookies.put(cookie);
  return undefined;
}

/** The cookie of a line, or what is wrong with it. */
function toCookie(fields: ReadonlyMap<string, unknown>): Cookie | string {
  const [name, domain, path] = [fields.get("name"), fields.get("domain"), fields.get("path")];
  if (!isText(name) || !isText(domain) || !isText(path)) return "it has no name, domain or path";
  if (fields.get("removed") === true) return new Cookie(name, "", { domain, path });
  const value = fields.get("value");
  if (typeof value !== "string") return "it has no value";
  const maxAge = fields.get("maxAge");
  if (maxAge !== undefined && typeof maxAge !== "number") return "its maxAge is no number";
  const expires = timeOf(fields.get("expires"));
  const createdTime = timeOf(fields.get("createdTime"));
  const lastAccessedTime = timeOf(fields.get("lastAccessedTime") ?? fields.get("createdTime"));
  if (createdTime === undefined || lastAccessedTime === undefined) return "it has no time";
  if (Number.isNaN(expires ?? 0) || Number.isNaN(createdTime) || Number.isNaN(lastAccessedTime)) {
    return "a time is no time";
  }
  const sameSite = fields.get("sameSite");
  if (!isSameSite(sameSite)) return "its sameSite is unknown";
  for (const flag of ["httpOnly", "secure", "partitioned", "hostOnly"]) {
    const given = fields.get(flag) ?? false;
    if (typeof given !== "boolean") return "a flag is neither true nor false";
  }
  return new Cookie(name, value, {
    domain,
    path,
    expires: expires === undefined ? undefined : new Date(expires),
    maxAge,
    httpOnly: fields.get("httpOnly") === true,
    secure: fields.get("secure") === true,
    sameSite,
    partitioned: fields.get("partitioned") === true,
    createdTime,
    lastAccessedTime,
    hostOnly: fields.get("hostOnly") === true,
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isSameSite(value: unknown): value is SameSite | undefined {
  return value === undefined || value === "strict" || value === "lax" || value === "none";
}

/** Milliseconds since 1970; NaN for what is no time. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? Date.parse(value) : NaN;
}
