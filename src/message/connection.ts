/**
 * What a transport knows of the connection a request came on, kept beside the request for layers
 * that ask: a layer is given nothing but the request.
 *
 * @module
 */

/** One end of a connection, as the platform tells it. */
export interface PlatformAddress {
  /** The kind of socket: `tcp`, `unix` and so on. */
  readonly transport?: string;
  /** The IP address. */
  readonly hostname?: string;
  /** The port. */
  readonly port?: number;
}

/** What a transport hands over beside the request; the platform's own object, not a copy. */
export interface Connection {
  /** The client's end. */
  readonly remoteAddr: PlatformAddress;
  /** This end, where the transport tells it. */
  readonly localAddr?: PlatformAddress;
  /** Settles when the response is sent, or cannot be; asking for it costs the request. */
  readonly completed?: Promise<void>;
}

/** Whether the second argument of a `fetch` export is what `deno serve` passes there. */
export function isConnection(value: object): value is Connection {
  return "remoteAddr" in value;
}

/** Kept by the request itself, so that it lives as long as the request and nobody else sees it. */
const connections = new WeakMap<Request, Connection>();

/** The connection a request came on; `undefined` in process, and for a request made anew. */
export function connectionOf(request: Request): Connection | undefined {
  return connections.get(request);
}

/** Keeps the connection of a request for {@linkcode connectionOf}. */
export function keepConnection(request: Request, connection: Connection): void {
  connections.set(request, connection);
}
