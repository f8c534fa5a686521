/**
 * The TLS of a transport (spec 9.2.3, 9.2.4; `ClientSecureSocket`): its options as they are given.
 * Which of them a runtime can honour is told in `docs/transport.md`.
 *
 * @module
 */
import type { KeyStore, PemSource } from "../message/pem_source.ts";

/**
 * Whom TLS connections trust, and what they show (spec: `ClientSecureSocket`). Files are read when the
 * transport is made, and not again.
 */
export interface ClientSecureSocket {
  /**
   * Whether certificates are verified. Node only.
   *
   * @default true
   */
  readonly enable?: boolean;
  /**
   * Certificates in PEM of authorities that are trusted beside those of the system.
   *
   * @default none
   */
  readonly ca?: PemSource | readonly PemSource[];
  /**
   * Authorities that are trusted beside those of the system, in PKCS#12.
   *
   * @default none
   */
  readonly trustStore?: KeyStore;
  /**
   * The client's certificate in PEM, those between it and its authority behind it. It needs `key`.
   *
   * @default none
   */
  readonly cert?: PemSource;
  /**
   * The private key of `cert` in PEM.
   *
   * @default none
   */
  readonly key?: PemSource;
  /**
   * What `key` is encrypted with.
   *
   * @default it is not encrypted
   */
  readonly keyPassword?: string;
  /**
   * The client's key, its certificate and those between it and its authority in PKCS#12, in place of
   * `cert` and `key`.
   *
   * @default none
   */
  readonly keyStore?: KeyStore;
  /**
   * The name that is sent (SNI) and looked for in the certificate. Node only.
   *
   * @default the host of the address
   */
  readonly serverName?: string;
  /**
   * Whether the certificate must be for the host. `false` is Node only.
   *
   * @default true
   */
  readonly verifyHostName?: boolean;
  /**
   * How it is found out whether a server's certificate was revoked. Node only.
   *
   * @default it is not
   */
  readonly certificateStatus?: CertificateStatusConfig;
  /**
   * The versions of TLS. Other than both is Node only.
   *
   * @default ["TLSv1.2", "TLSv1.3"]
   */
  readonly versions?: readonly ("TLSv1.2" | "TLSv1.3")[];
  /**
   * Cipher suites by OpenSSL's names, those preferred first. Node only.
   *
   * @default the runtime's
   */
  readonly ciphers?: readonly string[];
  /**
   * Whether sessions are resumed; they are not where `certificateStatus` has `ocsp`, because a resumed
   * one does not show its certificate again. `false` is Node only.
   *
   * @default true
   */
  readonly shareSession?: boolean;
  /**
   * Milliseconds after which a session is not resumed any more. Node only.
   *
   * @default as long as the server says
   */
  readonly sessionTimeout?: number;
  /**
   * Milliseconds that making a connection may take, TLS included. Node only.
   *
   * @default 10000 on Node, no limit on Deno
   */
  readonly handshakeTimeout?: number;
}

/**
 * How it is found out whether a server's certificate was revoked (spec: `CertValidation`). What
 * cannot be found out is an error: a connection is used only where its certificate is known to be good.
 */
export interface CertificateStatusConfig {
  /**
   * Asks for the answer of an OCSP responder (RFC 6960). With `"stapled"` the server has to have it with
   * it (RFC 6066 section 8). With `"asked"` a server that has none is no error: the responder that the
   * certificate names is asked, over `http:`, and what it says is kept for as long as it says.
   *
   * @default it is not asked for
   */
  readonly ocsp?: "stapled" | "asked";
  /**
   * Answers of responders that are kept (spec: `cacheSize`). It needs `ocsp: "asked"`.
   *
   * @default 1000
   */
  readonly cacheSize?: number;
  /**
   * Milliseconds that such an answer is kept at most (spec: `cacheValidityPeriod`). It needs
   * `ocsp: "asked"`.
   *
   * @default as long as it says
   */
  readonly cacheValidityPeriod?: number;
  /**
   * Lists of revoked certificates in PEM (RFC 5280 section 5). There has to be a current one of every
   * authority between the server's certificate and one that is trusted, that one included.
   *
   * @default none
   */
  readonly crl?: PemSource | readonly PemSource[];
}
