/**
 * The client (spec 2.4): calls relative to a base URL, their messages encoded, their responses bound.
 *
 * Everything it does to a request on its way is a layer; `client.fetch` is all of them as one
 * `Fetch`, for whatever takes one.
 *
 * @module
 */
import { cookieStoreOf } from "../layers/cookie_config.ts";
import type { CookieStore } from "../layers/cookie_store.ts";
import { withProgress } from "../layers/progress.ts";
import { type Fetch, type Layer, stack } from "../message/fetch.ts";
import { type ForwardedRules, forwardedRules } from "../message/forwarded_build.ts";
import { checkedOptions, ownOptions } from "../message/options.ts";
import { isSchema, type Schema } from "../schema/standard.ts";
import { baseFetch } from "./base_fetch.ts";
import { BaseURL } from "./base_url.ts";
import { unlessAborted } from "./call_abort.ts";
import { type CallInit, callInit } from "./call_init.ts";
import {
  type AnyCallOptions,
  bodilessOptions,
  headOptions,
  messageOptions,
} from "./call_options.ts";
import type {
  BodilessCall,
  ExecuteCall,
  ForwardCall,
  HeadCall,
  MessageCall,
} from "./call_signatures.ts";
import { clientConfig, type ClientConfiguration } from "./client_config.ts";
import { clientLayers } from "./client_stack.ts";
import { explainedFetch } from "./explained_fetch.ts";
import { passedBack } from "./passed_back.ts";
import { encodeQuery, type QueryListStyle } from "./query.ts";
import { type BindingRules, ResponseBinding } from "./response_binding.ts";
import { responseError } from "./response_error.ts";
import { StatusCodeBindings } from "./status_binding.ts";
import { type Transport, transport } from "./transport.ts";
import { platformFetch } from "./transport_default.ts";
import type { TransportOptions } from "./transport_options.ts";

const noOptions: AnyCallOptions = Object.freeze(Object.create(null));

