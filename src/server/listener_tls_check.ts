/**
 * Checks the TLS options of a listener when it is made, before any file is read.
 *
 * @module
 */
import { LONGEST_TIMER } from "../message/clock.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import { checkedOptions, ownOptions } from "../message/options.ts";
import type { KeyStore } from "../message/pem_source.ts";
import type {
  ListenerCertificate,
  ListenerMutualSsl,
  ListenerSecureSocket,
} from "./listener_tls.ts";

const certificateOptions: Readonly<Record<keyof ListenerCertificate, true>> = {
  cert: true,
  key: true,
  keyPassword: true,
  keyStore: true,
  serverNames: true,
  ocspStapling: true,
};

const tlsOptions: Readonly<Record<keyof ListenerSecureSocket, true>> = {
  ...certificateOptions,
  certificates: true,
  mutualSsl: true,
  versions: true,
  ciphers: true,
  shareSession: true,
  sessionTimeout: true,
  handshakeTimeout: true,
  reload: true,
  onReloadError: true,
};

const mutualSslOptions: Readonly<Record<keyof ListenerMutualSsl, true>> = {
  verifyClient: true,
  cert: true,
  trustStore: true,
  crl: true,
};

/**
 * The TLS options of a listener, each known and none without effect: copies that inherit nothing, so
 * that a polluted prototype opens no door.
 *
 * @throws {TypeError} when an option is unknown, has a value it cannot have, or contradicts another.
 * @throws {GenericListenerError} when there is no certificate, or a number is outside its range.
 */
export function checkTls(given: ListenerSecureSocket): ListenerSecureSocket {
  const tls = ownTls(given);
  const { certificates = [], mutualSsl, shareSession, reload, onReloadError } = tls;
  if (hasOwnCertificate(tls) || certificates.length === 0) checkCertificate("tls", tls);
  else if (tls.serverNames !== undefined || tls.ocspStapling !== undefined) {
    throw new TypeError(
      "tls has serverNames or ocspStapling without a certificate: give it with one",
    );
  }
  certificates.forEach((one, index) => checkCertificate(`tls.certificates[${index}]`, one));
  if (mutualSsl !== undefined) checkMutualSsl(mutualSsl);
  checkVersions(tls);
  if (shareSession !== undefined && typeof shareSession !== "boolean") {
    throw new TypeError("tls.shareSession is true or false");
  }
  if (shareSession === false && tls.sessionTimeout !== undefined) {
    throw new TypeError("tls.sessionTimeout has no effect with shareSession: false: leave one out");
  }
  const { sessionTimeout } = tls;
  checkTime("sessionTimeout", sessionTimeout, 1000);
  if (sessionTimeout !== undefined && sessionTimeout % 1000 !== 0) {
    throw new GenericListenerError(`tls.sessionTimeout is ${sessionTimeout}: give whole seconds`);
  }
  checkTime("handshakeTimeout", tls.handshakeTimeout, 1);
  if (reload !== "watch") checkTime("reload", reload, 1);
  if (onReloadError !== undefined && typeof onReloadError !== "function") {
    throw new TypeError("tls.onReloadError is a function");
  }
  const isRenewed = [tls, ...certificates].some(({ ocspStapling }) => ocspStapling !== undefined);
  if (onReloadError !== undefined && reload === undefined && !isRenewed) {
    throw new TypeError("tls.onReloadError has no effect without reload: give it with reload");
  }
  return tls;
}

function ownTls(given: ListenerSecureSocket): ListenerSecureSocket {
  const { certificates, mutualSsl, ...tls } = ownStore(checkedOptions("tls", given, tlsOptions));
  if (certificates !== undefined && !Array.isArray(certificates)) {
    throw new TypeError("tls.certificates is a list");
  }
  return ownOptions({
    ...tls,
    ...certificates && {
      certificates: certificates.map((one: ListenerCertificate, index: number) =>
        ownStore(checkedOptions(`tls.certificates[${index}]`, one, certificateOptions))
      ),
    },
    ...mutualSsl !== undefined && { mutualSsl: ownMutualSsl(mutualSsl) },
  });
}

function ownStore<Given extends ListenerCertificate>(given: Given): Given {
  const { keyStore } = given;
  return keyStore === undefined ? given : ownOptions({ ...given, keyStore: ownOptions(keyStore) });
}

function ownMutualSsl(given: ListenerMutualSsl): ListenerMutualSsl {
  const own = checkedOptions("tls.mutualSsl", given, mutualSslOptions);
  const { trustStore } = own;
  return trustStore === undefined
    ? own
    : ownOptions({ ...own, trustStore: ownOptions(trustStore) });
}

