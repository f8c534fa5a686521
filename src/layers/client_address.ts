/**
 * Who sent a request, where proxies stand before the service: which of the addresses in
 * `Forwarded` (RFC 7239) or `X-Forwarded-For` is believed.
 *
 * An entry is believed only where the machine that wrote it is trusted, which begins with the one
 * that is connected. Without trusted proxies no field is read, and the client is who is connected.
 *
 * @module
 */
import { connectionOf, type PlatformAddress } from "../message/connection.ts";
import {
  forwardedHops,
  type Hop,
  nearestFirst,
  nodeAddress,
  readHost,
  readProto,
} from "../message/forwarded.ts";
import { formatIpAddress, type IpAddress, parseIpAddress } from "../message/ip_address.ts";
import { type IpRange, isInRange, parseIpRange } from "../message/ip_range.ts";
import { checkOptions, ownOptions } from "../message/options.ts";

/** Which proxies are trusted, and what they write. */
export interface TrustedProxiesOptions {
  /**
   * The proxies between clients and this service: their addresses and ranges of addresses, with
   * `"loopback"` for this machine, `"private"` for the private networks of RFC 1918, RFC 4193 and
   * link-local addresses, and `"unix"` for whoever is connected by a Unix socket; or how many
   * proxies there are.
   *
   * A list is the safer one. A number is believed however a request comes: who reaches the service
   * past one of so many proxies may choose an address.
   *
   * @default 0
   */
  readonly trustedProxies?: number | readonly string[];
  /**
   * The field that the proxies write. Only this one is read: a proxy passes the other on as the
   * client sent it.
   *
   * @default "x-forwarded-for"
   */
  readonly forwardedBy?: "x-forwarded-for" | "forwarded";
}

/** Who sent a request, and what it asked for, as the trusted proxy nearest to it tells. */
export interface ForwardedClient {
  /** The address, in its one form; `undefined` where none is known, as in process. */
  readonly address: string | undefined;
  /** The scheme, `http` or `https`; `undefined` where no trusted proxy tells. */
  readonly proto: string | undefined;
  /** The host and port; `undefined` where no trusted proxy tells. */
  readonly host: string | undefined;
}

const knownOptions: Readonly<Record<keyof TrustedProxiesOptions, true>> = {
  trustedProxies: true,
  forwardedBy: true,
};

const namedRanges: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  private: [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
  ],
};

/**
 * The address of the client that sent a request; `undefined` where none is known, as in process.
 *
 * It is an address in its one form (RFC 5952, IPv4-mapped IPv6 as IPv4), fit for a key or a log.
 * Where proxies are trusted, the entries of the field are walked from the right for as long as
 * their writers are trusted; the walk ends before an entry that is no address, as `unknown`, and
 * the last address that was reached is the answer. To ask for many requests, make a
 * {@linkcode TrustedProxies} once.
 *
 * @throws {TypeError} when an option is unknown or a range malformed.
 * @throws {RangeError} when a number of proxies is negative or not whole.
 *
 * @example
 * ```ts
 * import { get, type Layer, service } from "@pirouette/http";
 * import { clientAddress } from "@pirouette/http/layers";
 *
 * const log: Layer = (next) => (input, init) => {
 *   if (input instanceof Request) {
 *     console.log(clientAddress(input, { trustedProxies: ["10.0.0.0/8"] }), input.url);
 *   }
 *   return next(input, init);
 * };
 * const logged = service({ layers: [log] }, [get("/", () => "Hello")]);
 * ```
 */
export function clientAddress(
  request: Request,
  options: TrustedProxiesOptions | TrustedProxies = {},
): string | undefined {
  const proxies = options instanceof TrustedProxies ? options : new TrustedProxies(options);
  return proxies.addressOf(request);
}

/** Proxies that are believed, ready to be asked for many requests. */
export class TrustedProxies {
  readonly #count: number | undefined;
  readonly #ranges: readonly IpRange[];
  readonly #trustsUnix: boolean;
  readonly #field: "x-forwarded-for" | "forwarded";

