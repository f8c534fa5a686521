/**
 * How a listener listens (spec 2.1): its options as they are given, and which transports can honour
 * them.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { Interceptor } from "./interceptor.ts";
import type { ListenerSecureSocket } from "./listener_tls.ts";
import type { RequestLimitConfigs } from "./request_limits.ts";

/** How a listener listens; every field is optional. */
export interface ListenerConfiguration {
  /**
   * The host name or IP address to listen on; an empty one is as good as none.
   *
   * @default "0.0.0.0"
   */
  readonly host?: string;
  /**
   * How long a request may take until it is answered, in milliseconds, else 408 while its payload
   * is still coming in and 503 afterwards; 0 for no limit.
   *
   * @default 60000
   */
  readonly timeout?: number;
  /**
   * The `Server` header field of every response (RFC 9110 section 10.2.4), except for those that the
   * transport makes: to bytes that are no request (400, 408, 414, 431), and while it stops (503).
   *
   * @default none is sent
   */
  readonly server?: string;
  /**
   * Interceptors around those of every service, inside of its layers, with filters relative to the
   * root; they run where no service matches, too.
   *
   * @default []
   */
  readonly interceptors?: readonly Interceptor[];
  /**
   * How large a request may be.
   *
   * @default the defaults of its fields
   */
  readonly requestLimits?: RequestLimitConfigs;
  /**
   * How long {@linkcode RunningServer.gracefulStop} waits for requests in flight, in milliseconds.
   *
   * @default 10000
   */
  readonly gracefulStopTimeout?: number;
  /**
   * Whether other processes may listen on the same port, for a restart without a gap: start the new
   * one, then stop the old one, which answers what comes until its port is closed. Takes the transport
   * `"node"`; with `"deno"` it needs Deno's flag `--unstable-net`, and connections that have said
   * nothing yet are lost when the port closes. Set `net.ipv4.tcp_migrate_req` to 1 on Linux, or those
   * that are not accepted yet are.
   *
   * @default false
   */
  readonly reusePort?: boolean;
  /**
   * Whether errors without a body of their own are answered with problem details (RFC 9457,
   * `application/problem+json`) rather than with an error payload; `"negotiate"` leaves it to
   * `Accept`. A service may say otherwise for itself.
   *
   * @default false
   */
  readonly problemDetails?: boolean | "negotiate";
  /**
   * What follows a panic: an error that is none of this library's, that a handler, an interceptor
   * or a layer throws, and that no error hook deals with; an error that is returned is no panic
   * (spec 8.2.5). The request is answered with 500 in any case. With `"exit"` the process then ends
   * with code 1, and whatever else is in flight breaks off. That is for a program that something
   * starts again, and whose handlers throw nothing that a client could make them throw at will.
   *
   * @default "respond"
   */
  readonly onPanic?: "respond" | "exit";
  /**
   * What accepts connections: `"deno"` is `Deno.serve`, the fastest on Deno; `"node"` is the one that
   * stands on Node's modules, on Node and on Deno, and knows client certificates, server push,
   * trailers and the limits of {@linkcode SocketLimits}. `"auto"` takes the first on Deno, unless
   * another option asks for what only the second can do. {@linkcode RunningServer.transport} says
   * which it is.
   *
   * @default "auto"
   */
  readonly transport?: "auto" | "deno" | "node";
  /**
   * Certificates and all that concerns TLS (spec: `ListenerSecureSocket`).
   *
   * @default connections are not encrypted
   */
  readonly tls?: ListenerSecureSocket;
  /**
   * Which versions of HTTP are spoken: only 1.1, only 2, or both: over TLS as the client prefers
   * (RFC 7301), and without it as it begins (RFC 9113 section 3.3). Other than `"auto"` takes the
   * transport `"node"`.
   *
   * @default "auto"
   */
  readonly httpVersion?: "1.1" | "2" | "auto";
  /**
   * What concerns HTTP/1.1 only; takes the transport `"node"`.
   *
   * @default the defaults of its fields
   */
  readonly http1Settings?: ListenerHttp1Settings;
  /**
   * What concerns HTTP/2 only; takes the transport `"node"`.
   *
   * @default the defaults of its fields
   */
  readonly http2Settings?: ListenerHttp2Settings;
  /**
   * What a connection may cost; takes the transport `"node"`, where the defaults hold in any case.
   * Behind `Deno.serve` nothing of it can be had: put a proxy in front of it.
   *
   * @default the defaults of its fields
   */
  readonly socketLimits?: SocketLimits;
  /**
   * Signals of the system upon which the server stops gracefully; a second one stops it at once.
   * `true` stands for `SIGTERM` and `SIGINT`, on Windows for the latter, which alone is known there.
   *
   * @default false
   */
  readonly signals?: boolean | readonly ("SIGTERM" | "SIGINT")[];
  /**
   * Tells the time; a test gives its own.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** What concerns HTTP/1.1 only (spec: `ListenerHttp1Settings`). */
export interface ListenerHttp1Settings {
  /**
   * Whether connections are kept for further requests: as the client asks, or never.
   *
   * @default "auto"
   */
  readonly keepAlive?: "auto" | "never";
  /**
   * Requests of one connection that may wait for the answers to those before them; the connection is
   * not read while there are as many.
   *
   * @default 10
   */
  readonly maxPipelinedRequests?: number;
}

/** What concerns HTTP/2 only (RFC 9113). */
export interface ListenerHttp2Settings {
  /**
   * Bytes that a client may send on a stream before it must wait (spec: `http2InitialWindowSize`).
   *
   * @default 65535
   */
  readonly initialWindowSize?: number;
  /**
   * Streams that a client may have open on one connection (spec: `http2MaxActiveStreams`).
   *
   * @default 100
   */
  readonly maxActiveStreams?: number;
  /**
   * Streams that a client may reset on one connection within ten seconds; one more ends it
   * (CVE-2023-44487).
   *
   * @default 200
   */
  readonly maxResets?: number;
  /**
   * Milliseconds between pings on a connection; one that is not answered until the next ends it. 0 for
   * none.
   *
   * @default 30000
   */
  readonly pingInterval?: number;
  /**
   * Whether `caller.promise` pushes to clients that take it.
   *
   * @default true
   */
  readonly serverPush?: boolean;
  /**
   * Milliseconds that a connection without streams is kept (spec: `minIdleTimeInStaleState`): it is
   * told to go (GOAWAY) and closed once its last stream has ended.
   *
   * @default keepAliveTimeout of the socket limits if that is given, else 300000
   */
  readonly minIdleTimeInStaleState?: number;
  /**
   * Milliseconds between the looks for such connections (spec: `timeBetweenStaleEviction`).
   *
   * @default 30000
   */
  readonly timeBetweenStaleEviction?: number;
}

/** What a connection may cost, so that nobody who holds many keeps others out. */
export interface SocketLimits {
  /**
   * Milliseconds until the head of a request has come, else 408.
   *
   * @default 10000
   */
  readonly headerTimeout?: number;
  /**
   * Milliseconds until a request has come as a whole, else 408; 0 for no limit.
   *
   * @default 300000
   */
  readonly requestTimeout?: number;
  /**
   * Milliseconds within which something of a body that is being read has to come, else the connection
   * is closed; 0 for no limit.
   *
   * @default 30000
   */
  readonly receiveTimeout?: number;
  /**
   * Milliseconds within which a client has to take something of what is being sent to it, else the
   * connection is closed; 0 for no limit.
   *
   * @default 30000
   */
  readonly sendTimeout?: number;
  /**
   * Milliseconds that a connection may be idle between requests.
   *
   * @default 60000
   */
  readonly keepAliveTimeout?: number;
  /**
   * Connections at once; one more is closed.
   *
   * @default 16384
   */
  readonly maxConnections?: number;
  /**
   * Connections at once from one IP address; one more is closed. Leave it out behind a proxy.
   *
   * @default no limit
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Requests that one connection is good for.
   *
   * @default no limit
   */
  readonly maxRequestsPerConnection?: number;
  /**
   * Header fields of a request, else 431.
   *
   * @default 100
   */
  readonly maxHeaderCount?: number;
}
