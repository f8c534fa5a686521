/**
 * A service at a base path: its routes, the interceptors and layers around them, and its edge.
 *
 * @module
 */
import { ownOptions } from "../message/options.ts";
import { answerError, type ErrorRules } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";
import type { Interceptor } from "./interceptor.ts";
import { Layered } from "./layered.ts";
import type { MountPoint } from "./mount_point.ts";
import { Pipeline } from "./pipeline.ts";
import { defaultMaxEntityBodySize } from "./resource_runner.ts";
import { Routes } from "./routes.ts";
import { ServiceEdge } from "./service_edge.ts";
import type { Service, ServiceConfig } from "./service_config.ts";

/** What a listener gives its services. */
export interface MountOptions {
  /** The most bytes of a bound body, where the service does not say; -1 for no limit. */
  readonly maxEntityBodySize?: number | undefined;
  /** Interceptors around those of the service. */
  readonly interceptors?: readonly Interceptor[];
  /** How errors are answered, where the service does not say. */
  readonly errors?: ErrorRules;
}

/** A service's routes under one base path. */
export class Mount implements MountPoint {
  /** The service. */
  readonly service: Service;
  /** The host it answers for, in lower case; `undefined` for every host. */
  readonly host: string | undefined;
  readonly #config: ServiceConfig;
  readonly #routes: Routes;
  readonly #errors: ErrorRules;
  readonly #edge: ServiceEdge | undefined;
  readonly #pipeline: Pipeline | undefined;
  readonly #layered: Layered | undefined;

  /**
   * Compiles the routes of `service` under `basePath`.
   *
   * @throws {GenericListenerError} when a link between resources cannot be resolved.
   * @throws {TypeError} when the base path or a resource's path is malformed, two resources of one
   * method match the same paths, or an interceptor is declared wrongly.
   */
  constructor(service: Service, basePath: string, options: MountOptions = {}) {
    this.service = service;
    const config = ownOptions(service.config);
    this.host = config.host?.toLowerCase();
    this.#config = config;
    this.#errors = {
      onError: config.onError,
      problemDetails: config.problemDetails ?? options.errors?.problemDetails,
    };
    const maxEntityBodySize = config.maxEntityBodySize ?? options.maxEntityBodySize ??
      defaultMaxEntityBodySize;
    const fail = this.fail.bind(this);
    this.#routes = new Routes(service.resources, basePath, config, maxEntityBodySize);
    const edge = new ServiceEdge(config, service.resources, this.#routes, fail);
    this.#edge = edge.isNeeded ? edge : undefined;
    this.#pipeline = this.#pipelineOf(options.interceptors ?? [], maxEntityBodySize);
    const { layers = [] } = config;
    this.#layered = layers.length === 0 ? undefined : new Layered(layers, {
      dispatch: (exchange) => this.#answerBehindLayers(exchange),
      fail,
    });
  }

  /** The base path without a trailing slash: empty for the root. */
  get basePath(): string {
    return this.#routes.basePath;
  }

  /** Whether a path is under the base path. */
  covers(exchange: Exchange): boolean {
    return this.#routes.covers(exchange);
  }

  /** Answers a request. */
  answer(exchange: Exchange): Response | Promise<Response> {
    try {
      const edge = this.#edge;
      if (edge === undefined) return this.#answerInside(exchange);
      return edge.preflight(exchange) ?? edge.finish(exchange, this.#answerInside(exchange));
    } catch (error) {
      return this.fail(exchange, error);
    }
  }

  #answerInside(exchange: Exchange): Response | Promise<Response> {
    if (this.#layered !== undefined) return this.#layered.answer(exchange);
    return this.#pipeline === undefined
      ? this.#route(exchange)
      : this.#answerIntercepted(exchange, this.#pipeline);
  }

  /** The answer to a request that is refused before it is routed. */
  refuse(exchange: Exchange, error: Error): Response | Promise<Response> {
    const answer = this.#refuseInside(exchange, error);
    return this.#edge?.finish(exchange, answer) ?? answer;
  }

  #refuseInside(exchange: Exchange, error: Error): Response | Promise<Response> {
    return this.#pipeline?.refuse(exchange, error) ?? this.fail(exchange, error);
  }

  /** The answer in place of one that failed. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response> {
    return answerError(exchange, error, this.#errors);
  }

  #answerBehindLayers(exchange: Exchange): Response | Promise<Response> {
    if (exchange.fault !== undefined) return this.#refuseInside(exchange, exchange.fault);
    return this.#pipeline?.run(exchange) ?? this.#route(exchange);
  }

  #answerIntercepted(exchange: Exchange, pipeline: Pipeline): Response | Promise<Response> {
    // What is watched is the answer of the pipeline, and an error inside of it is its own affair.
    exchange.isLayered = true;
    exchange.isWatched = true;
    try {
      return pipeline.run(exchange);
    } finally {
      exchange.isWatched = false;
    }
  }

  #pipelineOf(outer: readonly Interceptor[], maxEntityBodySize: number): Pipeline | undefined {
    const config = this.#config;
    const { interceptors = [] } = config;
    if (outer.length + interceptors.length === 0) return undefined;
    return new Pipeline([
      { interceptors: outer, rules: { basePath: "", config, maxEntityBodySize } },
      { interceptors, rules: { basePath: this.basePath, config, maxEntityBodySize } },
    ], { dispatch: (exchange) => this.#routes.dispatch(exchange), fail: this.fail.bind(this) });
  }

  #route(exchange: Exchange): Response | Promise<Response> {
    try {
      return this.#routes.dispatch(exchange);
    } catch (error) {
      return this.fail(exchange, error);
    }
  }
}
