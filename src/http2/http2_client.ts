/**
 * A client that speaks HTTP/2 on connections of its own, and takes what a server pushes (spec sections
 * 2.4.2.5 and 10.1.1).
 *
 * Without TLS it begins with HTTP/2 at once (prior knowledge, RFC 9113 section 3.3), and over TLS a
 * server that does not agree on it is an error. It follows no redirects, decodes nothing and has no
 * timeout besides that of connecting: its `fetch` is the innermost one, for layers to go around.
 *
 * @module
 */
import { BaseURL } from "../client/base_url.ts";
import { explainFailure } from "../client/transport_failure.ts";
import { Http2ClientError } from "../message/client_errors.ts";
import type { Fetch } from "../message/fetch.ts";
import { ConnectionPool } from "./connection_pool.ts";
import { http2Call } from "./http2_call.ts";
import { Http2Future } from "./http2_future.ts";
import type { Http2ClientOptions } from "./http2_options.ts";
import type { Http2Promise } from "./http2_promise.ts";
import { checkHttp2Options, type Http2Settings } from "./http2_settings.ts";
import { type OutgoingRequest, outgoingRequest } from "./outgoing_request.ts";

/** What is sent with a call that is submitted. */
export interface SubmitInit {
  /**
   * Its header fields.
   *
   * @default none
   */
  readonly headers?: HeadersInit;
  /**
   * Its body.
   *
   * @default none
   */
  readonly body?: BodyInit | null;
  /**
   * Ends the call, and what was promised with it.
   *
   * @default none
   */
  readonly signal?: AbortSignal | null;
}

/**
 * A client that speaks HTTP/2. It is freed by `close()` or `await using`; until then an idle connection
 * keeps the program running.
 *
 * @example
 * ```ts
 * import { Client } from "@pirouette/http";
 * import { Http2Client } from "@pirouette/http/http2";
 *
 * await using http2 = new Http2Client("https://music.example");
 * const api = new Client("https://music.example", { fetch: http2.fetch });
 * console.log(await (await api.get("/albums")).json());
 *
 * using future = http2.submit("GET", "/");
 * for await (const promise of future.promises) {
 *   if (promise.path.endsWith(".css")) console.log(await (await promise.response).text());
 *   else promise.reject();
 * }
 * console.log(await (await future.response).text());
 * ```
 */
export class Http2Client implements AsyncDisposable {
  /**
   * Sends requests to any `http:` or `https:` address, on connections that calls share; nothing is
   * pushed on them. It needs no `this`.
   *
   * It rejects with an error of the tree below {@linkcode ClientError}, as does the body of its
   * response, or with the reason of the call's own signal.
   */
  readonly fetch: Fetch;
  readonly #base: BaseURL;
  readonly #settings: Http2Settings;
  readonly #pool: ConnectionPool;
  /** The connections on which servers push. */
  readonly #pushPool: ConnectionPool;

  /**
   * Makes a client; nothing is connected before the first call.
   *
   * @param url the address that the paths of `submit` are relative to
   * @throws {InitializingOutboundRequestError} when `url` is no address to call.
   * @throws {TypeError} when there is an option that is not known, of a wrong type, or one that this
   * runtime cannot honour.
   * @throws {RangeError} when a number is outside its range.
   */
  constructor(url: string | URL, options: Http2ClientOptions = {}) {
    this.#base = new BaseURL(url);
    this.#settings = checkHttp2Options(options);
    const { pool, push } = this.#settings;
    this.#pool = new ConnectionPool(pool);
    this.#pushPool = push
      ? new ConnectionPool({ ...pool, connect: { ...pool.connect, takesPushes: true } })
      : this.#pool;
    this.fetch = async (input, init) => {
      return await http2Call(read(input, init), { pool: this.#pool, settings: this.#settings });
    };
  }

  /**
   * Sends a request, and gives at once what its response and what is pushed with it can be had of
   * (spec: `submit`). A call that is submitted has a connection to itself until everything that was
   * promised has ended, because a promise does not tell to which call it belongs.
   *
   * @param method any method, as `GET`
   * @param path a path below the client's address
   * @throws {InitializingOutboundRequestError} when it cannot be sent as it is.
   */
  submit(method: string, path: string, init: SubmitInit = {}): Http2Future {
    const { headers, body, signal } = init;
    const controller = new AbortController();
    const request = read(this.#base.resolve(path), {
      method,
      ...headers !== undefined && { headers },
      ...body !== undefined && { body },
      signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    });
    const { url } = request;
    return new Http2Future(url, this.#settings, controller, (hooks) => {
      return http2Call(request, { pool: this.#pushPool, settings: this.#settings, ...hooks });
    });
  }

  /** The response of a call that was submitted (spec: `getResponse`): `future.response`. */
  getResponse(future: Http2Future): Promise<Response> {
    return future.response;
  }

  /** Whether a call that was submitted has another promise (spec: `hasPromise`). */
  hasPromise(future: Http2Future): Promise<boolean> {
    return future.hasPromise();
  }

  /**
   * The next promise of a call that was submitted (spec: `getNextPromise`).
   *
   * @throws {Http2ClientError} (as a rejection) when there is none.
   */
  async getNextPromise(future: Http2Future): Promise<Http2Promise> {
    const promise = await future.nextPromise();
    if (promise !== undefined) return promise;
    throw new Http2ClientError("Cannot get the next promise: there is none, ask hasPromise before");
  }

  /** The response that was promised (spec: `getPromisedResponse`): `promise.response`. */
  getPromisedResponse(promise: Http2Promise): Promise<Response> {
    return promise.response;
  }

  /** Tells the server that what it promised is not wanted (spec: `rejectPromise`). */
  rejectPromise(promise: Http2Promise): void {
    promise.reject();
  }

  /**
   * Refuses further calls and closes idle connections; calls in flight, and bodies that are still being
   * read, go on.
   *
   * @returns a promise that settles once they have ended.
   */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#pushPool.close()]);
  }

  /** Closes, and waits as {@linkcode close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Reads a call; what the platform says of a bad one is told in this library's words. */
function read(input: Request | URL | string, init: RequestInit | undefined): OutgoingRequest {
  try {
    return outgoingRequest(input, init);
  } catch (error) {
    throw explainFailure(error, { url: input instanceof Request ? input.url : String(input) });
  }
}
