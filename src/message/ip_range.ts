/**
 * Ranges of IP addresses in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3), as a
 * program configures them: what cannot be meant is refused when it is written.
 *
 * @module
 */
import {
  formatIpAddress,
  type IpAddress,
  isMapped,
  networkOf,
  parseGroups,
  parseIpAddress,
} from "./ip_address.ts";

/** All addresses that begin with the same bits. */
export interface IpRange {
  /** The first address of the range. */
  readonly network: IpAddress;
  /** How many leading bits are the same. */
  readonly bits: number;
}

/**
 * Parses a range, as `10.0.0.0/8`, or an address, which is a range of itself.
 *
 * A range of IPv4-mapped IPv6 addresses is the range of the IPv4 addresses; any other IPv6 range
 * has no IPv4 address in it, `::/0` included.
 *
 * @throws {TypeError} when it is neither, or bits behind the prefix are set (`10.0.0.1/8`).
 */
export function parseIpRange(text: string): IpRange {
  const slash = text.indexOf("/");
  const groups = parseGroups(slash === -1 ? text : text.slice(0, slash));
  const width = groups === undefined ? 0 : groups.length * 16;
  const bits = slash === -1 ? width : parseBits(text.slice(slash + 1));
  if (groups === undefined || bits === undefined || bits > width) {
    throw new TypeError(
      `Cannot read "${
        text.slice(0, 60)
      }" as a range of addresses: write it as 10.0.0.0/8 or fd00::/8`,
    );
  }
  const written: IpAddress = { version: groups.length === 2 ? 4 : 6, groups };
  const network = networkOf(written, bits);
  if (network.groups.some((group, at) => group !== groups[at])) {
    const range = `${formatIpAddress(network)}/${bits}`;
    throw new TypeError(`The range "${text}" has bits behind its prefix: write ${range}`);
  }
  // Addresses are compared unmapped. A mapped network has 96 bits at least, or some were cleared.
  return written.version === 6 && isMapped(groups)
    ? { network: { version: 4, groups: groups.slice(6) }, bits: bits - 96 }
    : { network, bits };
}

/** Whether an address is in a range. */
export function isInRange(address: IpAddress, { network, bits }: IpRange): boolean {
  if (address.version !== network.version) return false;
  const { groups } = address;
  for (let at = 0; at * 16 < bits; at++) {
    const ignored = Math.max(0, 16 * (at + 1) - bits);
    if ((groups[at] ?? 0) >> ignored !== (network.groups[at] ?? 0) >> ignored) return false;
  }
  return true;
}

/**
 * The network that an address's text is in, as text: `2001:db8:0:1::/64`. An IPv4 address is
 * itself; so is what is no address.
 */
export function networkText(text: string, version6Bits: number): string {
  if (!text.includes(":")) return text;
  const address = parseIpAddress(text);
  if (address === undefined) return text;
  if (address.version === 4) return formatIpAddress(address);
  const network = formatIpAddress(networkOf(address, version6Bits));
  return version6Bits === 128 ? network : `${network}/${version6Bits}`;
}

/** The number of bits after the slash: one to three digits without leading zeros. */
function parseBits(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;
}