/** The most bytes of a body that is bound: 64 MiB. */
const defaultBodyLimit = 67_108_864;

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
    this.#call("GET", path, undefined, options, bodilessOptions);
  /** Sends HEAD; the response has no body. */
  readonly head: HeadCall = (path: string, options?: AnyCallOptions) =>
    this.#call("HEAD", path, undefined, options, headOptions) as Promise<Response>;
  /** Sends OPTIONS. */
  readonly options: BodilessCall = (path: string, options?: AnyCallOptions) =>
    this.#call("OPTIONS", path, undefined, options, bodilessOptions);
  /** Sends POST with a message, encoded by its type or by `mediaType`. */
  readonly post: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#call("POST", path, message, options);
  /** Sends PUT with a message, encoded by its type or by `mediaType`. */
  readonly put: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#call("PUT", path, message, options);
  /** Sends PATCH with a message, encoded by its type or by `mediaType`. */
  readonly patch: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#call("PATCH", path, message, options);
  /** Sends DELETE, with a message if there is one. */
  readonly delete: MessageCall = (path: string, message?: unknown, options?: AnyCallOptions) =>
    this.#call("DELETE", path, message, options);
  /** Sends a request of any method, as `MOVE`; methods are case-sensitive. */
  readonly execute: ExecuteCall = (
    method: string,
    path: string,
    message?: unknown,
    options?: AnyCallOptions,
  ) => this.#call(method, path, message, options);
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
      ? this.#call(request.method, path, request, options, bodilessOptions).then(sentBack)
      : Promise.reject(
        new TypeError("forward passes a received Request on: give one after the path"),
      );
  /** Where this client keeps cookies; `undefined` if it keeps none. */
  readonly cookieStore: CookieStore | undefined;
  readonly #base: BaseURL;
  /** The innermost fetch. */
  readonly #send: Fetch;
  /** What is around it. */
  readonly #layers: readonly Layer[];
  /** The transport that was made for this client. */
  readonly #ownTransport: Transport | undefined;
  readonly #forwarded: ForwardedRules;
  readonly #queryLists: QueryListStyle;
  readonly #rules: BindingRules;
  /** What each schema was read to, which takes longer than a call. */
  readonly #bindings: WeakMap<Schema, ResponseBinding> = new WeakMap();
  readonly #statusBindings: StatusCodeBindings;

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
    const { queryLists = "comma", validation = true, laxDataBinding = false } = config;
    const isSecure = config.transport !== undefined && "tls" in config.transport;
    this.#base = new BaseURL(url, config.origins, isSecure ? "https" : "http");
    this.#queryLists = queryLists;
    const { maxEntityBodySize: limit = defaultBodyLimit } = ownOptions(config.responseLimits ?? {});
    this.#rules = { limit: limit === -1 ? Infinity : limit, validation, lax: laxDataBinding };
    this.#statusBindings = new StatusCodeBindings(this.#rules, (schema) => this.#bindingOf(schema));
    this.#ownTransport = ownTransport(config);
    this.#send = sender(config, this.#ownTransport);
    this.cookieStore = cookieStoreOf(config.cookies);
    this.#layers = clientLayers(config, this.#base.origin, this.cookieStore);
    this.#forwarded = forwardedRules(config.forwarded ?? "disable");
    this.fetch = baseFetch(this.#base, stack(this.#send, ...this.#layers));
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

  #call(
    method: string,
    path: string,
    message: unknown,
    given: AnyCallOptions = noOptions,
    known: Readonly<Record<string, true>> = messageOptions,
    // What a call gives is a matter of its signature.
    // deno-lint-ignore no-explicit-any
  ): Promise<any> {
    let options = given;
    let target: string;
    let init: CallInit;
    let bind: Bind | undefined;
    try {
      if (given === noOptions) refuseOptions(message);
      else options = checkedOptions("A call", given, known);
      target = withQuery(path, options, this.#queryLists);
      init = callInit(method, message, options, this.#forwarded);
      bind = this.#bindFor(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const response = this.#fetchFor(options)(target, init);
    const result = bind === undefined ? response : response.then(bind);
    const { signal } = options;
    return signal instanceof AbortSignal ? unlessAborted(result, signal) : result;
  }

  /** What binds the response of a call; `undefined` where the call gives it as it is. */
  #bindFor(options: AnyCallOptions): Bind | undefined {
    const byStatus = this.#statusBindings.of(options);
    if (byStatus !== undefined) return (response) => byStatus.bind(response);
    const { as } = options;
    if (as === undefined) return undefined;
    const binding = this.#bindingOf(as);
    const { limit } = this.#rules;
    return (response) =>
      response.status < 400
        ? binding.bind(response)
        : responseError(response, limit).then((error) => Promise.reject(error));
  }

  /** The fetch of a call; one whose upload is watched has the layers put around that anew. */
  #fetchFor({ onUploadProgress: onUpload, onDownloadProgress: onDownload }: AnyCallOptions): Fetch {
    const fetch = onUpload === undefined ? this.fetch : baseFetch(
      this.#base,
      stack(withProgress(this.#send, { onUpload }), ...this.#layers),
    );
    return onDownload === undefined ? fetch : withProgress(fetch, { onDownload });
  }

  #bindingOf(schema: Schema): ResponseBinding {
    let binding = this.#bindings.get(schema);
    if (binding === undefined) {
      binding = new ResponseBinding(schema, this.#rules);
      this.#bindings.set(schema, binding);
    }
    return binding;
  }
}

/** Makes of a response what a call gives. */
type Bind = (response: Response) => Promise<unknown>;

/** What a call that passes a request on gives: a response, or what one was bound to. */
function sentBack<T>(given: T): T | Response {
  return given instanceof Response ? passedBack(given) : given;
}

/** Refuses options in the place of a message, as those of a DELETE that has none. */
function refuseOptions(message: unknown): void {
  if (typeof message !== "object" || message === null) return;
  const isMistaken = "as" in message && isSchema(message.as) ||
    "responses" in message && Object.values(message.responses ?? {}).some(isSchema);
  if (!isMistaken) return;
  throw new TypeError("The message of a call has a schema in it: pass options after the message");
}

function ownTransport({ transport: given }: ClientConfiguration): Transport | undefined {
  return given === undefined || isTransport(given) ? undefined : transport(given);
}

function sender(config: ClientConfiguration, own: Transport | undefined): Fetch {
  const { fetch, transport: given } = config;
  if (own !== undefined) return own.fetch;
  if (given !== undefined && isTransport(given)) return given.fetch;
  return fetch === undefined ? platformFetch : explainedFetch(fetch);
}

function isTransport(given: TransportOptions | Transport): given is Transport {
  return "fetch" in given && typeof given.fetch === "function";
}

/** A path with the query parameters of a call behind its own. */
function withQuery(
  path: string,
  { query, queryLists }: AnyCallOptions,
  lists: QueryListStyle,
): string {
  if (query === undefined) return path;
  const text = encodeQuery(query, queryLists ?? lists);
  if (text === "") return path;
  const hash = path.indexOf("#");
  const before = hash === -1 ? path : path.slice(0, hash);
  return `${before}${separatorBehind(before)}${text}${hash === -1 ? "" : path.slice(hash)}`;
}

function separatorBehind(path: string): string {
  if (!path.includes("?")) return "?";
  return path.endsWith("?") || path.endsWith("&") ? "" : "&";
}
