/**
 * Reads the files of a listener's TLS, and makes of its options what a transport is given.
 *
 * @module
 */
import { GenericListenerError } from "../message/listener_errors.ts";
import type { KeyStore, PemSource } from "../message/pem_source.ts";
import { type OpenedStore, openKeyStore } from "../runtime/tls/key_store.ts";
import { type PemLabel, readKey, readPem, readStore } from "../runtime/tls/pem.ts";
import type {
  ServerClientSettings,
  ServerIdentity,
  ServerTlsSettings,
} from "../runtime/server_tls.ts";
import { checkIdentity, dnsNames } from "../runtime/tls/identity.ts";
import type {
  ListenerCertificate,
  ListenerMutualSsl,
  ListenerSecureSocket,
} from "./listener_tls.ts";
import { hasOwnCertificate } from "./listener_tls_check.ts";
import { openStaple } from "./listener_tls_staple.ts";

const subject = "A listener";

/**
 * What a transport is given.
 *
 * @param tls checked already
 * @param onError told when an OCSP response cannot be had later on
 * @throws {TypeError} (as a rejection) when a file cannot be read, or has not what it should.
 * @throws {GenericListenerError} (as a rejection) when a key store cannot be opened, or a key is of
 * another certificate.
 */
export async function loadTls(
  tls: ListenerSecureSocket,
  onError: (error: Error) => void,
): Promise<ServerTlsSettings> {
  const { certificates = [], mutualSsl, versions, ciphers } = tls;
  const identities: ServerIdentity[] = [];
  if (hasOwnCertificate(tls)) identities.push(await loadIdentity("tls", tls, onError));
  for (const [index, one] of certificates.entries()) {
    identities.push(await loadIdentity(`tls.certificates[${index}]`, one, onError));
  }
  const [only, ...others] = new Set(versions);
  return {
    identities,
    clients: mutualSsl && await loadClients(mutualSsl),
    versions: only === undefined || others.length > 0 ? undefined : [only, only],
    ciphers: ciphers?.join(":"),
    shareSession: tls.shareSession ?? true,
    sessionTimeout: tls.sessionTimeout,
    handshakeTimeout: tls.handshakeTimeout,
  };
}

async function loadIdentity(
  name: string,
  given: ListenerCertificate,
  onError: (error: Error) => void,
): Promise<ServerIdentity> {
  const { keyStore, serverNames, ocspStapling } = given;
  const { cert, key } = keyStore === undefined
    ? readIdentity(name, given)
    : await openIdentity(name, keyStore);
  await checkIdentity(name, cert, key);
  return {
    cert,
    key,
    serverNames: serverNames?.map((one) => one.toLowerCase()) ?? dnsNames(cert),
    ocspResponse: ocspStapling === undefined
      ? undefined
      : await openStaple(`${name}.ocspStapling`, ocspStapling, cert, onError),
  };
}

function readIdentity(
  name: string,
  { cert, key, keyPassword }: ListenerCertificate,
): { readonly cert: string; readonly key: string } {
  return {
    cert: readPem(subject, `${name}.cert`, cert as PemSource, "CERTIFICATE"),
    key: readKey(subject, `${name}.key`, key as PemSource, keyPassword),
  };
}

async function openIdentity(
  name: string,
  keyStore: KeyStore,
): Promise<{ readonly cert: string; readonly key: string }> {
  const { identity } = await openStore(`${name}.keyStore`, keyStore);
  if (identity !== undefined) return identity;
  throw new GenericListenerError(`Cannot use ${name}.keyStore: it has no private key`);
}

async function loadClients(
  { verifyClient = "require", cert, trustStore, crl }: ListenerMutualSsl,
): Promise<ServerClientSettings> {
  const ca = trustStore === undefined
    ? readAll("tls.mutualSsl.cert", cert, "CERTIFICATE")
    : (await openStore("tls.mutualSsl.trustStore", trustStore)).certificates;
  if (ca.length === 0) {
    throw new GenericListenerError("Cannot use tls.mutualSsl.trustStore: it has no certificate");
  }
  return {
    isRequired: verifyClient === "require",
    ca,
    crl: readAll("tls.mutualSsl.crl", crl, "X509 CRL"),
  };
}

function readAll(
  name: string,
  given: PemSource | readonly PemSource[] | undefined,
  label: PemLabel,
): string[] {
  return listOf(given).map((one) => readPem(subject, name, one, label));
}

/** What may be given alone or as a list. */
export function listOf(
  given: PemSource | readonly PemSource[] | undefined,
): readonly PemSource[] {
  if (given === undefined) return [];
  return typeof given === "string" || given instanceof URL ? [given] : given;
}

async function openStore(name: string, given: KeyStore): Promise<OpenedStore> {
  const store = readStore(subject, name, given);
  try {
    return await openKeyStore(store);
  } catch (cause) {
    // What opens it calls this an error of a client's; here it is the listener's.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GenericListenerError(why, { cause });
  }
}
