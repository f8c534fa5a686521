/**
 * Finds out whether a server's certificate was revoked, by what the server staples (RFC 6066 section
 * 8) or by asking the responder that the certificate names (RFC 6960), once a TLS connection was made
 * and before anything is sent over it.
 *
 * It takes sockets of `node:tls` that were made with `requestOCSP` and without a session. Under Deno
 * such a socket never has a stapled answer; lists of revoked certificates are `node:tls`'s own matter.
 *
 * @module
 */
import type { TLSSocket } from "node:tls";
import { SslError } from "../../message/client_errors.ts";
import type { ClientStatusSettings } from "../client_transport.ts";
import {
  checkOcspResponse,
  maxOcspResponse,
  ocspRequest,
  type OcspSubject,
} from "./ocsp_response.ts";

/**
 * Checks a socket that was just made, before its handshake: resolves once it is connected and its
 * certificate known to be good. Otherwise the socket is destroyed.
 *
 * @throws {SslError} when the certificate was revoked, or cannot be told to be good.
 * @throws {Error} with what the socket failed with.
 */
export type CertificateStatusCheck = (socket: TLSSocket) => Promise<void>;

/** Milliseconds that a responder may take. */
const responderTimeout = 10_000;

/**
 * A check, with answers of responders that it keeps.
 *
 * @param ocsp how answers are come by.
 */
export function certificateStatusCheck(
  { ocsp, cacheSize, cacheValidityPeriod = Infinity }: Pick<
    ClientStatusSettings,
    "ocsp" | "cacheSize" | "cacheValidityPeriod"
  >,
): CertificateStatusCheck {
  const kept = new Map<string, number>();
  const asking = new Map<string, Promise<number>>();

  const keep = (key: string, until: number): void => {
    const now = Date.now();
    kept.delete(key);
    kept.set(key, Math.min(until, now + cacheValidityPeriod));
    for (const oldest of kept.keys()) {
      if (kept.size <= cacheSize) break;
      kept.delete(oldest);
    }
  };

  const ask = async (key: string, subject: OcspSubject): Promise<void> => {
    const until = kept.get(key);
    if (until !== undefined && Date.now() < until) return;
    // Connections that are made at once ask once.
    let answer = asking.get(key);
    if (answer === undefined) {
      answer = askResponder(subject).finally(() => asking.delete(key));
      asking.set(key, answer);
    }
    keep(key, await answer);
  };

  return async (socket) => {
    let stapled: Uint8Array | undefined;
    // Null where the server has none.
    socket.once("OCSPResponse", (response: Uint8Array | null) => stapled = response ?? undefined);
    try {
      await connected(socket);
      const { key, subject } = subjectOf(socket);
      if (stapled !== undefined) await checkOcspResponse(stapled, subject, Date.now());
      else if (ocsp === "asked") await ask(key, subject);
      else throw new SslError("The server staples no OCSP response");
      if (socket.destroyed) throw new SslError("The server was gone during the handshake");
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
}

function connected(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new SslError("The server was gone during the handshake")));
  });
}

function subjectOf(socket: TLSSocket): { key: string; subject: OcspSubject } {
  const { raw, fingerprint256, issuerCertificate } = socket.getPeerCertificate(true);
  if (raw === undefined || issuerCertificate?.raw === undefined) {
    throw new SslError("The server's certificate and its issuer's are not known");
  }
  return {
    key: `${fingerprint256} ${issuerCertificate.fingerprint256}`,
    subject: { certificate: raw, issuer: issuerCertificate.raw },
  };
}

async function askResponder(subject: OcspSubject): Promise<number> {
  const { url, body } = await ocspRequest(subject);
  if (url === undefined) {
    throw new SslError(
      "The server staples no OCSP response, and its certificate names no responder by http:",
    );
  }
  let answer: Uint8Array;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/ocsp-request" },
      body,
      // Where the certificate says, and nowhere else.
      redirect: "error",
      signal: AbortSignal.timeout(responderTimeout),
    });
    answer = await readAnswer(response);
  } catch (error) {
    if (error instanceof SslError) throw error;
    throw new SslError("The OCSP responder of the server's certificate cannot be reached", {
      cause: error,
    });
  }
  return await checkOcspResponse(answer, subject, Date.now());
}

async function readAnswer(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined && response.ok) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    if (length > maxOcspResponse) break;
  }
  await reader?.cancel();
  if (!response.ok || length > maxOcspResponse) {
    const what = response.ok ? "too much" : `status ${response.status}`;
    throw new SslError(`The OCSP responder of the server's certificate answers with ${what}`);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
