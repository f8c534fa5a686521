/**
 * Opens PKCS#12 files (RFC 7292), by the package pkijs, which is loaded when one is opened: no runtime
 * gives PEM out of them, and Deno takes nothing else.
 *
 * Encryption is what the platform's Web Crypto has, AES (PBES2); the older ciphers that OpenSSL calls
 * legacy, and 3DES, are not opened.
 *
 * @module
 */
import { SslError } from "../../message/client_errors.ts";
import { readKey, type StoreBytes } from "./pem.ts";

/** What is in a PKCS#12 file, in PEM. */
export interface OpenedStore {
  /** The private key, not encrypted, with its certificate and those above it. */
  readonly identity: { readonly cert: string; readonly key: string } | undefined;
  /** Every certificate. */
  readonly certificates: readonly string[];
}

/**
 * Opens a PKCS#12 file.
 *
 * @throws {SslError} when the password is wrong, the file is damaged, or its encryption is too old.
 */
export async function openKeyStore(
  store: StoreBytes,
): Promise<OpenedStore> {
  const { name } = store;
  const [pkijs, asn1js] = await Promise.all([import("pkijs"), import("asn1js")]);
  let contents: Contents;
  try {
    contents = await readContents(pkijs, asn1js, store);
  } catch (error) {
    throw new SslError(
      `Cannot open ${name}: its password is wrong, it is no PKCS#12 file, or its encryption is older ` +
        'than AES; make it anew with "openssl pkcs12 -export"',
      { cause: error },
    );
  }
  const { keys, certificates } = contents;
  const [key] = keys;
  if (keys.length > 1) {
    throw new SslError(`Cannot use ${name}: it has ${keys.length} keys, keep one`);
  }
  return {
    identity: key === undefined ? undefined : await identityOf(name, key, certificates),
    certificates: certificates.map(({ der }) => pem("CERTIFICATE", der)),
  };
}

type Pkijs = typeof import("pkijs");
type Asn1js = typeof import("asn1js");

interface StoredCertificate {
  readonly der: ArrayBuffer;
  readonly parsed: import("pkijs").Certificate;
}

interface Contents {
  /** In PEM, not encrypted. */
  readonly keys: readonly string[];
  readonly certificates: readonly StoredCertificate[];
}

async function readContents(
  pkijs: Pkijs,
  asn1js: Asn1js,
  { name, bytes, password }: StoreBytes,
): Promise<Contents> {
  const secret = new TextEncoder().encode(password).buffer;
  const pfx = pkijs.PFX.fromBER(new Uint8Array(bytes));
  await pfx.parseInternalValues({ password: secret, checkIntegrity: true });
  const safe = pfx.parsedValue?.authenticatedSafe;
  if (safe === undefined) throw new TypeError("There is nothing in it");
  await safe.parseInternalValues({
    safeContents: safe.safeContents.map(() => ({ password: secret })),
  });
  const keys: string[] = [];
  const certificates: StoredCertificate[] = [];
  const parts: { value: import("pkijs").SafeContents }[] = safe.parsedValue.safeContents;
  for (const { bagValue } of parts.flatMap(({ value }) => value.safeBags)) {
    if (bagValue instanceof pkijs.PKCS8ShroudedKeyBag) {
      const encrypted = pem("ENCRYPTED PRIVATE KEY", bagValue.toSchema().toBER());
      keys.push(readKey("transport", name, encrypted, password));
    } else if (bagValue instanceof pkijs.PrivateKeyInfo) {
      keys.push(pem("PRIVATE KEY", bagValue.toSchema().toBER()));
    } else if (
      bagValue instanceof pkijs.CertBag && bagValue.certValue instanceof asn1js.OctetString
    ) {
      const der = bagValue.certValue.getValue();
      certificates.push({ der, parsed: pkijs.Certificate.fromBER(der) });
    }
  }
  return { keys, certificates };
}

/** A key with the certificate that is for it, and those that certify one another above that. */
async function identityOf(
  name: string,
  key: string,
  certificates: readonly StoredCertificate[],
): Promise<{ cert: string; key: string }> {
  const { createPublicKey } = await import("node:crypto");
  const own = createPublicKey(key).export({ type: "spki", format: "der" });
  const leaf = certificates.find(({ parsed }) => {
    const shown = new Uint8Array(parsed.subjectPublicKeyInfo.toSchema().toBER());
    return shown.length === own.length && shown.every((byte, index) => byte === own[index]);
  });
  if (leaf === undefined) {
    throw new SslError(`Cannot use ${name}: it has no certificate of its key`);
  }
  const chain: StoredCertificate[] = [];
  let next: StoredCertificate | undefined = leaf;
  while (next !== undefined && !chain.includes(next)) {
    chain.push(next);
    const { issuer }: import("pkijs").Certificate = next.parsed;
    next = certificates.find((other) => other.parsed.subject.isEqual(issuer));
  }
  return { key, cert: chain.map(({ der }) => pem("CERTIFICATE", der)).join("") };
}

function pem(label: string, der: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(der)) text += String.fromCharCode(byte);
  const lines = btoa(text).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
