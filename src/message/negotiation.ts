/**
 * Content negotiation by the weights that a client sends (RFC 9110 section 12): which of the media
 * types on offer answers an `Accept`, and whether a `Content-Type` is one that a resource takes.
 *
 * {@linkcode parseQualityList} reads the other weighted lists too, as `Accept-Encoding` and
 * `Accept-Language`; choosing among those is left to who offers them.
 *
 * @module
 */
import { noParams, partEnd, trimHttp, unquote } from "./header_value.ts";
import {
  essenceMatches,
  mediaTypeEssence,
  mediaTypeMatches,
  parseMediaType,
} from "./media_type.ts";

/** One member of a weighted list. */
export interface QualityValue {
  /** The range, coding or language, in lower case. */
  readonly value: string;
  /** The parameters before the weight, names in lower case, values unquoted; no prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** The weight from 0, which excludes, to 1, which is also the default. */
  readonly quality: number;
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** Shared by the many members that have no parameters: making a record costs more than the rest. */
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(noParams());

/** More members than any client sends for a reason; those after it are not read. */
const MAX_MEMBERS = 256;

/**
 * Parses a weighted list, in the order of the header.
 *
 * A member without a value or whose weight is no number is skipped, as is everything after the 256th
 * member; a weight above 1 counts as 1, and `.5` as `0.5`.
 *
 * @example
 * ```ts
 * import { parseQualityList } from "@pirouette/http";
 *
 * for (const { value, quality } of parseQualityList("br, gzip;q=0.8, *;q=0")) {
 *   console.log(value, quality); // br 1, gzip 0.8, * 0
 * }
 * ```
 */
export function parseQualityList(value: string): QualityValue[] {
  const members: QualityValue[] = [];
  let start = 0;
  for (let count = 0; count < MAX_MEMBERS && start < value.length; count++) {
    const comma = partEnd(value, start, COMMA);
    const end = comma === -1 ? value.length : comma;
    const member = readMember(value.slice(start, end));
    if (member !== undefined) members.push(member);
    start = end + 1;
  }
  return members;
}

function readMember(text: string): QualityValue | undefined {
  let end = stop(text, 0);
  const value = trimHttp(text.slice(0, end)).toLowerCase();
  if (value === "") return undefined;
  let params: Record<string, string> | undefined;
  while (end < text.length) {
    const start = end + 1;
    end = stop(text, start);
    const param = text.slice(start, end);
    const equals = param.indexOf("=");
    if (equals === -1) continue;
    const name = trimHttp(param.slice(0, equals)).toLowerCase();
    const content = trimHttp(param.slice(equals + 1));
    // What follows the weight was an extension that nobody used; RFC 9110 dropped it.
    if (name === "q") return withQuality(value, params ?? NO_PARAMS, content);
    params ??= noParams();
    params[name] ??= unquote(content);
  }
  return { value, params: params ?? NO_PARAMS, quality: 1 };
}

function stop(text: string, from: number): number {
  const end = partEnd(text, from, SEMICOLON);
  return end === -1 ? text.length : end;
}

function withQuality(
  value: string,
  params: QualityValue["params"],
  weight: string,
): QualityValue | undefined {
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(weight)) return undefined;
  return { value, params, quality: Math.min(Number(weight), 1) };
}

/**
 * The media type of `produces` that the client likes best, as it stands in `produces`; `undefined`
 * when none is acceptable, which answers 406.
 *
 * Without an `Accept` header, or with a blank one, the first is chosen. Each type takes the weight
 * of the most specific range that covers it; `q=0` excludes it. Among equal weights the more
 * specific range wins, then the order of the header, then the order of `produces`. A range with
 * parameters that the type does not declare, as `application/json;charset=utf-8`, counts only when
 * no other range covers the type.
 *
 * @param accept the value of the `Accept` header, `null` when there is none.
 *
 * @example
 * ```ts
 * import { negotiateMediaType } from "@pirouette/http";
 *
 * const produces = ["application/json", "application/xml"];
 * console.log(negotiateMediaType("text/html, application/xml;q=0.9, text/*;q=0.1", produces));
 * // application/xml
 * console.log(negotiateMediaType("image/png", produces)); // undefined
 * ```
 */
