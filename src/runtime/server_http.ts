/**
 * How a listener speaks HTTP: what a transport is given, every value checked.
 *
 * `undefined` is the transport's own way, and all that a transport without a setting can honour.
 *
 * @module
 */

/** How a listener speaks HTTP, and what it bears from a connection. */
export interface ServerHttpSettings {
  /** The versions that are spoken. */
  readonly httpVersion: "1.1" | "2" | "auto";
  /** Whether HTTP/1.1 connections are kept: as the client asks, or never. */
  readonly keepAlive: "auto" | "never" | undefined;
  /** Requests of one HTTP/1.1 connection that may wait for those before them. */
  readonly maxPipelinedRequests: number | undefined;
  /** Bytes that a client may send on an HTTP/2 stream before it must wait. */
  readonly http2InitialWindowSize: number | undefined;
  /** Streams that a client may have open on one HTTP/2 connection. */
  readonly http2MaxActiveStreams: number | undefined;
  /** Streams that a client may reset on one HTTP/2 connection within ten seconds. */
  readonly http2MaxResets: number | undefined;
  /** Milliseconds between the pings on an HTTP/2 connection; one unanswered ends it. */
  readonly http2PingInterval: number | undefined;
  /** Whether responses that nobody asked for are pushed to those who take them. */
  readonly serverPush: boolean | undefined;
  /** Milliseconds after which an idle HTTP/2 connection that was told to go is closed. */
  readonly minIdleTimeInStaleState: number | undefined;
  /** Milliseconds between the looks for such connections. */
  readonly timeBetweenStaleEviction: number | undefined;
  /** Bytes of a request's header section, its request line included. */
  readonly maxHeaderSize: number | undefined;
  /** Header fields of a request. */
  readonly maxHeaderCount: number | undefined;
  /** Characters of a request's target. */
  readonly maxUriLength: number | undefined;
  /** Milliseconds until a request's head has come. */
  readonly headerTimeout: number | undefined;
  /** Milliseconds until a request has come as a whole; 0 for no limit. */
  readonly requestTimeout: number | undefined;
  /** Milliseconds that a connection may be idle between requests. */
  readonly keepAliveTimeout: number | undefined;
  /** Milliseconds within which something of a body has to come; 0 for no limit. */
  readonly receiveTimeout: number | undefined;
  /** Milliseconds that a client may take nothing of what is being sent to it; 0 for no limit. */
  readonly sendTimeout: number | undefined;
  /** Connections at once; one more is closed. */
  readonly maxConnections: number | undefined;
  /** Connections at once from one IP address; one more is closed. */
  readonly maxConnectionsPerAddress: number | undefined;
  /** Requests that a connection is good for. */
  readonly maxRequestsPerConnection: number | undefined;
}
