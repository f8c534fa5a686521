/**
 * Checks the TLS of a transport, and reads its files.
 *
 * @module
 */
import { SslError } from "../message/client_errors.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { PemSource } from "../message/pem_source.ts";
import type { ClientStatusSettings, ClientTlsSettings } from "../runtime/client_transport.ts";
import { type PemLabel, readKey, readPem, readStore } from "../runtime/tls/pem.ts";
import { flag } from "./transport_flag.ts";
import { wholeNumber } from "./transport_number.ts";
import type { CertificateStatusConfig, ClientSecureSocket } from "./transport_tls_options.ts";

const known: Readonly<Record<keyof ClientSecureSocket, true>> = {
  enable: true,
  ca: true,
  trustStore: true,
  cert: true,
  key: true,
  keyPassword: true,
  keyStore: true,
  serverName: true,
  verifyHostName: true,
  certificateStatus: true,
  versions: true,
  ciphers: true,
  shareSession: true,
  sessionTimeout: true,
  handshakeTimeout: true,
};

const knownOfStatus: Readonly<Record<keyof CertificateStatusConfig, true>> = {
  ocsp: true,
  cacheSize: true,
  cacheValidityPeriod: true,
  crl: true,
};

/**
 * What the options of TLS say, once their files are read.
 *
 * @throws {TypeError} when there is an option that is not known, of a wrong type, or of no effect, or
 * a file that cannot be read.
 * @throws {RangeError} when a number is outside its range.
 * @throws {SslError} when a place or a password is given that is empty.
 */
export function tlsSettings(given: ClientSecureSocket): ClientTlsSettings {
  checkOptions("transport.tls", given, known);
  const tls = ownOptions(given);
  const { versions, keyStore, trustStore, shareSession = true } = tls;
  refuseBlanks(tls);
  if (tls.serverName !== undefined && !URL.canParse(`http://${tls.serverName}`)) {
    throw new TypeError(`transport has tls.serverName "${tls.serverName}": give a host name`);
  }
  for (const name of ["enable", "verifyHostName", "shareSession"] as const) {
    flag(`tls.${name}`, tls[name]);
  }
  wholeNumber("tls.handshakeTimeout", tls.handshakeTimeout, 1);
  wholeNumber("tls.sessionTimeout", tls.sessionTimeout, 1);
  if (tls.sessionTimeout !== undefined && !shareSession) {
    throw new TypeError("transport has tls.sessionTimeout with shareSession: false: leave it out");
  }
  const isVerified = tls.enable ?? true;
  if (!isVerified && tls.certificateStatus !== undefined) {
    throw new TypeError("transport has tls.certificateStatus with enable: false: leave one out");
  }
  return {
    enable: isVerified,
    ca: pemTexts("tls.ca", tls.ca, "CERTIFICATE"),
    trustStore: trustStore && readStore("transport", "tls.trustStore", ownOptions(trustStore)),
    identity: identityOf(tls),
    keyStore: keyStore && readStore("transport", "tls.keyStore", ownOptions(keyStore)),
    serverName: tls.serverName,
    verifyHostName: tls.verifyHostName ?? true,
    status: tls.certificateStatus && statusSettings(ownOptions(tls.certificateStatus)),
    versions: versions === undefined ? undefined : versionRange(versions),
    ciphers: cipherList(tls.ciphers),
    shareSession,
    sessionTimeout: tls.sessionTimeout,
    handshakeTimeout: tls.handshakeTimeout,
  };
}

/** An empty text is no place: in the words of the original, which programs may look for. */
function refuseBlanks({ ca, cert, key, keyStore, trustStore }: ClientSecureSocket): void {
  const blanks: readonly (readonly [what: string, given: unknown, option: string])[] = [
    ["Certificate file location", ca, "ca"],
    ["Certificate file location", cert, "cert"],
    ["Private key file location", key, "key"],
    ["KeyStore file location", keyStore?.path, "keyStore.path"],
    ["KeyStore password", keyStore?.password, "keyStore.password"],
    ["TrustStore file location", trustStore?.path, "trustStore.path"],
    ["TrustStore password", trustStore?.password, "trustStore.password"],
  ];
  for (const [what, given, option] of blanks) {
    if (given !== "") continue;
    throw new SslError(`${what} must be provided for secure connection: give tls.${option}`);
  }
}

