/**
 * A request of the compatibility API of `node:http2` and its answer: what a handler of Node's is given by
 * a server that somebody else has made.
 *
 * @module
 */
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Connection, PlatformAddress } from "../../message/connection.ts";
import { NodeAnswer, type WholeBody } from "../node/answer.ts";
import { sendHttp2 } from "./sender.ts";
import type { ReceivedMessage } from "../node/message.ts";

/** The error code INTERNAL_ERROR (RFC 9113 section 7). */
const internalError = 2;

/** One request and its answer. */
export class CompatibleExchange implements ReceivedMessage, Connection {
  readonly #request: Http2ServerRequest;
  readonly #response: Http2ServerResponse;
  #controller: AbortController | undefined = undefined;
  /** The version of HTTP. */
  readonly httpVersion = "2";
  /** Whether trailer fields are sent. */
  readonly sendsTrailers = true;

  /** Keeps Node's objects. */
  constructor(request: Http2ServerRequest, response: Http2ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  /** The method. */
  get method(): string {
    return this.#request.method;
  }

  /** The whole URL. */
  get url(): string {
    const { scheme, authority, headers, url } = this.#request;
    return `${scheme}://${authority || headers.host}${url}`;
  }

  /** Names and values in turn. */
  get fields(): readonly string[] {
    const { rawHeaders } = this.#request;
    return rawHeaders.filter((_, index) => !rawHeaders[index - index % 2]?.startsWith(":"));
  }

  /** The body as it comes in. */
  get body(): Http2ServerRequest | undefined {
    const isBodiless = /^(?:get|head)$/i.test(this.method);
    return isBodiless || this.#request.stream.endAfterHeaders ? undefined : this.#request;
  }

  /** Aborts when the client is gone before it is answered. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = this.#controller = new AbortController();
    this.onGone(() => controller.abort(new DOMException("The client is gone", "AbortError")));
    return controller.signal;
  }

  /** Calls back when the client is gone before it is answered. */
  onGone(tell: () => void): void {
    const { stream } = this.#response;
    const leave = (): void => {
      if (!stream.writableFinished || stream.aborted) tell();
    };
    if (stream.destroyed) leave();
    else stream.once("close", leave);
  }

  /** The client's end. */
  get remoteAddr(): PlatformAddress {
    const { remoteAddress = "", remotePort = 0 } = this.#request.socket;
    return { transport: "tcp", hostname: remoteAddress, port: remotePort };
  }

  /** Makes a response that costs less than one of the platform's. */
  respond(body: WholeBody, status: number, contentType: string | undefined): Response {
    return new NodeAnswer(body, status, contentType);
  }

  /** Sends the answer. */
  send(answer: Response): void {
    const { stream } = this.#response;
    // Told by "close" as well, where it is acted upon.
    stream.on("error", () => {});
    const giveUp = (): void => stream.close(internalError);
    try {
      sendHttp2(stream, answer, { isHead: this.method === "HEAD", taken: 0, giveUp });
    } catch {
      giveUp();
    }
  }
}
