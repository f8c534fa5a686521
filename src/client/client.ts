/**
 * The client (spec 2.4): calls relative to a base URL, their messages encoded, their responses bound.
 *
 * Everything it does to a request on its way is a layer; `client.fetch` is all of them as one
 * `Fetch`, for whatever takes one.
 *
 * @module
 */
import { circuitBreakerOf } from "../layers/circuit_breaker.ts";
import type { CircuitBreaker } from "../layers/circuit_breaker_object.ts";
import type { CircuitState } from "../layers/circuit_breaker_state.ts";
import { cookieStoreOf } from "../layers/cookie_config.ts";
import type { CookieStore } from "../layers/cookie_store.ts";
import { UnsupportedActionError } from "../message/client_errors.ts";
import type { Fetch } from "../message/fetch.ts";
import { BaseURL } from "./base_url.ts";
import { type AnyCallOptions, bodilessOptions, headOptions } from "./call_options.ts";
import type {
  BodilessCall,
  ExecuteCall,
  ForwardCall,
  HeadCall,
  MessageCall,
} from "./call_signatures.ts";
import { ClientCalls } from "./client_calls.ts";
import { clientConfig, type ClientConfiguration } from "./client_config.ts";
import { ownTransport, sender } from "./client_sender.ts";
import { clientLayers } from "./client_stack.ts";
import { passedBack } from "./passed_back.ts";
import type { Transport } from "./transport.ts";

/**
 * Calls a remote service.
 *
 * A call needs no `this`. It gives the `Response`, whatever its status; with `as` it gives the body,
 * bound, and rejects with {@linkcode ClientRequestError} or {@linkcode RemoteServerError} where the
 * service answers 4xx or 5xx; with `responses` it gives what is declared for the status.
 *
 * @example
 * ```ts
 * import { Client, path } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const Album = z.object({ id: z.string(), title: z.string() });
 * const api = new Client("https://api.example.com/v1", { headers: { accept: "application/json" } });
 *
 * const album = await api.get(path`/albums/${"a/1"}`, { as: Album });
 * const created = await api.post("/albums", { id: "2", title: album.title });
 * console.log(created.status, created.headers.get("location"));
 * ```
 */
export class Client implements Disposable, AsyncDisposable {
  /**
   * All that this client does to a request, as a fetch: for libraries that take one, and for calls
   * without options. Paths are relative to the base URL; it needs no `this`.
   */
  readonly fetch: Fetch;
  /** Sends GET. */
  readonly get: BodilessCall = (path: string, options?: AnyCallOptions) =>
    this.#calls.call("GET", path, undefined, options, bodilessOptions);
  /** Sends HEAD; the response has no body. */
  readonly head: HeadCall = (path: string, options?: AnyCallOptions) =>
    this.#calls.call("HEAD", path, undefined, options, headOptions) as Promise<Response>;
  /** Sends OPTIONS. */
  readonly options: BodilessCall = (path: string, options?: AnyCallOptions) =>
    this.#calls.call("OPTIONS", path, undefined, options, bodilessOptions);
  /** Sends POST with a message, encoded by its type or by `mediaType`. */
  readonly post: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#calls.call("POST", path, message, options);
  /** Sends PUT with a message, encoded by its type or by `mediaType`. */
  readonly put: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#calls.call("PUT", path, message, options);
  /** Sends PATCH with a message, encoded by its type or by `mediaType`. */
  readonly patch: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#calls.call("PATCH", path, message, options);
  /** Sends DELETE, with a message if there is one. */
  readonly delete: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#calls.call("DELETE", path, message, options);
  /** Sends a request of any method, as `MOVE`; methods are case-sensitive. */
  readonly execute: ExecuteCall = (
    method: string,
    path: string,
    message?: unknown,
    options?: AnyCallOptions,
  ) => this.#calls.call(method, path, message, options);
  /**
   * Passes a received request on: its method, its header fields but those of its connection, and its
   * body, unread. Redirects are for whoever sent it, and so is the response, which comes without the
   * fields of its connection.
   *
   * The call goes on when the client that sent the request goes away, unless `signal` is that of the
   * request.
   */
  readonly forward: ForwardCall = (path: string, request: Request, options?: AnyCallOptions) =>
    request instanceof Request
      ? this.#calls.call(request.method, path, request, options, bodilessOptions).then(sentBack)
      : Promise.reject(
        new TypeError("forward passes a received Request on: give one after the path"),
      );
  /** Where this client keeps cookies; `undefined` if it keeps none. */
  readonly cookieStore: CookieStore | undefined;
  /** The circuits of this client, to look at and to switch by hand; `undefined` if it has none. */
  readonly circuitBreaker: CircuitBreaker | undefined;
  readonly #base: BaseURL;
  readonly #calls: ClientCalls;
  /** The transport that was made for this client. */
  readonly #ownTransport: Transport | undefined;