function identityOf(tls: ClientSecureSocket): { cert: string; key: string } | undefined {
  const { cert, key, keyPassword, keyStore } = tls;
  if (cert === undefined && key === undefined) {
    if (keyPassword === undefined) return undefined;
    throw new TypeError("transport has tls.keyPassword without tls.key: give both");
  }
  if (cert === undefined || key === undefined) {
    const [there, missing] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
    throw new TypeError(`transport has tls.${there} without tls.${missing}: give both`);
  }
  if (keyStore !== undefined) {
    throw new TypeError("transport has tls.keyStore beside tls.cert and tls.key: leave one out");
  }
  return {
    cert: readPem("transport", "tls.cert", cert, "CERTIFICATE"),
    key: readKey("transport", "tls.key", key, keyPassword),
  };
}

function statusSettings(given: CertificateStatusConfig): ClientStatusSettings {
  const name = "tls.certificateStatus";
  checkOptions(`transport.${name}`, given, knownOfStatus);
  const { ocsp, crl, cacheSize, cacheValidityPeriod } = given;
  if (ocsp !== undefined && ocsp !== "stapled" && ocsp !== "asked") {
    throw new TypeError(`transport has ${name}.ocsp "${ocsp}": use "stapled" or "asked"`);
  }
  wholeNumber(`${name}.cacheSize`, cacheSize, 0);
  wholeNumber(`${name}.cacheValidityPeriod`, cacheValidityPeriod, 1);
  for (const option of ["cacheSize", "cacheValidityPeriod"] as const) {
    if (given[option] === undefined || ocsp === "asked") continue;
    throw new TypeError(`transport has ${name}.${option}: it needs ocsp: "asked"`);
  }
  const lists = pemTexts(`${name}.crl`, crl, "X509 CRL");
  if (ocsp === undefined && lists.length === 0) {
    throw new TypeError(`transport has nothing in ${name}: give ocsp or crl`);
  }
  return { ocsp, crl: lists, cacheSize: cacheSize ?? 1000, cacheValidityPeriod };
}

function pemTexts(
  name: string,
  given: PemSource | readonly PemSource[] | undefined,
  label: PemLabel,
): string[] {
  if (given === undefined) return [];
  const sources = Array.isArray(given) ? given as readonly PemSource[] : [given as PemSource];
  return sources.map((source) => readPem("transport", name, source, label));
}

function cipherList(ciphers: readonly string[] | undefined): string | undefined {
  if (ciphers === undefined) return undefined;
  // A colon, a comma or a space would make two of one, and "!" or "@" a rule of OpenSSL's.
  if (
    Array.isArray(ciphers) && ciphers.length > 0 &&
    ciphers.every((name) => typeof name === "string" && /^[\w-]+$/.test(name))
  ) {
    return ciphers.join(":");
  }
  throw new TypeError(
    'transport needs a list of OpenSSL\'s names for tls.ciphers, as ["ECDHE-RSA-AES128-GCM-SHA256"]',
  );
}

function versionRange(
  versions: NonNullable<ClientSecureSocket["versions"]>,
): NonNullable<ClientTlsSettings["versions"]> {
  const [lowest, highest = lowest] = [...new Set(versions)].sort();
  if (!isVersion(lowest) || !isVersion(highest) || new Set(versions).size > 2) {
    const given = versions.join(", ");
    throw new TypeError(`transport has tls.versions [${given}]: list TLSv1.2, TLSv1.3 or both`);
  }
  return [lowest, highest];
}

function isVersion(text: unknown): text is "TLSv1.2" | "TLSv1.3" {
  return text === "TLSv1.2" || text === "TLSv1.3";
}
