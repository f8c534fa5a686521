/**
 * Header values with parameters, as `Accept`, `Prefer` and `Link` carry them (RFC 9110 sections
 * 5.5 and 5.6; spec section 7.1), and the few rules of field syntax that the other parsers of this
 * folder stand on.
 *
 * Everything here reads its text once, from left to right. What a parameter means, and what its
 * quoted string says, is left to the parser of that header.
 *
 * @module
 */
import { define, HttpError } from "./errors.ts";

/** One member of a header that lists values with parameters. */
export interface HeaderValue {
  /** The text before the first `;`, trimmed and otherwise as written: quotes and `<>` stay. */
  readonly value: string;
  /**
   * The parameters by name, in lower case; the first of a name counts. Values are as written,
   * quotes included; a parameter without `=` has the value `""`. The record has no prototype, so a
   * parameter named `__proto__` is a plain entry.
   */
  readonly params: Readonly<Record<string, string>>;
}

/** A header value or one of its parameters breaks the grammar that the program asked for. */
export class InvalidHeaderValueError extends HttpError {
  static {
    define(this, "InvalidHeaderValueError", 400);
  }
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/**
 * Parses a header that lists values with parameters.
 *
 * Commas and semicolons inside quotes, and inside the `<…>` that begins a `Link` value, separate
 * nothing. Empty members are skipped (RFC 9110 section 5.6.1), except that a blank header gives one
 * empty value.
 *
 * @throws {InvalidHeaderValueError} when a member has parameters but no value, a parameter has an
 * empty name or value (`;=`, `;a=`) or a name that is no token, a quote or `<` is never closed, or
 * the text holds NUL, CR or LF.
 *
 * @example
 * ```ts
 * import { parseHeader } from "@pirouette/http";
 *
 * const [first, second] = parseHeader('text/plain;level=1;note="a, b", application/xml');
 * console.log(first?.value, first?.params.note); // text/plain "a, b"
 * console.log(second?.value); // application/xml
 * ```
 */
export function parseHeader(value: string): HeaderValue[] {
  for (const forbidden of ["\0", "\r", "\n"]) {
    if (value.includes(forbidden)) {
      throw invalidValue(value, "a header value has no NUL, CR or LF");
    }
  }
  const values: HeaderValue[] = [];
  let start = 0;
  while (start <= value.length) {
    const end = partEnd(value, targetEnd(value, start), COMMA);
    if (end === -1) throw invalidValue(trimHttp(value.slice(start)), "close the quoted string");
    const member = trimHttp(value.slice(start, end));
    if (member !== "") values.push(parseMember(member));
    start = end + 1;
  }
  if (values.length === 0 && !value.includes(",")) values.push({ value: "", params: noParams() });
  return values;
}

function parseMember(member: string): HeaderValue {
  let end = partEnd(member, targetEnd(member, 0), SEMICOLON);
  const value = trimHttp(member.slice(0, end));
  if (value === "") throw invalidValue(member, "write the value before its parameters");
  const params = noParams();
  while (end < member.length) {
    const start = end + 1;
    end = partEnd(member, start, SEMICOLON);
    addParam(params, trimHttp(member.slice(start, end)));
  }
  return { value, params };
}

function addParam(params: Record<string, string>, param: string): void {
  // `a;;b` and `a;` are allowed by RFC 9110 section 5.6.6.
  if (param === "") return;
  const equals = param.indexOf("=");
  const name = equals === -1 ? param : trimHttp(param.slice(0, equals));
  const value = equals === -1 ? "" : trimHttp(param.slice(equals + 1));
  if (equals !== -1 && (name === "" || value === "")) {
    throw invalidParam(param, "write it as name=value");
  }
  if (!isToken(name)) throw invalidParam(param, "a parameter name is a token");
  params[name.toLowerCase()] ??= value;
}

/** Where the search for separators begins: after the `<…>` of a Link value, else at its start. */
function targetEnd(text: string, start: number): number {
  let at = start;
  while (isHttpSpace(text.charCodeAt(at))) at++;
  if (text[at] !== "<") return start;
  const close = text.indexOf(">", at);
  if (close === -1) throw invalidValue(text.slice(at), 'close the target with ">"');
  return close;
}

function invalidValue(text: string, remedy: string): InvalidHeaderValueError {
  return new InvalidHeaderValueError(
    `failed to parse: error InvalidHeaderValueError ("invalid header value: ${
      shorten(text)
    }"): ${remedy}`,
  );
}

function invalidParam(text: string, remedy: string): InvalidHeaderValueError {
  return new InvalidHeaderValueError(
    `failed to parse: error InvalidHeaderParamError ("invalid header parameter: ${
      shorten(text)
    }"): ${remedy}`,
  );
}

/** At most 64 characters of `text`, control characters masked, fit for an error message or a log. */
function shorten(text: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 63)}…` : text;
  return shown.replace(/\p{Cc}/gu, "\ufffd");
}

/**
 * Where the part that begins at `from` ends: at the first `stop` character outside a quoted string,
 * or at the end of `text`; `-1` when a quoted string is never closed.
 *
 * @param stop the character code that ends a part, as `0x2c` for a comma.
 */
export function partEnd(text: string, from: number, stop: number): number {
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (quoted && code === BACKSLASH) at++;
    else if (!quoted && code === stop) return at;
  }
  return quoted ? -1 : text.length;
}

/** Whether `text` is a token: a method, a field name, a parameter name (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(text);
}

/** `text` without the HTTP white space around it: space, tab, CR and LF, but no other space. */
export function trimHttp(text: string): string {
  let start = 0;
  while (isHttpSpace(text.charCodeAt(start))) start++;
  return trimHttpEnd(start === 0 ? text : text.slice(start));
}

/** `text` without the HTTP white space at its end. */
export function trimHttpEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isHttpSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Whether a character code is HTTP white space: space, tab, CR or LF. */
export function isHttpSpace(code: number): boolean {
  return code === SPACE || code === TAB || code === LF || code === CR;
}

/**
 * What a parameter value says: a quoted string without its quotes and escapes, anything else as it
 * is (RFC 9110 section 5.6.4).
 *
 * A quoted string that is never closed reaches to the end of the text; what follows a closed one is
 * dropped.
 *
 * @example
 * ```ts
 * import { unquote } from "@pirouette/http";
 *
 * console.log(unquote('"say \\"hi\\""')); // say "hi"
 * ```
 */
export function unquote(text: string): string {
  if (text.charCodeAt(0) !== QUOTE) return text;
  let content = "";
  let copied = 1;
  let at = 1;
  for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
    // A backslash that is the last character stands for itself.
    if (text.charCodeAt(at) !== BACKSLASH || at + 1 === text.length) continue;
    content += text.slice(copied, at);
    copied = ++at;
  }
  return content + text.slice(copied, at);
}

/** `text` as a quoted string, `"` and `\` escaped. The caller sees to control characters. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** An empty record of parameters that inherits nothing. */
export function noParams(): Record<string, string> {
  return Object.create(null);
}
