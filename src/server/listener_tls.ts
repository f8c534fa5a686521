/**
 * The TLS of a listener (spec 9.2.1, 9.2.2): its options as they are given.
 *
 * @module
 */

/** A text in PEM, or the place of a file that has it: a path, or a `file:` URL. */
export type PemSource = string | URL;

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

/** Certificates and all that concerns TLS (spec: `ListenerSecureSocket`). */
export interface ListenerSecureSocket extends Partial<CertificateKey> {
}

/** The first option that only the transport over Node's modules can honour. */
export function nodeOnlyTls(_tls: ListenerSecureSocket): string | undefined {
  return undefined;
}
