/**
 * Whether a call failed at TLS: the other side cannot be trusted, or the two cannot agree, which no
 * waiting mends. Knows the error of this library and the words of the platforms' `fetch`, of Deno
 * (rustls) and Node (OpenSSL); a browser does not say.
 *
 * @module
 */
import { SslError } from "../message/client_errors.ts";

/** How many causes are looked at: a program can make a circle of them. */
const maxDepth = 5;

/** Whether a call failed because of TLS. */
export function isTlsFailure(error: unknown): boolean {
  if (error instanceof SslError) return true;
  if (!(error instanceof TypeError)) return false;
  let { cause } = error;
  for (let depth = 0; cause instanceof Error && depth < maxDepth; depth++, cause = cause.cause) {
    if (isWordOfTls(cause)) return true;
  }
  return false;
}

function isWordOfTls(cause: Error): boolean {
  if ("code" in cause && typeof cause.code === "string") return isCodeOfTls(cause.code);
  const { message } = cause;
  // Before it stands the address, in which there is no space: a path cannot pretend to be this.
  const step = message.indexOf("client error (Connect): ");
  const words = step === -1 ? message : message.slice(step + "client error (Connect): ".length);
  return wordsOfRustls.some((start) => words.startsWith(start)) ||
    words.includes("unexpected EOF during handshake");
}

const wordsOfRustls: readonly string[] = [
  "invalid peer certificate",
  "received fatal alert",
  "received corrupt message",
  "peer is incompatible",
  "peer misbehaved",
  "peer sent no certificates",
  "peer doesn't support any known protocol",
  "tls handshake",
];

function isCodeOfTls(code: string): boolean {
  return codesOfNode.has(code) || startsOfCodes.some((start) => code.startsWith(start));
}

const startsOfCodes: readonly string[] = [
  "ERR_TLS_",
  "ERR_SSL_",
  "ERR_OSSL_",
  "CERT_",
  "UNABLE_TO_",
];

const codesOfNode: ReadonlySet<string> = new Set([
  "EPROTO",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
]);
