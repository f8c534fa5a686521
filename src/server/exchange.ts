/**
 * One request on its way through a service: what routing found, and what is made only if asked.
 *
 * Nothing here is public; a handler sees it through its {@linkcode Call}, `context` and `caller`.
 *
 * @module
 */
import type { HttpError } from "../message/errors.ts";
import { InterceptorReturnError } from "../message/listener_errors.ts";
import { Caller } from "./caller.ts";
import { pushesOf } from "./push.ts";
import { type Connection, keepConnection, type PlatformAddress } from "../message/connection.ts";
import { platformRequest, receivedSignal, showSignal } from "../message/platform_request.ts";
import { keepOrigin } from "../message/request_origin.ts";
import type { Steps } from "./next.ts";
import type { Stopping } from "./stopping.ts";
import { type ContextKey, RequestContext, type RequestFacts } from "./request_context.ts";
import { endOfTarget } from "./request_target.ts";
import type { Match } from "./router.ts";

/** What a value is answered with. */
export type Continuation = (value: unknown) => Response | Promise<Response>;

/** Answers in place of answers that fail. */
export interface Owner {
  /** The answer in place of one that failed; never fails itself. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response>;
}

/** Sees to it that a request is answered in time. */
export interface Watcher {
  /** What `next` makes of `value`, or what is answered in its place; the promise never fails. */
  watch(exchange: Exchange, value: Promise<unknown>, next: Continuation): Promise<Response>;
  /** Counts a request until its response is sent; gives what is to be sent. */
  track(exchange: Exchange, answer: Response): Response;
  /** Tells answers that last that they should end. */
  readonly stopping: Stopping;
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
  values?: Map<ContextKey<unknown>, unknown>;
  context?: RequestContext;
  caller?: Caller;
  controller?: AbortController;
  /** The request that was shown last. */
  shown?: Request;
  /** The exchange before another request took the place of its own. */
  received?: Exchange;
  signal?: AbortSignal;
  stopping?: AbortSignal;
  abortReason?: unknown;
}

/** The state of one request. */
export class Exchange implements RequestFacts, Steps {
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
  /** Whether layers have asked for its answer already; another time they ask it anew. */
  isAsked = false;
  /** What layers were given from inside. */
  inside: Response | undefined = undefined;
  /** Answers before what is watched is done; set where something is. */
  settle: ((make: () => Response | Promise<Response>) => void) | undefined = undefined;
  /** Whether the answer is there as a whole, so that sending it is one write. */
  isWhole = false;
  /** Whether the answer was made of a plain value, so that it has no header field but its type. */
  isFresh = false;
  /** Whether interceptors stand around what answers. */
  isIntercepted = false;
  /** What is left to do once they have run: 304, a part, HEAD's missing body. */
  conclude: ((response: Response) => Response | Promise<Response>) | undefined = undefined;
  /** The error that a handler or a hook gave back rather than threw. */
  returnedError: Error | undefined = undefined;
  /** Whether error hooks are still to be asked, so that an error is no panic yet. */
  mayRecover = false;
  /** The failure that the observer was told of, which hooks may throw once more. */
  told: { readonly error: unknown } | undefined = undefined;
  /** Told when the caller answers while the handler goes on. */
  onRespond: ((exchange: Exchange) => void) | undefined = undefined;
  /** The answer, where it has to be waited for. */
  answering: Promise<unknown> | undefined = undefined;
  /** What the handler gave, which may go on after the answer. */
  handling: Promise<unknown> | undefined = undefined;
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
    public request: Request,
    public method: string,
    public url: string,
    public pathStart: number,
    public pathEnd: number,
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

