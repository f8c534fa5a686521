/**
 * Reads certificates and keys, which are needed before anything can start: at once rather than later,
 * so that a file that is missing is an error where it is named.
 *
 * It stands on `node:fs` and `node:crypto`, which Deno and Node both have, and loads them when a file
 * is to be read or a key to be decrypted. No message shows a text that was given: it may be a key.
 *
 * @module
 */
import { checkOptions } from "../../message/options.ts";
import type { KeyStore, PemSource } from "../../message/pem_source.ts";

/** What a PEM text is looked through for. */
export type PemLabel = "CERTIFICATE" | "PRIVATE KEY" | "X509 CRL";

/** The bytes of a PKCS#12 file and what they are encrypted with. */
export interface StoreBytes {
  /** The option that it comes from, for messages. */
  readonly name: string;
  /** What is in the file. */
  readonly bytes: Uint8Array;
  /** What it is encrypted with. */
  readonly password: string;
}

/**
 * The PEM text of an option.
 *
 * @param name what messages call it, as `transport` and `tls.ca`.
 * @throws {TypeError} when it is no text, its file cannot be read, or there is nothing of that kind.
 */
export function readPem(
  subject: string,
  name: string,
  source: PemSource,
  label: PemLabel,
): string {
  const given: unknown = source;
  if (typeof given !== "string" && !(given instanceof URL)) {
    throw new TypeError(`${subject} cannot read ${name}: give PEM text "-----BEGIN …" or a path`);
  }
  const isText = typeof given === "string" && given.includes("-----BEGIN ");
  const text = isText
    ? given
    : new TextDecoder().decode(readFile(subject, name, given, 'or PEM text "-----BEGIN …"'));
  if (!text.includes("-----BEGIN ") || !text.includes(`${label}-----`)) {
    throw new TypeError(`${subject} finds no PEM "${label}" in ${name}: give its text or its path`);
  }
  return text;
}

/**
 * The PEM text of a private key, decrypted (PKCS#8, RFC 5958) where it was encrypted.
 *
 * @throws {TypeError} when the password is missing, of no effect or wrong, or there is no key.
 */
export function readKey(
  subject: string,
  name: string,
  source: PemSource,
  password: string | undefined,
): string {
  const text = readPem(subject, name, source, "PRIVATE KEY");
  const isEncrypted = /^-----BEGIN ENCRYPTED |^Proc-Type: *4, *ENCRYPTED/m.test(text);
  if (isEncrypted === (password !== undefined)) {
    return isEncrypted ? decrypt(subject, name, text, password) : text;
  }
  throw new TypeError(
    isEncrypted
      ? `${subject} has an encrypted ${name}: give ${name}Password`
      : `${subject} has ${name}Password, but ${name} is not encrypted: leave it out`,
  );
}

/**
 * Reads a PKCS#12 file, which {@linkcode openKeyStore} opens.
 *
 * @throws {TypeError} when it is not named by one of `path` and `bytes`, or cannot be read.
 */
export function readStore(subject: string, name: string, given: KeyStore): StoreBytes {
  checkOptions(`${subject}.${name}`, given, knownOfStore);
  const { path, bytes, password } = given;
  if (typeof password !== "string") throw new TypeError(`${subject} needs ${name}.password`);
  if ((path === undefined) === (bytes === undefined)) {
    throw new TypeError(`${subject} needs path or bytes in ${name}: give one`);
  }
  if (bytes !== undefined) {
    if (bytes instanceof Uint8Array) return { name, bytes, password };
    throw new TypeError(`${subject} needs a Uint8Array for ${name}.bytes`);
  }
  const place = path as string | URL;
  return { name, bytes: readFile(subject, `${name}.path`, place, "or its bytes"), password };
}

const knownOfStore: Readonly<Record<keyof KeyStore, true>> = {
  path: true,
  bytes: true,
  password: true,
};

function readFile(subject: string, name: string, place: string | URL, other: string): Uint8Array {
  try {
    return builtin("node:fs").readFileSync(place);
  } catch (error) {
    // A missing permission of Deno's says best itself what is missing.
    if (error instanceof Error && error.name === "NotCapable") throw error;
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    // No cause: it has the path, which a key was taken for if its first line is missing.
    throw new TypeError(
      `${subject} cannot read the file of ${name}${code}: give its path, ${other}`,
    );
  }
}

function decrypt(
  subject: string,
  name: string,
  text: string,
  passphrase: string | undefined,
): string {
  try {
    const key = builtin("node:crypto").createPrivateKey({ key: text, passphrase });
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch (error) {
    throw new TypeError(
      `${subject} cannot decrypt ${name}: ${name}Password is wrong, or its cipher is unknown here; ` +
        'encrypt it anew with "openssl pkcs8 -topk8"',
      { cause: error },
    );
  }
}

interface Builtins {
  readonly "node:fs": typeof import("node:fs");
  readonly "node:crypto": typeof import("node:crypto");
}

/** A module of Node's without waiting for it; Node has this from 20.16, Deno from 2.1. */
function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  const found = process?.getBuiltinModule?.(name);
  if (found === undefined) throw new TypeError(`This runtime has no ${name}: give PEM texts`);
  return found as Builtins[Name];
}
