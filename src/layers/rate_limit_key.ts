/**
 * The key that requests are counted by: short, whatever a client sends, so that long header fields
 * fill no memory.
 *
 * @module
 */
import { isToken } from "../message/header_value.ts";
import { networkText } from "../message/ip_range.ts";
import type { Awaitable } from "../stores/store.ts";
import { TrustedProxies, type TrustedProxiesOptions } from "./client_address.ts";

/** What requests are counted by. */
export type RateLimitKey =
  | "ip"
  | {
    /** The name of the header field whose value is the key. */
    readonly header: string;
  }
  | ((request: Request) => string | undefined);

/** How a key is found. */
export interface KeyRules {
  /** What requests are counted by. */
  readonly key: RateLimitKey;
  /** Which proxies are believed. */
  readonly client: TrustedProxiesOptions | TrustedProxies | undefined;
  /** How many leading bits of an IPv6 address count. */
  readonly ipv6Prefix: number | undefined;
  /** Whether keys leave this process, so that credentials among them must not be readable. */
  readonly isShared: boolean;
}

/** Finds the key of a request; `undefined` where the request is not limited. */
export type KeyOf = (request: Request) => Awaitable<string | undefined>;

/** Longer keys are hashed. */
const maxKeyLength = 64;

/**
 * Makes what finds the keys.
 *
 * @throws {TypeError} when a rule is malformed, or has no effect on this kind of key.
 * @throws {RangeError} when `ipv6Prefix` is not a whole number from 1 to 128.
 */
export function keyFinder({ key, client, ipv6Prefix, isShared }: KeyRules): KeyOf {
  if (key === "ip") return addressKey(client, ipv6Prefix ?? 64);
  if (client !== undefined || ipv6Prefix !== undefined) {
    const name = client === undefined ? "ipv6Prefix" : "client";
    throw new TypeError(`The option ${name} has no effect on this key: leave it out, or use "ip"`);
  }
  if (typeof key === "function") return key;
  const name = typeof key === "object" && key !== null ? key.header : undefined;
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError('Cannot key by this: set key to "ip", { header: name } or a function');
  }
  return (request) => {
    const value = request.headers.get(name) ?? "";
    return isShared && value !== "" ? hashed(value) : value;
  };
}

/** A key as short as a key may be: itself, or its hash. */
export function boundedKey(key: string): Awaitable<string> {
  return key.length <= maxKeyLength ? key : hashed(key);
}

/** How many networks of IPv6 clients are remembered, so that each is worked out once. */
const maxNetworks = 1000;

function addressKey(
  client: TrustedProxiesOptions | TrustedProxies | undefined,
  bits: number,
): KeyOf {
  if (!Number.isInteger(bits) || bits < 1 || bits > 128) {
    throw new RangeError(
      `Cannot group IPv6 clients by ${bits} bits: set ipv6Prefix to a whole number, 1 to 128`,
    );
  }
  const proxies = client instanceof TrustedProxies ? client : new TrustedProxies(client);
  const networks = new Map<string, string>();
  return (request) => {
    const address = proxies.addressOf(request) ?? "";
    if (!address.includes(":")) return address;
    let network = networks.get(address);
    if (network === undefined) {
      network = networkText(address, bits);
      if (networks.size >= maxNetworks) networks.clear();
      networks.set(address, network);
    }
    return network;
  };
}

/** Its prefix makes a hash longer than any key that is not one, so that none can pose as it. */
async function hashed(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return `sha256:${hex.join("")}`;
}
