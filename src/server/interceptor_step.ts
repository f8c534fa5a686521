/**
 * One interceptor of a pipeline, compiled: which requests it is for, what it binds, and how the
 * values of its hooks are answered.
 *
 * @module
 */
import { readContent } from "../message/body_reader.ts";
import { isToken } from "../message/header_value.ts";
import { keepOrigin } from "../message/request_origin.ts";
import { ownOptions } from "../message/options.ts";
import type { Schema } from "../schema/standard.ts";
import { type BodyBinding, bodyBinding } from "./body_binding.ts";
import { canonicalPattern, literalPattern } from "./canonical_path.ts";
import { cookieBinding } from "./cookie_binding.ts";
import type { Continuation, Exchange } from "./exchange.ts";
import { headerBinding } from "./header_binding.ts";
import { BoundHookCall, type Hooked } from "./hook_call.ts";
import {
  checkInterceptor,
  declared,
  type Interceptor,
  type InterceptorFilter,
} from "./interceptor.ts";
import { pathBinding } from "./path_binding.ts";
import { pathPattern } from "./path_pattern.ts";
import { type Binding, queryBinding } from "./query_binding.ts";
import type { ReplyRules } from "./reply_encoder.ts";
import type { Fields } from "./resource.ts";
import { type Match, Router } from "./router.ts";
import type { ServiceConfig } from "./service_config.ts";

/** What the interceptors of one pipeline have in common. */
export interface StepRules {
  /** The base path their filters are relative to, without a trailing slash. */
  readonly basePath: string;
  /** The configuration of the service. */
  readonly config: ServiceConfig;
  /** The most bytes of a payload that one binds; -1 for no limit. */
  readonly maxEntityBodySize: number;
}

interface Bindings {
  readonly path: Binding | undefined;
  readonly query: Binding | undefined;
  readonly headers: Binding | undefined;
  readonly cookies: Binding | undefined;
  readonly body: BodyBinding | undefined;
}

/** One interceptor, ready to run. */
export class InterceptorStep {
  /** The interceptor. */
  readonly interceptor: Interceptor;
  /** How a value that a request hook returns is answered. */
  readonly rules: ReplyRules;
  /** The requests it is for; `undefined` for all. */
  readonly #router: Router<true> | undefined;
  /** The same with wildcards for rest parameters, for paths with empty segments. */
  readonly #loose: Router<true> | undefined;
  readonly #bindings: Bindings | undefined;
  readonly #limit: number;

  /**
   * Compiles an interceptor.
   *
   * @throws {TypeError} when it is declared wrongly, or the path of its filter is malformed.
   */
  constructor(interceptor: Interceptor, rules: StepRules) {
    checkInterceptor(interceptor);
    const { on, bind } = declared(interceptor);
    const filter = on === undefined ? undefined : ownOptions(on);
    const { config, maxEntityBodySize } = rules;
    this.interceptor = interceptor;
    this.#router = filter && filterRouter(filter, rules.basePath);
    this.#loose = filter && looseRouter(filter, rules.basePath);
    this.#limit = maxEntityBodySize === -1 ? Infinity : maxEntityBodySize;
    this.#bindings = bind && bindingsOf(ownOptions(bind), config, maxEntityBodySize);
    const isPost = [filter?.method].flat().every((method) => method === "POST");
    this.rules = hookRules(isPost ? 201 : 200, config.mediaTypeSubtypePrefix);
  }

  /** Whether it is for this request; what cannot be routed is for no filter. */
  isFor(exchange: Exchange): boolean {
    if (this.#router === undefined) return true;
    return exchange.fault === undefined && this.#match(exchange) !== undefined;
  }

  /** The argument of a hook that binds nothing. */
  call(exchange: Exchange, hooked: Hooked, error?: Error): BoundHookCall {
    const params = this.#router && (() => this.#match(exchange)?.params());
    return new BoundHookCall(exchange, params, hooked, error);
  }

  /**
   * The argument of the request hook, a promise of it where something has to be waited for.
   *
   * @throws {HttpError} when the request does not fit what is bound.
   */
  requestCall(exchange: Exchange, hooked: Hooked): BoundHookCall | Promise<BoundHookCall> {
    const bindings = this.#bindings;
    const call = this.call(exchange, hooked);
    if (bindings === undefined) return call;
    const path = bindings.path && this.#bindPath(exchange, bindings.path);
    const query = bindings.query?.(exchange);
    const headers = bindings.headers?.(exchange);
    const cookies = bindings.cookies?.(exchange);
    if (
      bindings.body === undefined && !(path instanceof Promise) && !(query instanceof Promise) &&
      !(headers instanceof Promise) && !(cookies instanceof Promise)
    ) {
      return call.bind({ path, query, headers, cookies });
    }
    return Promise.all([path, query, headers, cookies]).then(async (bound) => {
      const [path, query, headers, cookies] = bound;
      const body = bindings.body && await this.#bindBody(exchange, bindings.body);
      return call.bind({ path, query, headers, cookies, body });
    });
  }

  /** Binds the path parameters out of the match of the filter, not of the resource. */
  #bindPath(exchange: Exchange, binding: Binding): unknown {
    const { match } = exchange;
    exchange.match = this.#match(exchange);
    try {
      return binding(exchange);
    } finally {
      exchange.match = match;
    }
  }

