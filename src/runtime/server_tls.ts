/**
 * How a listener's TLS is set up, once every file is read: what a transport is given.
 *
 * @module
 */
import type { TlsVersion } from "./client_transport.ts";

/** A certificate, its chain and its key. */
export interface ServerIdentity {
  /** The certificate in PEM, those between it and its authority behind it. */
  readonly cert: string;
  /** Its private key in PEM, not encrypted. */
  readonly key: string;
  /** The names (SNI) it is shown for, in lower case, `*.example.com` among them. */
  readonly serverNames: readonly string[];
  /**
   * Gives the DER-encoded OCSP response to staple, if there is one at the moment; `undefined` where
   * none is ever stapled. It never fails.
   */
  readonly ocspResponse: (() => Uint8Array | undefined) | undefined;
}

/** How a listener's TLS connections are made. */
export interface ServerTlsSettings {
  /** What is shown, the first whose names fit; the first one where none does. Never empty. */
  readonly identities: readonly ServerIdentity[];
  /** Whom clients must be certified by; `undefined` where they are not asked. */
  readonly clients: ServerClientSettings | undefined;
  /** The lowest and the highest version; `undefined` for 1.2 and 1.3. */
  readonly versions: readonly [TlsVersion, TlsVersion] | undefined;
  /** Cipher suites as OpenSSL lists them; `undefined` for the runtime's. */
  readonly ciphers: string | undefined;
  /** Whether sessions are resumed. */
  readonly shareSession: boolean;
  /** Milliseconds after which a session is not resumed any more; `undefined` for the runtime's. */
  readonly sessionTimeout: number | undefined;
  /** Milliseconds that a handshake may take; `undefined` for the transport's default. */
  readonly handshakeTimeout: number | undefined;
}

/** Which client certificates are taken. */
export interface ServerClientSettings {
  /** Whether a connection without one is refused in the handshake. */
  readonly isRequired: boolean;
  /** PEM texts of the authorities. */
  readonly ca: readonly string[];
  /** PEM texts of lists of revoked certificates; empty where they are not looked at. */
  readonly crl: readonly string[];
}
