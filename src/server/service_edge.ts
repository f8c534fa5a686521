/**
 * What every answer of a service meets on its way out: CORS fields, then a content coding.
 *
 * They are judged by the request as it was received, whatever interceptors have gone on with.
 *
 * @module
 */
import { type Compressor, compressor } from "../layers/compress.ts";
import { preflightMethod } from "../layers/cors_policy.ts";
import { ownOptions } from "../message/options.ts";
import type { Exchange, Owner } from "./exchange.ts";
import type { Resource, Spec } from "./resource.ts";
import type { ResourceRunner } from "./resource_runner.ts";
import type { Routes } from "./routes.ts";
import { ServiceCors } from "./service_cors.ts";
import type { ServiceConfig } from "./service_config.ts";
import { dropUnsent } from "./unsent.ts";

/** The edge of a service. */
export class ServiceEdge {
  readonly #routes: Routes;
  readonly #fail: Owner["fail"];
  readonly #cors: ServiceCors<ResourceRunner> | undefined;
  readonly #compress: Compressor | undefined;

  /**
   * Compiles what `config` and the resources say.
   *
   * @throws {TypeError | RangeError} when a CORS config or the compression contradicts itself.
   */
  constructor(
    config: ServiceConfig,
    resources: readonly Resource[],
    routes: Routes,
    fail: Owner["fail"],
  ) {
    this.#routes = routes;
    this.#fail = fail;
    this.#compress = compressorOf(config.compression);
    const cors = new ServiceCors(
      config.cors,
      resources.map(({ method, spec }, index) => ({
        key: routes.runners[index] as ResourceRunner,
        method,
        cors: ownOptions(spec as Spec).cors,
      })),
    );
    this.#cors = cors.isNeeded ? cors : undefined;
  }

  /** Whether there is anything to do. */
  get isNeeded(): boolean {
    return this.#cors !== undefined || this.#compress !== undefined;
  }

  /**
   * The answer to a CORS preflight, before any layer or interceptor is asked. One that is refused is
   * an ordinary OPTIONS; one for a path that has a resource for OPTIONS is that resource's.
   */
  preflight(exchange: Exchange): Response | undefined {
    const cors = this.#cors;
    if (cors === undefined || exchange.method !== "OPTIONS") return undefined;
    const method = preflightMethod(exchange.request);
    if (method === undefined || this.#routes.match(exchange)?.route.method === "OPTIONS") {
      return undefined;
    }
    const runner = this.#routes.match(exchange, method)?.value;
    const policy = cors.policy(runner);
    const allowed = runner && policy?.preflight(exchange.request);
    if (allowed !== undefined || policy === undefined) return allowed;
    const allow = this.#routes.allow(exchange);
    if (allow.length === 0) return undefined;
    const headers = { allow: allow.join(", "), vary: policy.preflightVary };
    return new Response(null, { status: 204, headers });
  }

  /** An answer as it leaves. */
  finish(
    exchange: Exchange,
    answer: Response | Promise<Response>,
  ): Response | Promise<Response> {
    if (!(answer instanceof Promise)) return this.#finish(exchange, answer);
    const isWatched = exchange.isWatched || exchange.surroundings?.watcher === undefined;
    // What is answered in place of interceptors and layers that take too long is dressed too.
    const watched = isWatched ? answer : exchange.later(answer, asItIs);
    return watched.catch((error) => this.#fail(exchange, error))
      .then((response) => this.#finish(exchange, response));
  }

  /** What every answer gets on its way out: CORS fields, then a content coding. */
  #finish(exchange: Exchange, answer: Response): Response | Promise<Response> {
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
        if (exchange.isWatched) exchange.surroundings?.watcher?.track(exchange, answer);
      }
      return compressed instanceof Promise
        ? compressed.catch((error) => this.#fail(exchange, error))
        : compressed;
    } catch (error) {
      dropUnsent(answer);
      return this.#fail(exchange, error);
    }
  }

  /** The resource that answered, where it matters. */
  #runnerOf(exchange: Exchange): ResourceRunner | undefined {
    if (this.#cors?.isByResource !== true || exchange.fault !== undefined) return undefined;
    // A layer may have made the request anew, and what was found is not known here.
    const match = exchange.match ?? this.#routes.match(exchange);
    return match?.value as ResourceRunner | undefined;
  }
}

const asItIs = (response: unknown): Response => response as Response;

function compressorOf(config: ServiceConfig["compression"]): Compressor | undefined {
  if (config === undefined || config === false) return undefined;
  return compressor(config === true ? {} : config);
}
