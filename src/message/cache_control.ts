/**
 * `Cache-Control`, read and written (RFC 9111 section 5.2, with RFC 5861 and RFC 8246; spec 4.6).
 *
 * All times here are whole **seconds**, as they stand in the header; elsewhere this library counts
 * milliseconds. What is malformed is read in the way that stores and reuses less. Deciding whether
 * to store or reuse is the cache's business.
 *
 * @module
 */
import { isToken, partEnd, trimHttp } from "./header_value.ts";

/** The directives of a request. */
export interface RequestCacheControl {
  /** `no-cache`: a stored response must be validated first. @default {false} */
  readonly noCache?: boolean;
  /** `no-store`: nothing of request or response may be stored. @default {false} */
  readonly noStore?: boolean;
  /** `no-transform`: intermediaries leave the content as it is. @default {false} */
  readonly noTransform?: boolean;
  /** `only-if-cached`: 504 rather than ask the origin. @default {false} */
  readonly onlyIfCached?: boolean;
  /** `max-age` in seconds: the greatest age accepted. Negative is the same as absent. */
  readonly maxAge?: number;
  /**
   * `max-stale` in seconds: how long past its freshness a response is still accepted; `Infinity`
   * for any time. Negative is the same as absent.
   */
  readonly maxStale?: number;
  /** `min-fresh` in seconds: how long a response must stay fresh. Negative is the same as absent. */
  readonly minFresh?: number;
  /** `stale-if-error` in seconds (RFC 5861). Negative is the same as absent. */
  readonly staleIfError?: number;
}

/** The directives of a response. */
export interface ResponseCacheControl {
  /** `must-revalidate`: never reused stale without validation. @default {false} */
  readonly mustRevalidate?: boolean;
  /** `no-cache`: validated before every reuse; see `noCacheFields`. @default {false} */
  readonly noCache?: boolean;
  /** `no-store`: may not be stored. @default {false} */
  readonly noStore?: boolean;
  /** `no-transform`: intermediaries leave the content as it is. @default {false} */
  readonly noTransform?: boolean;
  /** `private`, in place of `public`: no shared cache may store it. @default {false} */
  readonly isPrivate?: boolean;
  /**
   * `public`: shared caches may store it, even the answer to an authorised request.
   * @default {true unless `isPrivate`}
   */
  readonly isPublic?: boolean;
  /** `proxy-revalidate`: `must-revalidate` for shared caches alone. @default {false} */
  readonly proxyRevalidate?: boolean;
  /** `max-age` in seconds: how long it is fresh. Negative is the same as absent. */
  readonly maxAge?: number;
  /** `s-maxage` in seconds: `max-age` for shared caches. Negative is the same as absent. */
  readonly sMaxAge?: number;
  /** Restricts `no-cache` to these fields of the response. @default {[]} */
  readonly noCacheFields?: readonly string[];
  /** Restricts `private` to these fields of the response. @default {[]} */
  readonly privateFields?: readonly string[];
  /** `stale-while-revalidate` in seconds (RFC 5861). Negative is the same as absent. */
  readonly staleWhileRevalidate?: number;
  /** `stale-if-error` in seconds (RFC 5861). Negative is the same as absent. */
  readonly staleIfError?: number;
  /** `immutable`: does not change while fresh (RFC 8246). @default {false} */
  readonly immutable?: boolean;
  /** `must-understand`: stored only by caches that know the status. @default {false} */
  readonly mustUnderstand?: boolean;
}

/**
 * What a `Cache-Control` header says, in a request or a response: a boolean for each directive that
 * can be there or not, the times in seconds where they are there, and field names in lower case. A
 * `noCache` or `isPrivate` with fields speaks of those fields only.
 */
export type CacheControl =
  & Required<Omit<RequestCacheControl & ResponseCacheControl, CacheControlTime>>
  & Pick<RequestCacheControl & ResponseCacheControl, CacheControlTime>;

/** The fields of {@linkcode CacheControl} that are times. */
export type CacheControlTime =
  | "maxAge"
  | "sMaxAge"
  | "maxStale"
  | "minFresh"
  | "staleWhileRevalidate"
  | "staleIfError";

