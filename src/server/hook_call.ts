/**
 * The argument of a hook: what is declared, bound; the rest made only if it is read.
 *
 * @module
 */
import { readCookies } from "../message/cookie_parse.ts";
import { InterceptorReturnError } from "../message/listener_errors.ts";
import { Caller } from "./caller.ts";
import { type Pushes, pushesOf } from "./push.ts";
import type { Exchange } from "./exchange.ts";
import type { Next, Steps } from "./next.ts";
import { RequestContext } from "./request_context.ts";
import { dropUnsent } from "./unsent.ts";

/** What a request hook has bound. */
export interface HookBindings {
  /** The path parameters. */
  readonly path?: unknown;
  /** The query parameters. */
  readonly query?: unknown;
  /** The header fields. */
  readonly headers?: unknown;
  /** The cookies. */
  readonly cookies?: unknown;
  /** The payload. */
  readonly body?: unknown;
}

/** What a hook is part of: has the response that hooks are shown, and knows what is next. */
export interface Hooked {
  /** The response so far, one whose header fields can be set; `undefined` before there is any. */
  shown(): Response | undefined;
  /** The number of the hook that runs; it is another once the hook has returned. */
  readonly turn: number;
  /** Leads to the next hook. */
  next(request?: Request): Next;
}

/** A hook's argument. Its types are those of the hooks of an `Interceptor`. */
export class BoundHookCall implements Steps {
  readonly #exchange: Exchange;
  readonly #params: (() => unknown) | undefined;
  readonly #hooked: Hooked;
  /** The number of the hook that this is the argument of. */
  readonly #turn: number;
  readonly #error: Error | undefined;
  #response: Response | undefined = undefined;
  #bound: HookBindings | undefined = undefined;
  #caller: Caller | undefined = undefined;
  #context: RequestContext | undefined = undefined;

  /** Joins the request's state and what the hook is about. */
  constructor(
    exchange: Exchange,
    params: (() => unknown) | undefined,
    hooked: Hooked,
    error: Error | undefined,
  ) {
    this.#exchange = exchange;
    this.#params = params;
    this.#hooked = hooked;
    this.#turn = hooked.turn;
    this.#error = error;
  }

  /** Gives it what was bound. */
  bind(bound: HookBindings): this {
    this.#bound = bound;
    return this;
  }

  /** The request as the interceptors before have left it. */
  get request(): Request {
    return this.#exchange.visibleRequest;
  }

  /** The response so far. */
  get response(): Response | undefined {
    return this.#response ??= this.#hooked.shown();
  }

  /** What was thrown. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** The parameters of the filter's path: bound, or as text. */
  get path(): unknown {
    return this.#bound?.path ?? this.#params?.() ?? {};
  }

  /** The query parameters: bound, or all of them. */
  get query(): unknown {
    return this.#bound?.query ?? new URLSearchParams(this.#exchange.rawQuery);
  }

  /** The header fields: bound, or all of them. */
  get headers(): unknown {
    return this.#bound?.headers ?? this.#exchange.request.headers;
  }

  /** The cookies: bound, or the first of each name. */
  get cookies(): unknown {
    return this.#bound?.cookies ?? readCookies(this.#exchange.request.headers);
  }

  /** The payload, if it is bound. */
  get body(): unknown {
    return this.#bound?.body;
  }

  /** The other end; one for each hook, so that each may answer. */
  get caller(): Caller {
    const exchange = this.#exchange;
    const { url, connection, surroundings } = exchange;
    const pushes = (): Pushes | undefined => pushesOf(exchange);
    return this.#caller ??= new Caller(url, connection, surroundings?.local, () => {}, pushes);
  }

  /** What the hook answers: what it gave its caller, or else what it returned. */
  answer(returned: unknown): unknown {
    if (this.#caller?.responded !== true) return returned;
    const { given } = this.#caller;
    if (returned !== given) dropUnsent(returned);
    return given;
  }

  /** Drops what its caller was given, where the hook has failed. */
  drop(): void {
    dropUnsent(this.#caller?.given);
  }

  /** What interceptors and handler share; one for each hook, so that none goes on for another. */
  get context(): RequestContext {
    return this.#context ??= new RequestContext(this.#exchange, this);
  }

  /** Leads to the next interceptor. */
  next(request?: Request): Next {
    if (this.#turn === this.#hooked.turn) return this.#hooked.next(request);
    throw new InterceptorReturnError("next() was called after its hook had returned");
  }
}
