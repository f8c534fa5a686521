/**
 * Tells what TLS has agreed on, on a connection of `node:tls`: nothing of it is asked of the socket
 * before somebody wants to know.
 *
 * @module
 */
import type { TLSSocket } from "node:tls";
import type { PeerCertificate, TlsConnection } from "../../message/connection.ts";
import { readCertificate } from "../tls/certificate.ts";
import type { ServerTlsSettings } from "../server_tls.ts";

/** Kept by the socket, so that a certificate is read once a connection. */
const connections = new WeakMap<TLSSocket, TlsConnection>();

/** What TLS has agreed on, the same object for every request of a connection. */
export function tlsConnectionOf(socket: TLSSocket, settings: ServerTlsSettings): TlsConnection {
  const there = connections.get(socket);
  if (there !== undefined) return there;
  const made = new NodeTlsConnection(socket, settings.clients !== undefined);
  connections.set(socket, made);
  return made;
}

class NodeTlsConnection implements TlsConnection {
  readonly #socket: TLSSocket;
  readonly #isAsked: boolean;
  #shown: { readonly certificate: PeerCertificate | undefined } | undefined = undefined;

  constructor(socket: TLSSocket, isAsked: boolean) {
    this.#socket = socket;
    this.#isAsked = isAsked;
  }

  get version(): string {
    return this.#socket.getProtocol() ?? "";
  }

  get cipher(): string {
    return this.#socket.getCipher()?.standardName ?? "";
  }

  get serverName(): string | undefined {
    // Node says `false` where none was sent, Deno `null`; the types know neither.
    const { servername } = this.#socket as { readonly servername?: string | false | null };
    return servername || undefined;
  }

  get isResumed(): boolean {
    // Of a socket that is closed, Node says `null`.
    return this.#socket.isSessionReused() === true;
  }

  get clientVerified(): boolean | undefined {
    return this.#isAsked ? this.peerCertificate !== undefined : undefined;
  }

  get peerCertificate(): PeerCertificate | undefined {
    if (!this.#isAsked) return undefined;
    return (this.#shown ??= { certificate: trustedCertificate(this.#socket) }).certificate;
  }
}

/** Deno has said `authorized` of clients that showed nothing, so that both are asked for. */
function trustedCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined || !socket.authorized) return undefined;
  const fingerprint256 = shown.fingerprint256.replaceAll(":", "").toLowerCase();
  return { ...readCertificate(shown.raw), fingerprint256 };
}