const COMMA = 0x2c;

/** What greater numbers of seconds count as (RFC 9111 section 1.2.2). */
const MAX_SECONDS = 2 ** 31;

/**
 * Parses a `Cache-Control` header; never fails, and unknown directives are ignored.
 *
 * The first of two equal directives counts. `max-age` and `s-maxage` that are no number of seconds
 * are 0, that is: stale at once; the other malformed times are ignored. `no-cache` and `private`
 * whose field list is malformed hold for the whole response, also when they stand there twice, once
 * without a list. A quote that is never closed hides nothing of what follows it.
 *
 * @param value the header's value, `null` when there is none.
 *
 * @example
 * ```ts
 * import { parseCacheControl } from "@pirouette/http";
 *
 * const control = parseCacheControl('private="set-cookie", max-age=60');
 * console.log(control.maxAge, control.privateFields); // 60 [ "set-cookie" ]
 * ```
 */
export function parseCacheControl(value: string | null): CacheControl {
  const directives = readDirectives(value ?? "");
  const has = (name: string): boolean => directives.has(name);
  return {
    noCache: has("no-cache"),
    noStore: has("no-store"),
    noTransform: has("no-transform"),
    onlyIfCached: has("only-if-cached"),
    mustRevalidate: has("must-revalidate"),
    proxyRevalidate: has("proxy-revalidate"),
    isPrivate: has("private"),
    isPublic: has("public"),
    immutable: has("immutable"),
    mustUnderstand: has("must-understand"),
    noCacheFields: fieldNames(directives.get("no-cache")),
    privateFields: fieldNames(directives.get("private")),
    ...times(directives),
  };
}

/** The arguments of each directive in order, `undefined` for one without `=`. */
type Directives = ReadonlyMap<string, readonly (string | undefined)[]>;

function readDirectives(value: string): Directives {
  const directives = new Map<string, (string | undefined)[]>();
  let isQuoting = true;
  let start = 0;
  while (start < value.length) {
    let end = isQuoting ? partEnd(value, start, COMMA) : value.indexOf(",", start);
    if (end === -1) {
      // From the quote that nobody closes on, commas separate again: no-store must not drown in it.
      isQuoting = false;
      end = value.indexOf(",", start);
    }
    if (end === -1) end = value.length;
    const directive = value.slice(start, end);
    const equals = directive.indexOf("=");
    const name = trimHttp(equals === -1 ? directive : directive.slice(0, equals)).toLowerCase();
    const argument = equals === -1 ? undefined : trimHttp(directive.slice(equals + 1));
    const seen = directives.get(name);
    if (seen === undefined) directives.set(name, [argument]);
    else seen.push(argument);
    start = end + 1;
  }
  return directives;
}

function times(directives: Directives): Partial<Record<CacheControlTime, number>> {
  const found: Partial<Record<CacheControlTime, number>> = {};
  for (const [name, field, malformed] of TIMES) {
    const given = directives.get(name);
    if (given === undefined) continue;
    const isAnyStaleness = name === "max-stale" && given[0] === undefined;
    const time = isAnyStaleness ? Infinity : seconds(given[0]) ?? malformed;
    if (time !== undefined) found[field] = time;
  }
  return found;
}

/** Directive, field, and what a malformed time counts as. */
const TIMES: readonly (readonly [string, CacheControlTime, number | undefined])[] = [
  ["max-age", "maxAge", 0],
  ["s-maxage", "sMaxAge", 0],
  ["max-stale", "maxStale", undefined],
  ["min-fresh", "minFresh", undefined],
  ["stale-while-revalidate", "staleWhileRevalidate", undefined],
  ["stale-if-error", "staleIfError", undefined],
];

/** Quoted is as good as bare: RFC 9111 section 5.2 asks recipients to take both. */
function seconds(argument: string | undefined): number | undefined {
  const digits = unquoted(argument);
  if (digits === undefined || !/^[0-9]+$/.test(digits)) return undefined;
  return Math.min(Number(digits), MAX_SECONDS);
}

