/**
 * Checks the options of a transport and turns them into what a runtime is asked for.
 *
 * @module
 */
import { parseIpAddress } from "../message/ip_address.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { ClientTlsSettings, ClientTransportSettings } from "../runtime/client_transport.ts";
import type {
  ClientSecureSocket,
  PoolConfiguration,
  TransportOptions,
} from "./transport_options.ts";
import { proxySettings } from "./transport_proxy.ts";

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

const knownTls: Readonly<Record<keyof ClientSecureSocket, true>> = {
  enable: true,
  ca: true,
  cert: true,
  key: true,
  serverName: true,
  verifyHostName: true,
  versions: true,
  ciphers: true,
  shareSession: true,
  handshakeTimeout: true,
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
  const pool = checkPool(ownOptions(options.pool ?? {}), httpVersion);
  for (const name of ["http2InitialWindowSize", "http2MaxHeaderListSize"] as const) {
    wholeNumber(name, options[name], 1);
    if (options[name] !== undefined && httpVersion === "1.1") {
      throw new TypeError(`transport has ${name} with httpVersion "1.1": leave it out`);
    }
  }
  if (unixSocket !== undefined) checkSocket(unixSocket, options);
  if (localAddress !== undefined && parseIpAddress(localAddress) === undefined) {
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
    tls: tlsSettings(ownOptions(options.tls ?? {})),
    proxy: options.proxy === undefined ? undefined : proxySettings(options.proxy),
    unixSocket,
    localAddress,
    allowHost: options.allowHost ?? runtime === "deno",
  };
  const { maxActiveConnections: limit = -1, waitTime = 30_000 } = pool;
  return { settings, gate: limit === -1 ? undefined : { limit, waitTime } };
}

function checkPool(pool: PoolConfiguration, httpVersion: string): PoolConfiguration {
  checkOptions("transport.pool", pool, knownPool);
  const { maxActiveConnections = -1, keepAlive = true } = pool;
  if (maxActiveConnections !== -1) {
    wholeNumber("pool.maxActiveConnections", maxActiveConnections, 1);
  }
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

function tlsSettings(tls: ClientSecureSocket): ClientTlsSettings {
  checkOptions("transport.tls", tls, knownTls);
  const { cert, key, ca = [], versions } = tls;
  const authorities = typeof ca === "string" ? [ca] : ca;
  for (const text of authorities) checkPem("tls.ca", text, "CERTIFICATE-----");
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
    throw new TypeError(`transport has tls.${there} without tls.${missing}: give both`);
  }
  if (cert !== undefined) checkPem("tls.cert", cert, "CERTIFICATE-----");
  if (key !== undefined) checkPem("tls.key", key, "PRIVATE KEY-----");
  if (key?.includes("ENCRYPTED")) {
    throw new TypeError("transport has an encrypted tls.key: decrypt it first");
  }
  if (tls.serverName !== undefined && !URL.canParse(`http://${tls.serverName}`)) {
    throw new TypeError(`transport has tls.serverName "${tls.serverName}": give a host name`);
  }
  wholeNumber("tls.handshakeTimeout", tls.handshakeTimeout, 1);
  return {
    enable: tls.enable ?? true,
    ca: authorities,
    identity: cert === undefined || key === undefined ? undefined : { cert, key },
    serverName: tls.serverName,
    verifyHostName: tls.verifyHostName ?? true,
    versions: versions === undefined ? undefined : versionRange(versions),
    ciphers: tls.ciphers?.join(":"),
    shareSession: tls.shareSession ?? true,
    handshakeTimeout: tls.handshakeTimeout,
  };
}

function versionRange(
  versions: NonNullable<ClientSecureSocket["versions"]>,
): NonNullable<ClientTlsSettings["versions"]> {
  const [lowest, highest = lowest] = [...new Set(versions)].sort();
  if (!isVersion(lowest) || !isVersion(highest) || new Set(versions).size > 2) {
    const given = versions.join(", ");
    throw new TypeError(`transport has tls.versions [${given}]: list TLSv1.2, TLSv1.3 or both`);
  }
  return [lowest, highest];
}

function isVersion(text: unknown): text is "TLSv1.2" | "TLSv1.3" {
  return text === "TLSv1.2" || text === "TLSv1.3";
}

/** The runtimes take a text that is no PEM for one without a certificate; the text may be a key. */
function checkPem(name: string, text: unknown, label: string): void {
  if (typeof text !== "string" || !text.includes("-----BEGIN ") || !text.includes(label)) {
    throw new TypeError(`transport cannot read ${name}: give its PEM text, "-----BEGIN …"`);
  }
}

function wholeNumber(name: string, value: unknown, lowest: number): void {
  if (value === undefined) return;
  if (
    !Number.isSafeInteger(value) || (value as number) < lowest || (value as number) > 2 ** 31 - 1
  ) {
    throw new RangeError(`transport needs a whole number from ${lowest} for ${name}, not ${value}`);
  }
}