  /**
   * Reads the options.
   *
   * @throws {TypeError} when an option is unknown or a range malformed.
   * @throws {RangeError} when a number of proxies is negative or not whole.
   */
  constructor(options: TrustedProxiesOptions = {}) {
    checkOptions("TrustedProxies", options, knownOptions);
    const { trustedProxies = 0, forwardedBy = "x-forwarded-for" } = ownOptions(options);
    if (forwardedBy !== "x-forwarded-for" && forwardedBy !== "forwarded") {
      throw new TypeError(
        `Cannot read "${forwardedBy}": set forwardedBy to "x-forwarded-for" or "forwarded"`,
      );
    }
    if (
      typeof trustedProxies === "number" &&
      !(Number.isInteger(trustedProxies) && trustedProxies >= 0)
    ) {
      throw new RangeError(
        `Cannot trust ${trustedProxies} proxies: set trustedProxies to a whole number, 0 or more`,
      );
    }
    const list = typeof trustedProxies === "number" ? [] : trustedProxies;
    this.#field = forwardedBy;
    this.#count = typeof trustedProxies === "number" ? trustedProxies : undefined;
    this.#trustsUnix = list.includes("unix");
    this.#ranges = list.filter((name) => name !== "unix").flatMap((name) =>
      Object.hasOwn(namedRanges, name) ? namedRanges[name] ?? [] : [name]
    ).map(parseIpRange);
  }

  /** The address of the client that sent a request; see {@linkcode clientAddress}. */
  addressOf(request: Request): string | undefined {
    const peer = connectionOf(request)?.remoteAddr;
    return this.#count === 0 ? addressOf(peer) : textOf(this.#walk(request, peer).address, peer);
  }

  /** Who sent a request, with the scheme and host it asked for. */
  clientOf(request: Request): ForwardedClient {
    const peer = connectionOf(request)?.remoteAddr;
    const { address: found, teller, index } = this.#walk(request, peer);
    const address = textOf(found, peer);
    if (index === -1) return { address, proto: undefined, host: undefined };
    if (this.#field === "forwarded") return { address, proto: teller?.proto, host: teller?.host };
    const proto = nth(request.headers.get("x-forwarded-proto"), index);
    const host = nth(request.headers.get("x-forwarded-host"), index);
    return {
      address,
      proto: proto === undefined ? undefined : readProto(proto),
      host: host === undefined ? undefined : readHost(host),
    };
  }

  /** Follows the entries, the nearest proxy's first, for as long as their writers are trusted. */
  #walk(request: Request, peer: PlatformAddress | undefined): Walk {
    const walk: Walk = { address: undefined, teller: undefined, index: -1 };
    if (!this.#trustsPeer(peer)) return walk;
    for (const hop of this.#entries(request)) {
      walk.index++;
      walk.teller = hop;
      walk.address = hop.address ?? walk.address;
      if (this.#count === undefined ? !this.#trusts(hop.address) : walk.index + 1 >= this.#count) {
        break;
      }
    }
    // A peer that is trusted tells scheme and host even where it names no address.
    walk.index = Math.max(walk.index, 0);
    return walk;
  }

  #entries(request: Request): Iterable<Hop> {
    const value = request.headers.get(this.#field);
    if (value === null) return [];
    return this.#field === "forwarded" ? forwardedHops(value) : addressHops(value);
  }

  #trustsPeer(peer: PlatformAddress | undefined): boolean {
    if (this.#count !== undefined) return this.#count > 0;
    if (peer?.hostname === undefined) return this.#trustsUnix && isUnix(peer);
    return this.#trusts(parseIpAddress(withoutZone(peer.hostname)));
  }

  /** Nobody is trusted who hides. */
  #trusts(address: IpAddress | undefined): boolean {
    return address !== undefined && this.#ranges.some((range) => isInRange(address, range));
  }
}

/** How far the entries were followed. */
interface Walk {
  /** The furthest address that is believed; `undefined` for the peer's own. */
  address: IpAddress | undefined;
  /** What the furthest proxy that is trusted tells. */
  teller: Hop | undefined;
  /** How many entries stand to the right of that; -1 where not even the peer is trusted. */
  index: number;
}

function* addressHops(value: string): Generator<Hop, void> {
  for (const node of nearestFirst(value)) {
    yield { address: nodeAddress(node), proto: undefined, host: undefined };
  }
}

/** A member of a list counted from the right; the leftmost of a shorter list. */
function nth(value: string | null, index: number): string | undefined {
  if (value === null) return undefined;
  let last: string | undefined;
  let at = 0;
  for (const member of nearestFirst(value)) {
    last = member;
    if (at++ === index) break;
  }
  return last;
}

function textOf(
  address: IpAddress | undefined,
  peer: PlatformAddress | undefined,
): string | undefined {
  return address === undefined ? addressOf(peer) : formatIpAddress(address);
}

/** The address of a peer in its one form; the platform writes IPv4 in it already. */
function addressOf(peer: PlatformAddress | undefined): string | undefined {
  const hostname = peer?.hostname;
  if (hostname === undefined || !hostname.includes(":")) return hostname;
  const address = parseIpAddress(withoutZone(hostname));
  return address === undefined ? undefined : formatIpAddress(address);
}

/** The zone of a link-local address means something to this machine only. */
function withoutZone(hostname: string): string {
  const percent = hostname.indexOf("%");
  return percent === -1 ? hostname : hostname.slice(0, percent);
}

function isUnix(peer: PlatformAddress | undefined): boolean {
  return peer?.transport?.startsWith("unix") === true;
}
