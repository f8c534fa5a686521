/**
 * The other end of a request: its address, and answering before the handler is done
 * (spec 2.3.4.1).
 *
 * @module
 */
import type {
  Connection,
  InformationalStatus,
  PeerCertificate,
  PlatformAddress,
  TlsConnection,
} from "../message/connection.ts";
import {
  GenericListenerError,
  InitializingOutboundResponseError,
  Initiating100ContinueResponseError,
} from "../message/listener_errors.ts";
import { reply } from "../message/reply.ts";
import { notPromised, type Pushes } from "./push.ts";
import type { PushPromise } from "./push_promise.ts";

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

/** How mutual TLS went (spec: `MutualSslHandshake`). */
export interface MutualSslHandshake {
  /** Whether the client has shown a certificate that is trusted. */
  readonly status: "passed" | "failed";
  /** The certificate (DER) in base64, if it has. */
  readonly base64EncodedCert?: string;
}

/** The client that sent a request. */
export class Caller {
  readonly #url: string;
  readonly #connection: Connection | undefined;
  readonly #local: (() => PlatformAddress) | undefined;
  readonly #onRespond: () => void;
  readonly #pushes: () => Pushes | undefined;
  #given: unknown = undefined;

  /** Made by the service, once for each request whose handler asks for it. */
  constructor(
    url: string,
    connection: Connection | undefined,
    local: (() => PlatformAddress) | undefined,
    onRespond: () => void,
    pushes: () => Pushes | undefined,
  ) {
    this.#url = url;
    this.#connection = connection;
    this.#local = local;
    this.#onRespond = onRespond;
    this.#pushes = pushes;
  }

  /** The client's end of the connection. */
  get remoteAddress(): Address {
    return address(this.#connection?.remoteAddr);
  }

  /** This end of the connection, where the transport tells it. */
  get localAddress(): Address {
    return address(this.#connection?.localAddr ?? this.#local?.());
  }

  /**
   * The version of HTTP that the request came in (spec: `httpVersion` of a request); `undefined` in
   * process, and on the transport `"deno"`, which does not tell.
   */
  get httpVersion(): "1.0" | "1.1" | "2" | undefined {
    return this.#connection?.httpVersion;
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

  /**
   * Announces a response that the client has not asked for (spec: `promise`; RFC 9113 section 8.4), so
   * that it does not ask. It is made before the answer, and kept by
   * {@linkcode pushPromisedResponse}, before the handler ends: a promise that is left then is broken.
   *
   * @returns whether the client takes it: not over HTTP/1.1, nor where it has switched it off, nor in
   * process. What was not taken need not be kept.
   * @throws {InitializingOutboundResponseError} when the transport cannot push, or the promise has a
   * header field that cannot be sent.
   */
  promise(promise: PushPromise): boolean {
    return this.#pushes()?.promise(promise) ?? false;
  }

  /**
   * Keeps a promise (spec: `pushPromisedResponse`), with anything a handler may return.
   *
   * @returns a promise that settles once the response is sent.
   * @throws {GenericListenerError} (as a rejection) when it was not promised, the client did not take
   * it, it was kept before, or the handler has ended.
   * @throws {InitializingOutboundResponseError} (as a rejection) when the value cannot be sent.
   * @throws {WritingOutboundResponseBodyError} (as a rejection) when the client has refused it, or gone.
   */
  async pushPromisedResponse(promise: PushPromise, value?: unknown): Promise<void> {
    const pushes = this.#pushes();
    if (pushes === undefined) throw notPromised(promise);
    await pushes.keep(promise, value);
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

  /**
   * What TLS has agreed on; `undefined` without TLS and in process, and on the transport `"deno"`, which
   * does not tell.
   */
  get tls(): TlsConnection | undefined {
    return this.#connection?.tls;
  }

  /** The certificate that the client has shown, if it is trusted. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#connection?.tls?.peerCertificate;
  }

  /** How mutual TLS went; `undefined` where clients are not asked for certificates. */
  get mutualSslHandshake(): MutualSslHandshake | undefined {
    const { tls } = this;
    if (tls?.clientVerified === undefined) return undefined;
    const { peerCertificate } = tls;
    return peerCertificate === undefined
      ? { status: "failed" }
      : { status: "passed", base64EncodedCert: base64(peerCertificate.raw) };
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

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function address(platform: PlatformAddress | undefined): Address {
  const ip = platform?.hostname ?? "";
  return { host: ip, port: platform?.port ?? 0, ip };
}