  /** Binds the payload, and leaves a request with the same payload to whoever comes next. */
  async #bindBody(exchange: Exchange, binding: BodyBinding): Promise<unknown> {
    const { request } = exchange;
    if (request.body === null) return await bindTo(exchange, binding);
    if (request.method === "GET" || request.method === "HEAD") {
      // Such a request cannot be built with a payload, but it can be sent with one.
      exchange.request = request.clone();
      return await bindTo(exchange, binding).finally(() => exchange.request = request);
    }
    exchange.reading = true;
    const bytes = await readContent(request, this.#limit);
    exchange.reading = false;
    exchange.request = withBody(request, bytes);
    return await bindTo(exchange, binding).finally(() =>
      exchange.request = withBody(request, bytes)
    );
  }

  #match(exchange: Exchange): Match<true> | undefined {
    const { method, routeUrl, routeStart, routeEnd } = exchange;
    const match = this.#router?.match(method, routeUrl, routeStart, routeEnd);
    const hasSlash = routeEnd - routeStart > 1 && routeUrl.charCodeAt(routeEnd - 1) === 0x2f;
    if (match !== undefined) return match;
    // No guard may be walked around by a trailing slash, with which a resource answers too, or by
    // empty segments, which a wildcard matches and a rest parameter does not.
    const trimmed = hasSlash
      ? this.#router?.match(method, routeUrl, routeStart, routeEnd - 1)
      : undefined;
    if (trimmed !== undefined || this.#loose === undefined) return trimmed;
    const empty = routeUrl.indexOf("//", routeStart);
    if (empty === -1 || empty >= routeEnd) return undefined;
    return this.#loose.match(method, routeUrl, routeStart, routeEnd);
  }
}

/** How values of hooks are answered: by their type, unchecked. */
export function hookRules(status: 200 | 201, subtypePrefix: string | undefined): ReplyRules {
  return {
    init: status === 200 ? undefined : { status },
    status,
    mediaType: undefined,
    subtypePrefix,
    isSimple: subtypePrefix === undefined,
    responses: undefined,
  };
}

function filterRouter({ method, path }: InterceptorFilter, basePath: string): Router<true> {
  if (path !== undefined && !path.startsWith("/")) {
    throw new TypeError(`Cannot intercept "${path}": a path starts with a slash`);
  }
  const router = new Router<true>();
  const prefix = literalPattern(basePath);
  const relative = path === undefined ? "/*" : canonicalPattern(path);
  const patterns = [relative === "/" && prefix !== "" ? prefix : prefix + relative];
  // "/base/*" has what is below the base path, and the resource "/" is the base path itself; without
  // one, "/:rest*" has everything but "/".
  const hasRoot = matches(relative, "/") || matches(relative, "");
  if (hasRoot && !matches(patterns[0] as string, basePath || "/")) patterns.push(prefix || "/");
  for (const one of methodsOf(method)) {
    for (const pattern of patterns) router.add(one, pattern, true);
  }
  return router;
}

function matches(pattern: string, path: string): boolean {
  const router = new Router<true>();
  router.add("*", pattern, true);
  return router.match("*", path, 0, path.length) !== undefined;
}

/** The filter with wildcards for rest parameters: they match empty segments too. */
function looseRouter(
  { method, path }: InterceptorFilter,
  basePath: string,
): Router<true> | undefined {
  const loose = path?.replace(/(?:\/:\w+|\{\/:\w+\})[*+](?=\/|$)/g, "/*");
  if (path === undefined || loose === undefined || loose === path) return undefined;
  const router = new Router<true>();
  const prefix = literalPattern(basePath);
  const { names } = pathPattern(canonicalPattern(path));
  for (const one of methodsOf(method)) {
    router.add(one, prefix + canonicalPattern(loose), true, names);
  }
  return router;
}

function methodsOf(method: InterceptorFilter["method"]): readonly string[] {
  const methods = method === undefined ? ["*"] : [method].flat();
  if (methods.length === 0) {
    throw new TypeError("An interceptor for no method does nothing: leave its filter out");
  }
  // A guard that nothing matches would guard nothing, and nobody would notice.
  const never = methods.find((one) =>
    !isToken(one) || known.has(one.toUpperCase()) && !known.has(one)
  );
  if (never === undefined) return methods;
  throw new TypeError(`Cannot intercept the method "${never}": give one as it is sent, as "GET"`);
}

const known: ReadonlySet<string> = new Set(
  ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
);

function bindingsOf(
  bind: NonNullable<Interceptor["bind"]>,
  config: ServiceConfig,
  limit: number,
): Bindings {
  const nilableAsOptional = config.treatNilableAsOptional ?? true;
  return {
    path: bind.path && pathBinding(bind.path as Fields | Schema),
    query: bind.query && queryBinding(bind.query, nilableAsOptional),
    headers: bind.headers && headerBinding(bind.headers, nilableAsOptional),
    cookies: bind.cookies && cookieBinding(bind.cookies, nilableAsOptional),
    body: bind.body && bodyBinding(bind.body, { limit, lax: config.laxDataBinding ?? false }),
  };
}

/** A binding of a payload goes on with an answer; here it goes on with what it has bound. */
async function bindTo(exchange: Exchange, binding: BodyBinding): Promise<unknown> {
  let bound: unknown;
  const keep: Continuation = (value) => {
    bound = value;
    return Response.error();
  };
  await binding(exchange, keep);
  return bound;
}

/** The same request with a payload that was read before, as it is once decoded. */
function withBody(request: Request, body: Uint8Array<ArrayBuffer>): Request {
  const { url, method, signal } = request;
  const headers = new Headers(request.headers);
  headers.delete("content-encoding");
  headers.set("content-length", String(body.length));
  const copy = new Request(url, { method, headers, body, signal });
  keepOrigin(copy, request);
  return copy;
}
