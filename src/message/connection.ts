/**
 * What a transport knows of the connection a request came on, kept beside the request for layers
 * that ask: a layer is given nothing but the request.
 *
 * Most of it is optional: what a transport cannot tell or do is not there.
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

/** A version of HTTP, as a request was sent in it. */
export type HttpVersion = "1.0" | "1.1" | "2";

/** A certificate that the other end has shown (RFC 5280). */
export interface PeerCertificate {
  /** Whom it is for, as `CN=client,O=Example`, the most significant part last (RFC 4514). */
  readonly subject: string;
  /** Who signed it, written as {@linkcode subject} is. */
  readonly issuer: string;
  /** The names it is for, as `DNS:client.example` or `URI:spiffe://example/client`. */
  readonly subjectAltNames: readonly string[];
  /** Its number among those of its issuer, in hexadecimal. */
  readonly serialNumber: string;
  /** The SHA-256 of its bytes, in lower case hexadecimal without colons. */
  readonly fingerprint256: string;
  /** Since when it is valid. */
  readonly validFrom: Date;
  /** Until when it is valid. */
  readonly validTo: Date;
  /** Its bytes (DER). */
  readonly raw: Uint8Array<ArrayBuffer>;
}

/** What the TLS handshake of a connection has agreed on. */
export interface TlsConnection {
  /** The version of TLS: `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  /** The cipher suite, by its standard name. */
  readonly cipher: string;
  /** The name that the client asked for (SNI), if it did. */
  readonly serverName: string | undefined;
  /** Whether an earlier session was resumed. */
  readonly isResumed: boolean;
  /**
   * Whether the client has shown a certificate that is trusted; `undefined` where it was not asked
   * for one.
   */
  readonly clientVerified: boolean | undefined;
  /** The certificate it has shown, if it is trusted. */
  readonly peerCertificate: PeerCertificate | undefined;
}

/** Header fields in order, as name and value; a name may come more than once. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** The statuses of an informational response (RFC 9110 section 15.2, RFC 8297); 101 is none of them. */
export type InformationalStatus = 100 | 102 | 103;

/** The head of a request that a server makes in the client's place (RFC 9113 section 8.4). */
export interface PushedRequest {
  /** `GET` or `HEAD`: what is pushed must be safe, cacheable and without a body. */
  readonly method: "GET" | "HEAD";
  /** The path and query, from the root. */
  readonly path: string;
  /** Its header fields. */
  readonly headers: FieldList;
}

/** A promise that a client was made, and the stream on which it is kept. */
export interface PushStream {
  /** Sends the response; settles when it is sent, and rejects when the client refused it. */
  respond(response: Response): Promise<void>;
  /** Breaks the promise. */
  cancel(): void;
}

/** A connection that left HTTP (RFC 9110 section 7.8), in the runtime's own objects. */
export interface UpgradedConnection {
  /** Node's `IncomingMessage`. */
  readonly request: object;
  /** Node's `Duplex`, which is the taker's from now on. */
  readonly socket: object;
  /** What has arrived after the head already. */
  readonly head: Uint8Array;
}

/** What a transport hands over beside the request; the platform's own object, not a copy. */
export interface Connection {
  /** The client's end. */
  readonly remoteAddr: PlatformAddress;
  /** This end, where the transport tells it. */
  readonly localAddr?: PlatformAddress;
  /** Settles when the response is sent, or cannot be; asking for it costs the request. */
  readonly completed?: Promise<void>;
  /** The version of HTTP, where the transport tells it. */
  readonly httpVersion?: HttpVersion;
  /** What TLS has agreed on; `undefined` without TLS and where the transport does not tell. */
  readonly tls?: TlsConnection | undefined;
  /** The trailer fields of the request, once its body was read, where the transport tells them. */
  readonly requestTrailers?: () => Promise<Headers>;
  /**
   * Whether the transport can send trailer fields of a response, be it that this client is sent none;
   * without it they cannot be.
   */
  readonly sendsTrailers?: boolean;
  /**
   * Sends an informational response ahead of the final one, where the transport can.
   *
   * @returns whether it was sent: not to HTTP/1.0, nor once the final one has begun.
   */
  readonly inform?: (status: InformationalStatus, headers: FieldList) => boolean;
  /**
   * Promises a response that nobody asked for, where the transport can.
   *
   * @returns `undefined` where this client does not take any.
   */
  readonly push?: (request: PushedRequest) => PushStream | undefined;
  /**
   * Takes the connection out of HTTP, where the request asks for another protocol and the transport
   * can; what the handler answers afterwards is dropped. It can be taken once.
   */
  readonly upgrade?: () => UpgradedConnection | undefined;
  /**
   * Makes a response that this transport sends at less cost than one of the platform's, where there
   * is a difference. It is a `Response` to whoever looks at it.
   */
  readonly respond?: (
    body: string | Uint8Array<ArrayBuffer> | null,
    status: number,
    contentType: string | undefined,
  ) => Response;
}

/** Whether the second argument of a `fetch` export is what `deno serve` passes there. */
export function isConnection(value: object): value is Connection {
  return "remoteAddr" in value;
}

/** The connection a request came on; `undefined` in process, and for a request made anew. */
export function connectionOf(request: Request): Connection | undefined {
  return KeptConnection.of(request);
}

/** Keeps the connection of a request for {@linkcode connectionOf}. */
export function keepConnection(request: Request, connection: Connection): void {
  KeptConnection.keep(request, connection);
}

/** A class whose constructor gives the object that it is given. */
const Itself = function (request: object): object {
  return request;
} as unknown as new (request: object) => object;

/**
 * Kept by the request itself, so that it lives as long as the request and nobody else sees it: in a
 * private field, which costs a request 0.5 µs less than its place in a `WeakMap`.
 */
class KeptConnection extends Itself {
  #connection: Connection;

  private constructor(request: Request, connection: Connection) {
    super(request);
    this.#connection = connection;
  }

  static of(request: object): Connection | undefined {
    return #connection in request ? request.#connection : undefined;
  }

  static keep(request: Request, connection: Connection): void {
    if (#connection in request) request.#connection = connection;
    else new KeptConnection(request, connection);
  }
}
