/**
 * Which addresses are called without a proxy: names, addresses and ranges, each with or without a
 * port, as the environment variable `NO_PROXY` lists them.
 *
 * Both the list and the call's address are compared as the URL parser (WHATWG URL section 3.5)
 * understands them, so that no other spelling of a host slips past the list or into it: octal, hex
 * and short IPv4, IPv4-mapped IPv6, capitals, a trailing dot. Names are not looked up: `localhost`
 * is not `127.0.0.1`.
 *
 * @module
 */
import { parseIpAddress } from "../message/ip_address.ts";
import { type IpRange, isInRange, parseIpRange } from "../message/ip_range.ts";

/** One entry of the list as it is compared. */
interface Entry {
  readonly port: string | undefined;
  readonly range?: IpRange;
  /** The name itself; `undefined` where only what is below it is meant. */
  readonly name?: string | undefined;
  /** The name with a dot before it, for what is below. */
  readonly suffix?: string;
}

/**
 * Makes the test whether an address is called without a proxy.
 *
 * @param list the entries: `example.com` is the name and every name below it, `.example.com` and
 * `*.example.com` only those below it, `10.0.0.0/8` and `fd00::/8` ranges, `192.0.2.1` and `[::1]`
 * addresses, `*` everything; `:8080` behind a name or an address, an IPv6 one in brackets, is a port.
 * @throws {TypeError} when an entry is none of these.
 */
export function noProxyFor(list: readonly string[]): (url: URL) => boolean {
  if (list.includes("*")) return () => true;
  const entries = list.map(parseEntry);
  return (url) => {
    const port = url.port || defaultPort(url.protocol);
    const host = hostOf(url.hostname);
    const address = parseIpAddress(host);
    return entries.some((entry) => {
      if (entry.port !== undefined && entry.port !== port) return false;
      if (entry.range !== undefined) {
        return address !== undefined && isInRange(address, entry.range);
      }
      // What is below an address is nothing, and an address is below no name.
      if (address !== undefined) return false;
      return host === entry.name || host.endsWith(entry.suffix ?? "");
    });
  };
}

function parseEntry(text: string): Entry {
  const entry = text.trim();
  if (entry.includes("/")) return { port: undefined, range: parseIpRange(entry) };
  if (parseIpAddress(entry) !== undefined) return { port: undefined, range: parseIpRange(entry) };
  const below = entry.startsWith("*.")
    ? entry.slice(2)
    : entry.slice(entry.startsWith(".") ? 1 : 0);
  const colon = below.lastIndexOf(":");
  const hasPort = colon > below.lastIndexOf("]");
  const port = hasPort ? below.slice(colon + 1) : undefined;
  const written = hasPort ? below.slice(0, colon) : below;
  const url = /^[^\s/?#@\\]+$/.test(written) ? URL.parse(`http://${written}`) : null;
  if (url === null || (port !== undefined && !isPort(port))) throw badEntry(text);
  const host = hostOf(url.hostname);
  if (parseIpAddress(host) !== undefined) {
    if (below !== entry || !isPlain(written)) {
      throw new TypeError(`proxy.noProxy has "${shorten(text)}": write the address as ${host}`);
    }
    return { port, range: parseIpRange(host) };
  }
  if (host === "" || host.includes("*")) throw badEntry(text);
  return { port, name: below === entry ? host : undefined, suffix: `.${host}` };
}

/** A host name as it is compared: without brackets, and without the dot of the root. */
function hostOf(hostname: string): string {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

/** Whether an address is written as one, and not as something that the URL parser takes for one. */
function isPlain(written: string): boolean {
  return parseIpAddress(written.startsWith("[") ? written.slice(1, -1) : written) !== undefined;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536 &&
    String(Number(text)) === text;
}

function defaultPort(protocol: string): string {
  return protocol === "https:" ? "443" : "80";
}

function badEntry(text: string): TypeError {
  return new TypeError(
    `proxy.noProxy has "${
      shorten(text)
    }": write a name, an address or a range, as example.com:8080`,
  );
}

function shorten(text: string): string {
  return text.slice(0, 60);
}
