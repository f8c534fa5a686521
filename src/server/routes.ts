/**
 * The routes of a service under its base path, and what is answered where none of them matches.
 *
 * @module
 */
import {
  ResourceMethodNotAllowedError,
  ResourceNotFoundError,
  ServiceNotFoundError,
} from "../message/listener_errors.ts";
import { canonicalPath, canonicalPattern, literalPattern } from "./canonical_path.ts";
import type { Exchange } from "./exchange.ts";
import { resolveLinks } from "./links.ts";
import type { Resource } from "./resource.ts";
import { ResourceRunner } from "./resource_runner.ts";
import { type Match, Router } from "./router.ts";
import type { ServiceConfig } from "./service_config.ts";

/** What the default accessor stands for, in the order of the original library. */
const anyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/** The routes of a service. */
export class Routes {
  /** The base path without a trailing slash: empty for the root. */
  readonly basePath: string;
  /** What runs each resource, in the order they were declared. */
  readonly runners: readonly ResourceRunner[];
  readonly #methods: readonly string[];
  readonly #router = new Router<ResourceRunner>();

  /**
   * Compiles `resources` under `basePath`.
   *
   * @param maxEntityBodySize the most bytes of a bound body, where a resource does not say
   * @throws {GenericListenerError} when a link between resources cannot be resolved.
   * @throws {TypeError} when the base path or a resource's path is malformed, or two resources of one
   * method match the same paths.
   */
  constructor(
    resources: readonly Resource[],
    basePath: string,
    config: ServiceConfig,
    maxEntityBodySize: number,
  ) {
    this.basePath = toBasePath(basePath);
    this.#methods = resources.map(({ method }) => method);
    const links = resolveLinks(this.basePath, resources, config.mediaTypeSubtypePrefix);
    const prefix = literalPattern(this.basePath);
    this.runners = resources.map((resource) => {
      const { method, pathname } = resource;
      if (!pathname.startsWith("/")) {
        throw new TypeError(`Cannot route "${pathname}": a path starts with a slash`);
      }
      const isBase = pathname === "/" && prefix !== "";
      const pattern = isBase ? prefix : prefix + canonicalPattern(pathname);
      const runner = new ResourceRunner(resource, config, maxEntityBodySize, links.get(resource));
      this.#router.add(method, pattern, runner);
      return runner;
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

  /**
   * Answers a request.
   *
   * @throws {HttpError} when nothing matches, and whatever a handler throws.
   */
  dispatch(exchange: Exchange): Response | Promise<Response> {
    const match = this.match(exchange);
    if (match === undefined) return this.#miss(exchange);
    exchange.match = match;
    return match.value.run(exchange);
  }

  /** The resource that a request, or one like it of another method, is for. */
  match(exchange: Exchange, method: string = exchange.method): Match<ResourceRunner> | undefined {
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
    const allow = this.allow(exchange);
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
  allow(exchange: Exchange): string[] {
    const { method, routeUrl, routeStart, routeEnd } = exchange;
    const end = endsWithSlash(exchange) ? routeEnd - 1 : routeEnd;
    const isBase = end - routeStart <= Math.max(this.basePath.length, 1);
    const methods = method === "OPTIONS" && isBase ? this.#methods : [
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