  /** Makes responses at less cost, where nobody but this library sees them before they are sent. */
  get maker(): Connection | undefined {
    return this.isLayered ? undefined : this.connection;
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

  /** What is kept for the request. */
  get values(): Map<ContextKey<unknown>, unknown> {
    return (this.#extras ??= {}).values ??= new Map();
  }

  /** The context that interceptors and handler share. */
  get context(): RequestContext {
    return (this.#extras ??= {}).context ??= new RequestContext(this, this);
  }

  /** The other end. */
  get caller(): Caller {
    return (this.#extras ??= {}).caller ??= new Caller(
      this.url,
      this.connection,
      this.surroundings?.local,
      () => this.onRespond?.(this),
      () => pushesOf(this),
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
      extras.signal = AbortSignal.any([receivedSignal(this.request), extras.controller.signal]);
    }
    return extras.signal;
  }

  /** Aborts when the listener stops; never where nobody listens. */
  get stopping(): AbortSignal {
    const stopping = this.surroundings?.watcher?.stopping;
    return (this.#extras ??= {}).stopping ??= stopping?.signalFor(this.connection) ??
      new AbortController().signal;
  }

  /**
   * Answers with what `next` makes of a value that has to be waited for. Everything that waits goes
   * through here, so that a request costs one promise and not one for every thing that looks on.
   */
  later(value: Promise<unknown>, next: Continuation): Promise<Response> {
    const watcher = this.surroundings?.watcher;
    if (watcher === undefined || this.isWatched) return value.then(next);
    this.isWatched = true;
    return watcher.watch(this, value, next);
  }

  /** The request as handlers and interceptors see it: its signal fires on the deadline too. */
  get visibleRequest(): Request {
    const { connection, hasDeadline } = this;
    if (connection === undefined && !hasDeadline) return this.request;
    const extras = this.#extras ??= {};
    if (extras.shown === this.request) return this.request;
    const request = this.request = platformRequest(this.request);
    extras.shown = request;
    if (connection !== undefined) keepConnection(request, connection);
    if (hasDeadline) showSignal(request, () => this.signal);
    return request;
  }

  /** A resource is the last to be asked: nothing is next. */
  next(): never {
    const message = this.isIntercepted
      ? "no next service to be returned"
      : "request context object does not contain the configured interceptors";
    throw new InterceptorReturnError(message);
  }

  /** The exchange as it came, whatever request interceptors have gone on with. */
  get received(): Exchange {
    return this.#extras?.received ?? this;
  }

  /** The same exchange from its beginning, for a layer that asks for its answer once more. */
  again(request: Request): Exchange {
    const again = this.received.#copy(request);
    if (this.hasDeadline) again.#extras = { signal: this.signal };
    return again;
  }

  #copy(request: Request): Exchange {
    const { method, url, pathStart, pathEnd, connection } = this;
    const copy = new Exchange(request, method, url, pathStart, pathEnd, connection);
    copy.routeUrl = this.routeUrl;
    copy.routeStart = this.routeStart;
    copy.routeEnd = this.routeEnd;
    copy.surroundings = this.surroundings;
    copy.isWatched = this.isWatched;
    copy.isLayered = this.isLayered;
    return copy;
  }

  /** Goes on with another request in place of the one there was, found where `found` is. */
  replace(found: Exchange): void {
    const extras = this.#extras ??= {};
    extras.received ??= this.#copy(this.request);
    keepOrigin(found.request, this.request);
    const hasSameUrl = found.request.url === this.request.url;
    this.request = found.request;
    this.method = found.method;
    // The path as it was sent, with its matrix parameters, is still that of this request.
    if (hasSameUrl) return;
    this.url = found.url;
    this.pathStart = found.pathStart;
    this.pathEnd = found.pathEnd;
    this.routeUrl = found.routeUrl;
    this.routeStart = found.routeStart;
    this.routeEnd = found.routeEnd;
    this.match = undefined;
  }

  /** Whether its answer is no longer wanted. */
  get isAborted(): boolean {
    return this.#extras?.abortReason !== undefined;
  }

  /** Tells whoever holds {@linkcode signal} that the answer is no longer wanted. */
  abort(reason: unknown): void {
    const extras = this.#extras ??= {};
    extras.abortReason = reason;
    extras.controller?.abort(reason);
  }
}
