/**
 * The TLS of a listener (spec 9.2.1, 9.2.2): its options as they are given.
 *
 * Files are read when the listener starts, and again when it is told to.
 *
 * @module
 */
import type { KeyStore, PemSource } from "../message/pem_source.ts";

export type { KeyStore, PemSource } from "../message/pem_source.ts";

/** A certificate and its key. */
export interface CertificateKey {
  /** The certificate, those between it and its authority behind it. */
  readonly cert: PemSource;
  /** Its private key. */
  readonly key: PemSource;
  /**
   * What the key is encrypted with.
   *
   * @default it is not encrypted
   */
  readonly keyPassword?: string;
}

/**
 * Where an OCSP response (RFC 6960) comes from that is stapled (RFC 6066 section 8): its bytes (DER),
 * a file that has them, a function that gets them, or with `"auto"` the responder that the certificate
 * names, for which the issuer's certificate must be behind it. What is not constant is asked again
 * when half of a response's life is over; one whose life is over is not stapled.
 */
export type OcspSource = "auto" | string | URL | Uint8Array | (() => Promise<Uint8Array>);

/** A certificate and its key, in PEM or in a key store, and whom it is shown. */
export interface ListenerCertificate extends Partial<CertificateKey> {
  /**
   * A PKCS#12 file that has both, in place of `cert` and `key`.
   *
   * @default `cert` and `key`
   */
  readonly keyStore?: KeyStore;
  /**
   * The names it is shown for (SNI, RFC 6066 section 3); `*.example.com` is for all names with one
   * label more.
   *
   * @default the DNS names in the certificate
   */
  readonly serverNames?: readonly string[];
  /**
   * The OCSP response that is stapled.
   *
   * @default none
   */
  readonly ocspStapling?: OcspSource;
}

/** Certificates and all that concerns TLS (spec: `ListenerSecureSocket`). */
export interface ListenerSecureSocket extends ListenerCertificate {
  /**
   * More certificates, for other names. A client that asks for a name of none of them, or for no name,
   * is shown the first of all.
   *
   * @default []
   */
  readonly certificates?: readonly ListenerCertificate[];
  /**
   * Whether clients show certificates, and which are trusted.
   *
   * @default they are not asked for any
   */
  readonly mutualSsl?: ListenerMutualSsl;
  /**
   * The versions of TLS.
   *
   * @default ["TLSv1.2", "TLSv1.3"]
   */
  readonly versions?: readonly ("TLSv1.2" | "TLSv1.3")[];
  /**
   * Cipher suites by OpenSSL's names, those preferred first; at least one for each version. Node only.
   *
   * @default the runtime's
   */
  readonly ciphers?: readonly string[];
  /**
   * Whether sessions are resumed. `false` is Node only.
   *
   * @default true
   */
  readonly shareSession?: boolean;
  /**
   * Milliseconds after which a session is not resumed any more, whole seconds. Node only.
   *
   * @default what the runtime does
   */
  readonly sessionTimeout?: number;
  /**
   * Milliseconds that a handshake may take, else the connection is closed.
   *
   * @default 10000 on the transport "node", no limit on "deno"
   */
  readonly handshakeTimeout?: number;
  /**
   * When files are read again, for connections to come; those that are there go on:
   * `"watch"` when they change, a number when they have changed at a look every so many milliseconds.
   * {@linkcode RunningServer.reloadCertificates} does so in any case.
   *
   * @default when it is asked to
   */
  readonly reload?: "watch" | number;
  /**
   * Told when changed files cannot be used, or no new OCSP response can be had; what there was is
   * kept.
   *
   * @default `console.error`
   */
  readonly onReloadError?: (error: Error) => void;
}

/** Whether clients show certificates, and which are trusted (spec: `mutualSsl`). */
export interface ListenerMutualSsl {
  /**
   * Whether a client without a certificate is refused in the handshake. One that shows a certificate
   * that is not trusted always is.
   *
   * @default "require"
   */
  readonly verifyClient?: "require" | "optional";
  /**
   * The certificates of the authorities that clients must be certified by. No others are trusted.
   *
   * @default those of `trustStore`
   */
  readonly cert?: PemSource | readonly PemSource[];
  /**
   * A PKCS#12 file that has the certificates of the authorities, in place of `cert`.
   *
   * @default `cert`
   */
  readonly trustStore?: KeyStore;
  /**
   * Lists of revoked certificates in PEM (RFC 5280 section 5), one of each authority. Node only.
   *
   * @default none are looked at
   */
  readonly crl?: PemSource | readonly PemSource[];
}

/** The first option that only the transport over Node's modules can honour. */
export function nodeOnlyTls(tls: ListenerSecureSocket): string | undefined {
  for (const name of nodeOnly) {
    if (Object.hasOwn(tls, name) && tls[name] !== undefined) return `tls.${name}`;
  }
  if (tls.shareSession === false) return "tls.shareSession: false";
  if (tls.versions !== undefined && new Set(tls.versions).size < 2) return "tls.versions";
  return undefined;
}

const nodeOnly = [
  "mutualSsl",
  "certificates",
  "serverNames",
  "ciphers",
  "sessionTimeout",
  "handshakeTimeout",
  "ocspStapling",
  "reload",
] as const satisfies readonly (keyof ListenerSecureSocket)[];
