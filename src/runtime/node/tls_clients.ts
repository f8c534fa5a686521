/**
 * Decides which clients of a listener with mutual TLS may go on, when the handshake is done.
 *
 * The handshake itself cannot: `rejectUnauthorized` would keep out whoever has no certificate, even
 * where none is required. And it is not enough, because of resumed sessions, in which no certificate
 * is verified: Deno (2.9.6) keeps one key for the session tickets of a whole process, so that one
 * listener resumes what another has agreed on, with authorities of its own or without any. So a
 * resumed session is worth what a whole handshake of this listener has found of its certificate.
 *
 * @module
 */
import type { TLSSocket } from "node:tls";
import type { ServerClientSettings } from "../server_tls.ts";

/** How many certificates are remembered; the oldest is forgotten, and cannot resume then. */
const mostRemembered = 65_536;

/** Decides which clients may go on. */
export class ClientGate {
  #settings: ServerClientSettings;
  readonly #verified = new Set<string>();
  /** Node's tickets are worth nothing to another listener, nor after certificates have changed. */
  readonly #sharesTickets = "Deno" in globalThis;

  /** Nobody is known yet. */
  constructor(settings: ServerClientSettings) {
    this.#settings = settings;
  }

  /** Takes other settings; under other authorities, what was verified counts no more. */
  renew(settings: ServerClientSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    if (sameTexts(before.ca, settings.ca) && sameTexts(before.crl, settings.crl)) return;
    this.#verified.clear();
  }

  /** Whether the client shows a certificate that is trusted, or none where it need not. */
  admits(socket: TLSSocket): boolean {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return !this.#settings.isRequired;
    if (!socket.authorized) return false;
    const { fingerprint256, validTo } = certificate;
    if (!socket.isSessionReused()) {
      if (this.#sharesTickets) this.#remember(fingerprint256);
      return true;
    }
    if (Date.parse(validTo) < Date.now()) return false;
    return !this.#sharesTickets || this.#verified.has(fingerprint256);
  }

  #remember(fingerprint: string): void {
    const verified = this.#verified;
    // Put at the end again, so that who comes often stays.
    verified.delete(fingerprint);
    verified.add(fingerprint);
    if (verified.size <= mostRemembered) return;
    for (const oldest of verified) {
      verified.delete(oldest);
      return;
    }
  }
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
