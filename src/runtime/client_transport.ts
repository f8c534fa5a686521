/**
 * The one interface to whatever sends requests; the rest of the library names no runtime.
 *
 * @module
 */
import type { StoreBytes } from "./tls/pem.ts";

/** How a transport connects; every value was checked, and `undefined` is the runtime's default. */
export interface ClientTransportSettings {
  /** The versions of HTTP that may be spoken. */
  readonly httpVersion: "1.1" | "2" | "auto";
  /** Whether HTTP/2 is spoken at once, without asking, where there is no TLS. */
  readonly http2PriorKnowledge: boolean;
  /** Bytes that a server may send on a stream before it must wait. */
  readonly http2InitialWindowSize: number | undefined;
  /** Bytes of a response's header list over HTTP/2. */
  readonly http2MaxHeaderListSize: number | undefined;
  /** Idle connections that are kept for one origin; 0 for none. */
  readonly maxIdleConnections: number | undefined;
  /** Milliseconds that an idle connection is kept. */
  readonly idleTimeout: number | undefined;
  /** Streams in flight on one HTTP/2 connection. */
  readonly maxStreams: number | undefined;
  /** How TLS connections are made. */
  readonly tls: ClientTlsSettings;
  /** The proxy, if there is one. */
  readonly proxy: ClientProxySettings | undefined;
  /** Path of the socket that every connection is made to. */
  readonly unixSocket: string | undefined;
  /** The IP address that connections are made from. */
  readonly localAddress: string | undefined;
  /** Whether a `Host` field of the call is sent. */
  readonly allowHost: boolean;
}

/** How TLS connections are made. */
export interface ClientTlsSettings {
  /** Whether certificates are verified at all. */
  readonly enable: boolean;
  /** PEM texts of authorities that are trusted beside those of the system. */
  readonly ca: readonly string[];
  /** More of them, which are not opened yet; `undefined` once they are. */
  readonly trustStore: StoreBytes | undefined;
  /** PEM texts of the client's certificate chain and key. */
  readonly identity: { readonly cert: string; readonly key: string } | undefined;
  /** The same, not opened yet; `undefined` once it is. */
  readonly keyStore: StoreBytes | undefined;
  /** The name sent and verified in place of the address's host. */
  readonly serverName: string | undefined;
  /** Whether the certificate must be for the host. */
  readonly verifyHostName: boolean;
  /** How it is found out whether a certificate was revoked, if it is. */
  readonly status: ClientStatusSettings | undefined;
  /** The lowest and the highest version. */
  readonly versions: readonly [TlsVersion, TlsVersion] | undefined;
  /** Cipher suites as OpenSSL lists them. */
  readonly ciphers: string | undefined;
  /** Whether sessions are resumed. */
  readonly shareSession: boolean;
  /** Milliseconds after which a session is not resumed any more. */
  readonly sessionTimeout: number | undefined;
  /** Milliseconds that connecting, TLS included, may take. */
  readonly handshakeTimeout: number | undefined;
}

/** How it is found out whether a server's certificate was revoked. */
export interface ClientStatusSettings {
  /** Whether the server staples an OCSP response, or a responder may be asked; or neither. */
  readonly ocsp: "stapled" | "asked" | undefined;
  /** PEM texts of lists of revoked certificates; empty where they are not looked at. */
  readonly crl: readonly string[];
  /** Answers of responders that are kept. */
  readonly cacheSize: number;
  /** Milliseconds that they are kept at most. */
  readonly cacheValidityPeriod: number | undefined;
}

/** A version of TLS. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** A proxy and what it asks for. */
export interface ClientProxySettings {
  /** Its address, without credentials. */
  readonly url: URL;
  /** Who calls. */
  readonly credentials: { readonly userName: string; readonly password: string } | undefined;
  /** Whether an address is called without it. */
  readonly bypasses: (url: URL) => boolean;
}

/** A transport that sends requests. */
export interface RunningClientTransport {
  /**
   * Sends one request, its redirects not followed. It rejects with what the platform rejects with.
   *
   * @param url the address of the request, parsed, where the settings have a proxy or a socket.
   */
  send(
    url: URL | undefined,
    input: Request | URL | string,
    init: RequestInit | undefined,
  ): Promise<Response>;
  /** Frees idle connections; requests in flight go on. It is called once. */
  close(): void | Promise<void>;
}

/** An option that a runtime has nothing for is an error rather than ignored. */
export function refuseOption(option: string, runtime: string, remedy: string): never {
  throw new TypeError(`transport cannot honour ${option} on ${runtime}: ${remedy}`);
}
