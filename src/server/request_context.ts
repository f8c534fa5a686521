/**
 * What interceptors and the handler of one request share (spec 8.1.1.1).
 *
 * @module
 */
import { ListenerError } from "../message/listener_errors.ts";
import { describeIssues } from "../schema/issues.ts";
import { type Schema, validate } from "../schema/standard.ts";
import { type MatrixParams, matrixParams } from "./matrix_params.ts";
import type { Next, Steps } from "./next.ts";

/** What a context tells of the request it belongs to. */
export interface RequestFacts {
  /** What is kept for the request. */
  readonly values: Map<ContextKey<unknown>, unknown>;
  /** The request as interceptors have left it. */
  readonly request: Request;
  /** Aborts when the client leaves, or when the request's time is up. */
  readonly signal: AbortSignal;
  /** Aborts when the listener stops. */
  readonly stopping: AbortSignal;
  /** The path and query as they were sent. */
  readonly target: string;
  /** The path as it was sent. */
  readonly rawPath: string;
  /** The part of the path that a rest parameter matched. */
  readonly extraPathInfo: string;
}

/** A typed key of a {@linkcode RequestContext}; two keys are never the same, whatever their names. */
export interface ContextKey<T> {
  /** The name, for people. */
  readonly name: string;
  /** Only carries the type; never set. */
  readonly type?: T;
  /** Makes the value of a request that was given none; asked once a request. */
  readonly derive?: (request: Request) => T | undefined;
}

/**
 * Makes a key under which a value of type `T` can be kept in a {@linkcode RequestContext}.
 *
 * @param name for people
 * @param derive makes the value out of the request, as interceptors have left it, when it is first
 * asked for and was not set
 *
 * @example
 * ```ts
 * import { contextKey, get } from "@pirouette/http";
 *
 * const tenant = contextKey<string>("tenant");
 * const who = get("/who", ({ context }) => context.get(tenant) ?? "nobody");
 * ```
 */
export function contextKey<T>(
  name: string,
  derive?: (request: Request) => T | undefined,
): ContextKey<T> {
  return Object.freeze(derive === undefined ? { name } : { name, derive });
}

/** Values kept for the length of one request, and what routing knows of it. */
export class RequestContext {
  readonly #request: RequestFacts;
  readonly #steps: Steps;

  /** Made by the service, once for each request that asks for it. */
  constructor(request: RequestFacts, steps: Steps) {
    this.#request = request;
    this.#steps = steps;
  }

  /** Keeps `value` under `key`, in place of what was there. */
  set<T>(key: ContextKey<T>, value: T): void {
    this.#request.values.set(key, value);
  }

  /** The value under `key`, or `undefined` if none was set or can be derived. */
  get<T>(key: ContextKey<T>): T | undefined {
    const { derive } = key;
    if (derive !== undefined && !this.#request.values.has(key)) {
      // Kept even where there is none, so that it is not looked for again.
      this.#request.values.set(key, derive(this.#request.request));
    }
    return this.#request.values.get(key) as T | undefined;
  }

  /**
   * The value under `key`, which has to be there: for what runs behind the interceptor that sets it.
   *
   * @param schema checks a value that other code has set, and makes it what it declares
   * @throws {ListenerError} when there is none, or it does not fit; why not is its cause.
   * @throws {TypeError} when the schema is asynchronous.
   *
   * @example
   * ```ts
   * import { contextKey, get } from "@pirouette/http";
   *
   * const tenant = contextKey<string>("tenant");
   * const plan = get("/plan", ({ context }) => `the plan of ${context.getWithType(tenant)}`);
   * ```
   */
  getWithType<T>(key: ContextKey<T>): T;
  /** The value under `key` as `schema` has it. */
  getWithType<T>(key: ContextKey<unknown>, schema: Schema<T>): T;
  getWithType(key: ContextKey<unknown>, schema?: Schema): unknown {
    const value = this.get(key);
    if (value === undefined) throw new ListenerError(`no member found for key: ${key.name}`);
    if (schema === undefined) return value;
    const result = validate(schema, value);
    if (result instanceof Promise) {
      throw new TypeError(`Cannot wait for the value of "${key.name}": give a synchronous schema`);
    }
    if (result.issues === undefined) return result.value;
    // Issues quote the value, which is this program's own: the log has them, a client has not.
    throw new ListenerError(`type conversion failed for value of key: ${key.name}`, {
      cause: new TypeError(describeIssues(result.issues)),
    });
  }

  /** Whether a value was set under `key`, or can be derived. */
  hasKey(key: ContextKey<unknown>): boolean {
    return key.derive === undefined ? this.#request.values.has(key) : this.get(key) !== undefined;
  }

  /** The keys that have a value; one that can be derived counts once it was asked for. */
  keys(): ContextKey<unknown>[] {
    return [...this.#request.values.keys()].filter((key) => this.hasKey(key));
  }

  /** Forgets the value under `key`; one that is derived is made anew when it is asked for. */
  remove(key: ContextKey<unknown>): void {
    this.#request.values.delete(key);
  }

  /**
   * Leads to the next interceptor, or from the last one to the service: a hook returns what it
   * gives. Called twice, it skips one (spec 8.1.1.2).
   *
   * @param request the request to go on with, in place of the one there is: with other header
   * fields, another body, even another path
   * @throws {InterceptorReturnError} when nothing comes after, as in a resource, or a response hook
   * gives a request.
   * @throws {InitializingInboundRequestError} when the URL of the given request is refused.
   *
   * @example
   * ```ts
   * import { type Interceptor } from "@pirouette/http";
   *
   * const tenant: Interceptor = {
   *   request({ request, context }) {
   *     const headers = new Headers(request.headers);
   *     headers.set("x-tenant", "acme");
   *     return context.next(new Request(request, { headers }));
   *   },
   * };
   * ```
   */
  next(request?: Request): Next {
    return this.#steps.next(request);
  }

  /** Aborts when the client leaves, or when the request's time is up. */
  get signal(): AbortSignal {
    return this.#request.signal;
  }

  /**
   * Aborts when the listener begins to stop, which waits for this request meanwhile: for an answer
   * that would otherwise last. Event streams end by themselves then, between two events.
   *
   * @example
   * ```ts
   * import { get } from "@pirouette/http";
   *
   * const ticks = get("/ticks", ({ context }) => ticking(context.stopping));
   *
   * async function* ticking(stopping: AbortSignal): AsyncGenerator<Uint8Array> {
   *   while (!stopping.aborted) {
   *     yield new TextEncoder().encode(`${Date.now()}\n`);
   *     await new Promise((resolve) => setTimeout(resolve, 1_000));
   *   }
   * }
   * ```
   */
  get stopping(): AbortSignal {
    return this.#request.stopping;
  }

  /** The path and query as they were sent. */
  get rawPath(): string {
    return this.#request.target;
  }

  /** The part of the path that a rest parameter matched, with its leading slash, or `""`. */
  get extraPathInfo(): string {
    return this.#request.extraPathInfo;
  }

  /**
   * The matrix parameters of the last segment of `path`, a path from the root without parameters:
   * for `/cars;colour=red/7;gear=5`, those of `/cars/7` are `{ gear: "5" }` (spec 5.3).
   */
  matrixParams(path: string): MatrixParams {
    return matrixParams(this.#request.rawPath, path);
  }
}
