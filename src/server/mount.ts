/**
 * A service at a base path: its routes, and what is answered where none of them matches.
 *
 * @module
 */
import { type Compressor, compressor } from "../layers/compress.ts";
import { preflightMethod } from "../layers/cors_policy.ts";
import {
  ResourceMethodNotAllowedError,
  ResourceNotFoundError,
  ServiceNotFoundError,
} from "../message/listener_errors.ts";
import { ownOptions } from "../message/options.ts";
import { answerError, type ErrorRules } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";
import type { Interceptor } from "./interceptor.ts";
import { canonicalPath, canonicalPattern } from "./canonical_path.ts";
import type { MountPoint } from "./mount_point.ts";
import { Pipeline } from "./pipeline.ts";
import { defaultMaxEntityBodySize, ResourceRunner } from "./resource_runner.ts";
import { resolveLinks } from "./links.ts";
import { Layered } from "./layered.ts";
import type { Resource, Spec } from "./resource.ts";
import { type Match, Router } from "./router.ts";
import { ServiceCors } from "./service_cors.ts";
import type { Service, ServiceConfig } from "./service_config.ts";
import { dropUnsent } from "./unsent.ts";

/** What the default accessor stands for, in the order of the original library. */
const anyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

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
  /** The base path without a trailing slash: empty for the root. */
  readonly basePath: string;
  /** The host it answers for, in lower case; `undefined` for every host. */
  readonly host: string | undefined;
  readonly #config: ServiceConfig;
  readonly #router = new Router<ResourceRunner>();
  readonly #errors: ErrorRules;
  readonly #cors: ServiceCors<ResourceRunner> | undefined;
  readonly #compress: Compressor | undefined;
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
    this.basePath = toBasePath(basePath);
    const config = ownOptions(service.config);
    this.host = config.host?.toLowerCase();
    this.#config = config;
    this.#errors = {
      onError: config.onError,
      problemDetails: config.problemDetails ?? options.errors?.problemDetails,
    };
    const maxEntityBodySize = config.maxEntityBodySize ?? options.maxEntityBodySize ??
      defaultMaxEntityBodySize;
    const links = resolveLinks(this.basePath, service.resources, config.mediaTypeSubtypePrefix);
    const prefix = this.basePath.replace(/[\\:*+?(){}]/g, "\\$&");
    const runners: ResourceRunner[] = [];
    for (const resource of service.resources) {
      const path = resource.pathname;
      if (!path.startsWith("/")) {
        throw new TypeError(`Cannot route "${path}": a path starts with a slash`);
      }
      const pattern = path === "/" && prefix !== "" ? prefix : prefix + canonicalPattern(path);
      const runner = new ResourceRunner(resource, config, maxEntityBodySize, links.get(resource));
      this.#router.add(resource.method, pattern, runner);
      runners.push(runner);
    }
    this.#compress = compressorOf(config.compression);
    this.#cors = this.#corsOf(runners);
    this.#pipeline = this.#pipelineOf(options.interceptors ?? [], maxEntityBodySize);
    const { layers = [] } = config;
    this.#layered = layers.length === 0 ? undefined : new Layered(layers, {
      dispatch: (exchange) => this.#answerBehindLayers(exchange),
      fail: this.fail.bind(this),
    });
  }

  /** Whether a path is under the base path; a base path ends at the end of a segment. */
  covers(exchange: Exchange): boolean {
    const { basePath } = this;
    if (basePath === "") return true;
    const { routeUrl, routeStart, routeEnd } = exchange;
    const end = routeStart + basePath.length;
    if (end > routeEnd || !routeUrl.startsWith(basePath, routeStart)) return false;
    return end === routeEnd || routeUrl.charCodeAt(end) === 0x2f;
  }

  /** Answers a request. */
  answer(exchange: Exchange): Response | Promise<Response> {
    try {
      if (!this.#isDressed) return this.#answerInside(exchange);
      return this.#preflight(exchange) ?? this.#dressed(exchange, this.#answerInside(exchange));
    } catch (error) {
      return this.fail(exchange, error);
    }
  }

  get #isDressed(): boolean {
    return this.#cors !== undefined || this.#compress !== undefined;
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
    return this.#isDressed ? this.#dressed(exchange, answer) : answer;
  }

  #refuseInside(exchange: Exchange, error: Error): Response | Promise<Response> {
    return this.#pipeline?.refuse(exchange, error) ?? this.fail(exchange, error);
  }

  /** The answer in place of one that failed. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response> {
    return answerError(exchange, error, this.#errors);
  }

  #corsOf(runners: readonly ResourceRunner[]): ServiceCors<ResourceRunner> | undefined {
    const { resources } = this.service;
    const cors = new ServiceCors(
      this.#config.cors,
      runners.map((key, index) => {
        const { method, spec } = resources[index] as Resource<string, string, Spec>;
        return { key, method, cors: ownOptions(spec).cors };
      }),
    );
    return cors.isNeeded ? cors : undefined;
  }

  /**
   * The answer to a CORS preflight, before any layer or interceptor is asked. One that is refused is
   * an ordinary OPTIONS; one for a path that has a resource for OPTIONS is that resource's.
   */
  #preflight(exchange: Exchange): Response | undefined {
    const cors = this.#cors;
    if (cors === undefined || exchange.method !== "OPTIONS") return undefined;
    const method = preflightMethod(exchange.request);
    if (method === undefined || this.#match(exchange)?.route.method === "OPTIONS") return undefined;
    const runner = this.#match(exchange, method)?.value;
    const policy = cors.policy(runner);
    const allowed = runner && policy?.preflight(exchange.request);
    if (allowed !== undefined || policy === undefined) return allowed;
    const allow = this.#allow(exchange);
    if (allow.length === 0) return undefined;
    const headers = { allow: allow.join(", "), vary: policy.preflightVary };
    return new Response(null, { status: 204, headers });
  }

  #dressed(
    exchange: Exchange,
    answer: Response | Promise<Response>,
  ): Response | Promise<Response> {
    if (!(answer instanceof Promise)) return this.#dress(exchange, answer);
    const isWatched = exchange.isWatched || exchange.surroundings?.watcher === undefined;
    // What is answered in place of interceptors and layers that take too long is dressed too.
    const watched = isWatched ? answer : exchange.later(answer, asItIs);
    return watched.catch((error) => this.fail(exchange, error))
      .then((response) => this.#dress(exchange, response));
  }

  /** What every answer gets on its way out: CORS fields, then a content coding. */
  #dress(exchange: Exchange, answer: Response): Response | Promise<Response> {
    try {
      const { request } = exchange.received;
      let response = answer;
      const policy = this.#cors?.policy(this.#runnerOf(exchange));
      if (policy !== undefined && exchange.isFresh) policy.applyFresh(request, response);
      else if (policy !== undefined) response = policy.apply(request, response);
      if (this.#compress === undefined) return response;
      const compressed = this.#compress(request, response);
      if (compressed !== response && exchange.isWhole) {
        exchange.isWhole = false;
        // It was watched until it was there as a whole, which it is no more.
        if (exchange.isWatched) exchange.surroundings?.watcher?.track(exchange);
      }
      return compressed instanceof Promise
        ? compressed.catch((error) => this.fail(exchange, error))
        : compressed;
    } catch (error) {
      dropUnsent(answer);
      return this.fail(exchange, error);
    }
  }

  /** The resource that answered, where it matters. */
  #runnerOf(exchange: Exchange): ResourceRunner | undefined {
    if (this.#cors?.isByResource !== true || exchange.fault !== undefined) return undefined;
    // A layer may have made the request anew, and what was found is not known here.
    const match = exchange.match ?? this.#match(exchange);
    return match?.value as ResourceRunner | undefined;
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
    ], { dispatch: (exchange) => this.#dispatch(exchange), fail: this.fail.bind(this) });
  }

  #route(exchange: Exchange): Response | Promise<Response> {
    try {
      return this.#dispatch(exchange);
    } catch (error) {
      return this.fail(exchange, error);
    }
  }

  #dispatch(exchange: Exchange): Response | Promise<Response> {
    const match = this.#match(exchange);
    if (match === undefined) return this.#miss(exchange);
    exchange.match = match;
    return match.value.run(exchange);
  }

  #match(exchange: Exchange, method = exchange.method): Match<ResourceRunner> | undefined {
    const { routeUrl, routeStart, routeEnd } = exchange;
    const match = this.#router.match(method, routeUrl, routeStart, routeEnd);
    if (match !== undefined || !endsWithSlash(exchange)) return match;
    return this.#router.match(method, routeUrl, routeStart, routeEnd - 1);
  }

  #miss(exchange: Exchange): Response {
    const { method, target } = exchange;
    exchange.match = undefined;
    if (!this.covers(exchange)) {
      throw new ServiceNotFoundError(`no matching service found for path: ${target}`);
    }
    const allow = this.#allow(exchange);
    if (allow.length === 0) {
      const message = `no matching resource found for path : ${target} , method : ${method}`;
      throw new ResourceNotFoundError(message);
    }
    if (method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { allow: allow.join(", ") } });
    }
    throw new ResourceMethodNotAllowedError("Method not allowed", allow);
  }

  /** The methods of a path in the order they were declared; of the base path, those of all. */
  #allow(exchange: Exchange): string[] {
    const { method, routeUrl, routeStart, routeEnd } = exchange;
    const end = endsWithSlash(exchange) ? routeEnd - 1 : routeEnd;
    const isBase = end - routeStart <= Math.max(this.basePath.length, 1);
    const methods = method === "OPTIONS" && isBase
      ? this.service.resources.map((resource) => resource.method)
      : [
        ...this.#router.allowed(routeUrl, routeStart, routeEnd),
        ...(end === routeEnd ? [] : this.#router.allowed(routeUrl, routeStart, end)),
      ];
    const allow = new Set(methods.flatMap((one) => one === "*" ? anyMethod : [one]));
    if (allow.size > 0) allow.add("OPTIONS");
    return [...allow];
  }
}

const asItIs = (response: unknown): Response => response as Response;

function compressorOf(config: ServiceConfig["compression"]): Compressor | undefined {
  if (config === undefined || config === false) return undefined;
  return compressor(config === true ? {} : config);
}

function endsWithSlash({ routeUrl, routeStart, routeEnd }: Exchange): boolean {
  return routeEnd - routeStart > 1 && routeUrl.charCodeAt(routeEnd - 1) === 0x2f;
}

function toBasePath(given: string): string {
  if (!given.startsWith("/") || /[:*{}()?#]/.test(given)) {
    throw new TypeError(
      `Cannot mount a service at "${given}": a base path starts with a slash and has no parameters`,
    );
  }
  return canonicalPath(given).replace(/\/$/, "");
}
