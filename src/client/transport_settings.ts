/**
 * Checks the options of a transport and turns them into what a runtime is asked for.
 *
 * @module
 */
import { parseIpAddress } from "../message/ip_address.ts";
import { checkedOptions, checkOptions, ownOptions } from "../message/options.ts";
import type { ClientTransportSettings } from "../runtime/client_transport.ts";
import type { PoolConfiguration, TransportOptions } from "./transport_options.ts";
import { flag } from "./transport_flag.ts";
import { wholeNumber } from "./transport_number.ts";
import { proxySettings } from "./transport_proxy.ts";
import { tlsSettings } from "./transport_tls_settings.ts";

const known: Readonly<Record<keyof TransportOptions, true>> = {
  httpVersion: true,
  http2PriorKnowledge: true,
  http2InitialWindowSize: true,
  http2MaxHeaderListSize: true,
  pool: true,
  tls: true,
  proxy: true,
  unixSocket: true,
  localAddress: true,
  allowHost: true,
  clock: true,
};

const knownPool: Readonly<Record<keyof PoolConfiguration, true>> = {
  maxActiveConnections: true,
  waitTime: true,
  maxIdleConnections: true,
  minEvictableIdleTime: true,
  keepAlive: true,
  maxActiveStreamsPerConnection: true,
};

/** How many calls may use a connection at once, and how long others wait. */
export interface GateSettings {
  /** Calls for one origin. */
  readonly limit: number;
  /** Milliseconds. */
  readonly waitTime: number;
}

/** What the options say. */
export interface CheckedOptions {
  /** What the runtime does. */
  readonly settings: ClientTransportSettings;
  /** What is done here, where the number of connections is limited. */
  readonly gate: GateSettings | undefined;
}

/**
 * Checks the options of a transport.
 *
 * @throws {TypeError} when there is an option that is not known, of a wrong type, or of no effect.
 * @throws {RangeError} when a number is outside its range.
 */
export function checkTransportOptions(
  given: TransportOptions,
  runtime: "deno" | "node" | undefined,
): CheckedOptions {
  checkOptions("transport", given, known);
  const options = ownOptions(given);
  const { httpVersion = "auto", http2PriorKnowledge = false, unixSocket, localAddress } = options;
  if (!["1.1", "2", "auto"].includes(httpVersion)) {
    throw new TypeError(`transport has httpVersion "${httpVersion}": use "1.1", "2" or "auto"`);
  }
  if (http2PriorKnowledge && httpVersion !== "2") {
    throw new TypeError(
      `transport has http2PriorKnowledge with httpVersion "${httpVersion}": set it to "2"`,
    );
  }
  flag("http2PriorKnowledge", http2PriorKnowledge);
  flag("allowHost", options.allowHost);
  const pool = checkPool(
    checkedOptions("transport.pool", options.pool ?? {}, knownPool),
    httpVersion,
  );
  for (const name of ["http2InitialWindowSize", "http2MaxHeaderListSize"] as const) {
    wholeNumber(name, options[name], 1);
    if (options[name] !== undefined && httpVersion === "1.1") {
      throw new TypeError(`transport has ${name} with httpVersion "1.1": leave it out`);
    }
  }
  if (unixSocket !== undefined) checkSocket(unixSocket, options);
  if (localAddress !== undefined && parseIpAddress(String(localAddress)) === undefined) {
    throw new TypeError(`transport has localAddress "${localAddress}": give an IP address`);
  }
  const settings: ClientTransportSettings = {
    httpVersion,
    http2PriorKnowledge,
    http2InitialWindowSize: options.http2InitialWindowSize,
    http2MaxHeaderListSize: options.http2MaxHeaderListSize,
    maxIdleConnections: maxIdle(pool, runtime),
    idleTimeout: pool.minEvictableIdleTime,
    maxStreams: pool.maxActiveStreamsPerConnection,
    tls: tlsSettings(options.tls ?? {}),
    proxy: options.proxy === undefined ? undefined : proxySettings(options.proxy),
    unixSocket,
    localAddress,
    allowHost: options.allowHost ?? runtime === "deno",
  };
  const { maxActiveConnections: limit = -1, waitTime = 30_000 } = pool;
  return { settings, gate: limit === -1 ? undefined : { limit, waitTime } };
}

function checkPool(pool: PoolConfiguration, httpVersion: string): PoolConfiguration {
  const { maxActiveConnections = -1, keepAlive = true } = pool;
  if (maxActiveConnections !== -1) {
    wholeNumber("pool.maxActiveConnections", maxActiveConnections, 1);
  }
  flag("pool.keepAlive", pool.keepAlive);
  wholeNumber("pool.waitTime", pool.waitTime, 0);
  wholeNumber("pool.maxIdleConnections", pool.maxIdleConnections, 0);
  wholeNumber("pool.minEvictableIdleTime", pool.minEvictableIdleTime, 0);
  wholeNumber("pool.maxActiveStreamsPerConnection", pool.maxActiveStreamsPerConnection, 1);
  if (maxActiveConnections !== -1 && httpVersion !== "1.1") {
    throw new TypeError(
      'transport has pool.maxActiveConnections, but HTTP/2 shares connections: set httpVersion "1.1"',
    );
  }
  if (maxActiveConnections === -1 && pool.waitTime !== undefined) {
    throw new TypeError("transport has pool.waitTime: it needs pool.maxActiveConnections");
  }
  if (httpVersion === "1.1" && pool.maxActiveStreamsPerConnection !== undefined) {
    throw new TypeError(
      'transport has pool.maxActiveStreamsPerConnection with httpVersion "1.1": leave it out',
    );
  }
  if (!keepAlive) {
    for (const name of ["maxIdleConnections", "minEvictableIdleTime"] as const) {
      if (pool[name] === undefined) continue;
      throw new TypeError(`transport has pool.${name} with keepAlive: false: leave one out`);
    }
  }
  return pool;
}

/** The spec's 100 idle connections where the runtime can count them. */
function maxIdle(
  { keepAlive = true, maxIdleConnections }: PoolConfiguration,
  runtime: "deno" | "node" | undefined,
): number | undefined {
  if (!keepAlive) return 0;
  return maxIdleConnections ?? (runtime === "deno" ? 100 : undefined);
}

function checkSocket(path: unknown, options: TransportOptions): void {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new TypeError("transport needs a path for unixSocket");
  }
  for (const name of ["proxy", "localAddress", "tls"] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(`transport has ${name} beside unixSocket, where it does nothing`);
  }
}
