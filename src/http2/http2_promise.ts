/**
 * A response that a server announces before anybody has asked for it (spec section 10.1.1; RFC 9113
 * section 8.4).
 *
 * A promise is believed only where it is one that a client could have asked for at the same place: `GET`
 * or `HEAD`, without a body, of the origin that was called. Any other is refused before the program
 * sees it, so that a server cannot speak for another.
 *
 * @module
 */
import { Http2Failure, type Http2PromisedExchange } from "../runtime/http2_connection.ts";
import { explainHttp2Failure } from "./http2_failure.ts";
import { incomingResponse, toHeaders } from "./incoming_response.ts";

/** A response that a server announces. */
export class Http2Promise {
  /** The method of the request that it answers: `GET` or `HEAD`. */
  readonly method: string;
  /** The path and query of that request. */
  readonly path: string;
  readonly #url: URL;
  readonly #exchange: Http2PromisedExchange;
  readonly #onClaim: (promise: Http2Promise) => void;
  #request: Request | undefined = undefined;
  #response: Promise<Response> | undefined = undefined;

  /** Made by the client. */
  constructor(
    url: URL,
    exchange: Http2PromisedExchange,
    onClaim: (promise: Http2Promise) => void,
  ) {
    this.method = exchange.head.method ?? "GET";
    this.path = url.pathname + url.search;
    this.#url = url;
    this.#exchange = exchange;
    this.#onClaim = onClaim;
  }

  /** The request that it answers, as the server writes it. */
  get request(): Request {
    return this.#request ??= new Request(this.#url, {
      method: this.method,
      headers: toHeaders(this.#exchange.head.fields ?? []),
    });
  }

  /** The header fields of that request. */
  get headers(): Headers {
    return this.request.headers;
  }

  /**
   * The response. Asking for it claims the promise, which is refused otherwise some time after the
   * main response has ended.
   *
   * It rejects with {@linkcode Http2ClientError} when the promise was rejected, or not kept.
   */
  get response(): Promise<Response> {
    if (this.#response === undefined) {
      this.#onClaim(this);
      this.#response = this.#receive();
      this.#response.catch(() => {});
    }
    return this.#response;
  }

  /** Tells the server that the response is not wanted; does nothing once it has come as a whole. */
  reject(): void {
    this.#onClaim(this);
    this.#exchange.reset("CANCEL", new Http2Failure("broken", "the promise was rejected"));
  }

  async #receive(): Promise<Response> {
    const call = { url: this.#url, signal: undefined, body: undefined };
    this.#exchange.explain = (error) => explainHttp2Failure(error, call, "body");
    try {
      return incomingResponse(this.#url, await this.#exchange.response);
    } catch (error) {
      throw explainHttp2Failure(error, call, "head");
    }
  }
}

/**
 * The address that a promise is about.
 *
 * @param called the address of the call
 * @returns `undefined` where the server may not make it.
 */
export function promisedUrl(
  { method, scheme, authority, path, fields = [] }: Http2PromisedExchange["head"],
  called: URL,
): URL | undefined {
  if (method !== "GET" && method !== "HEAD") return undefined;
  if (path === undefined || !path.startsWith("/") || path.includes("#")) return undefined;
  for (const [name, value] of fields) {
    if (name === "content-length" && Number(value) !== 0) return undefined;
    if (name === "transfer-encoding") return undefined;
  }
  if (scheme === undefined || authority === undefined || /[/?#@\\\s]/.test(authority)) {
    return undefined;
  }
  const url = URL.parse(`${scheme}://${authority}${path}`);
  return url?.origin === called.origin ? url : undefined;
}
