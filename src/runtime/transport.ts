/**
 * The one interface to whatever accepts connections; the rest of the library names no runtime.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { Connection } from "../message/connection.ts";
import type { ServerHttpSettings } from "./server_http.ts";
import type { ServerTlsSettings } from "./server_tls.ts";

/** The name of a transport. */
export type TransportName = "deno_serve" | "node_http";

/** Where and how a transport listens. */
export interface TransportOptions {
  /** The host name or IP address to listen on. */
  readonly hostname: string;
  /** The port; 0 for a free one. */
  readonly port: number;
  /** Whether other processes may listen on the same port. */
  readonly reusePort: boolean;
  /** How TLS is set up; `undefined` for none. */
  readonly tls: ServerTlsSettings | undefined;
  /** How HTTP is spoken. */
  readonly http: ServerHttpSettings;
  /** Tells the time. */
  readonly clock: Clock;
  /** Settles once nothing is in flight but what is there as a whole. */
  readonly drained: () => Promise<void>;
  /** Answers each request; it never fails. */
  readonly handler: (
    request: Request,
    connection: Connection,
  ) => Response | Promise<Response>;
}

/** A transport that listens. */
export interface RunningTransport {
  /** The transport's name. */
  readonly name: TransportName;
  /** The IP address it listens on. */
  readonly hostname: string;
  /** The port it listens on. */
  readonly port: number;
  /** Settles when the last connection is closed. */
  readonly finished: Promise<void>;
  /** Refuses new requests with 503 and settles once every one in flight is answered. */
  shutdown(): Promise<void>;
  /** Closes everything now, whatever is in flight. */
  abort(): void;
  /** Takes other certificates for connections to come; without it they cannot be changed. */
  readonly reloadTls?: (tls: ServerTlsSettings) => void;
}

/**
 * How long connections in use are sent away before those that are left are closed, in milliseconds,
 * where another process goes on in this one's place: closed between two requests, a connection would
 * lose the one that is on its way.
 */
export const SENDING_AWAY = 500;

/** An option that a transport has nothing for is an error rather than ignored. */
export function refuseServerOption(option: string, transport: string, remedy: string): never {
  throw new TypeError(`The transport ${transport} cannot honour ${option}: ${remedy}`);
}
