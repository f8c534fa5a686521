/**
 * A service at a base path: its routes, and what is answered where none of them matches.
 *
 * @module
 */
import { asRequest, type Fetch, stack } from "../message/fetch.ts";
import {
  ResourceMethodNotAllowedError,
  ResourceNotFoundError,
  ServiceNotFoundError,
} from "../message/listener_errors.ts";
import { ownOptions } from "../message/options.ts";
import { answerError } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";
import { canonicalPath, canonicalPattern } from "./canonical_path.ts";
import type { MountPoint } from "./mount_point.ts";
import { ResourceRunner } from "./resource_runner.ts";
import { locate } from "./locate.ts";
import { Router } from "./router.ts";
import { sendable } from "./sendable.ts";
import type { Service, ServiceConfig } from "./service_config.ts";

/** What the default accessor stands for, in the order of the original library. */
const anyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

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
  readonly #layered: Fetch | undefined;
  readonly #layeredExchanges = new WeakMap<Request, Exchange>();

  /**
   * Compiles the routes of `service` under `basePath`.
   *
   * @throws {TypeError} when the base path or a resource's path is malformed, or two resources of
   * one method match the same paths.
   */
  constructor(service: Service, basePath: string, maxEntityBodySize?: number) {
    this.service = service;
    this.basePath = toBasePath(basePath);
    const config = ownOptions(service.config);
    this.host = config.host?.toLowerCase();
    this.#config = config;
    const prefix = this.basePath.replace(/[\\:*+?(){}]/g, "\\$&");
    for (const resource of service.resources) {
      const path = resource.pathname;
      if (!path.startsWith("/")) {
        throw new TypeError(`Cannot route "${path}": a path starts with a slash`);
      }
      const pattern = path === "/" && prefix !== "" ? prefix : prefix + canonicalPattern(path);
      const runner = new ResourceRunner(resource, config, maxEntityBodySize);
      this.#router.add(resource.method, pattern, runner);
    }
    const { layers = [] } = config;
    this.#layered = layers.length === 0
      ? undefined
      : stack((input, init) => this.#inner(asRequest(input, init)), ...layers);
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
    return this.#layered === undefined
      ? this.#route(exchange)
      : this.#answerLayered(exchange, this.#layered);
  }

  /** The answer in place of one that failed. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response> {
    return answerError(exchange, error, this.#config);
  }

  async #answerLayered(exchange: Exchange, layered: Fetch): Promise<Response> {
    this.#layeredExchanges.set(exchange.request, exchange);
    // What is watched is the answer of the layers, not what they get from inside.
    exchange.isLayered = true;
    exchange.isWatched = true;
    let answer: Promise<Response>;
    try {
      answer = layered(exchange.request);
    } finally {
      exchange.isWatched = false;
    }
    return sendable(await answer);
  }

  /** What the innermost layer calls, with the request it was given or another. */
  async #inner(request: Request): Promise<Response> {
    const exchange = this.#layeredExchanges.get(request) ?? locate(request, undefined);
    try {
      if (exchange.fault !== undefined) throw exchange.fault;
      return await this.#route(exchange);
    } catch (error) {
      return await this.fail(exchange, error);
    }
  }

  #route(exchange: Exchange): Response | Promise<Response> {
    try {
      const match = this.#match(exchange);
      if (match === undefined) return this.#miss(exchange);
      exchange.match = match;
      return match.value.run(exchange);
    } catch (error) {
      return this.fail(exchange, error);
    }
  }

  #match(exchange: Exchange): ReturnType<Router<ResourceRunner>["match"]> {
    const { method, routeUrl, routeStart, routeEnd } = exchange;
    const match = this.#router.match(method, routeUrl, routeStart, routeEnd);
    if (match !== undefined || !endsWithSlash(exchange)) return match;
    return this.#router.match(method, routeUrl, routeStart, routeEnd - 1);
  }

  #miss(exchange: Exchange): Response | Promise<Response> {
    const { method, target } = exchange;
    if (!this.covers(exchange)) {
      const message = `no matching service found for path: ${target}`;
      return this.fail(exchange, new ServiceNotFoundError(message));
    }
    const allow = this.#allow(exchange);
    if (allow.length === 0) {
      const message = `no matching resource found for path : ${target} , method : ${method}`;
      return this.fail(exchange, new ResourceNotFoundError(message));
    }
    if (method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { allow: allow.join(", ") } });
    }
    return this.fail(exchange, new ResourceMethodNotAllowedError("Method not allowed", allow));
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
