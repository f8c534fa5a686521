/**
 * Media types: parse, write, compare (RFC 9110 section 8.3; WHATWG MIME Sniffing section 4).
 *
 * The WHATWG algorithm is followed to the letter, because browsers and proxies do: parameters that
 * make no sense are dropped, but a type that is not exactly `token/token` is no media type at all,
 * so `application/json garbage` never passes for JSON. Nothing here looks at a body.
 *
 * @module
 */
import {
  isHttpSpace,
  isToken,
  noParams,
  partEnd,
  quote,
  trimHttp,
  trimHttpEnd,
  unquote,
} from "./header_value.ts";

/** A parsed media type. */
export interface MediaType {
  /** The part before the slash, in lower case: `text`. */
  readonly type: string;
  /** The part after the slash, in lower case: `html`. */
  readonly subtype: string;
  /** Type and subtype, in lower case: `text/html`. */
  readonly essence: string;
  /**
   * The parameters by name, in lower case, values unquoted; the first of a name counts. The record
   * has no prototype, so a parameter named `__proto__` is a plain entry.
   */
  readonly params: Readonly<Record<string, string>>;
}

const COMMA = 0x2c;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;

/** 1 for each character that may stand in a type that is already in lower case. */
const CANONICAL = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  CANONICAL[char.charCodeAt(0)] = 1;
}

/**
 * Parses a media type; `undefined` when the text is not one.
 *
 * @example
 * ```ts
 * import { parseMediaType } from "@pirouette/http";
 *
 * const type = parseMediaType('Text/HTML; Charset="utf-8"');
 * console.log(type?.essence, type?.params.charset); // text/html utf-8
 * console.log(parseMediaType("application/json garbage")); // undefined
 * ```
 */
export function parseMediaType(text: string): MediaType | undefined {
  const trimmed = trimHttp(text);
  const semicolon = trimmed.indexOf(";");
  const essence = readEssence(semicolon === -1 ? trimmed : trimmed.slice(0, semicolon));
  if (essence === "") return undefined;
  const slash = essence.indexOf("/");
  return {
    type: essence.slice(0, slash),
    subtype: essence.slice(slash + 1),
    essence,
    params: readParams(trimmed, semicolon === -1 ? trimmed.length : semicolon),
  };
}

/**
 * Type and subtype of a `Content-Type`, in lower case and without parameters: what
 * {@linkcode parseMediaType} calls `essence`, or `""` when the text is no media type.
 *
 * Text that is already in that form is returned as it is, without copying.
 *
 * @example
 * ```ts
 * import { mediaTypeEssence } from "@pirouette/http";
 *
 * console.log(mediaTypeEssence("Application/JSON; charset=utf-8")); // application/json
 * ```
 */
export function mediaTypeEssence(contentType: string): string {
  const length = contentType.length;
  let slash = -1;
  let at = 0;
  for (; at < length; at++) {
    const code = contentType.charCodeAt(at);
    if (code === SLASH && slash === -1) slash = at;
    else if (CANONICAL[code] !== 1) break;
  }
  if (slash > 0 && at > slash + 1) {
    if (at === length) return contentType;
    if (contentType.charCodeAt(at) === SEMICOLON) return contentType.slice(0, at);
  }
  const semicolon = contentType.indexOf(";");
  return readEssence(trimHttp(semicolon === -1 ? contentType : contentType.slice(0, semicolon)));
}

/** `text` ends where the parameters begin, and has no white space before the type. */
function readEssence(text: string): string {
  const slash = text.indexOf("/");
  const type = text.slice(0, Math.max(slash, 0));
  const subtype = trimHttpEnd(text.slice(slash + 1));
  return isToken(type) && isToken(subtype) ? `${type}/${subtype}`.toLowerCase() : "";
}

