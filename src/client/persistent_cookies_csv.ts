/**
 * Cookies in a CSV file (spec section 2.4.1.6), in the columns of the original library: `name`,
 * `value`, `domain`, `path`, `expires`, `maxAge`, `httpOnly`, `secure`, `createdTime`,
 * `lastAccessedTime`, `hostOnly`; behind them `sameSite` and `partitioned` where a cookie has them.
 *
 * Every change writes the whole file. Where many cookies change often, the file of JSON lines is the
 * better one.
 *
 * @module
 */
import type { PersistentCookieHandler } from "../layers/cookie_handler.ts";
import { Cookie, type SameSite } from "../message/cookie.ts";
import { formatCsvRow, parseCsv } from "../message/cookie_csv.ts";
import { formatHttpDate } from "../message/http_date.ts";
import { CookieFile, type PersistentCookiesOptions } from "./persistent_cookies_file.ts";
import { type CookieFormat, CookieTable, type SkippedLine } from "./persistent_cookies_format.ts";

/**
 * Keeps persistent cookies in a CSV file that ends in `.csv`. It is made with the first cookie, only
 * its user can read it, and it is replaced as a whole: a crash leaves the old file or the new one.
 *
 * Several handlers of one file take turns within a program, and see what others changed; programs
 * that share a file can lose changes of each other.
 *
 * @example
 * ```ts
 * import { CsvPersistentCookieHandler } from "@pirouette/http";
 * import { cookies, CookieStore } from "@pirouette/http/layers";
 *
 * const persistentCookieHandler = new CsvPersistentCookieHandler("cookies.csv");
 * const browse = cookies({ store: new CookieStore({ persistentCookieHandler }) })(fetch);
 * ```
 */
export class CsvPersistentCookieHandler implements PersistentCookieHandler {
  readonly #file: CookieFile;

  /**
   * Names the file, which is not looked at before it is used.
   *
   * @throws {CookieHandlingError} when its name does not end in `.csv`.
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when `maxFileSize` is no whole number above zero.
   */
  constructor(path: string | URL, options: PersistentCookiesOptions = {}) {
    this.#file = new CookieFile(path, csvFormat, options);
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

const COLUMNS = [
  ..."name value domain path expires maxAge httpOnly secure".split(" "),
  ..."createdTime lastAccessedTime hostOnly sameSite partitioned".split(" "),
];
const ORIGINAL_COLUMNS = 11;

const csvFormat: CookieFormat = {
  extension: ".csv",
  read(text) {
    const cookies = new CookieTable();
    const skipped: SkippedLine[] = [];
    const rows = parseCsv(text);
    for (const { line, fields } of rows) {
      if (fields !== undefined && isHeader(fields)) continue;
      const cookie = fields === undefined ? "a quoted field is not closed" : toCookie(fields);
      if (typeof cookie === "string") skipped.push({ line, reason: cookie });
      else cookies.put(cookie);
    }
    return { cookies, skipped, lineCount: rows.length };
  },
  write(cookies) {
    let text = "";
    for (const cookie of cookies) text += formatCsvRow(toFields(cookie));
    return text;
  },
};

/** The original library writes none; people and spreadsheets do. */
function isHeader(fields: readonly string[]): boolean {
  return fields.length >= ORIGINAL_COLUMNS &&
    fields.every((field, index) => field.trim() === COLUMNS[index]);
}

function toFields(cookie: Cookie): string[] {
  const { name, value, domain = "", path = "", sameSite, partitioned } = cookie;
  const fields = [
    name,
    value,
    domain,
    path,
    dateOf(cookie),
    String(ageOf(cookie)),
    String(cookie.httpOnly),
    String(cookie.secure),
    new Date(cookie.createdTime).toISOString(),
    new Date(cookie.lastAccessedTime).toISOString(),
    String(cookie.hostOnly),
  ];
  if (sameSite !== undefined || partitioned) fields.push(sameSite ?? "-");
  if (partitioned) fields.push("true");
  return fields;
}

const LAST_DATE = Date.UTC(9999, 11, 31, 23, 59, 59);
const LONGEST_AGE = 1e12;

/** The date of expiry within the years that a date of HTTP can say; one that is none counts as none. */
function dateOf({ expires }: Cookie): string {
  const time = expires?.getTime() ?? NaN;
  if (Number.isNaN(time)) return "-";
  return formatHttpDate(new Date(Math.min(Math.max(time, 0), LAST_DATE)));
}

/** As zero says that there is none, one that has run out is below it. */
function ageOf({ maxAge }: Cookie): number {
  if (maxAge === undefined || Number.isNaN(maxAge)) return 0;
  return maxAge > 0 ? Math.ceil(Math.min(maxAge, LONGEST_AGE)) : -1;
}

/** The cookie of a row, or what is wrong with it. */
function toCookie(fields: readonly string[]): Cookie | string {
  if (fields.length < ORIGINAL_COLUMNS || fields.length > COLUMNS.length) {
    return `it has ${fields.length} fields, not ${ORIGINAL_COLUMNS} to ${COLUMNS.length}`;
  }
  const [name = "", value = "", domain = "", path = "", expires = "-", age = ""] = fields;
  const [httpOnly, secure, created, accessed, hostOnly, site = "-", partitioned = "false"] = fields
    .slice(6);
  if (name === "" || domain === "" || path === "") return "it has no name, domain or path";
  if (!/^-?\d{1,15}$/.test(age)) return "its maxAge is no number of seconds";
  for (const flag of [httpOnly, secure, hostOnly, partitioned]) {
    if (flag !== "true" && flag !== "false") return "a flag is neither true nor false";
  }
  const createdTime = Date.parse(created ?? "");
  const lastAccessedTime = Date.parse(accessed ?? "");
  if (Number.isNaN(createdTime) || Number.isNaN(lastAccessedTime)) return "a time is no time";
  if (!/^(?:strict|lax|none|-)$/.test(site)) return "its sameSite is unknown";
  const cookie = new Cookie(name, value, {
    domain,
    path,
    expires: expires === "-" ? undefined : expires,
    // Zero says that there is none, as in the original library.
    maxAge: Number(age) === 0 ? undefined : Number(age),
    httpOnly: httpOnly === "true",
    secure: secure === "true",
    createdTime,
    lastAccessedTime,
    hostOnly: hostOnly === "true",
    sameSite: site === "-" ? undefined : site as SameSite,
    partitioned: partitioned === "true",
  });
  if (Number.isNaN(cookie.expires?.getTime())) return "its date of expiry is none";
  return cookie;
}