export function negotiateMediaType(
  accept: string | null,
  produces: readonly string[],
): string | undefined {
  if (accept === null || accept === "*/*" || trimHttp(accept) === "") return produces[0];
  // A header that is one of the types to the letter is that one range and no other.
  if (produces.includes(accept)) return accept;
  const ranges = readRanges(accept);
  let best: string | undefined;
  let bestMatch: Match | undefined;
  for (const produced of produces) {
    const match = matchRange(ranges, produced);
    if (match === undefined || match.range.quality === 0) continue;
    if (bestMatch === undefined || isBetter(match, bestMatch)) {
      best = produced;
      bestMatch = match;
    }
  }
  return best;
}

/** A range that covers a type, and how closely: the higher, the more specific. */
interface Match {
  readonly range: QualityValue;
  readonly order: number;
  readonly specificity: number;
}

function readRanges(accept: string): QualityValue[] {
  const ranges: QualityValue[] = [];
  for (const member of parseQualityList(accept)) {
    // Java's HttpURLConnection sends a lone `*` for every type.
    if (member.value === "*") ranges.push({ ...member, value: "*/*" });
    else if (mediaTypeEssence(member.value) !== "") ranges.push(member);
  }
  return ranges;
}

function matchRange(ranges: readonly QualityValue[], produced: string): Match | undefined {
  const type = parseMediaType(produced);
  if (type === undefined) return undefined;
  let best: Match | undefined;
  for (let order = 0; order < ranges.length; order++) {
    const range = ranges[order];
    if (range === undefined || !essenceMatches(range.value, type.essence)) continue;
    const specificity = specificityOf(range, type.essence, type.params);
    if (specificity > (best?.specificity ?? -1)) best = { range, order, specificity };
  }
  return best;
}

/** -1: contradicts; 0: asks for what the type does not declare; then any, `text/*`, the type. */
function specificityOf(
  range: QualityValue,
  essence: string,
  params: Readonly<Record<string, string>>,
): number {
  let count = 0;
  let isDeclared = true;
  // No prototype, so there is nothing inherited to walk.
  for (const name in range.params) {
    const given = params[name];
    if (given === undefined) isDeclared = false;
    else if (given.toLowerCase() !== range.params[name]?.toLowerCase()) return -1;
    count++;
  }
  // To exclude one variant is not to exclude the type that is not known to be that variant.
  if (!isDeclared) return range.quality === 0 ? -1 : 0;
  const closeness = count / (count + 1);
  if (range.value === essence) return 3 + closeness;
  return (range.value === "*/*" ? 1 : 2) + closeness;
}

function isBetter(match: Match, than: Match): boolean {
  if (match.range.quality !== than.range.quality) return match.range.quality > than.range.quality;
  if (match.specificity !== than.specificity) return match.specificity > than.specificity;
  return match.order < than.order;
}

/**
 * Whether a resource that takes the media types of `consumes` takes this `Content-Type`; `false`
 * answers 415.
 *
 * Case and parameters are ignored, and `consumes` may hold ranges as `image/*`. An empty `consumes`
 * takes everything. A missing `Content-Type` counts as `application/octet-stream` (RFC 9110 section
 * 8.3); one that is no media type matches nothing, not even the range of every type.
 *
 * @param contentType the value of the `Content-Type` header, `null` when there is none.
 */
export function matchesConsumes(contentType: string | null, consumes: readonly string[]): boolean {
  if (consumes.length === 0) return true;
  const essence = mediaTypeEssence(contentType ?? "application/octet-stream");
  if (essence === "") return false;
  // A list that spells the type as the client does needs no parsing.
  return consumes.includes(essence) ||
    consumes.some((range) => mediaTypeMatches(range, essence));
}