function readParams(text: string, from: number): Record<string, string> {
  const params = noParams();
  let at = from;
  while (at < text.length) {
    at++;
    while (isHttpSpace(text.charCodeAt(at))) at++;
    const nameEnd = endOfName(text, at);
    const name = text.slice(at, nameEnd);
    at = nameEnd;
    if (text[at] !== "=") continue;
    at++;
    const isQuoted = text[at] === '"';
    const end = isQuoted ? endOfQuoted(text, at) : endOf(text, at);
    const value = isQuoted ? unquote(text.slice(at, end)) : trimHttpEnd(text.slice(at, end));
    if (isToken(name) && (isQuoted || value !== "") && isQuotable(value)) {
      params[name.toLowerCase()] ??= value;
    }
    at = endOf(text, end);
  }
  return params;
}

function endOfName(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ";" && text[at] !== "=") at++;
  return at;
}

/** The index after the quoted string that begins at `from`, or the end if it is never closed. */
function endOfQuoted(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOf(text: string, from: number): number {
  const semicolon = text.indexOf(";", from);
  return semicolon === -1 ? text.length : semicolon;
}

/** Whether a value can be sent in a quoted string: tab, printable ASCII, and Latin-1 above it. */
function isQuotable(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/**
 * Writes a media type as a `Content-Type` value: `text/plain;charset=utf-8`. Values that are no
 * token are quoted.
 */
export function serializeMediaType(mediaType: Pick<MediaType, "essence" | "params">): string {
  let text = mediaType.essence;
  for (const [name, value] of Object.entries(mediaType.params)) {
    text += `;${name}=${isToken(value) ? value : quote(value)}`;
  }
  return text;
}

/**
 * The media type of a message whose `Content-Type` may have been sent more than once, joined by
 * commas as `Headers.get` does: the last valid one wins, and keeps the charset of an earlier equal
 * one (Fetch standard, "extract a MIME type").
 *
 * Receivers that must not guess, as a server choosing a decoder, use {@linkcode parseMediaType},
 * which refuses such a value.
 */
export function extractMediaType(contentType: string | null): MediaType | undefined {
  if (contentType === null) return undefined;
  let found: MediaType | undefined;
  let charset: string | undefined;
  let start = 0;
  while (start <= contentType.length) {
    const comma = partEnd(contentType, start, COMMA);
    const end = comma === -1 ? contentType.length : comma;
    const parsed = parseMediaType(contentType.slice(start, end));
    start = end + 1;
    if (parsed === undefined || parsed.essence === "*/*") continue;
    if (parsed.essence !== found?.essence) charset = undefined;
    charset = parsed.params.charset ?? charset;
    found = parsed;
  }
  if (found === undefined || charset === undefined || found.params.charset !== undefined) {
    return found;
  }
  return { ...found, params: Object.assign(noParams(), found.params, { charset }) };
}

/**
 * Whether a media type falls in a range: any type, any of one type (`text/*`), or one. Case and parameters of both
 * are ignored; text that is no media type matches nothing.
 */
export function mediaTypeMatches(range: string, type: string): boolean {
  const essence = mediaTypeEssence(type);
  return essence !== "" && essenceMatches(mediaTypeEssence(range), essence);
}

/** {@linkcode mediaTypeMatches} for a range and a type that are essences already. */
export function essenceMatches(range: string, essence: string): boolean {
  if (range === essence || range === "*/*") return true;
  return range.endsWith("/*") && essence.startsWith(range.slice(0, -1));
}

/** Whether an essence is a JSON type: `application/json`, `text/json` or `…+json`. */
export function isJson(essence: string): boolean {
  return essence === "application/json" || essence === "text/json" || essence.endsWith("+json");
}

/** Whether an essence is an XML type: `application/xml`, `text/xml` or `…+xml`. */
export function isXml(essence: string): boolean {
  return essence === "application/xml" || essence === "text/xml" || essence.endsWith("+xml");
}

/** Whether an essence is the type of URL-encoded forms. */
export function isForm(essence: string): boolean {
  return essence === "application/x-www-form-urlencoded";
}

/** Whether an essence is any `text/…`. */
export function isText(essence: string): boolean {
  return essence.startsWith("text/");
}
