/**
 * HTTP/1.1 over `node:http` (RFC 9112), on connections that somebody else has accepted.
 *
 * Node's own timeouts and limits are off: the ones here hold on both runtimes, and cost a request
 * nothing (see `guard.ts`).
 *
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../../message/clock.ts";
import type { TlsConnection } from "../../message/connection.ts";
import type { SocketGuard } from "./guard.ts";
import { Http1Connection, refuse, type RefusedStatus } from "./http1_connection.ts";
import { Http1Exchange } from "./http1_exchange.ts";
import { refuseRequest, type RequestFacts, requestFacts } from "./http1_head.ts";
import type { Http1Limits } from "./http1_limits.ts";
import { lingering } from "./linger.ts";
import { NodeRequest } from "./request.ts";
import { send } from "./sender.ts";
import { TargetReader } from "./target.ts";
import { isWebSocket, replayed } from "./upgrade.ts";
import { isDeno } from "./platform_shape.ts";
import type { TransportOptions } from "../transport.ts";

/** What HTTP/1.1 needs of a transport. */
export interface Http1Options {
  /** What is borne of a client. */
  readonly limits: Http1Limits;
  /** Tells the time. */
  readonly clock: Clock;
  /** Answers each request; it never fails. */
  readonly handler: TransportOptions["handler"];
  /** Whether connections are encrypted. */
  readonly isSecure: boolean;
  /** What TLS has agreed on for a connection, if it is encrypted. */
  readonly tlsOf: ((socket: Socket) => TlsConnection | undefined) | undefined;
  /** Looks after the connections. */
  readonly guard: SocketGuard;
}

/** The part of a transport that speaks HTTP/1.1. */
export class Http1Side {
  readonly #options: Http1Options;
  readonly #targets: TargetReader;
  readonly #server: Server;
  readonly #connections = new Map<Duplex, Http1Connection>();
  #state: "serving" | "sendingAway" | "refusing" = "serving";

  /** Makes it; nothing listens. */
  constructor(options: Http1Options) {
    this.#options = options;
    this.#targets = new TargetReader(options.isSecure);
    this.#server = this.#makeServer();
  }

