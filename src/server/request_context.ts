/**
 * What interceptors and the handler of one request share (spec 8.1.1.1).
 *
 * @module
 */
import { type MatrixParams, matrixParams } from "./matrix_params.ts";

/** What a context tells of the request it belongs to. */
export interface RequestFacts {
  /** Aborts when the client leaves, or when the request's time is up. */
  readonly signal: AbortSignal;
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
}

/**
 * Makes a key under which a value of type `T` can be kept in a {@linkcode RequestContext}.
 *
 * @example
 * ```ts
 * import { contextKey, get } from "@pirouette/http";
 *
 * const tenant = contextKey<string>("tenant");
 * const who = get("/who", ({ context }) => context.get(tenant) ?? "nobody");
 * ```
 */
export function contextKey<T>(name: string): ContextKey<T> {
  return Object.freeze({ name });
}

/** Values kept for the length of one request, and what routing knows of it. */
export class RequestContext {
  readonly #request: RequestFacts;
  readonly #values = new Map<ContextKey<unknown>, unknown>();

  /** Made by the service, once for each request that asks for it. */
  constructor(request: RequestFacts) {
    this.#request = request;
  }

  /** Keeps `value` under `key`. */
  set<T>(key: ContextKey<T>, value: T): void {
    this.#values.set(key, value);
  }

  /** The value under `key`, or `undefined` if none was set. */
  get<T>(key: ContextKey<T>): T | undefined {
    return this.#values.get(key) as T | undefined;
  }

  /** Whether a value was set under `key`. */
  hasKey(key: ContextKey<unknown>): boolean {
    return this.#values.has(key);
  }

  /** The keys that have a value. */
  keys(): ContextKey<unknown>[] {
    return [...this.#values.keys()];
  }

  /** Forgets the value under `key`. */
  remove(key: ContextKey<unknown>): void {
    this.#values.delete(key);
  }

  /** Aborts when the client leaves, or when the request's time is up. */
  get signal(): AbortSignal {
    return this.#request.signal;
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
