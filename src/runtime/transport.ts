/**
 * The one interface to whatever accepts connections; the rest of the library names no runtime.
 *
 * @module
 */

/** One end of a connection, as a transport tells it. */
export interface TransportAddress {
  /** The kind of socket. */
  readonly transport?: string;
  /** The IP address. */
  readonly hostname?: string;
  /** The port. */
  readonly port?: number;
}

/** What a transport tells about a request beside the request. */
export interface TransportInfo {
  /** The client's end of the connection. */
  readonly remoteAddr: TransportAddress;
  /** Settles when the response is sent, or cannot be. */
  readonly completed?: Promise<void>;
}

/** Where and how a transport listens. */
export interface TransportOptions {
  /** The host name or IP address to listen on. */
  readonly hostname: string;
  /** The port; 0 for a free one. */
  readonly port: number;
  /** Whether other processes may listen on the same port. */
  readonly reusePort: boolean;
  /** Settles once nothing is in flight but what is there as a whole. */
  readonly drained: () => Promise<void>;
  /** Answers each request; it never fails. */
  readonly handler: (
    request: Request,
    info: TransportInfo,
  ) => Response | Promise<Response>;
}

/** A transport that listens. */
export interface RunningTransport {
  /** The transport's name. */
  readonly name: string;
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
}
