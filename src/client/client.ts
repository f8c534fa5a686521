/**
 * The client (spec 2.4): calls relative to a base URL, their messages encoded, their responses bound.
 *
 * Everything it does to a request on its way is a layer; `client.fetch` is all of them as one
 * `Fetch`, for whatever takes one.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { checkOptions } from "../message/options.ts";
import { isSchema, type Schema } from "../schema/standard.ts";
import { BaseURL } from "./base_url.ts";
import { type CallInit, callInit } from "./call_init.ts";
import type { Answer, CallOptions, OnlyOptions } from "./call_options.ts";
import { clientConfig, type ClientConfiguration } from "./client_config.ts";
import { clientStack } from "./client_stack.ts";
import { encodeQuery, type QueryListStyle } from "./query.ts";
import { type BindingRules, ResponseBinding } from "./response_binding.ts";
import { responseError } from "./response_error.ts";

const callOptions: Readonly<Record<keyof CallOptions, true>> = {
  as: true,
  query: true,
  queryLists: true,
  headers: true,
  mediaType: true,
  signal: true,
};

const noOptions: CallOptions = {};

/** The most bytes of a body that is bound: 64 MiB. */
const defaultBodyLimit = 67_108_864;

/**
 * Calls a remote service.
 *
 * A call gives the `Response`, whatever its status; with `as` it gives the body, bound, and rejects
 * with {@linkcode ClientRequestError} or {@linkcode RemoteServerError} where the service answers 4xx
 * or 5xx.
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
export class Client {
  /**
   * All that this client does to a request, as a fetch: for libraries that take one, and for calls
   * without options. Paths are relative to the base URL; it needs no `this`.
   */
  readonly fetch: Fetch;
  readonly #base: BaseURL;
  readonly #queryLists: QueryListStyle;
  readonly #rules: BindingRules;
  /** What each schema was read to, which takes longer than a call. */
  readonly #bindings: WeakMap<Schema, ResponseBinding> = new WeakMap();

  /**
   * Makes a client of the service at a URL; one without a scheme is taken for http.
   *
   * @throws {InitializingOutboundRequestError} when `url` is no http or https URL, or has credentials,
   * a query or a fragment.
   * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
   */
  constructor(url: string | URL, configuration: ClientConfiguration = {}) {
    const config = clientConfig(configuration);
    const { queryLists = "comma", validation = true, laxDataBinding = false } = config;
    this.#base = new BaseURL(url, config.origins);
    this.#queryLists = queryLists;
    this.#rules = { limit: defaultBodyLimit, validation, lax: laxDataBinding };
    this.fetch = within(this.#base, clientStack(config, config.fetch ?? globalThis.fetch));
  }

  /** The address that calls are relative to, without a slash at its end. */
  get url(): string {
    return this.#base.href;
  }

  /** Sends GET. */
  get<const O extends CallOptions>(
    path: string,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("GET", path, undefined, options) as Promise<Answer<O>>;
  }

  /** Sends HEAD; the response has no body. */
  head<const O extends Omit<CallOptions, "as">>(
    path: string,
    options?: O & OnlyOptions<O, Omit<CallOptions, "as">>,
  ): Promise<Response> {
    return this.#call("HEAD", path, undefined, options) as Promise<Response>;
  }

  /** Sends OPTIONS. */
  options<const O extends CallOptions>(
    path: string,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("OPTIONS", path, undefined, options) as Promise<Answer<O>>;
  }

  /** Sends POST with a message, encoded by its type or by `mediaType`. */
  post<const O extends CallOptions>(
    path: string,
    message?: unknown,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("POST", path, message, options) as Promise<Answer<O>>;
  }

  /** Sends PUT with a message, encoded by its type or by `mediaType`. */
  put<const O extends CallOptions>(
    path: string,
    message?: unknown,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("PUT", path, message, options) as Promise<Answer<O>>;
  }

  /** Sends PATCH with a message, encoded by its type or by `mediaType`. */
  patch<const O extends CallOptions>(
    path: string,
    message?: unknown,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("PATCH", path, message, options) as Promise<Answer<O>>;
  }

  /** Sends DELETE, with a message if there is one. */
  delete<const O extends CallOptions>(
    path: string,
    message?: unknown,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call("DELETE", path, message, options) as Promise<Answer<O>>;
  }

  /** Sends a request of any method, as `MOVE`; methods are case-sensitive. */
  execute<const O extends CallOptions>(
    method: string,
    path: string,
    message?: unknown,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call(method, path, message, options) as Promise<Answer<O>>;
  }

  /**
   * Passes a received request on: its method, its header fields but those of its connection, and its
   * body, unread. The response comes as it is.
   *
   * The call goes on when the client that sent the request goes away, unless `signal` is that of the
   * request.
   */
  forward<const O extends CallOptions>(
    path: string,
    request: Request,
    options?: O & OnlyOptions<O>,
  ): Promise<Answer<O>> {
    return this.#call(request.method, path, request, options) as Promise<Answer<O>>;
  }

  #call(
    method: string,
    path: string,
    message: unknown,
    options: CallOptions = noOptions,
  ): Promise<unknown> {
    let target: string;
    let init: CallInit;
    let binding: ResponseBinding | undefined;
    try {
      if (options !== noOptions) checkOptions("A call", options, callOptions);
      else refuseOptions(message);
      target = withQuery(path, options, this.#queryLists);
      init = callInit(method, message, options);
      binding = options.as === undefined ? undefined : this.#bindingOf(options.as);
    } catch (error) {
      return Promise.reject(error);
    }
    const response = this.fetch(target, init);
    if (binding === undefined) return response;
    const { limit } = this.#rules;
    return response.then((received) =>
      received.status < 400
        ? binding.bind(received)
        : responseError(received, limit).then((error) => Promise.reject(error))
    );
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

/** Refuses options in the place of a message, as those of a DELETE that has none. */
function refuseOptions(message: unknown): void {
  if (typeof message === "object" && message !== null && "as" in message && isSchema(message.as)) {
    throw new TypeError("The message of a call has a schema in it: pass options after the message");
  }
}

/** Keeps a fetch to what a base URL allows. */
function within(base: BaseURL, next: Fetch): Fetch {
  return (input, init) => {
    try {
      if (typeof input === "string") return next(base.resolve(input), init);
      base.check(input instanceof Request ? input.url : input.href);
      return next(input, init);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** A path with the query parameters of a call behind its own. */
function withQuery(
  path: string,
  { query, queryLists }: CallOptions,
  lists: QueryListStyle,
): string {
  if (query === undefined) return path;
  const text = encodeQuery(query, queryLists ?? lists);
  if (text === "") return path;
  const hash = path.indexOf("#");
  const before = hash === -1 ? path : path.slice(0, hash);
  const separator = before.includes("?") ? "&" : "?";
  return `${before}${separator}${text}${hash === -1 ? "" : path.slice(hash)}`;
}
