/**
 * IP addresses as text (RFC 4291 section 2.2, RFC 5952): parsed strictly, so that an address has
 * one form whoever wrote it, and nothing that only looks like one passes.
 *
 * Forms that platforms read differently are refused: octets in octal or with leading zeros,
 * addresses of fewer than four parts, whole addresses as one number, zones (`%eth0`).
 *
 * @module
 */

/** An address: two groups of 16 bits for IPv4, eight for IPv6, the highest first. */
export interface IpAddress {
  /** The version; an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is 4. */
  readonly version: 4 | 6;
  /** The groups of 16 bits. */
  readonly groups: readonly number[];
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;

/** The longest text of an address: six groups of four digits and an IPv4 address. */
const maxLength = 45;

/**
 * Parses an address without brackets, port or zone; `undefined` for anything else.
 *
 * @example
 * ```ts
 * import { formatIpAddress, parseIpAddress } from "@pirouette/http";
 *
 * const address = parseIpAddress("2001:DB8:0:0::1");
 * if (address !== undefined) console.log(formatIpAddress(address)); // 2001:db8::1
 * console.log(parseIpAddress("0177.0.0.1")); // undefined
 * ```
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const groups = parseGroups(text);
  if (groups === undefined) return undefined;
  if (groups.length === 2) return { version: 4, groups };
  return isMapped(groups) ? { version: 4, groups: groups.slice(6) } : { version: 6, groups };
}

/** The groups of an address as they were written: two for IPv4, else eight. */
export function parseGroups(text: string): number[] | undefined {
  if (text.length > maxLength) return undefined;
  return text.includes(":") ? parseVersion6(text) : parseVersion4(text, 0);
}

/** Whether eight groups are those of an IPv4-mapped address (RFC 4291 section 2.5.5.2). */
export function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.every((group, at) => at >= 5 || group === 0);
}

/**
 * The text of an address: IPv4 with dots, IPv6 as RFC 5952 says: lower case, no leading zeros, the
 * longest run of two or more zero groups as `::`.
 */
export function formatIpAddress({ version, groups }: IpAddress): string {
  if (version === 4) {
    return groups.map((group) => `${group >> 8}.${group & 0xff}`).join(".");
  }
  const { start, length } = longestZeros(groups);
  let text = "";
  for (let at = 0; at < groups.length; at++) {
    if (at === start && length > 1) {
      text += "::";
      at += length - 1;
    } else text += (at === 0 || text.endsWith(":") ? "" : ":") + (groups[at] ?? 0).toString(16);
  }
  return text;
}

/** The address with all bits behind the first `bits` cleared: the network it is in. */
export function networkOf({ version, groups }: IpAddress, bits: number): IpAddress {
  return { version, groups: groups.map((group, at) => group & groupMask(bits - 16 * at)) };
}

/** The mask of one group of which the first `bits` count; fewer than none, more than all. */
function groupMask(bits: number): number {
  if (bits >= 16) return 0xffff;
  return bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
}

function parseVersion4(text: string, from: number): number[] | undefined {
  const octets: number[] = [];
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return undefined;
    const start = at;
    let octet = 0;
    for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) {
      octet = octet * 10 + code - ZERO;
      if (++at - start > 3) return undefined;
    }
    const digits = at - start;
    // A leading zero would be octal for some and decimal for others.
    if (digits === 0 || octet > 255 || (digits > 1 && text.charCodeAt(start) === ZERO)) {
      return undefined;
    }
    octets.push(octet);
  }
  if (at !== text.length) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return [a << 8 | b, c << 8 | d];
}

function parseVersion6(text: string): number[] | undefined {
  const groups: number[] = [];
  /** How many groups came before `::`. */
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (groups.length === 8) return undefined;
    const start = at;
    let group = 0;
    for (let digit = hexDigit(text.charCodeAt(at)); digit >= 0;) {
      group = group << 4 | digit;
      if (++at - start > 4) return undefined;
      digit = hexDigit(text.charCodeAt(at));
    }
    if (at < text.length && text.charCodeAt(at) === DOT) {
      const low = parseVersion4(text, start);
      if (low === undefined) return undefined;
      groups.push(...low);
      at = text.length;
      break;
    }
    if (at === start) return undefined;
    groups.push(group);
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== COLON) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      at++;
    } else if (at === text.length) return undefined;
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined;
  // "::" stands for one group at least (RFC 4291 section 2.2).
  if (groups.length > 7) return undefined;
  const zeros = new Array<number>(8 - groups.length).fill(0);
  return [...groups.slice(0, gap), ...zeros, ...groups.slice(gap)];
}

/** The value of a hexadecimal digit; -1 for any other character, and behind the end. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let start = 0;
  let longest = 0;
  let length = 0;
  for (let at = 0; at < groups.length; at++) {
    length = groups[at] === 0 ? length + 1 : 0;
    if (length > longest) {
      longest = length;
      start = at + 1 - length;
    }
  }
  return { start, length: longest };
}
