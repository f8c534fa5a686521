/**
 * One request over `node:http` and its answer: what was received, and what can be done on its
 * connection.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  Connection,
  FieldList,
  HttpVersion,
  InformationalStatus,
  PlatformAddress,
  TlsConnection,
  UpgradedConnection,
} from "../../message/connection.ts";
import { NodeAnswer, type WholeBody } from "./answer.ts";
import { nodeFields } from "./fields.ts";
import type { ReceivedMessage } from "./message.ts";

/** What a server knows of a request besides Node's objects. */
export interface Http1Facts {
  /** The URL. */
  readonly url: string;
  /** Whether the request can have a body. */
  readonly hasBody: boolean;
  /** Whether the client waits to be told before it sends that (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** What the TLS handshake of the socket has agreed on. */
  readonly tls: (() => TlsConnection | undefined) | undefined;
  /** The socket and what it has received, where the request asks for another protocol. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Uint8Array } | undefined;
}

/** One request and its answer. */
export class Http1Exchange implements ReceivedMessage, Connection {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #facts: Http1Facts;
  #controller: AbortController | undefined = undefined;
  #completed: Promise<void> | undefined = undefined;
  #hasContinued = false;
  #isTaken = false;
  /** Trailer fields are sent in chunks; to HTTP/1.0, which has none, they are left out. */
  readonly sendsTrailers = true;

  /** Keeps Node's objects. */
  constructor(request: IncomingMessage, response: ServerResponse, facts: Http1Facts) {
    this.#request = request;
    this.#response = response;
    this.#facts = facts;
  }

  /** The method. */
  get method(): string {
    return this.#request.method ?? "GET";
  }

  /** The whole URL. */
  get url(): string {
    return this.#facts.url;
  }

  /** Names and values in turn. */
  get fields(): readonly string[] {
    return this.#request.rawHeaders;
  }

  /** The body as it comes in. */
  get body(): IncomingMessage | undefined {
    return this.#facts.hasBody ? this.#request : undefined;
  }

  /** Tells a client to send the body that it waits with. */
  beginBody(): void {
    if (!this.#facts.expectsContinue || this.#hasContinued || this.#response.headersSent) return;
    this.#hasContinued = true;
    this.#response.writeContinue();
  }

  /** Whether the client still waits to be told to send its body. */
  get isHeldBack(): boolean {
    return this.#facts.expectsContinue && !this.#hasContinued;
  }

  /** Whether the connection left HTTP. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Aborts when the client is gone before it is answered. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = this.#controller = new AbortController();
    this.onGone(() => controller.abort(gone()));
    return controller.signal;
  }

  /** Calls back when the client is gone before it is answered. */
  onGone(tell: () => void): void {
    const response = this.#response;
    const leave = (): void => {
      if (!response.writableFinished) tell();
    };
    if (response.destroyed || response.closed) leave();
    else response.once("close", leave);
  }

  /** The client's end. */
  get remoteAddr(): PlatformAddress {
    const { remoteAddress, remotePort } = this.#request.socket;
    return address(remoteAddress, remotePort);
  }

  /** This end. */
  get localAddr(): PlatformAddress {
    const { localAddress, localPort } = this.#request.socket;
    return address(localAddress, localPort);
  }

  /** The version of HTTP. */
  get httpVersion(): HttpVersion {
    return this.#request.httpVersionMinor === 0 ? "1.0" : "1.1";
  }

  /** What TLS has agreed on. */
  get tls(): TlsConnection | undefined {
    return this.#facts.tls?.();
  }

  /** Settles when the response is sent, or cannot be. */
  get completed(): Promise<void> {
    return this.#completed ??= new Promise((resolve, reject) => {
      const response = this.#response;
      const settle = (): void => response.writableFinished ? resolve() : reject(gone());
      if (response.closed || response.destroyed) settle();
      else response.once("close", settle);
    });
  }

  /** The trailer fields of the request, once its body was read. */
  requestTrailers(): Promise<Headers> {
    const request = this.#request;
    const read = (): Headers => {
      const headers = new Headers();
      const { rawTrailers } = request;
      for (let index = 0; index < rawTrailers.length; index += 2) {
        headers.append(rawTrailers[index] as string, rawTrailers[index + 1] as string);
      }
      return headers;
    };
    if (request.readableEnded || !this.#facts.hasBody) return Promise.resolve(read());
    if (request.destroyed) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      request.once("end", () => resolve(read()));
      request.once("close", () => reject(gone()));
    });
  }

  /** Sends an informational response ahead of the final one. */
  inform(status: InformationalStatus, headers: FieldList): boolean {
    const response = this.#response;
    if (this.httpVersion === "1.0" || response.headersSent || response.destroyed) return false;
    if (status === 100) {
      this.#hasContinued = true;
      response.writeContinue();
    } else if (status === 102) {
      response.writeProcessing();
    } else {
      // Node sends nothing without a link, which is all that 103 is about.
      if (!headers.some(([name]) => name.toLowerCase() === "link")) return false;
      response.writeEarlyHints(nodeFields(headers));
    }
    return true;
  }

  /** HTTP/1.1 has nothing for it, so that no client takes any. */
  push(): undefined {
    return undefined;
  }

  /** Takes the connection out of HTTP. */
  upgrade(): UpgradedConnection | undefined {
    const { upgrade } = this.#facts;
    const response = this.#response;
    if (upgrade === undefined || this.#isTaken || response.headersSent) return undefined;
    this.#isTaken = true;
    if (response.socket !== null) response.detachSocket(response.socket);
    return { request: this.#request, socket: upgrade.socket, head: upgrade.head };
  }

  /** Makes a response that costs less than one of the platform's. */
  respond(body: WholeBody, status: number, contentType: string | undefined): Response {
    return new NodeAnswer(body, status, contentType);
  }
}

function address(hostname: string | undefined, port: number | undefined): PlatformAddress {
  const end: { transport: string; hostname?: string; port?: number } = { transport: "tcp" };
  if (hostname !== undefined) end.hostname = hostname;
  if (port !== undefined) end.port = port;
  return end;
}

function gone(): DOMException {
  return new DOMException("The client is gone", "AbortError");
}
