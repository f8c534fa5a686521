/**
 * Checks the options of an HTTP/2 client.
 *
 * @module
 */
import { tlsSettings } from "../client/transport_tls_settings.ts";
import { type Clock, LONGEST_TIMER, systemClock } from "../message/clock.ts";
import { checkedOptions, checkOptions, ownOptions } from "../message/options.ts";
import type { ClientTlsSettings } from "../runtime/client_transport.ts";
import type { Http2ConnectSettings } from "../runtime/http2_connection.ts";
import { clientRuntime } from "../runtime/open_client_transport.ts";
import type {
  Http2ClientOptions,
  Http2Limits,
  Http2PoolConfiguration,
  InformationalResponse,
} from "./http2_options.ts";

const known: Readonly<Record<keyof Http2ClientOptions, true>> = {
  tls: true,
  push: true,
  initialWindowSize: true,
  maxHeaderListSize: true,
  connectTimeout: true,
  pingInterval: true,
  continueTimeout: true,
  pool: true,
  limits: true,
  onInformational: true,
  clock: true,
};

const knownOfPool: Readonly<Record<keyof Http2PoolConfiguration, true>> = {
  maxActiveConnections: true,
  waitTime: true,
  maxActiveStreamsPerConnection: true,
  minEvictableIdleTime: true,
  timeBetweenEvictionRuns: true,
  minIdleTimeInStaleState: true,
  timeBetweenStaleEviction: true,
};

const knownLimits: Readonly<Record<keyof Http2Limits, true>> = {
  maxPromises: true,
  promiseTimeout: true,
  maxInformational: true,
  maxControlFrames: true,
};

/** How connections are shared. */
export interface Http2PoolSettings {
  /** How they are made. */
  readonly connect: Http2ConnectSettings;
  /** Milliseconds until one is there. */
  readonly connectTimeout: number;
  /** Milliseconds between pings; 0 for none. */
  readonly pingInterval: number;
  /** Connections for each origin. */
  readonly maxConnections: number;
  /** Milliseconds that a call waits for one. */
  readonly waitTime: number;
  /** Calls in flight on one. */
  readonly maxStreams: number;
  /** Milliseconds that an idle one is kept. */
  readonly idleTime: number;
  /** Milliseconds between the looks for them. */
  readonly idleRuns: number;
  /** Milliseconds that one which goes is kept. */
  readonly staleTime: number;
  /** Milliseconds between the looks for them. */
  readonly staleRuns: number;
  /** Tells the time. */
  readonly clock: Clock;
}

/** What the options say. */
export interface Http2Settings {
  /** How connections are shared. */
  readonly pool: Http2PoolSettings;
  /** Whether promises are taken. */
  readonly push: boolean;
  /** Milliseconds that a body waits for 100 (Continue). */
  readonly continueTimeout: number;
  /** Promises of one call. */
  readonly maxPromises: number;
  /** Milliseconds that a promise is kept which nobody has asked for. */
  readonly promiseTimeout: number;
  /** Told of informational responses. */
  readonly onInformational: ((response: InformationalResponse) => void) | undefined;
}

/**
 * Checks the options of an HTTP/2 client.
 *
 * @throws {TypeError} when there is one that is not known, of a wrong type, or cannot be honoured.
 * @throws {RangeError} when a number is outside its range.
 */
export function checkHttp2Options(given: Http2ClientOptions): Http2Settings {
  checkOptions("Http2Client", given, known);
  const options = ownOptions(given);
  const { clock = systemClock, push = true, onInformational } = options;
  if (typeof push !== "boolean") throw new TypeError("Http2Client needs a boolean for push");
  if (onInformational !== undefined && typeof onInformational !== "function") {
    throw new TypeError("Http2Client needs a function for onInformational");
  }
  const limits = checkedOptions("Http2Client.limits", options.limits ?? {}, knownLimits);
  const maxPromises = whole("limits.maxPromises", limits.maxPromises ?? 100, 1);
  return {
    pool: checkPool(checkedOptions("Http2Client.pool", options.pool ?? {}, knownOfPool), {
      connect: {
        tls: checkTls(tlsSettings(options.tls ?? {})),
        maxHeaderListSize: headerListSize(options.maxHeaderListSize ?? 65_536),
        initialWindowSize: whole("initialWindowSize", options.initialWindowSize ?? 65_535, 1),
        maxInformational: whole("limits.maxInformational", limits.maxInformational ?? 16, 0),
        takesPushes: false,
        maxPromises,
        maxControlFrames: whole("limits.maxControlFrames", limits.maxControlFrames ?? 200, 1),
      },
      connectTimeout: whole("connectTimeout", options.connectTimeout ?? 10_000, 1),
      pingInterval: whole("pingInterval", options.pingInterval ?? 60_000, 0),
      clock,
    }),
    push,
    continueTimeout: whole("continueTimeout", options.continueTimeout ?? 1000, 0),
    maxPromises,
    promiseTimeout: whole("limits.promiseTimeout", limits.promiseTimeout ?? 30_000, 1),
    onInformational,
  };
}

function checkPool(
  pool: Http2PoolConfiguration,
  others: Pick<Http2PoolSettings, "connect" | "connectTimeout" | "pingInterval" | "clock">,
): Http2PoolSettings {
  const { maxActiveConnections = -1, minIdleTimeInStaleState: staleTime = 300_000 } = pool;
  if (maxActiveConnections === -1 && pool.waitTime !== undefined) {
    throw new TypeError("Http2Client has pool.waitTime: it needs pool.maxActiveConnections");
  }
  const time = (name: keyof Http2PoolConfiguration, otherwise: number): number =>
    whole(`pool.${name}`, pool[name] ?? otherwise, 1);
  return {
    ...others,
    maxConnections: maxActiveConnections === -1
      ? Infinity
      : whole("pool.maxActiveConnections", maxActiveConnections, 1),
    waitTime: whole("pool.waitTime", pool.waitTime ?? 30_000, 0),
    maxStreams: time("maxActiveStreamsPerConnection", 100),
    idleTime: time("minEvictableIdleTime", 300_000),
    idleRuns: time("timeBetweenEvictionRuns", 30_000),
    staleTime: staleTime === -1 ? Infinity : whole("pool.minIdleTimeInStaleState", staleTime, 0),
    staleRuns: time("timeBetweenStaleEviction", 30_000),
  };
}

function checkTls(tls: ClientTlsSettings): ClientTlsSettings {
  const refuse = (option: string, remedy: string): never => {
    throw new TypeError(`Http2Client cannot honour tls.${option}: ${remedy}`);
  };
  if (tls.sessionTimeout !== undefined) {
    refuse("sessionTimeout", "no session is resumed, leave it out");
  }
  if (tls.handshakeTimeout !== undefined) refuse("handshakeTimeout", "set connectTimeout");
  if (clientRuntime() !== "deno") return tls;
  if (tls.ciphers !== undefined) refuse("ciphers", "Deno offers safe ones only, leave it out");
  if (tls.status !== undefined) refuse("certificateStatus", "Deno tells nothing of it, use Node");
  return tls;
}

/** Beyond that the runtimes end the stream whatever they are asked for. */
function headerListSize(value: number): number {
  if (whole("maxHeaderListSize", value, 1) <= 65_536) return value;
  throw new RangeError(`Http2Client takes 65536 for maxHeaderListSize at most, not ${value}`);
}

function whole(name: string, value: number, lowest: number): number {
  if (Number.isSafeInteger(value) && value >= lowest && value <= LONGEST_TIMER) return value;
  throw new RangeError(
    `Http2Client needs a whole number from ${lowest} for ${name}, not ${String(value)}`,
  );
}
