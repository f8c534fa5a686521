/**
 * Makes connections for undici: with a look at the certificate's status before anything is sent, and
 * with TLS sessions that are resumed. undici 7 forgets those of a server with the last connection to it,
 * which is when they would be of use.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { CertificateStatusCheck } from "../tls/certificate_status.ts";

/** Where undici wants to be connected to. */
export interface ConnectTarget {
  /** The host's name or address, without its port. */
  readonly hostname: string;
  /** The host, with its port where the address has one. */
  readonly host?: string;
  /** `http:` or `https:`. */
  readonly protocol: string;
  /** The port; empty for the one of the protocol. */
  readonly port: string;
  /** The name to ask for. */
  readonly servername?: string;
  /** Where to connect from. */
  readonly localAddress?: string | null;
  /** A connection that TLS is to be spoken over. */
  readonly httpSocket?: Socket;
}

/** What undici has a connection made by; it is told of one that is ready, or why there is none. */
export type Connector = (
  target: ConnectTarget,
  callback: (...outcome: [null, Socket] | [Error, null]) => void,
) => void;

/** What makes a connector as undici does itself. */
export type BuildConnector = (options: object) => Connector;

/** What connections need beyond what undici does. */
export interface NodeConnectorSettings {
  /** How undici itself makes connections. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Checks a certificate's status, if it is to be. */
  readonly check: CertificateStatusCheck | undefined;
  /** Whether sessions are resumed. */
  readonly shareSession: boolean;
  /** Milliseconds after which a session is not resumed any more. */
  readonly sessionTimeout: number | undefined;
}

interface Session {
  readonly session: import("node:buffer").Buffer;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Servers whose sessions are kept, as undici does itself. */
const maxSessions = 100;

/** What undici is given in place of options. */
export function nodeConnector(
  build: BuildConnector,
  { options, check, shareSession, sessionTimeout = Infinity }: NodeConnectorSettings,
): Connector {
  const sessions = new Map<string, Session>();
  return (target, callback) => {
    const { protocol, hostname, port, servername } = target;
    if (protocol !== "https:") {
      build(options)(target, callback);
      return;
    }
    const key = `${servername ?? ""} ${hostname}:${port}`;
    const known = sessions.get(key);
    const session = known !== undefined && Date.now() < known.until ? known.session : undefined;
    const own: object = {
      ...options,
      maxCachedSessions: 0,
      requestOCSP: check !== undefined,
      session,
    };
    const connect = build(own);
    const connected: Parameters<Connector>[1] = (...outcome) => {
      const [error, socket] = outcome;
      if (error !== null || checked === undefined) {
        callback(...outcome);
        return;
      }
      checked.then(() => callback(null, socket), (failure) => callback(failure, null));
    };
    // Its types do not say that it returns the socket.
    const socket = Reflect.apply(connect, undefined, [target, connected]) as unknown as TLSSocket;
    // An alert is followed by the end of the connection, which undici would report in its place.
    socket.on("error", (failure) => socket.destroy(failure));
    const checked = check?.(socket);
    // A handshake that fails is told to `connected` first.
    checked?.catch(() => {});
    // A resumed session would not show the certificate that is to be checked.
    if (!shareSession || check !== undefined) return;
    socket.on("session", (fresh: Session["session"]) => {
      sessions.delete(key);
      sessions.set(key, { session: fresh, until: Date.now() + sessionTimeout });
      for (const oldest of sessions.keys()) {
        if (sessions.size <= maxSessions) break;
        sessions.delete(oldest);
      }
    });
  };
}

/** Makes TLS connections inside a proxy's tunnels, which `tunnel` asks for (RFC 9110 section 9.3.6). */
export function throughTunnel(tunnel: Connector, connect: Connector): Connector {
  return (target, callback) => {
    const isNamed = target.port !== "";
    // Of undici's it is one without TLS, so that it ends with the tunnel.
    const way = {
      ...target,
      protocol: "http:",
      host: isNamed ? target.host ?? target.hostname : `${target.host ?? target.hostname}:443`,
      port: isNamed ? target.port : "443",
    };
    tunnel(way, (...outcome) => {
      const [error, httpSocket] = outcome;
      if (error === null) connect({ ...target, httpSocket }, callback);
      else callback(error, null);
    });
  };
}
