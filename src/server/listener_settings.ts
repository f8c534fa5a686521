/**
 * Checks how a listener is to speak HTTP, and turns it into what a transport is given.
 *
 * @module
 */
import { GenericListenerError } from "../message/listener_errors.ts";
import { checkedOptions } from "../message/options.ts";
import { LONGEST_TIMER } from "../message/clock.ts";
import type { ServerHttpSettings } from "../runtime/server_http.ts";
import type {
  ListenerConfiguration,
  ListenerHttp1Settings,
  ListenerHttp2Settings,
  SocketLimits,
} from "./listener_config.ts";

/** The options a listener knows. */
export const listenerOptions: Readonly<Record<keyof ListenerConfiguration, true>> = {
  host: true,
  timeout: true,
  server: true,
  interceptors: true,
  requestLimits: true,
  gracefulStopTimeout: true,
  reusePort: true,
  problemDetails: true,
  onPanic: true,
  transport: true,
  tls: true,
  httpVersion: true,
  http1Settings: true,
  http2Settings: true,
  socketLimits: true,
  signals: true,
  clock: true,
};

const http1Options: Readonly<Record<keyof ListenerHttp1Settings, true>> = {
  keepAlive: true,
  maxPipelinedRequests: true,
};

const http2Options: Readonly<Record<keyof ListenerHttp2Settings, true>> = {
  initialWindowSize: true,
  maxActiveStreams: true,
  maxResets: true,
  pingInterval: true,
  serverPush: true,
  minIdleTimeInStaleState: true,
  timeBetweenStaleEviction: true,
};

const socketOptions: Readonly<Record<keyof SocketLimits, true>> = {
  headerTimeout: true,
  requestTimeout: true,
  receiveTimeout: true,
  sendTimeout: true,
  keepAliveTimeout: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  maxRequestsPerConnection: true,
  maxHeaderCount: true,
};

/** The most bytes that RFC 9113 section 6.5.2 lets a window have. */
const largestWindow = 2 ** 31 - 1;

/**
 * How HTTP is spoken under a configuration whose names are checked.
 *
 * @throws {TypeError} when there is an option that is not known or of the wrong type.
 * @throws {GenericListenerError} when a number is outside its range.
 */
export function httpSettings(config: ListenerConfiguration): ServerHttpSettings {
  const { httpVersion = "auto", requestLimits, http1Settings = {}, http2Settings = {} } = config;
  if (httpVersion !== "1.1" && httpVersion !== "2" && httpVersion !== "auto") {
    throw new TypeError(`A listener has httpVersion "${httpVersion}": use "1.1", "2" or "auto"`);
  }
  const http1 = checkedOptions("http1Settings", http1Settings, http1Options);
  const http2 = checkedOptions("http2Settings", http2Settings, http2Options);
  const sockets = checkedOptions("socketLimits", config.socketLimits ?? {}, socketOptions);
  refuseIneffective(config, httpVersion);
  const { keepAlive } = http1;
  if (keepAlive !== undefined && keepAlive !== "auto" && keepAlive !== "never") {
    throw new TypeError(`http1Settings has keepAlive "${keepAlive}": use "auto" or "never"`);
  }
  const { serverPush } = http2;
  if (serverPush !== undefined && typeof serverPush !== "boolean") {
    throw new TypeError("http2Settings.serverPush is true or false");
  }
  const time = (name: string, value: number | undefined, least = 1): number | undefined =>
    inRange(name, value, least, LONGEST_TIMER);
  const count = (name: string, value: number | undefined, least = 1): number | undefined =>
    inRange(name, value, least, largestWindow);
  return {
    httpVersion,
    keepAlive,
    maxPipelinedRequests: count("maxPipelinedRequests", http1.maxPipelinedRequests),
    http2InitialWindowSize: count("initialWindowSize", http2.initialWindowSize, 0),
    http2MaxActiveStreams: count("maxActiveStreams", http2.maxActiveStreams),
    http2MaxResets: count("maxResets", http2.maxResets),
    http2PingInterval: time("pingInterval", http2.pingInterval, 0),
    serverPush,
    minIdleTimeInStaleState: time("minIdleTimeInStaleState", http2.minIdleTimeInStaleState),
    timeBetweenStaleEviction: time("timeBetweenStaleEviction", http2.timeBetweenStaleEviction),
    maxHeaderSize: requestLimits?.maxHeaderSize,
    maxUriLength: requestLimits?.maxUriLength,
    maxHeaderCount: count("maxHeaderCount", sockets.maxHeaderCount),
    headerTimeout: time("headerTimeout", sockets.headerTimeout),
    requestTimeout: time("requestTimeout", sockets.requestTimeout, 0),
    receiveTimeout: time("receiveTimeout", sockets.receiveTimeout, 0),
    sendTimeout: time("sendTimeout", sockets.sendTimeout, 0),
    keepAliveTimeout: time("keepAliveTimeout", sockets.keepAliveTimeout),
    maxConnections: count("maxConnections", sockets.maxConnections),
    maxConnectionsPerAddress: count("maxConnectionsPerAddress", sockets.maxConnectionsPerAddress),
    maxRequestsPerConnection: count("maxRequestsPerConnection", sockets.maxRequestsPerConnection),
  };
}

function refuseIneffective(config: ListenerConfiguration, httpVersion: string): void {
  if (httpVersion === "2" && config.http1Settings !== undefined) {
    throw new TypeError('http1Settings have no effect with httpVersion "2": leave them out');
  }
  if (httpVersion === "1.1" && config.http2Settings !== undefined) {
    throw new TypeError('http2Settings have no effect with httpVersion "1.1": leave them out');
  }
}

function inRange(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new GenericListenerError(
    `Invalid configuration found for ${name} : ${value}: give a whole number, ${least} to ${most}`,
  );
}
