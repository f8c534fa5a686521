/**
 * The argument of a handler: what its spec declares, bound; the rest made only if it is read.
 *
 * @module
 */
import type { Caller } from "./caller.ts";
import { type Exchange, watchDeadline } from "./exchange.ts";
import type { RequestContext } from "./request_context.ts";

/** What binding gives; a part that the spec does not declare is `undefined`. */
export interface BoundParts {
  /** The declared path parameters. */
  path: unknown;
  /** The declared query parameters. */
  query: unknown;
  /** The declared header fields. */
  headers: unknown;
  /** The declared payload. */
  body: unknown;
}

/** Parts of a resource that binds nothing; shared, hence frozen. */
export const unbound: BoundParts = Object.freeze({
  path: undefined,
  query: undefined,
  headers: undefined,
  body: undefined,
});

/** A handler's argument. Its type for each resource is `Call<Path, Spec>`. */
export class BoundCall {
  readonly #exchange: Exchange;
  readonly #parts: BoundParts;
  #path: unknown = undefined;
  #query: unknown = undefined;

  /** Joins the request's state and what was bound. */
  constructor(exchange: Exchange, parts: BoundParts) {
    this.#exchange = exchange;
    this.#parts = parts;
  }

  /** The request as it came. */
  get request(): Request {
    return this.#exchange.hasDeadline ? watchDeadline(this.#exchange) : this.#exchange.request;
  }

  /** The path parameters: bound, or as text. */
  get path(): unknown {
    return this.#path ??= this.#parts.path ?? this.#exchange.match?.params();
  }

  /** The query parameters: bound, or all of them. */
  get query(): unknown {
    return this.#query ??= this.#parts.query ?? new URLSearchParams(this.#exchange.rawQuery);
  }

  /** The header fields: bound, or all of them. */
  get headers(): unknown {
    return this.#parts.headers ?? this.#exchange.request.headers;
  }

  /** The payload, if the spec declares one. */
  get body(): unknown {
    return this.#parts.body;
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
