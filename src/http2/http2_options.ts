/**
 * The options of an HTTP/2 client (spec sections 2.4.1 and 10.1; `ClientHttp2Settings`,
 * `PoolConfiguration`), and the defaults that they have.
 *
 * @module
 */
import type { ClientSecureSocket } from "../client/transport_options.ts";
import type { Clock } from "../message/clock.ts";

/** Options of an `Http2Client`. Times are milliseconds. */
export interface Http2ClientOptions {
  /**
   * Whom TLS connections trust, and what they show. Sessions are not resumed, so that `sessionTimeout`
   * is refused, as are `handshakeTimeout`, which is `connectTimeout` here, and on Deno `ciphers` and
   * `certificateStatus`.
   *
   * @default the authorities of the runtime, no client certificate
   */
  readonly tls?: ClientSecureSocket;
  /**
   * Whether `submit` takes what a server pushes (spec section 10.1.1). `fetch` never does: its
   * connections tell the server so.
   *
   * @default true
   */
  readonly push?: boolean;
  /**
   * Bytes that a server may send on a stream before it must wait (spec: `http2InitialWindowSize`).
   *
   * @default 65535
   */
  readonly initialWindowSize?: number;
  /**
   * Bytes that the header section of a response may have, each field counted with 32 more (RFC 9113
   * section 6.5.2); 65536 at most.
   *
   * @default 65536
   */
  readonly maxHeaderListSize?: number;
  /**
   * Time until a connection is there, TLS included.
   *
   * @default 10000
   */
  readonly connectTimeout?: number;
  /**
   * Time between pings on a connection that has calls in flight; one that is not answered until the
   * next is due ends the connection. 0 for none.
   *
   * @default 60000
   */
  readonly pingInterval?: number;
  /**
   * Time that the body of a call with `Expect: 100-continue` waits for the server to want it (RFC 9110
   * section 10.1.1).
   *
   * @default 1000
   */
  readonly continueTimeout?: number;
  /**
   * Which connections are kept, and how many there may be.
   *
   * @default those of {@linkcode Http2PoolConfiguration}
   */
  readonly pool?: Http2PoolConfiguration;
  /**
   * What is borne of a server.
   *
   * @default those of {@linkcode Http2Limits}
   */
  readonly limits?: Http2Limits;
  /**
   * Told of each informational response to a call, as 103 with its links (RFC 8297).
   *
   * @default none
   */
  readonly onInformational?: (response: InformationalResponse) => void;
  /**
   * Tells the time; a test gives its own.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** Which connections are kept, and how many there may be (spec: `PoolConfiguration`). */
export interface Http2PoolConfiguration {
  /**
   * Connections for each origin; -1 for any number. A call beyond them waits for `waitTime`.
   *
   * @default -1
   */
  readonly maxActiveConnections?: number;
  /**
   * Time that a call waits for a connection before it fails with `MaximumWaitTimeExceededError`. It
   * needs `maxActiveConnections`.
   *
   * @default 30000
   */
  readonly waitTime?: number;
  /**
   * Calls in flight on one connection, where the server does not allow fewer.
   *
   * @default 100
   */
  readonly maxActiveStreamsPerConnection?: number;
  /**
   * Time that an idle connection is kept.
   *
   * @default 300000
   */
  readonly minEvictableIdleTime?: number;
  /**
   * Time between the looks for idle connections.
   *
   * @default 30000
   */
  readonly timeBetweenEvictionRuns?: number;
  /**
   * Time that a connection is kept for what is in flight, once the server has said that it goes
   * (GOAWAY); it takes no calls then, and closes when the last has ended. -1 for as long as they take.
   *
   * @default 300000
   */
  readonly minIdleTimeInStaleState?: number;
  /**
   * Time between the looks for such connections.
   *
   * @default 30000
   */
  readonly timeBetweenStaleEviction?: number;
}

/** What is borne of a server. */
export interface Http2Limits {
  /**
   * Promises of one call; one more ends the connection.
   *
   * @default 100
   */
  readonly maxPromises?: number;
  /**
   * Time that a promise is kept which nobody has asked for, once the response has ended; then it is
   * refused.
   *
   * @default 30000
   */
  readonly promiseTimeout?: number;
  /**
   * Informational responses of one call; one more ends the call.
   *
   * @default 16
   */
  readonly maxInformational?: number;
  /**
   * Settings and pings of a server within ten seconds; one more ends the connection.
   *
   * @default 200
   */
  readonly maxControlFrames?: number;
}

/** A response ahead of the final one (RFC 9110 section 15.2). */
export interface InformationalResponse {
  /** The address that was called. */
  readonly url: string;
  /** The status, below 200. */
  readonly status: number;
  /** Its header fields. */
  readonly headers: Headers;
}
