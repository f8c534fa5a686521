/**
 * The other end of a request: its address, and answering before the handler is done
 * (spec 2.3.4.1).
 *
 * @module
 */
import type { Connection, InformationalStatus, PlatformAddress } from "../message/connection.ts";
import {
  GenericListenerError,
  InitializingOutboundResponseError,
  Initiating100ContinueResponseError,
} from "../message/listener_errors.ts";
import { reply } from "../message/reply.ts";

/** One end of a connection. */
export interface Address {
  /** The host as an IP address, or the path of a unix socket. */
  readonly host: string;
  /** The port; 0 where there is none. */
  readonly port: number;
  /** The IP address; empty where there is none. */
  readonly ip: string;
}

/** The statuses of {@linkcode Caller.redirect}. */
export type RedirectStatus = 300 | 301 | 302 | 303 | 305 | 307 | 308;

/** The client that sent a request. */
export class Caller {
  readonly #url: string;
  readonly #connection: Connection | undefined;
  readonly #local: (() => PlatformAddress) | undefined;
  readonly #onRespond: () => void;
  #given: unknown = undefined;

  /** Made by the service, once for each request whose handler asks for it. */
  constructor(
    url: string,
    connection: Connection | undefined,
    local: (() => PlatformAddress) | undefined,
    onRespond: () => void,
  ) {
    this.#url = url;
    this.#connection = connection;
    this.#local = local;
    this.#onRespond = onRespond;
  }

  /** The client's end of the connection. */
  get remoteAddress(): Address {
    return address(this.#connection?.remoteAddr);
  }

  /** This end of the connection, where the transport tells it. */
  get localAddress(): Address {
    return address(this.#connection?.localAddr ?? this.#local?.());
  }

  /** `http` or `https`. */
  get protocol(): string {
    return this.#url.slice(0, this.#url.indexOf(":"));
  }

  /**
   * Tells a client that waits for it to send its body (RFC 9110 section 15.2.1). The transport does so
   * by itself when the body is first asked for, and a declared body is.
   *
   * @returns whether it was sent: not where nobody waits for it, nor in process.
   * @throws {Initiating100ContinueResponseError} when the transport has nothing for it.
   */
  continue(): boolean {
    return this.#inform(100, {});
  }

  /**
   * Sends header fields ahead of the response, as `Link` fields of what the page will need
   * (RFC 8297).
   *
   * @returns whether they were sent: not to HTTP/1.0, once the response has begun, nor in process.
   * @throws {InitializingOutboundResponseError} when the transport has nothing for it.
   * @throws {TypeError} when a field cannot be sent.
   *
   * @example
   * ```ts
   * import { get, ok } from "@pirouette/http";
   *
   * const page = get("/", ({ caller }) => {
   *   caller.earlyHints({ link: "</style.css>; rel=preload; as=style" });
   *   return ok({ body: "<link rel=stylesheet href=/style.css>", mediaType: "text/html" });
   * });
   * ```
   */
  earlyHints(headers: HeadersInit): boolean {
    return this.#inform(103, headers);
  }

  /**
   * Tells a client that its request is being worked on (RFC 2518 section 10.1).
   *
   * @returns whether it was sent, as {@linkcode earlyHints}.
   * @throws {InitializingOutboundResponseError} when the transport has nothing for it.
   */
  processing(): boolean {
    return this.#inform(102, {});
  }

  /**
   * The trailer fields of the request (RFC 9110 section 6.5), once its body was read to the end; none
   * where the transport does not tell them.
   */
  async requestTrailers(): Promise<Headers> {
    return await (this.#connection?.requestTrailers?.() ?? new Headers());
  }

  #inform(status: InformationalStatus, headers: HeadersInit): boolean {
    const connection = this.#connection;
    if (connection === undefined) return false;
    if (connection.inform === undefined) {
      const message = `Cannot send ${status}: this transport has nothing for it, ` +
        'give the listener transport: "node"';
      throw status === 100
        ? new Initiating100ContinueResponseError(message)
        : new InitializingOutboundResponseError(message);
    }
    return connection.inform(status, [...new Headers(headers)]);
  }

  /** Whether {@linkcode respond} was called. */
  get responded(): boolean {
    return this.#given !== undefined;
  }

  /** What was given to {@linkcode respond}. */
  get given(): unknown {
    return this.#given;
  }

  /**
   * Answers now, with anything a handler may return; nothing gives an empty 200. The handler may
   * go on working, and what it returns afterwards is not sent.
   *
   * @throws {GenericListenerError} (as a rejection) when the request was already answered.
   */
  respond(value?: unknown): Promise<void> {
    if (this.responded) {
      return Promise.reject(
        new GenericListenerError(
          "Couldn't complete the respond operation as the response has been already used.",
        ),
      );
    }
    this.#given = value === undefined ? reply(200) : value;
    this.#onRespond();
    return Promise.resolve();
  }

  /**
   * Answers with a redirection to one location, or to several to choose from.
   *
   * @throws {GenericListenerError} (as a rejection) when the request was already answered.
   */
  redirect(status: RedirectStatus, location: string | readonly string[]): Promise<void> {
    const value = typeof location === "string" ? location : location.join(",");
    return this.respond(reply(status, { headers: { location: value } }));
  }
}

function address(platform: PlatformAddress | undefined): Address {
  const ip = platform?.hostname ?? "";
  return { host: ip, port: platform?.port ?? 0, ip };
}