/** Whether a certificate is given beside those of `certificates`. */
export function hasOwnCertificate({ cert, key, keyStore }: ListenerCertificate): boolean {
  return cert !== undefined || key !== undefined || keyStore !== undefined;
}

function checkCertificate(name: string, given: ListenerCertificate): void {
  const { cert, key, keyPassword, keyStore, serverNames } = given;
  if (keyStore !== undefined) {
    if (cert !== undefined || key !== undefined || keyPassword !== undefined) {
      throw new TypeError(`${name} has a keyStore beside cert, key or keyPassword: give either`);
    }
    checkStore("KeyStore", `${name}.keyStore`, keyStore);
  } else {
    if (cert === undefined || cert === "") needs("Certificate file", `${name}.cert or keyStore`);
    if (key === undefined || key === "") needs("Private key file", `${name}.key`);
  }
  if (serverNames === undefined) return;
  if (!Array.isArray(serverNames) || serverNames.length === 0) {
    throw new TypeError(`${name}.serverNames is a list of host names`);
  }
  for (const one of serverNames) {
    if (typeof one === "string" && hostName.test(one)) continue;
    throw new TypeError(
      `${name}.serverNames has "${one}": give host names in ASCII, "*" for a whole first label only`,
    );
  }
}

/** Letters, digits, hyphens and underscores between dots, `*` as the first label. */
const hostName = /^(?:\*\.)?[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/i;

function checkStore(kind: string, name: string, { path, bytes, password }: KeyStore): void {
  if (path === "" || path === undefined && bytes === undefined) {
    needs(`${kind} file`, `${name}.path or bytes`);
  }
  if (password === "" || password === undefined) {
    throw new GenericListenerError(
      `${kind} password must be provided for secure connection: give ${name}.password`,
    );
  }
}

/** In the words of the original, which programs may look for, and then the remedy. */
function needs(what: string, option: string): never {
  throw new GenericListenerError(
    `${what} location must be provided for secure connection: give ${option}`,
  );
}

function checkMutualSsl({ verifyClient, cert, trustStore, crl }: ListenerMutualSsl): void {
  if (verifyClient !== undefined && verifyClient !== "require" && verifyClient !== "optional") {
    throw new TypeError(
      `tls.mutualSsl has verifyClient "${verifyClient}": use "require" or "optional"`,
    );
  }
  if (trustStore !== undefined) {
    if (cert !== undefined) throw new TypeError("tls.mutualSsl has cert and trustStore: give one");
    checkStore("TrustStore", "tls.mutualSsl.trustStore", trustStore);
  } else if (cert === undefined || cert === "" || Array.isArray(cert) && cert.length === 0) {
    needs("Certificate file", "tls.mutualSsl.cert or trustStore");
  }
  if (Array.isArray(crl) && crl.length === 0) {
    throw new TypeError(
      "tls.mutualSsl.crl has no list: give one of each authority, or leave it out",
    );
  }
}

function checkVersions({ versions = ["TLSv1.2", "TLSv1.3"], ciphers }: ListenerSecureSocket): void {
  const isKnown = Array.isArray(versions) && versions.length > 0 &&
    versions.every((one) => one === "TLSv1.2" || one === "TLSv1.3");
  if (!isKnown) throw new TypeError("tls.versions lists TLSv1.2, TLSv1.3 or both");
  if (ciphers === undefined) return;
  if (!Array.isArray(ciphers) || !ciphers.every((one) => /^[\w+!@=-]+$/.test(one))) {
    throw new TypeError("tls.ciphers is a list of cipher suites by OpenSSL's names");
  }
  // Those of the other version would stay as the runtime has them, as if they had been listed.
  for (const version of versions) {
    const isNew = version === "TLSv1.3";
    if (ciphers.some((one) => one.startsWith("TLS_") === isNew)) continue;
    const remedy = isNew
      ? 'as TLS_AES_128_GCM_SHA256, or set versions: ["TLSv1.2"]'
      : 'as ECDHE-RSA-AES128-GCM-SHA256, or set versions: ["TLSv1.3"]';
    throw new TypeError(`tls.ciphers has none for ${version}: add one, ${remedy}`);
  }
}

function checkTime(name: string, value: unknown, least: number): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= LONGEST_TIMER) return;
  throw new GenericListenerError(
    `Invalid configuration found for ${name} : ${value}: give milliseconds, ${least} to ${LONGEST_TIMER}`,
  );
}
