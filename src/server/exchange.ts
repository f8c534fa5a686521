/**
 * One request on its way through a service: what routing found, and what is made only if asked.
 *
 * Nothing here is public; a handler sees it through its {@linkcode Call}, `context` and `caller`.
 *
 * @module
 */
import type { HttpError } from "../message/errors.ts";
import { Caller } from "./caller.ts";
import type { Connection, PlatformAddress } from "../message/connection.ts";
import { RequestContext, type RequestFacts } from "./request_context.ts";
import { endOfTarget } from "./request_target.ts";
import type { Match } from "./router.ts";

/** What a value is answered with. */
export type Next = (value: unknown) => Response | Promise<Response>;

/** Answers in place of answers that fail. */
export interface Owner {
  /** The answer in place of one that failed; never fails itself. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response>;
}

/** Sees to it that a request is answered in time. */
export interface Watcher {
  /** What `next` makes of `value`, or what is answered in its place; the promise never fails. */
  watch(exchange: Exchange, value: Promise<unknown>, next: Next): Promise<Response>;
}

/** What all requests of a mount on a listener have in common. */
export interface Surroundings {
  /** Who answers where a request fails. */
  readonly owner: Owner;
  /** Who watches what is waited for. */
  readonly watcher: Watcher | undefined;
  /** Whether a deadline may abort a request's signal. */
  readonly hasDeadline: boolean;
  /** This end of every connection, where a listener tells it. */
  readonly local: (() => PlatformAddress) | undefined;
}

/** The parts of an exchange that most requests never ask for. */
interface Extras {
  context?: RequestContext;
  caller?: Caller;
  controller?: AbortController;
  signal?: AbortSignal;
  abortReason?: unknown;
}

/** The state of one request. */
export class Exchange implements RequestFacts {
  /** What the router found; `undefined` until then, and where nothing matched. */
  match: Match<unknown> | undefined = undefined;
  /** Whether the payload is being read: a request that times out then is the client's fault. */
  reading = false;
  /** What it has in common with others; none where nobody listens. */
  surroundings: Surroundings | undefined = undefined;
  /** Whether something that waits is watched; whatever else waits is inside of that. */
  isWatched = false;
  /** Whether layers stand between the handler and the answer, so that none may go past them. */
  isLayered = false;
  /** Answers before what is watched is done; set where something is. */
  settle: ((make: () => Response | Promise<Response>) => void) | undefined = undefined;
  /** Whether the answer is there as a whole, so that sending it is one write. */
  isWhole = false;
  /** Told when the caller answers while the handler goes on. */
  onRespond: (() => void) | undefined = undefined;
  /** What is made only if it is asked for, so that most requests carry one empty field. */
  #extras: Extras | undefined = undefined;
  /** Why the request's target is refused before anything is routed. */
  fault: HttpError | undefined = undefined;
  /** The text that is routed: the URL, or a path without its matrix parameters. */
  routeUrl: string;
  /** Where the path starts in {@linkcode routeUrl}. */
  routeStart: number;
  /** Where the path ends in {@linkcode routeUrl}. */
  routeEnd: number;

  /** Keeps the request and where its path and query are within its URL. */
  constructor(
    readonly request: Request,
    readonly method: string,
    readonly url: string,
    readonly pathStart: number,
    readonly pathEnd: number,
    readonly connection: Connection | undefined,
  ) {
    this.routeUrl = url;
    this.routeStart = pathStart;
    this.routeEnd = pathEnd;
  }

  /** Whether a deadline may abort {@linkcode signal}. */
  get hasDeadline(): boolean {
    return this.surroundings?.hasDeadline === true;
  }

  /** Where the query ends. */
  get end(): number {
    return endOfTarget(this.url, this.pathEnd);
  }

  /** Where the query starts, just after `?`; the end of the target where there is none. */
  get queryStart(): number {
    return Math.min(this.pathEnd + 1, this.end);
  }

  /** The path and query as they were sent. */
  get target(): string {
    return this.url.slice(this.pathStart, this.end);
  }

  /** The path as it was sent. */
  get rawPath(): string {
    return this.url.slice(this.pathStart, this.pathEnd);
  }

  /** The query as it was sent, without its `?`. */
  get rawQuery(): string {
    return this.url.slice(this.queryStart, this.end);
  }

  /** The part of the path that a rest parameter matched, with its slash, or `""`. */
  get extraPathInfo(): string {
    return this.match?.rest ?? "";
  }

  /** The context that interceptors and handler share. */
  get context(): RequestContext {
    return (this.#extras ??= {}).context ??= new RequestContext(this);
  }

  /** The other end. */
  get caller(): Caller {
    return (this.#extras ??= {}).caller ??= new Caller(
      this.url,
      this.connection,
      this.surroundings?.local,
      () => this.onRespond?.(),
    );
  }

  /** The caller, if anything asked for it. */
  get usedCaller(): Caller | undefined {
    return this.#extras?.caller;
  }

  /** Aborts when the client leaves or the deadline passes. */
  get signal(): AbortSignal {
    const extras = this.#extras ??= {};
    if (extras.signal === undefined) {
      extras.controller = new AbortController();
      if (extras.abortReason !== undefined) extras.controller.abort(extras.abortReason);
      extras.signal = AbortSignal.any([nativeSignal(this.request), extras.controller.signal]);
    }
    return extras.signal;
  }

  /**
   * Answers with what `next` makes of a value that has to be waited for. Everything that waits goes
   * through here, so that a request costs one promise and not one for every thing that looks on.
   */
  later(value: Promise<unknown>, next: Next): Promise<Response> {
    const watcher = this.surroundings?.watcher;
    if (watcher === undefined || this.isWatched) return value.then(next);
    this.isWatched = true;
    return watcher.watch(this, value, next);
  }

  /** Tells whoever holds {@linkcode signal} that the answer is no longer wanted. */
  abort(reason: unknown): void {
    const extras = this.#extras ??= {};
    extras.abortReason = reason;
    extras.controller?.abort(reason);
  }
}

const signalGetter = Object.getOwnPropertyDescriptor(Request.prototype, "signal")?.get;

/** The platform's own signal, even after {@linkcode watchDeadline} put ours before it. */
function nativeSignal(request: Request): AbortSignal {
  return signalGetter === undefined ? request.signal : signalGetter.call(request);
}

/**
 * Makes `request.signal` fire on the deadline too.
 *
 * Rebuilding the request with another signal would cost ten times as much and take its body away.
 */
export function watchDeadline(exchange: Exchange): Request {
  const { request } = exchange;
  Object.defineProperty(request, "signal", { get: () => exchange.signal, configurable: true });
  return request;
}
