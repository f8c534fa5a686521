/**
 * Looks at a certificate and its key before anybody is shown them.
 *
 * @module
 */
import { certificatesOfPem, readCertificate } from "./certificate.ts";

/**
 * Checks that a key is the one of the certificate. Deno would take another one and fail in each
 * handshake.
 *
 * @param name the options' place, for messages
 * @throws {TypeError} when it is not, or one of them cannot be read.
 */
export async function checkIdentity(name: string, cert: string, key: string): Promise<void> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  let belongs: boolean;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new TypeError(`Cannot use ${name}.cert and key: one of them cannot be read`, { cause });
  }
  if (!belongs) {
    throw new TypeError(
      `Cannot use ${name}.key: it is not the key of the first certificate in cert`,
    );
  }
}

/** The DNS names of the first certificate in a PEM text, in lower case. */
export function dnsNames(cert: string): string[] {
  const [leaf] = certificatesOfPem(cert);
  if (leaf === undefined) return [];
  return readCertificate(leaf).subjectAltNames
    .filter((name) => name.startsWith("DNS:"))
    .map((name) => name.slice("DNS:".length).toLowerCase());
}
