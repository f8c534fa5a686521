/**
 * What a resource says about caching its answers: `Cache-Control`, an entity tag and a date
 * (spec 4.6).
 *
 * It is said of plain values and of replies of 2xx, never over a field that the handler set itself,
 * and not of a `Response`, which is passed on as it is. Nothing is stored here: that is the business
 * of the caches on the way.
 *
 * @module
 */
import { buildResponseCacheControl } from "../message/cache_control.ts";
import { etagOf } from "../message/etag.ts";
import { formatHttpDate } from "../message/http_date.ts";
import { checkOptions, ownOptions } from "../message/options.ts";

/**
 * How caches may use the answers of a resource (spec 4.6; RFC 9111 section 5.2.2). Times are
 * **seconds**, as in the header.
 *
 * The defaults say `must-revalidate,public,max-age=3600`.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 *
 * const shop = service({}, [
 *   get("/products", { cache: true }, () => ["anvil"]),
 *   get("/basket", { cache: { isPrivate: true, maxAge: 60 } }, () => []),
 * ]);
 * ```
 */
export interface ResponseCacheConfig {
  /**
   * `must-revalidate`: never reused stale without asking.
   *
   * @default true
   */
  readonly mustRevalidate?: boolean;
  /**
   * `no-cache`: stored, but never reused without asking; see {@linkcode noCacheFields}.
   *
   * @default false
   */
  readonly noCache?: boolean;
  /**
   * `no-store`: not stored at all.
   *
   * @default false
   */
  readonly noStore?: boolean;
  /**
   * `no-transform`: intermediaries leave the content as it is.
   *
   * @default false
   */
  readonly noTransform?: boolean;
  /**
   * `private`, in place of `public`: stored only for the one client. The answer to a request with
   * `Authorization` is `private` unless this is said to be `false`; one that sets a cookie always
   * is, but what a layer sets or takes away is not known here. Of one that depends on the cookies it was asked with, this has to say so.
   *
   * @default false
   */
  readonly isPrivate?: boolean;
  /**
   * `proxy-revalidate`: `must-revalidate` for shared caches alone.
   *
   * @default false
   */
  readonly proxyRevalidate?: boolean;
  /**
   * `max-age` in seconds: how long an answer is fresh; negative for not saying it.
   *
   * @default 3600
   */
  readonly maxAge?: number;
  /**
   * `s-maxage` in seconds: `max-age` for shared caches; negative for not saying it.
   *
   * @default -1
   */
  readonly sMaxAge?: number;
  /**
   * Restricts `no-cache` to these fields of the answer.
   *
   * @default []
   */
  readonly noCacheFields?: readonly string[];
  /**
   * Restricts `private` to these fields of the answer.
   *
   * @default []
   */
  readonly privateFields?: readonly string[];
  /**
   * Whether answers to GET and HEAD whose body is in memory get an `ETag` of their bytes. Such a
   * body is also sent in parts to whom asks for a range.
   *
   * @default true
   */
  readonly setETag?: boolean;
  /**
   * Whether answers to GET and HEAD get the time of the answer as their `Last-Modified`. It is a
   * hint for caches: it says nothing of the version, and no condition is compared with it.
   *
   * @default true
   */
  readonly setLastModified?: boolean;
}

type Flag = (typeof flags)[number];

const flags = [
  "mustRevalidate",
  "noCache",
  "noStore",
  "noTransform",
  "isPrivate",
  "proxyRevalidate",
  "setETag",
  "setLastModified",
] as const;

const cacheOptions: Readonly<Record<keyof ResponseCacheConfig, true>> = {
  mustRevalidate: true,
  noCache: true,
  noStore: true,
  noTransform: true,
  isPrivate: true,
  proxyRevalidate: true,
  maxAge: true,
  sMaxAge: true,
  noCacheFields: true,
  privateFields: true,
  setETag: true,
  setLastModified: true,
};

/** Says it on the answers of one resource. */
export class ResponseCaching {
  readonly #control: string;
  /** In place of {@linkcode #control} on an answer that is one client's own. */
  readonly #privateControl: string;
  readonly #isPublicForAll: boolean;
  readonly #setsETag: boolean;
  readonly #setsLastModified: boolean;
  readonly #isNegotiated: boolean;

