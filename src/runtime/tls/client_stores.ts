/**
 * Puts what is in the PKCS#12 files of a client into its TLS settings, which have to be waited for.
 *
 * @module
 */
import { SslError } from "../../message/client_errors.ts";
import type { ClientTlsSettings } from "../client_transport.ts";
import { openKeyStore } from "./key_store.ts";

/**
 * The same settings, without files to be opened.
 *
 * @throws {SslError} when one cannot be opened, or does not have what it is given for.
 */
export async function openTlsStores(tls: ClientTlsSettings): Promise<ClientTlsSettings> {
  const { keyStore, trustStore } = tls;
  const [own, trusted] = await Promise.all([
    keyStore && openKeyStore(keyStore),
    trustStore && openKeyStore(trustStore),
  ]);
  if (own !== undefined && own.identity === undefined) {
    throw new SslError("Cannot use tls.keyStore: it has no key, give it as tls.trustStore");
  }
  if (trusted?.certificates.length === 0) {
    throw new SslError("Cannot use tls.trustStore: it has no certificate");
  }
  return {
    ...tls,
    identity: own?.identity ?? tls.identity,
    ca: [...tls.ca, ...trusted?.certificates ?? []],
    keyStore: undefined,
    trustStore: undefined,
  };
}
