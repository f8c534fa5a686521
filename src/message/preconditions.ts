/**
 * Conditional requests: whether a request still holds for what there is now (RFC 9110
 * section 13).
 *
 * @module
 */
import { listMatches, strongMatch, type TagComparison } from "./etag.ts";
import { trimHttp } from "./header_value.ts";
import { parseHttpDate } from "./http_date.ts";

/** What tells one version of a resource from another. */
export interface Validators {
  /** The entity tag, as `ETag` carries it: in quotes, with `W/` before them where it is weak. */
  readonly etag?: string | undefined;
  /** When it was last changed; only whole seconds count. */
  readonly lastModified?: Date | undefined;
}

/** What a request's conditions come to. */
export type PreconditionOutcome =
  /** They hold, or there are none: answer as without them. */
  | "proceed"
  /** The client has this version already: 304. */
  | "not-modified"
  /** They do not hold: 412, and nothing may be done. */
  | "failed";

/**
 * Evaluates `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the order
 * of RFC 9110 section 13.2.2.
 *
 * A date that is malformed, or that there is no date to compare with, is ignored; so is a date beside
 * the tags that take its place.
 *
 * @param current the validators of what there is now, `{}` for something that has none, and
 * `undefined` where there is nothing.
 *
 * @example
 * ```ts
 * import { evaluatePreconditions } from "@pirouette/http";
 *
 * const request = new Request("http://localhost/", { headers: { "if-none-match": '"v1"' } });
 * console.log(evaluatePreconditions(request, { etag: '"v1"' })); // not-modified
 * console.log(evaluatePreconditions(request, { etag: '"v2"' })); // proceed
 * ```
 */
export function evaluatePreconditions(
  request: Request,
  current: Validators | undefined,
): PreconditionOutcome {
  const { headers } = request;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null) {
    if (!hasTag(ifMatch, current, "strong")) return "failed";
  } else if (isAfter(current, headers.get("if-unmodified-since")) === true) return "failed";
  const isRead = request.method === "GET" || request.method === "HEAD";
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (!hasTag(ifNoneMatch, current, "weak")) return "proceed";
    return isRead ? "not-modified" : "failed";
  }
  if (!isRead) return "proceed";
  const isNewer = isAfter(current, headers.get("if-modified-since"));
  return isNewer === false ? "not-modified" : "proceed";
}

/**
 * Whether the `Range` of a request counts: it does unless `If-Range` names another version than the
 * current one (RFC 9110 section 13.1.5).
 *
 * Only strong validators tell: a strong tag, or a date that is at least a second in the past, since a
 * version that is younger may be followed by another in the same second.
 *
 * @param now milliseconds since 1970.
 */
export function rangeApplies(
  request: Request,
  current: Validators,
  now: number = Date.now(),
): boolean {
  const ifRange = request.headers.get("if-range");
  if (ifRange === null) return true;
  const { etag, lastModified } = current;
  if (etag !== undefined && strongMatch(ifRange, etag)) return true;
  if (lastModified === undefined) return false;
  const modified = seconds(lastModified);
  const given = parseHttpDate(ifRange, now);
  return given !== undefined && seconds(given) === modified && modified < seconds(new Date(now));
}

/** Whether a list has the current tag; `*` stands for whatever there is. */
function hasTag(
  list: string,
  current: Validators | undefined,
  comparison: TagComparison,
): boolean {
  if (current === undefined) return false;
  const { etag } = current;
  return etag === undefined ? trimHttp(list) === "*" : listMatches(list, etag, comparison);
}

/** Whether the current version is younger than a date; `undefined` where that cannot be said. */
function isAfter(current: Validators | undefined, text: string | null): boolean | undefined {
  const { lastModified } = current ?? {};
  if (text === null || lastModified === undefined) return undefined;
  const date = parseHttpDate(text);
  return date === undefined ? undefined : seconds(lastModified) > seconds(date);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
