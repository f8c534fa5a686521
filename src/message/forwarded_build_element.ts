/**
 * Elements of a `Forwarded` field as text (RFC 7239 sections 4 and 6), and what is kept of those that
 * a message brought along.
 *
 * What was received is written by strangers: it is kept only where it can be read, and as much of its
 * right end as is bounded, so that it cannot swallow the element that comes after it.
 *
 * @module
 */
import {
  type ForwardedElement,
  nodeAddress,
  parseForwarded,
  readHost,
  readProto,
} from "./forwarded.ts";
import { isToken, partEnd, quote, trimHttp } from "./header_value.ts";
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";

/** What stands in place of an element that nobody can read. */
const UNREADABLE = "for=unknown";

/** The most elements, and characters, that are kept of a field; more are of a loop, or an attack. */
const MAX_ELEMENTS = 64;
const MAX_LENGTH = 4096;

const COMMA = 0x2c;

/**
 * Writes an element of a `Forwarded` field, its values quoted where they must be. A field is a list
 * of them with commas, the nearest proxy's last.
 *
 * @throws {TypeError} when `for` or `by` is no node (an IP address, `unknown`, or `_` and a made-up
 * name, each with or without a port), `host` no host, or `proto` neither `http` nor `https`.
 *
 * @example
 * ```ts
 * import { serializeForwarded } from "@pirouette/http";
 *
 * console.log(serializeForwarded({ for: "2001:db8::17", proto: "https" }));
 * // for="[2001:db8::17]";proto=https
 * ```
 */
export function serializeForwarded(element: ForwardedElement): string {
  const { for: sender, by, host, proto } = element;
  return [
    pair("for", sender, forwardedNode),
    pair("by", by, forwardedNode),
    pair("host", host, readHost),
    pair("proto", proto, readProto),
  ].filter((text) => text !== "").join(";");
}

function pair(
  name: string,
  value: string | undefined,
  read: (value: string) => string | undefined,
): string {
  if (value === undefined) return "";
  const text = read(value);
  if (text !== undefined) return `${name}=${isToken(text) ? text : quote(text)}`;
  const shown = value.slice(0, 60).replace(/\p{Cc}/gu, "\ufffd");
  throw new TypeError(
    `Cannot write "${shown}" as ${name} of a Forwarded field: use ${remedies[name]}`,
  );
}

const remedies: Readonly<Record<string, string>> = {
  for: 'an IP address, "unknown", or "_" and a name',
  by: 'an IP address, "unknown", or "_" and a name',
  host: "a host, with its port where it has one",
  proto: '"http" or "https"',
};

/**
 * A node in its one form, IPv6 in brackets, its port kept; `undefined` for what is none. The address
 * that a platform tells may have a zone, which is dropped.
 */
export function forwardedNode(text: string): string | undefined {
  if (text.length > 128) return undefined;
  const address = nodeAddress(text) ?? parseIpAddress(text.replace(/%.*$/, ""));
  if (address !== undefined) {
    const ip = formatIpAddress(address);
    return (ip.includes(":") ? `[${ip}]` : ip) + portOf(text);
  }
  return /^(?:unknown|_[\w.-]+)(?::(?:\d{1,5}|_[\w.-]+))?$/.test(text) ? text : undefined;
}

/** What follows the name of a node, which was found to be well-formed. */
function portOf(text: string): string {
  if (text.startsWith("[")) return text.slice(text.indexOf("]") + 1);
  const colon = text.indexOf(":");
  return colon === -1 || text.includes(":", colon + 1) ? "" : text.slice(colon);
}

/**
 * The elements of a received field that are passed on: at most the last 64 in 4096 characters, each as
 * it was written. `for=unknown` stands where one is malformed, or in place of them all where a quoted
 * string is never closed.
 */
export function receivedElements(value: string | null): string[] {
  if (value === null) return [];
  // No character ends a part, so that it goes on to the end.
  if (partEnd(value, 0, -1) === -1) return [UNREADABLE];
  const texts: string[] = [];
  for (let start = 0; start <= value.length;) {
    const end = partEnd(value, start, COMMA);
    const text = trimHttp(value.slice(start, end));
    if (text !== "") texts.push(text);
    start = end + 1;
  }
  return lastOf(texts).map((text) => isElement(text) ? text : UNREADABLE);
}

/** As many of the last members of a list as are passed on. */
export function lastOf(members: readonly string[]): string[] {
  let first = members.length;
  let length = 0;
  while (first > 0 && members.length - first < MAX_ELEMENTS) {
    length += (members[first - 1] as string).length + 2;
    if (length > MAX_LENGTH) break;
    first--;
  }
  return members.slice(first);
}

function isElement(text: string): boolean {
  try {
    return parseForwarded(text).length === 1;
  } catch {
    return false;
  }
}