  /** Speaks HTTP/1.1 on a connection; what was read of it already was put back by `unshift`. */
  accept(socket: Socket): void {
    const { limits, clock, guard } = this.#options;
    const connection = new Http1Connection(socket, limits, clock.now());
    this.#connections.set(socket, connection);
    socket.on("close", () => this.#connections.delete(socket));
    guard.watch(socket, connection);
    this.#server.emit("connection", socket);
  }

  /** Answers what still comes, and asks the clients to come back on another connection. */
  sendAway(): void {
    this.#state = "sendingAway";
  }

  /** Keeps no connection any longer than its answers take, and refuses what still comes with 503. */
  close(): void {
    this.#state = "refusing";
    for (const connection of this.#connections.values()) connection.closeWhenIdle();
  }

  #makeServer(): Server {
    const { limits } = this.#options;
    const server = createServer(serverOptions(limits.headSize));
    // Of a server that does not listen, Deno (2.9.6) closes each connection after its first answer.
    Object.defineProperty(server, "listening", { value: true });
    server.headersTimeout = 0;
    server.requestTimeout = 0;
    server.keepAliveTimeout = 0;
    server.timeout = 0;
    // Node would leave out those beyond it without a word.
    server.maxHeadersCount = 0;
    server.on("request", (request, response) => this.#begin(request, response, false));
    server.on("checkContinue", (request, response) => this.#begin(request, response, true));
    server.on("checkExpectation", (_request, response) => {
      response.writeHead(417, ["content-length", "0", "connection", "close"]);
      response.end();
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("connect", (_request, socket) => refuse(socket, 501, undefined));
    server.on("clientError", (error, socket) => this.#refuseBytes(error, socket));
    return server;
  }

  #begin(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    if (response.socket !== null) return this.#answer(connection, request, response, expects);
    // One before it is not answered yet.
    if (!connection.hold()) return;
    response.once("socket", () => {
      connection.release();
      this.#answer(connection, request, response, expects);
    });
  }

  #answer(
    connection: Http1Connection,
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): void {
    const facts = this.#facts(request);
    connection.requests++;
    connection.request = request;
    connection.response = response;
    if (typeof facts === "number") return refuseRequest(request, response, facts);
    if (this.#state === "refusing") return refuseRequest(request, response, 503);
    connection.isLosing ||= facts.asksToLeave;
    const { tlsOf, handler } = this.#options;
    const exchange = new Http1Exchange(request, response, {
      ...facts,
      expectsContinue,
      tls: tlsOf && (() => tlsOf(connection.socket)),
      upgrade: undefined,
    });
    const answer = handler(new NodeRequest(exchange), exchange);
    const sent = (done: Response): void => {
      const act = (): void => this.#send(connection, exchange, request, response, done);
      // What nobody has read may be there, though Node has not got to its end yet.
      if (exchange.body !== undefined && !request.complete) setImmediate(act);
      else act();
    };
    if (answer instanceof Promise) answer.then(sent);
    else sent(answer);
  }

  #send(
    connection: Http1Connection,
    exchange: Http1Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    answer: Response,
  ): void {
    const { limits, clock } = this.#options;
    const isUnread = exchange.body !== undefined && !request.complete;
    const closes = this.#state !== "serving" || !limits.keepsAlive || isUnread ||
      connection.isLosing || connection.requests >= limits.maxRequests;
    const linger = isUnread ? lingering(request, exchange.isHeldBack, clock) : undefined;
    send(response, answer, { closes, linger });
  }

  #facts(request: IncomingMessage): RequestFacts | 400 | 431 {
    // Node's parser takes a request line of HTTP/2.0 for one.
    if (request.httpVersionMajor !== 1) return 400;
    if (request.rawHeaders.length > 2 * this.#options.limits.maxHeaderCount) return 431;
    return requestFacts(request, request.url ?? "/", this.#targets);
  }

  /**
   * Node's parser has let go of the connection, whatever the request asks for. Told to ignore that, it
   * would lose what follows in the same packet, and take the next one for the beginning of a request
   * (Node 22 and 24).
   */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    const before = connection.response;
    // Node has not let go of an answer that is sent until it is closed; Deno does not tell that.
    if (before !== undefined && !(before.closed ?? connection.isIdle)) {
      before.once("close", () => this.#upgrade(request, socket, head));
      return;
    }
    if (!isWebSocket(request)) {
      socket.unshift(replayed(request, head));
      this.#server.emit("connection", socket);
      return;
    }
    if (this.#state === "refusing") return refuse(socket, 503, undefined);
    const facts = this.#facts(request);
    if (typeof facts === "number") return refuse(socket, facts, undefined);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(connection.socket);
    connection.requests++;
    connection.request = request;
    connection.response = response;
    const { tlsOf, handler } = this.#options;
    const exchange = new Http1Exchange(request, response, {
      ...facts,
      hasBody: false,
      expectsContinue: false,
      tls: tlsOf && (() => tlsOf(connection.socket)),
      upgrade: { socket, head },
    });
    Promise.resolve(handler(new NodeRequest(exchange), exchange)).then((answer) => {
      if (exchange.isTaken) return;
      response.on("finish", () => socket.end());
      send(response, answer, { closes: true, linger: undefined });
    });
  }

  #refuseBytes(error: Error, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable) return void socket.destroy();
    const { limits, clock } = this.#options;
    connection.refuseBytes(statusOf(error, limits.headSize), clock.now());
  }
}

function serverOptions(headSize: number): Options {
  return {
    maxHeaderSize: headSize,
    insecureHTTPParser: false,
    requireHostHeader: false,
    noDelay: true,
    // Deno (2.9.6) reads the body before it lets go of the connection: there the parser has to ignore
    // what a request asks for, and loses what follows.
    ...isDeno && { shouldUpgradeCallback: isWebSocket },
  };
}

/** What a server is told; Node's types do not have all of it. */
interface Options extends ServerOptions {
  /** Whether a request that asks for another protocol may have it. */
  readonly shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
}

/** What a parser's error means to whoever sent the bytes. */
function statusOf(error: ParseError, headSize: number): RefusedStatus {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  if (error.code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
  if (error.code !== "HPE_HEADER_OVERFLOW") return 400;
  // Where not even the request line has ended, it is the target that is too long.
  const end = error.rawPacket?.indexOf(lineFeed) ?? 0;
  return end === -1 || end > headSize ? 414 : 431;
}

/** What Node tells of bytes that are no request. */
interface ParseError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
}

const lineFeed = 0x0a;
