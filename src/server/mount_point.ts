/**
 * Something at a base path that answers requests: a service, or any `fetch`.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { ServiceNotFoundError } from "../message/listener_errors.ts";
import { answerError, type ErrorRules } from "./error_answer.ts";
import type { Exchange, Owner } from "./exchange.ts";
import { unshared } from "./hook_response.ts";
import type { Interceptor } from "./interceptor.ts";
import { Pipeline } from "./pipeline.ts";
import type { Intercepted } from "./intercepted.ts";
import { defaultMaxEntityBodySize } from "./resource_runner.ts";
import { sendable } from "./sendable.ts";
import type { Service } from "./service_config.ts";

/** What a dispatcher chooses among. */
export interface MountPoint extends Owner {
  /** The base path without a trailing slash: empty for the root. */
  readonly basePath: string;
  /** The host it answers for, in lower case; `undefined` for every host. */
  readonly host: string | undefined;
  /** What is mounted, if anything is. */
  readonly service: Service | Fetch | undefined;
  /** Whether a path is under the base path. */
  covers(exchange: Exchange): boolean;
  /** Answers a request; only a promise that it gives may fail. */
  answer(exchange: Exchange): Response | Promise<Response>;
  /** The answer to a request that is refused before it is routed. */
  refuse(exchange: Exchange, error: Error): Response | Promise<Response>;
}

/** What a listener gives whatever it mounts that is no service. */
export interface RootMountOptions {
  /** How errors are answered. */
  readonly errors?: ErrorRules;
  /** Interceptors around it. */
  readonly interceptors?: readonly Interceptor[];
  /** The most bytes of a payload that they bind; -1 for no limit. */
  readonly maxEntityBodySize?: number | undefined;
}

/** Something at the root that takes every path of every host. */
export class RootMount implements MountPoint {
  /** The root. */
  readonly basePath: string = "";
  /** Every host. */
  readonly host: undefined = undefined;
  /** The handler, if it is one. */
  readonly service: Fetch | undefined;
  readonly #intercepted: Intercepted;
  readonly #pipeline: Pipeline | undefined;

  /** Mounts whatever `dispatch` answers. */
  constructor(
    service: Fetch | undefined,
    dispatch: Intercepted["dispatch"],
    {
      errors = {},
      interceptors = [],
      maxEntityBodySize = defaultMaxEntityBodySize,
    }: RootMountOptions = {},
  ) {
    this.service = service;
    this.#intercepted = {
      dispatch,
      fail: (exchange, error) => answerError(exchange, error, errors),
    };
    const rules = { basePath: "", config: {}, maxEntityBodySize };
    const list = { interceptors, rules };
    this.#pipeline = interceptors.length === 0
      ? undefined
      : new Pipeline([list], this.#intercepted);
  }

  /** It takes every path. */
  covers(): boolean {
    return true;
  }

  /** What it answers; what fails at once is not thrown, as a service's is not. */
  answer(exchange: Exchange): Response | Promise<Response> {
    try {
      return this.#pipeline?.run(exchange) ?? this.#intercepted.dispatch(exchange);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What error hooks answer, or an error reply. */
  refuse(exchange: Exchange, error: Error): Response | Promise<Response> {
    return this.#pipeline?.refuse(exchange, error) ?? this.fail(exchange, error);
  }

  /** An error reply. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response> {
    return this.#intercepted.fail(exchange, error);
  }
}

/** Mounts a `fetch`, for `serve(handler)`. */
export function fetchMount(fetch: Fetch, options?: RootMountOptions): MountPoint {
  const isIntercepted = options?.interceptors !== undefined && options.interceptors.length > 0;
  const checked = (response: unknown): Response => {
    const sent = sendable(response as Response);
    return isIntercepted ? unshared(sent) : sent;
  };
  return new RootMount(fetch, (exchange) => {
    // Without types it may give the response itself.
    const given: Promise<Response> | Response = fetch(exchange.visibleRequest);
    if (given instanceof Response) return checked(given);
    const promise = Promise.resolve(given);
    return isIntercepted ? promise.then(checked) : exchange.later(promise, checked);
  }, options);
}

/** What answers where nothing is mounted: 404, after the interceptors of the listener. */
export function noMount(
  message: (target: string) => string,
  options?: RootMountOptions,
): MountPoint {
  return new RootMount(undefined, ({ target }) => {
    throw new ServiceNotFoundError(message(target));
  }, options);
}
