/**
 * The argument of a handler: what its spec declares, bound; the rest made only if it is read.
 *
 * @module
 */
import { readCookies } from "../message/cookie_parse.ts";
import type { Caller } from "./caller.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestContext } from "./request_context.ts";

/** A handler's argument. Its type for each resource is `Call<Path, Spec>`. */
export class BoundCall {
  readonly #exchange: Exchange;
  #path: unknown;
  #query: unknown;
  readonly #headers: unknown;
  #cookies: unknown;
  readonly #body: unknown;

  /** Joins the request's state and what was bound; a part that is not declared is `undefined`. */
  constructor(
    exchange: Exchange,
    path?: unknown,
    query?: unknown,
    headers?: unknown,
    cookies?: unknown,
    body?: unknown,
  ) {
    this.#exchange = exchange;
    this.#path = path;
    this.#query = query;
    this.#headers = headers;
    this.#cookies = cookies;
    this.#body = body;
  }

  /** The request as it came. */
  get request(): Request {
    return this.#exchange.visibleRequest;
  }

  /** The path parameters: bound, or as text. */
  get path(): unknown {
    return this.#path ??= this.#exchange.match?.params();
  }

  /** The query parameters: bound, or all of them. */
  get query(): unknown {
    return this.#query ??= new URLSearchParams(this.#exchange.rawQuery);
  }

  /** The header fields: bound, or all of them. */
  get headers(): unknown {
    return this.#headers ?? this.#exchange.request.headers;
  }

  /** The cookies: bound, or the first of each name. */
  get cookies(): unknown {
    return this.#cookies ??= readCookies(this.#exchange.request.headers);
  }

  /** The payload, if the spec declares one. */
  get body(): unknown {
    return this.#body;
  }

  /** The other end. */
  get caller(): Caller {
    return this.#exchange.caller;
  }

  /** What interceptors and handler share. */
  get context(): RequestContext {
    return this.#exchange.context;
  }
}