  /**
   * Makes a client of the service at a URL; one without a scheme is taken for http, or for https where
   * the transport has `tls` options.
   *
   * @throws {InitializingOutboundRequestError} when `url` is no http or https URL, or has credentials,
   * a query or a fragment.
   * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
   */
  constructor(url: string | URL, configuration: ClientConfiguration = {}) {
    const config = clientConfig(configuration);
    const isSecure = config.transport !== undefined && Object.hasOwn(config.transport, "tls");
    const base = new BaseURL(url, config.origins, isSecure ? "https" : "http");
    this.#base = base;
    this.cookieStore = cookieStoreOf(config.cookies);
    this.circuitBreaker = circuitBreakerOf(config.circuitBreaker);
    const layers = clientLayers(config, {
      base,
      store: this.cookieStore,
      breaker: this.circuitBreaker,
    });
    // Last, so that nothing stays open where an option is refused.
    this.#ownTransport = ownTransport(config);
    this.#calls = new ClientCalls(config, {
      base,
      layers,
      send: sender(config, this.#ownTransport),
    });
    this.fetch = this.#calls.fetch;
  }

  /** The address that calls are relative to, without a slash at its end. */
  get url(): string {
    return this.#base.href;
  }

  /**
   * Frees the connections that were made for this client alone, as `transport` options ask for; others
   * stay open. Calls in flight go on.
   */
  close(): void | Promise<void> {
    return this.#ownTransport?.close();
  }

  /** Closes the client, without waiting. */
  [Symbol.dispose](): void {
    this.#ownTransport?.[Symbol.dispose]();
  }

  /** Closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Closes all circuits and forgets the calls so far.
   *
   * @throws {UnsupportedActionError} when this client has no circuit breaker.
   */
  circuitBreakerForceClose(): void {
    this.#breakerFor("circuitBreakerForceClose").forceClose();
  }

  /**
   * Opens all circuits for the reset time.
   *
   * @throws {UnsupportedActionError} when this client has no circuit breaker.
   */
  circuitBreakerForceOpen(): void {
    this.#breakerFor("circuitBreakerForceOpen").forceOpen();
  }

  /**
   * The state of the circuit that a call would meet; of several, {@linkcode Client.circuitBreaker} tells
   * each.
   *
   * @throws {UnsupportedActionError} when this client has no circuit breaker.
   */
  getCircuitBreakerCurrentState(): CircuitState {
    return this.#breakerFor("getCircuitBreakerCurrentState").currentState();
  }

  #breakerFor(method: string): CircuitBreaker {
    if (this.circuitBreaker !== undefined) return this.circuitBreaker;
    // Programs that know the original library compare the beginning of this text.
    throw new UnsupportedActionError(
      `illegal method invocation. '${method}()' is allowed for clients which have configured with circuit breaker configurations: set circuitBreaker`,
    );
  }
}

/** What a call that passes a request on gives: a response, or what one was bound to. */
function sentBack<T>(given: T): T {
  return given instanceof Response ? passedBack(given) as T & Response : given;
}
