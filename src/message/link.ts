/**
 * The `Link` header, read and written (RFC 8288; spec section 7.2), with the `methods` and `types`
 * that a resource's links carry.
 *
 * Reading is lenient, as RFC 8288 appendix B asks: a link that makes no sense is skipped. Writing
 * is strict. A target that was read is text from outside: look at its scheme before following it.
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
  unquote,
} from "./header_value.ts";

/** A link from a resource to another. */
export interface Link {
  /** The target: a URI reference or, in links of a service's own, a path template. */
  readonly href: string;
  /** How the target relates to this resource; several relations are separated by spaces. */
  readonly rel?: string;
  /** The HTTP methods that the target takes. */
  readonly methods?: readonly string[];
  /** The media types that the target takes. */
  readonly types?: readonly string[];
  /**
   * Every other parameter, as `title` or `type`, by its name in lower case, values unquoted. In
   * links that were read the record has no prototype. A link with `anchor` starts from another
   * resource than the one that was asked for.
   */
  readonly params?: Readonly<Record<string, string>>;
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** The parameters that have fields of their own. */
const OWN_FIELDS: readonly string[] = ["rel", "methods", "types"];

/**
 * Parses a `Link` header. Links without a `<target>`, or whose target cannot be resolved, are
 * skipped; the first parameter of a name counts; a `title*` in UTF-8 takes the place of `title`.
 *
 * @param value the header's value, `null` when there is none.
 * @param base what to resolve targets against, usually the URL of the response; without it, targets
 * stay as written.
 *
 * @example
 * ```ts
 * import { parseLink } from "@pirouette/http";
 *
 * const links = parseLink('</albums?page=2>; rel="next"', "https://example.com/albums");
 * console.log(links.find((link) => link.rel === "next")?.href);
 * // https://example.com/albums?page=2
 * ```
 */
export function parseLink(value: string | null, base?: string | URL): Link[] {
  const links: Link[] = [];
  const text = value ?? "";
  const lastClose = text.lastIndexOf(">");
  let start = 0;
  while (start < text.length) {
    while (isHttpSpace(text.charCodeAt(start))) start++;
    // Without the bound, each of many unclosed targets would search to the end.
    const isTarget = text[start] === "<" && start < lastClose;
    const close = isTarget ? text.indexOf(">", start) : -1;
    const end = endOf(text, close === -1 ? start : close, COMMA);
    if (close !== -1) {
      const href = resolve(trimHttp(text.slice(start + 1, close)), base);
      if (href !== undefined) links.push(toLink(href, readParams(text.slice(close + 1, end))));
    }
    start = end + 1;
  }
  return links;
}

function endOf(text: string, from: number, stop: number): number {
  const end = partEnd(text, from, stop);
  return end === -1 ? text.length : end;
}

function resolve(href: string, base: string | URL | undefined): string | undefined {
  if (base === undefined) return href;
  return URL.canParse(href, base) ? new URL(href, base).href : undefined;
}

/** The parameters with their values as written. */
function readParams(text: string): Record<string, string> {
  const params = noParams();
  let end = endOf(text, 0, SEMICOLON);
  while (end < text.length) {
    const start = end + 1;
    end = endOf(text, start, SEMICOLON);
    const param = trimHttp(text.slice(start, end));
    const equals = param.indexOf("=");
    const name = trimHttp(equals === -1 ? param : param.slice(0, equals));
    if (!isToken(name)) continue;
    params[name.toLowerCase()] ??= equals === -1 ? "" : trimHttp(param.slice(equals + 1));
  }
  return params;
}

function toLink(href: string, written: Record<string, string>): Link {
  const params = noParams();
  const entries = Object.entries(written);
  for (const [name, value] of entries) {
    if (!OWN_FIELDS.includes(name) && !name.endsWith("*")) params[name] = unquote(value);
  }
  for (const [name, value] of entries) {
    const plainName = name.slice(0, -1);
    if (!name.endsWith("*") || plainName === "" || OWN_FIELDS.includes(plainName)) continue;
    const decoded = decodeExtended(value);
    if (decoded !== undefined) params[plainName] = decoded;
  }
  const { rel, methods, types } = written;
  return {
    href,
    ...(rel !== undefined && { rel: unquote(rel) }),
    ...(methods !== undefined && { methods: readList(methods) }),
    ...(types !== undefined && { types: readList(types) }),
    ...(Object.keys(params).length > 0 && { params }),
  };
}

/** Quotes are dropped wherever they are, since older services write `""GET", "PUT""`. */
function readList(value: string): string[] {
  return value.replaceAll('"', "").split(",").map(trimHttp).filter((item) => item !== "");
}

/** `UTF-8'en'%e2%82%ac` (RFC 8187); `undefined` in any other charset or when malformed. */
function decodeExtended(value: string): string | undefined {
  const parts = value.split("'", 3);
  if (parts[0]?.toLowerCase() !== "utf-8" || parts[2] === undefined) return undefined;
  try {
    return decodeURIComponent(parts[2]);
  } catch {
    return undefined;
  }
}

/**
 * Writes links as one header value: `</p>; rel="x"; methods="GET, PUT"; types="…"`, then the other
 * parameters.
 *
 * In targets, white space, quotes, `<`, `>` and characters beyond ASCII are percent-encoded, and
 * nothing else, so that a template as `/orders/{id}` stays one. A parameter beyond ASCII is written
 * in the extended form `title*=UTF-8''…`.
 *
 * @throws {TypeError} when a part holds a control character or half a surrogate pair, `rel`,
 * `methods` or `types` are beyond ASCII, a method or media type holds a comma or quote, or a
 * parameter's name is no token, or is one of `rel`, `methods` and `types`.
 *
 * @example
 * ```ts
 * import { buildLink } from "@pirouette/http";
 *
 * console.log(buildLink([{ href: "/payment/{id}", rel: "payment", methods: ["PUT"] }]));
 * // </payment/{id}>; rel="payment"; methods="PUT"
 * ```
 */
export function buildLink(links: readonly Link[]): string {
  return links.map(writeLink).join(", ");
}

function writeLink(link: Link): string {
  let text = `<${encodeTarget(link.href)}>`;
  if (link.rel !== undefined) text += `; rel=${writeQuoted("rel", link.rel)}`;
  text += writeList("methods", link.methods) + writeList("types", link.types);
  for (const [name, value] of Object.entries(link.params ?? {})) text += writeParam(name, value);
  return text;
}

function encodeTarget(href: string): string {
  if (/\p{Cc}|\p{Cs}/u.test(href)) throw unwritable("href", href);
  return href.replace(/[^!#-;=?-~]/gu, encodeURIComponent);
}

function writeList(name: string, items: readonly string[] | undefined): string {
  if (items === undefined || items.length === 0) return "";
  for (const item of items) {
    if (item === "" || /[",]/.test(item)) throw unwritable(name, item);
  }
  return `; ${name}=${writeQuoted(name, items.join(", "))}`;
}

function writeParam(name: string, value: string): string {
  if (!isToken(name) || name.endsWith("*") || OWN_FIELDS.includes(name.toLowerCase())) {
    throw new TypeError(
      `Cannot write Link parameter ${
        JSON.stringify(name.slice(0, 64))
      }: its name must be a token ` +
        'without "*", and rel, methods and types have fields of their own',
    );
  }
  if (isPrintable(value)) return `; ${name}=${quote(value)}`;
  if (/\p{Cc}|\p{Cs}/u.test(value)) throw unwritable(name, value);
  // encodeURIComponent leaves ' ( ) * as they are, which RFC 8187 does not allow.
  const encoded = encodeURIComponent(value).replace(/['()*]/g, percent);
  return `; ${name}*=UTF-8''${encoded}`;
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

function writeQuoted(name: string, value: string): string {
  if (!isPrintable(value)) throw unwritable(name, value);
  return quote(value);
}

function isPrintable(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value);
}

function unwritable(name: string, value: string): TypeError {
  return new TypeError(
    `Cannot write Link ${name} ${JSON.stringify(value.slice(0, 64))}: ` +
      "a character in it cannot stand in this part of the header",
  );
}
