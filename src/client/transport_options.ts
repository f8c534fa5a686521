/**
 * The options of a transport (spec section 2.4.1; `ClientHttp1Settings`, `ClientHttp2Settings`,
 * `PoolConfiguration`, `ClientSecureSocket`, `ProxyConfig`). Which of them a runtime can honour is
 * told in `docs/transport.md`; one that it cannot is an error when the transport is made.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { ClientSecureSocket } from "./transport_tls_options.ts";

export type { CertificateStatusConfig, ClientSecureSocket } from "./transport_tls_options.ts";

/** Options of {@linkcode transport}. */
export interface TransportOptions {
  /**
   * Which versions of HTTP are spoken: only 1.1, only 2, or what server and client agree on in the
   * TLS handshake, preferably 2. Without TLS, `"auto"` is 1.1.
   *
   * @default "auto"
   */
  readonly httpVersion?: "1.1" | "2" | "auto";
  /**
   * Whether HTTP/2 is spoken to `http:` addresses without asking (RFC 9113 section 3.3). It needs
   * `httpVersion: "2"`.
   *
   * @default false
   */
  readonly http2PriorKnowledge?: boolean;
  /**
   * Bytes that a server may send on an HTTP/2 stream before it must wait. Node only.
   *
   * @default what the runtime does
   */
  readonly http2InitialWindowSize?: number;
  /**
   * Bytes of header fields, each counted with 32 more, that a response may have over HTTP/2 (RFC 9113
   * section 6.5.2). Deno only.
   *
   * @default what the runtime does
   */
  readonly http2MaxHeaderListSize?: number;
  /**
   * Which connections are kept, and how many there may be.
   *
   * @default those of {@linkcode PoolConfiguration}
   */
  readonly pool?: PoolConfiguration;
  /**
   * Whom TLS connections trust, and what they show.
   *
   * @default the authorities of the system, no client certificate
   */
  readonly tls?: ClientSecureSocket;
  /**
   * The proxy that requests go through. The environment's `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`
   * are the runtime's own matter: Deno follows them, Node does not.
   *
   * @default the runtime's
   */
  readonly proxy?: ProxyConfig;
  /**
   * Path of a Unix domain socket that every request goes to, whatever host its `http:` address has.
   *
   * @default none
   */
  readonly unixSocket?: string;
  /**
   * The IP address of this machine that connections are made from.
   *
   * @default the system's choice
   */
  readonly localAddress?: string;
  /**
   * Whether a `Host` field of a call is sent in place of the address's host; a redirect to another
   * origin loses it. Where it is not, a call with that field is an error. Deno only.
   *
   * @default true on Deno, false on Node
   */
  readonly allowHost?: boolean;
  /**
   * What tells the time for `pool.waitTime`.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** Which connections are kept, and how many there may be (spec: `PoolConfiguration`). */
export interface PoolConfiguration {
  /**
   * Connections in use at once, for each origin; -1 for any number. A call beyond it waits for
   * `waitTime`. A connection is in use until the response's body is read or cancelled, and watching
   * for that costs 0.1 ms a call. It needs `httpVersion: "1.1"`, because HTTP/2 shares connections.
   *
   * @default -1
   */
  readonly maxActiveConnections?: number;
  /**
   * Milliseconds that a call waits for a connection before it fails with
   * {@linkcode MaximumWaitTimeExceededError}. It needs `maxActiveConnections`.
   *
   * @default 30000
   */
  readonly waitTime?: number;
  /**
   * Idle connections that are kept for each origin. Deno only.
   *
   * @default 100 on Deno, no limit on Node
   */
  readonly maxIdleConnections?: number;
  /**
   * Milliseconds that an idle connection is kept.
   *
   * @default 90000 on Deno, 4000 on Node
   */
  readonly minEvictableIdleTime?: number;
  /**
   * Whether a connection is used again; otherwise each is closed after one request.
   *
   * @default true
   */
  readonly keepAlive?: boolean;
  /**
   * Requests in flight on one HTTP/2 connection. Node only.
   *
   * @default what the server allows; 100 on Node
   */
  readonly maxActiveStreamsPerConnection?: number;
}

/** The proxy that requests go through (spec: `ProxyConfig`). */
export interface ProxyConfig {
  /**
   * Its address, in place of `host` and `port`: `http:`, `https:`, and on Deno `socks5:` and
   * `socks5h:`.
   *
   * @default `http:` with `host` and `port`
   */
  readonly url?: string | URL;
  /**
   * Its host name or IP address. It needs `port`.
   *
   * @default none
   */
  readonly host?: string;
  /**
   * Its port.
   *
   * @default none
   */
  readonly port?: number;
  /**
   * Who calls (Basic authentication). It needs `password`.
   *
   * @default that in `url`
   */
  readonly userName?: string;
  /**
   * The password of `userName`.
   *
   * @default that in `url`
   */
  readonly password?: string;
  /**
   * What is called without it: names (`example.com` with all below it, `.example.com` only those
   * below), addresses, ranges (`10.0.0.0/8`), each with or without a port, or `*`. Names are not
   * looked up.
   *
   * @default []
   */
  readonly noProxy?: readonly string[];
}
