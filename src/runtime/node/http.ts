/**
 * The transport over Node's modules, on Node and on Deno: accepts connections, within limits, and hands
 * each to whoever speaks its version of HTTP.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { versions } from "node:process";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { TlsConnection } from "../../message/connection.ts";
import { SocketGuard } from "./guard.ts";
import { Http1Side } from "./http1.ts";
import { type Http1Limits, http1Limits } from "./http1_limits.ts";
import { http2Side } from "../http2/server.ts";
import { sniffVersion } from "../http2/preface.ts";
import { guardClients, nodeTlsOptions, reloadTls, tlsConnectionOf } from "./tls.ts";
import type { ServerTlsSettings } from "../server_tls.ts";
import {
  refuseServerOption,
  type RunningTransport,
  SENDING_AWAY,
  type TransportOptions,
} from "../transport.ts";

/**
 * Listens with Node's modules.
 *
 * @throws {Error} (as a rejection) when it cannot listen there, or a setting cannot be honoured.
 */
export async function nodeHttp(options: TransportOptions): Promise<RunningTransport> {
  const { hostname, port, reusePort, tls, http, clock, drained, handler } = options;
  if (reusePort && !sharesPorts()) {
    refuseServerOption("reusePort", "node_http", "use Node 22.12, 23.1 or later");
  }
  const limits = http1Limits(http);
  const guard = new SocketGuard({
    maxConnections: http.maxConnections ?? 16_384,
    maxConnectionsPerAddress: http.maxConnectionsPerAddress ?? Infinity,
    times: timesOf(limits),
  }, clock);
  const tlsOf = tls && ((socket: Socket) => tlsConnectionOf(socket as TLSSocket, tls));
  const isSecure = tls !== undefined;
  const http1 = new Http1Side({ limits, clock, handler, isSecure, tlsOf, guard });
  const http2 = http2Side({ http, clock, handler, tlsOf: tlsOf ?? noTls });
  const { httpVersion } = http;
  const hand = (version: "1.1" | "2", socket: Socket): void => {
    if (version === "2" && httpVersion !== "1.1") http2.accept(socket);
    else if (version === "1.1" && httpVersion !== "2") http1.accept(socket);
    else socket.destroy();
  };
  const greeted = new Set<Socket>();
  const greet = (socket: Socket): void => {
    if (httpVersion === "1.1") return http1.accept(socket);
    greeted.add(socket);
    socket.on("close", () => greeted.delete(socket));
    sniffVersion(socket, limits.headerTimeout, clock, (version) => {
      greeted.delete(socket);
      hand(version, socket);
    });
  };
  const server = tls === undefined
    ? plainServer(guard, greet)
    : tlsServer(guard, tls, protocols[httpVersion], hand);
  await listen(server, { host: hostname, port, reusePort });
  const finished = new Promise<void>((resolve) => server.once("close", resolve))
    .finally(() => guard.close());
  return {
    name: "node_http",
    ...boundTo(server),
    finished,
    async shutdown() {
      if (reusePort) {
        await acceptedAll(server);
        server.close();
        // Not before: those that are sent away come back at once, and to the other process.
        http1.sendAway();
      } else {
        setImmediate(() => server.close());
        http1.close();
      }
      const gone = http2.shutdown();
      await drained();
      // Another process goes on in this one's place: closed between two requests, a connection would
      // lose the one that is on its way.
      if (reusePort) await new Promise<void>((done) => clock.setTimer(done, SENDING_AWAY));
      http1.close();
      for (const socket of greeted) socket.destroy();
      await gone;
      await finished;
    },
    abort() {
      server.close();
      http2.abort();
      guard.abort();
    },
    ...tls && { reloadTls: (next: ServerTlsSettings) => reloadTls(server as never, next) },
  };
}

/** What TLS offers (RFC 7301), the first one preferred. */
const protocols: Readonly<Record<"1.1" | "2" | "auto", readonly string[]>> = {
  "1.1": ["http/1.1"],
  "2": ["h2"],
  auto: ["h2", "http/1.1"],
};

function noTls(): TlsConnection | undefined {
  return undefined;
}

function timesOf(limits: Http1Limits): readonly number[] {
  const { headerTimeout, requestTimeout, receiveTimeout, sendTimeout, keepAliveTimeout } = limits;
  return [headerTimeout, requestTimeout, receiveTimeout, sendTimeout, keepAliveTimeout];
}

function plainServer(guard: SocketGuard, greet: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (guard.admit(socket)) greet(socket);
  });
}

function tlsServer(
  guard: SocketGuard,
  tls: ServerTlsSettings,
  offered: readonly string[],
  hand: (version: "1.1" | "2", socket: Socket) => void,
): Server {
  const server = createTlsServer({
    ...nodeTlsOptions(tls),
    ALPNProtocols: [...offered],
    // Half of a handshake is none: Node would wait for the rest of it although the client has left.
    allowHalfOpen: false,
    noDelay: true,
  });
  // Counted before the handshake, which costs more than anything that comes after it.
  server.on("connection", (socket: Socket) => guard.admit(socket));
  server.on("secureConnection", (socket) => {
    socket.on("error", ignore);
    socket.allowHalfOpen = true;
    hand(socket.alpnProtocol === "h2" ? "2" : "1.1", socket);
  });
  // A handshake that fails is the client's affair; Node closes its connection.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  guardClients(server, tls);
  return server;
}

function listen(
  server: Server,
  where: { readonly host: string; readonly port: number; readonly reusePort: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...where, backlog: 511 }, () => {
      server.off("error", reject);
      // The system may be out of descriptors for the moment: the listener goes on.
      server.on("error", ignore);
      resolve();
    });
  });
}

/** Whether this runtime knows of shared ports: one that does not would say nothing. */
function sharesPorts(): boolean {
  const [major = 0, minor = 0] = versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

/** How long a port waits for a connection before it is closed, in milliseconds. */
const quiet = 50;

/**
 * Settles when no connection waits to be accepted, as far as that can be told: those that do are reset
 * when the port closes, unless the system hands them on (Linux: `net.ipv4.tcp_migrate_req`). It is a
 * moment at which one was just taken, and whatever else came in the same turn.
 */
function acceptedAll(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const accepted = (): void => {
      clearTimeout(timer);
      server.off("connection", accepted);
      setImmediate(resolve);
    };
    const timer = setTimeout(accepted, quiet);
    server.on("connection", accepted);
  });
}

function boundTo(server: Server): { readonly hostname: string; readonly port: number } {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("It listens nowhere");
  return { hostname: bound.address, port: bound.port };
}

function ignore(): void {}
