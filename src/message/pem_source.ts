/**
 * How certificates and keys are given to a transport or a listener: as text, or as files.
 *
 * @module
 */

/**
 * Certificates, a key or lists of revoked certificates in PEM (RFC 7468), or the file that has them.
 * A text with `-----BEGIN` in it is taken for PEM, another one for a path; a URL is a `file:` one.
 */
export type PemSource = string | URL;

/** A PKCS#12 file (RFC 7292; spec: `crypto:KeyStore`, `crypto:TrustStore`). */
export interface KeyStore {
  /**
   * The place of the file: a path, or a `file:` URL. It is not beside `bytes`.
   *
   * @default `bytes`
   */
  readonly path?: string | URL;
  /**
   * What is in the file. It is not beside `path`.
   *
   * @default what is at `path`
   */
  readonly bytes?: Uint8Array;
  /** What it is encrypted with. */
  readonly password: string;
}
