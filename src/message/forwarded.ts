/**
 * What proxies tell of a request they pass on: `Forwarded` (RFC 7239) and the older
 * `X-Forwarded-For`, `-Proto` and `-Host`.
 *
 * Each proxy adds its entry at the right; whatever stands left of it was sent by whoever connected
 * to it and may be made up. This file only reads; `layers/client_address.ts` decides whom to
 * believe. Every text is read once.
 *
 * @module
 */
import { InvalidHeaderValueError, isToken, partEnd, trimHttp, unquote } from "./header_value.ts";
import { type IpAddress, parseIpAddress } from "./ip_address.ts";

/** What one proxy tells (RFC 7239 section 4); values without their quotes. */
export interface ForwardedElement {
  /** Who sent the request to the proxy: an address, `unknown`, or `_` and a made-up name. */
  readonly for?: string;
  /** Where the proxy received it. */
  readonly by?: string;
  /** The `Host` it received. */
  readonly host?: string;
  /** The scheme it received it by. */
  readonly proto?: string;
}

/** What one proxy tells, as far as it can be read. */
export interface Hop {
  /** Who sent the request to the proxy; `undefined` where it hides or does not know. */
  readonly address: IpAddress | undefined;
  /** The scheme, in lower case. */
  readonly proto: string | undefined;
  /** The host, with its port where it has one, in lower case. */
  readonly host: string | undefined;
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/**
 * Parses a `Forwarded` field (RFC 7239 section 4), the nearest proxy last.
 *
 * Parameters of other names are checked and dropped.
 *
 * @throws {InvalidHeaderValueError} when an element is malformed or has a parameter twice.
 *
 * @example
 * ```ts
 * import { parseForwarded } from "@pirouette/http";
 *
 * const [client] = parseForwarded('for="[2001:db8::17]:4711";proto=https, for=198.51.100.17');
 * console.log(client?.for, client?.proto); // [2001:db8::17]:4711 https
 * ```
 */
export function parseForwarded(value: string): ForwardedElement[] {
  return (elements(value) ?? [undefined]).map((element) => {
    if (element !== undefined) return element;
    const shown = value.slice(0, 60).replace(/\p{Cc}/gu, "\ufffd");
    throw new InvalidHeaderValueError(
      `Cannot parse Forwarded "${shown}": write name=value pairs, each name once in an element`,
    );
  });
}

/**
 * What the proxies of a `Forwarded` field tell, the nearest first. An element that is malformed
 * tells nothing; a field whose quotes do not match has no elements at all.
 */
export function forwardedHops(value: string): Hop[] {
  return (elements(value) ?? []).reverse().map((element = {}) => ({
    address: element.for === undefined ? undefined : nodeAddress(element.for),
    proto: element.proto === undefined ? undefined : readProto(element.proto),
    host: element.host === undefined ? undefined : readHost(element.host),
  }));
}

/** The members of a comma-separated `X-Forwarded-*` field, the nearest proxy's first. */
export function* nearestFirst(value: string): Generator<string, void> {
  for (let end = value.length; end >= 0;) {
    const comma = end === 0 ? -1 : value.lastIndexOf(",", end - 1);
    const member = trimHttp(value.slice(comma + 1, end));
    if (member !== "") yield member;
    end = comma;
  }
}

/**
 * The address of a node (RFC 7239 section 6), its port dropped; `undefined` for `unknown`, a
 * made-up name, and anything malformed. IPv6 may do without brackets where it has no port, which
 * `X-Forwarded-For` needs.
 */
export function nodeAddress(node: string): IpAddress | undefined {
  if (node.startsWith("[")) {
    const close = node.indexOf("]");
    const name = node.slice(1, Math.max(close, 1));
    return name.includes(":") && isPort(node.slice(close + 1)) ? parseIpAddress(name) : undefined;
  }
  const colon = node.indexOf(":");
  if (colon === -1 || node.includes(":", colon + 1)) return parseIpAddress(node);
  return isPort(node.slice(colon)) ? parseIpAddress(node.slice(0, colon)) : undefined;
}

/** The scheme that a proxy tells: `http` or `https`, nothing else is believed. */
export function readProto(text: string): string | undefined {
  const proto = text.length > 5 ? "" : text.toLowerCase();
  return proto === "http" || proto === "https" ? proto : undefined;
}

/** The host that a proxy tells; `undefined` where it could mean anything but a host and port. */
export function readHost(text: string): string | undefined {
  const isHost = text.length <= 261 &&
    /^(?:[a-z0-9_](?:[a-z0-9._-]*)|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(text);
  return isHost ? text.toLowerCase() : undefined;
}

/** Whether what follows a node's name is nothing, or a port (RFC 7239 section 6). */
function isPort(text: string): boolean {
  return text === "" || /^:(?:\d{1,5}|_[A-Za-z0-9._-]+)$/.test(text);
}

/**
 * The elements in order, `undefined` for one that is malformed; none at all where a quoted string
 * is never closed, as then nobody knows where an element begins.
 */
function elements(value: string): (ForwardedElement | undefined)[] | undefined {
  const found: (ForwardedElement | undefined)[] = [];
  for (let start = 0; start <= value.length;) {
    const end = partEnd(value, start, COMMA);
    if (end === -1) return undefined;
    const text = trimHttp(value.slice(start, end));
    if (text !== "") found.push(parseElement(text));
    start = end + 1;
  }
  return found;
}

function parseElement(text: string): ForwardedElement | undefined {
  const params = new Map<string, string>();
  for (let start = 0; start <= text.length;) {
    const end = partEnd(text, start, SEMICOLON);
    const pair = trimHttp(text.slice(start, end));
    start = end + 1;
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(equals, 0)).toLowerCase();
    const value = readValue(pair.slice(equals + 1));
    if (!isToken(name) || value === undefined || params.has(name)) return undefined;
    params.set(name, value);
  }
  const known: { -readonly [Name in keyof ForwardedElement]: string } = {};
  for (const name of ["for", "by", "host", "proto"] as const) {
    const value = params.get(name);
    if (value !== undefined) known[name] = value;
  }
  return known;
}

/** A token, or what a quoted string says; `undefined` for anything else. */
function readValue(text: string): string | undefined {
  if (isToken(text)) return text;
  if (!text.startsWith('"') || /[^\t\x20-\x7e\x80-\xff]/.test(text)) return undefined;
  return closingQuote(text) === text.length - 1 ? unquote(text) : undefined;
}

/** Where the quoted string that begins a text ends. */
function closingQuote(text: string): number {
  let at = 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