/** The field names, or none when any occurrence has no list or a malformed one. */
function fieldNames(lists: readonly (string | undefined)[] | undefined): readonly string[] {
  const names = new Set<string>();
  for (const list of lists ?? []) {
    const text = unquoted(list);
    if (text === undefined || trimHttp(text) === "") return [];
    for (const part of text.split(",")) {
      const name = trimHttp(part);
      if (name === "") continue;
      if (!isToken(name)) return [];
      names.add(name.toLowerCase());
    }
  }
  return [...names];
}

/** `undefined` also for a quoted string with a missing or early end. */
function unquoted(argument: string | undefined): string | undefined {
  if (argument === undefined || !argument.startsWith('"')) return argument;
  const isWhole = argument.length > 1 && argument.endsWith('"');
  const content = argument.slice(1, -1);
  // Numbers and field names need no escapes, so a quote or backslash inside means nonsense.
  return isWhole && !content.includes('"') && !content.includes("\\") ? content : undefined;
}

/**
 * Writes the `Cache-Control` of a request; `""` when there is nothing to say.
 *
 * Fractions of a second are rounded down, and times above 2³¹ seconds written as that.
 *
 * @throws {TypeError} when a time is not a number.
 */
export function buildRequestCacheControl(control: RequestCacheControl): string {
  return [
    flag("no-cache", control.noCache),
    flag("no-store", control.noStore),
    flag("no-transform", control.noTransform),
    flag("only-if-cached", control.onlyIfCached),
    time("max-age", control.maxAge),
    control.maxStale === Infinity ? "max-stale" : time("max-stale", control.maxStale),
    time("min-fresh", control.minFresh),
    time("stale-if-error", control.staleIfError),
  ].filter(isGiven).join(", ");
}

/**
 * Writes the `Cache-Control` of a response. It says `public` unless `isPrivate` is true or
 * `isPublic` is false.
 *
 * Fractions of a second are rounded down, and times above 2³¹ seconds written as that.
 *
 * @throws {TypeError} when a time is not a number, or a field name is no token.
 *
 * @example
 * ```ts
 * import { buildResponseCacheControl } from "@pirouette/http";
 *
 * const value = buildResponseCacheControl({ mustRevalidate: true, maxAge: 3600 });
 * console.log(value); // must-revalidate, public, max-age=3600
 * ```
 */
export function buildResponseCacheControl(control: ResponseCacheControl): string {
  return [
    flag("must-revalidate", control.mustRevalidate),
    restricted("no-cache", control.noCache, control.noCacheFields),
    flag("no-store", control.noStore),
    flag("no-transform", control.noTransform),
    restricted("private", control.isPrivate, control.privateFields),
    flag("public", control.isPrivate !== true && control.isPublic !== false),
    flag("proxy-revalidate", control.proxyRevalidate),
    time("max-age", control.maxAge),
    time("s-maxage", control.sMaxAge),
    time("stale-while-revalidate", control.staleWhileRevalidate),
    time("stale-if-error", control.staleIfError),
    flag("immutable", control.immutable),
    flag("must-understand", control.mustUnderstand),
  ].filter(isGiven).join(", ");
}

function isGiven(directive: string | undefined): boolean {
  return directive !== undefined;
}

function flag(name: string, value: boolean | undefined): string | undefined {
  return value === true ? name : undefined;
}

function time(name: string, value: number | undefined): string | undefined {
  if (Number.isNaN(value)) {
    throw new TypeError(`Cannot write Cache-Control: ${name} is NaN, give it a number of seconds`);
  }
  if (value === undefined || value < 0) return undefined;
  return `${name}=${Math.floor(Math.min(value, MAX_SECONDS))}`;
}

function restricted(
  name: string,
  value: boolean | undefined,
  fields: readonly string[] = [],
): string | undefined {
  if (value !== true || fields.length === 0) return flag(name, value);
  for (const field of fields) {
    if (isToken(field)) continue;
    throw new TypeError(
      `Cannot write Cache-Control: ${
        JSON.stringify(field.slice(0, 64))
      } in the fields of ${name} ` +
        "is no header name",
    );
  }
  return `${name}="${fields.join(", ")}"`;
}