  /**
   * Compiles a configuration; `true` stands for its defaults.
   *
   * @param subject what it belongs to, as `GET /albums`.
   * @param produces the media types the resource chooses from.
   * @throws {TypeError} when an option is unknown, has no value of its type, or another one makes it
   * ineffective.
   */
  constructor(
    subject: string,
    given: ResponseCacheConfig | true,
    produces: readonly string[] = [],
  ) {
    const config: ResponseCacheConfig = ownOptions(given === true ? {} : given);
    checkConfig(subject, config);
    const { mustRevalidate = true, maxAge = 3600, setETag = true, setLastModified = true } = config;
    this.#control = controlText({ ...config, mustRevalidate, maxAge });
    this.#privateControl = controlText({
      ...config,
      mustRevalidate,
      maxAge,
      sMaxAge: -1,
      isPrivate: true,
      privateFields: [],
    });
    this.#isPublicForAll = config.isPrivate === false;
    this.#setsETag = setETag;
    this.#setsLastModified = setLastModified;
    this.#isNegotiated = new Set(produces).size > 1;
  }

  /**
   * Sets what is not set yet on the answer to a request, all but the date.
   *
   * @param body what the response was made of.
   */
  mark(request: Request, { headers, ok, status }: Response, body: BodyInit | null): void {
    if (!ok) return;
    if (headers.get("cache-control") === null) {
      headers.set("cache-control", this.#controlFor(request, headers));
    }
    if (this.#isNegotiated) addAccept(headers);
    // The tag of a part would be taken for that of the whole, and that of what an unsafe method
    // answers for that of what is there now (RFC 9110 section 9.3.4).
    if (!this.#setsETag || !isRead(request) || status === 206) return;
    if (headers.get("etag") !== null) return;
    const bytes = bytesOf(body);
    if (bytes !== undefined) headers.set("etag", etagOf(bytes));
  }

  /** Says `private` of an answer that interceptors have set a cookie on. */
  protect({ headers }: Response): void {
    if (headers.get("set-cookie") === null) return;
    if (headers.get("cache-control") !== this.#control) return;
    headers.set("cache-control", this.#privateControl);
  }

  /** Sets the date of an answer to GET or HEAD, once its conditions were seen to. */
  date({ headers, ok }: Response): void {
    if (!this.#setsLastModified || !ok || headers.get("last-modified") !== null) return;
    headers.set("last-modified", formatHttpDate(new Date()));
  }

  /** A cache must not hand one client's answer to another (RFC 9111 section 3.5). */
  #controlFor(request: Request, headers: Headers): string {
    if (headers.get("set-cookie") !== null) return this.#privateControl;
    if (this.#isPublicForAll) return this.#control;
    return request.headers.get("authorization") === null ? this.#control : this.#privateControl;
  }
}

function checkConfig(subject: string, config: ResponseCacheConfig): void {
  checkOptions(`The cache of ${subject}`, config, cacheOptions);
  for (const name of flags) checkType(subject, config, name, "boolean", "true or false");
  for (const name of ["maxAge", "sMaxAge"] as const) {
    checkType(subject, config, name, "number", "a number of seconds");
    if (Number.isNaN(config[name])) throw invalid(subject, name, "it is NaN, give seconds");
  }
  restrictsNothing(subject, config, "noCacheFields", "noCache");
  restrictsNothing(subject, config, "privateFields", "isPrivate");
  const { isPrivate, privateFields = [], sMaxAge = -1 } = config;
  if (isPrivate === true && privateFields.length === 0 && sMaxAge >= 0) {
    throw invalid(subject, "sMaxAge", "isPrivate keeps shared caches out, leave one of them away");
  }
}

function checkType(
  subject: string,
  config: ResponseCacheConfig,
  name: Flag | "maxAge" | "sMaxAge",
  type: string,
  wanted: string,
): void {
  const value = config[name];
  if (value === undefined || typeof value === type) return;
  throw invalid(subject, name, `expected ${wanted}, received ${typeof value}`);
}

function restrictsNothing(
  subject: string,
  config: ResponseCacheConfig,
  name: "noCacheFields" | "privateFields",
  directive: "noCache" | "isPrivate",
): void {
  const fields = config[name];
  if (fields === undefined) return;
  if (!Array.isArray(fields)) throw invalid(subject, name, "expected a list of header names");
  if (fields.length === 0 || config[directive] === true) return;
  throw invalid(subject, name, `it restricts what ${directive} says, set ${directive}: true too`);
}

function invalid(subject: string, name: string, why: string): TypeError {
  return new TypeError(`Cannot cache ${subject} with "${name}": ${why}`);
}

/** The directives as the original library's listener sends them: without a space between. */
function controlText(config: ResponseCacheConfig): string {
  // The names of fields are tokens, so that no comma but a separator has a space after it.
  return buildResponseCacheControl(config).replaceAll(", ", ",");
}

function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** A body that is in memory, as what it is hashed as. */
function bytesOf(body: BodyInit | null): Uint8Array | string | undefined {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  return body instanceof URLSearchParams ? body.toString() : undefined;
}

/** The body was chosen by `Accept`: a cache must not answer another `Accept` with it. */
function addAccept(headers: Headers): void {
  const vary = headers.get("vary");
  const names = vary?.toLowerCase().split(",").map((name) => name.trim()) ?? [];
  if (names.includes("accept") || names.includes("*")) return;
  headers.set("vary", vary === null || vary === "" ? "Accept" : `${vary}, Accept`);
}
