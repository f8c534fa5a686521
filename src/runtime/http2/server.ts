/**
 * HTTP/2 over Node's modules (RFC 9113), on connections that somebody else has accepted: with TLS those
 * whose client has chosen `h2` (ALPN), without it those that begin with its preface.
 *
 * A request is a stream of Node's core API; its objects that look like those of HTTP/1.1 are not used.
 *
 * @module
 */
import { performServerHandshake, type ServerHttp2Session, type ServerOptions } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../message/clock.ts";
import type { TlsConnection } from "../../message/connection.ts";
import { type Deferred, deferred } from "../../message/deferred.ts";
import { Http2Connection } from "./connection.ts";
import { type Http2Limits, http2Limits, type Http2Shared } from "./shared.ts";
import { Http2Watch } from "./watch.ts";
import type { ServerHttpSettings } from "../server_http.ts";
import type { TransportOptions } from "../transport.ts";

/** What HTTP/2 needs of a transport. */
export interface Http2Options {
  /** How HTTP is spoken. */
  readonly http: ServerHttpSettings;
  /** Tells the time. */
  readonly clock: Clock;
  /** Answers each request. */
  readonly handler: TransportOptions["handler"];
  /** What TLS has agreed on for a connection, if it is encrypted. */
  readonly tlsOf: (socket: Socket) => TlsConnection | undefined;
}

/** The part of a transport that speaks HTTP/2. */
export interface Http2Side {
  /** How many connections are open. */
  readonly connections: number;
  /**
   * Speaks HTTP/2 on a connection from its first byte on; what was read of it already was put back by
   * `unshift`.
   */
  accept(socket: Socket): void;
  /** Tells every client to go, and settles once the last connection is closed. */
  shutdown(): Promise<void>;
  /** Closes every connection now. */
  abort(): void;
}

/** Makes the part of a transport that speaks HTTP/2. */
export function http2Side({ http, clock, handler, tlsOf }: Http2Options): Http2Side {
  const connections = new Set<Http2Connection>();
  let closed: Deferred<void> | undefined;
  const shared: Http2Shared = { limits: http2Limits(http), clock, handler, tlsOf };
  const watch = new Http2Watch(shared, connections);
  const options = sessionOptions(shared.limits);
  const onClose = (connection: Http2Connection): void => {
    connections.delete(connection);
    if (connections.size > 0) return;
    watch.stop();
    closed?.resolve();
  };
  return {
    get connections() {
      return connections.size;
    },
    accept(socket) {
      // The types have only the server's own options here, and not those of a session.
      const session = performServerHandshake(socket, options) as ServerHttp2Session;
      const connection = new Http2Connection(session, socket, shared, onClose);
      connections.add(connection);
      watch.begin();
      if (closed !== undefined) connection.goAway();
    },
    async shutdown() {
      closed ??= deferred<void>();
      if (connections.size === 0) return closed.resolve();
      for (const connection of connections) connection.goAway();
      await closed.promise;
    },
    abort() {
      for (const connection of [...connections]) connection.abort();
    },
  };
}

/** What a session is told; Node's types do not have all of it. */
interface SessionOptions extends ServerOptions {
  /** Frames against the rules, empty ones of a body among them, until the connection is closed. */
  readonly maxSessionInvalidFrames: number;
  /** Streams that were refused and begun anyway, until the connection is closed. */
  readonly maxSessionRejectedStreams: number;
}

function sessionOptions(limits: Http2Limits): SessionOptions {
  return {
    settings: {
      initialWindowSize: limits.initialWindowSize,
      maxConcurrentStreams: limits.maxActiveStreams,
      // Beyond this a stream is reset: there must be some room for saying why (431).
      maxHeaderListSize: Math.max(2 * limits.maxHeaderSize, 32_768),
    },
    maxHeaderListPairs: 2 * limits.maxHeaderCount + 64,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
  };
}
