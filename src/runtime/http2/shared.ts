/**
 * What the HTTP/2 connections of a listener have in common: limits, the clock, and who answers.
 *
 * @module
 */
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../message/clock.ts";
import type { PlatformAddress, TlsConnection } from "../../message/connection.ts";
import type { ServerHttpSettings } from "../server_http.ts";
import type { TransportOptions } from "../transport.ts";

/** What is borne of a client, every value there. */
export interface Http2Limits {
  /** Bytes that a client may send on a stream before it must wait. */
  readonly initialWindowSize: number;
  /** Streams that a client may have open. */
  readonly maxActiveStreams: number;
  /** Streams that it may reset within ten seconds. */
  readonly maxResets: number;
  /** Bytes of a request's header fields. */
  readonly maxHeaderSize: number;
  /** Header fields of a request. */
  readonly maxHeaderCount: number;
  /** Requests that a connection is good for. */
  readonly maxRequests: number;
  /** Milliseconds until the client's settings have come. */
  readonly headerTimeout: number;
  /** Milliseconds until a request has come as a whole; 0 for no limit. */
  readonly requestTimeout: number;
  /** Milliseconds within which something of a body has to come; 0 for no limit. */
  readonly receiveTimeout: number;
  /** Milliseconds within which the client has to take something; 0 for no limit. */
  readonly sendTimeout: number;
  /** Milliseconds that a connection without streams is kept. */
  readonly idleTimeout: number;
  /** Milliseconds between the looks for such connections. */
  readonly evictionInterval: number;
  /** Milliseconds between pings; 0 for none. */
  readonly pingInterval: number;
  /** Whether responses that nobody asked for are pushed. */
  readonly serverPush: boolean;
}

/** What the connections of a listener have in common. */
export interface Http2Shared {
  /** What is borne of a client. */
  readonly limits: Http2Limits;
  /** Tells the time. */
  readonly clock: Clock;
  /** Answers each request. */
  readonly handler: TransportOptions["handler"];
  /** What TLS has agreed on for a connection, if it is encrypted. */
  readonly tlsOf: (socket: Socket) => TlsConnection | undefined;
}

/** A stream that was promised. */
export interface Http2Promise {
  /** The stream; `undefined` until Node has made it. */
  stream: ServerHttp2Stream | undefined;
  /** When it was promised. */
  readonly since: number;
  /** How many writes the client has taken. */
  taken: number;
  /** How many it had when it was last looked at. */
  seen: number;
  /** Since when that is as much. */
  seenAt: number;
}

/** What a stream is told of its connection, and tells it. */
export interface Http2Link {
  /** What was promised on it and is not sent yet. */
  readonly promises: Set<Http2Promise>;
  /** What it has in common with the others. */
  readonly shared: Http2Shared;
  /** The scheme of every URL. */
  readonly scheme: "http" | "https";
  /** The client's end. */
  readonly remoteAddr: PlatformAddress;
  /** This end. */
  readonly localAddr: PlatformAddress;
  /** What TLS has agreed on. */
  readonly tls: TlsConnection | undefined;
  /** Counts a handler that has begun, or is done with (-1). */
  work(change: 1 | -1): void;
  /** A stream has closed; `isReset` where that was the client's doing, by RST_STREAM or by a fault. */
  ended(stream: object, isReset: boolean): void;
}

/** The limits of a listener's settings, the defaults in place of what is not set. */
export function http2Limits(http: ServerHttpSettings): Http2Limits {
  // A connection that is kept for further requests is the same thing in both versions; what concerns
  // HTTP/2 only goes first.
  const idleTimeout = http.minIdleTimeInStaleState ?? http.keepAliveTimeout ?? 300_000;
  return {
    initialWindowSize: http.http2InitialWindowSize ?? 65_535,
    maxActiveStreams: http.http2MaxActiveStreams ?? 100,
    maxResets: http.http2MaxResets ?? 200,
    // What is a little too large is refused with an answer of the listener's own, which counts what it
    // was told to.
    maxHeaderSize: (http.maxHeaderSize ?? 16_384) + (http.maxUriLength ?? 4_096) + 1_024,
    maxHeaderCount: http.maxHeaderCount ?? 100,
    maxRequests: http.maxRequestsPerConnection ?? Infinity,
    headerTimeout: http.headerTimeout ?? 10_000,
    requestTimeout: http.requestTimeout ?? 300_000,
    receiveTimeout: http.receiveTimeout ?? 30_000,
    sendTimeout: http.sendTimeout ?? 30_000,
    idleTimeout,
    evictionInterval: http.timeBetweenStaleEviction ?? Math.min(30_000, idleTimeout / 2),
    pingInterval: http.http2PingInterval ?? 30_000,
    serverPush: http.serverPush ?? true,
  };
}
