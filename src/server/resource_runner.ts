/**
 * A resource ready to run: checks the media types, binds what is declared, calls the handler and
 * encodes what it returns.
 *
 * What a resource does not declare is decided once, here, and costs its requests nothing.
 *
 * @module
 */
import {
  RequestNotAcceptableError,
  UnsupportedRequestMediaTypeError,
} from "../message/listener_errors.ts";
import { matchesConsumes, negotiateMediaType } from "../message/negotiation.ts";
import { ownOptions } from "../message/options.ts";
import { Reply } from "../message/reply.ts";
import { type BodyBinding, bodyBinding } from "./body_binding.ts";
import { BoundCall } from "./call.ts";
import { cookieBinding } from "./cookie_binding.ts";
import { type ErrorRules, observe } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";
import { finish } from "./finish.ts";
import { headerBinding } from "./header_binding.ts";
import { unshared } from "./hook_response.ts";
import { pathBinding } from "./path_binding.ts";
import { type Binding, queryBinding } from "./query_binding.ts";
import { encodeReply, encodeSimply, isPlainData, type ReplyRules } from "./reply_encoder.ts";
import type { Fields, Resource, Spec } from "./resource.ts";
import { ResponseCaching } from "./response_cache.ts";
import type { ResourceLinks } from "./resource_links.ts";
import { refuseUnsentTrailers } from "./unsent_trailers.ts";
import { dropUnsent } from "./unsent.ts";
import { withoutBody } from "./without_body.ts";
import type { Schema } from "../schema/standard.ts";
import type { ServiceConfig } from "./service_config.ts";

/** The most bytes of a bound body, where nobody says otherwise: 10 MiB. */
export const defaultMaxEntityBodySize = 10 * 1024 * 1024;

const created = Object.freeze({ status: 201 });

/** What a resource declares, each ready to bind. */
interface Bindings {
  readonly path: Binding | undefined;
  readonly query: Binding | undefined;
  readonly headers: Binding | undefined;
  readonly cookies: Binding | undefined;
  readonly body: BodyBinding | undefined;
}

/** Runs one resource. */
export class ResourceRunner {
  readonly #handler: (call: unknown) => unknown;
  readonly #rules: ReplyRules;
  /** For what is given to the caller, which has no links (spec 7.2.2 names what is returned). */
  readonly #callerRules: ReplyRules;
  readonly #consumes: readonly string[] | undefined;
  readonly #produces: readonly string[] | undefined;
  readonly #bindings: Bindings;
  readonly #binds: boolean;
  readonly #errors: ErrorRules;
  /**
   * What a caller does while the handler goes on. One for all requests: on Node, a closure for each kept
   * what its handler had made until the whole heap was swept, a third of what a POST cost.
   */
  readonly #settleSimply: (exchange: Exchange) => void = this.#settler(undefined);

  /** Compiles what `resource` declares. */
  constructor(
    resource: Resource,
    config: ServiceConfig,
    listenerMaxEntityBodySize?: number,
    links?: ResourceLinks,
  ) {
    const spec = ownOptions(resource.spec as Spec);
    this.#handler = resource.handler as (call: unknown) => unknown;
    this.#rules = replyRules(resource, spec, config, links);
    this.#callerRules = links === undefined ? this.#rules : { ...this.#rules, links: undefined };
    this.#consumes = nonEmpty(spec.consumes);
    this.#produces = nonEmpty(spec.produces) ?? nonEmpty(spec.mediaType && [spec.mediaType]);
    this.#errors = config;
    const nilableAsOptional = config.treatNilableAsOptional ?? true;
    this.#bindings = {
      path: spec.path && pathBinding(spec.path as Fields | Schema),
      query: spec.query && queryBinding(spec.query, nilableAsOptional),
      headers: spec.headers && headerBinding(spec.headers, nilableAsOptional),
      cookies: spec.cookies && cookieBinding(spec.cookies, nilableAsOptional),
      body: spec.body && bodyBinding(spec.body, {
        limit: spec.maxEntityBodySize ?? config.maxEntityBodySize ?? listenerMaxEntityBodySize ??
          defaultMaxEntityBodySize,
        lax: config.laxDataBinding ?? false,
      }),
    };
    this.#binds = Object.values(this.#bindings).some((binding) => binding !== undefined);
  }

  /**
   * Answers one request.
   *
   * @throws {HttpError} when the request does not fit, and whatever the handler throws.
   */
  run(exchange: Exchange): Response | Promise<Response> {
    const negotiated = this.#negotiate(exchange.request);
    if (!this.#binds) return this.#call(exchange, new BoundCall(exchange), negotiated);
    const bindings = this.#bindings;
    const path = bindings.path?.(exchange);
    const query = bindings.query?.(exchange);
    const headers = bindings.headers?.(exchange);
    const cookies = bindings.cookies?.(exchange);
    if (
      path instanceof Promise || query instanceof Promise || headers instanceof Promise ||
      cookies instanceof Promise
    ) {
      return this.#runSlowly(exchange, [path, query, headers, cookies], negotiated);
    }
    if (bindings.body === undefined) {
      const bound = new BoundCall(exchange, path, query, headers, cookies);
      return this.#call(exchange, bound, negotiated);
    }
    return bindings.body(exchange, (body) => {
      const bound = new BoundCall(exchange, path, query, headers, cookies, body);
      return this.#call(exchange, bound, negotiated);
    });
  }

  /** Waits for asynchronous schemas; only then is the payload read. */
  async #runSlowly(
    exchange: Exchange,
    pending: readonly [path: unknown, query: unknown, headers: unknown, cookies: unknown],
    negotiated: string | undefined,
  ): Promise<Response> {
    const [path, query, headers, cookies] = await Promise.all(pending);
    const next = (body?: unknown) => {
      const bound = new BoundCall(exchange, path, query, headers, cookies, body);
      return this.#call(exchange, bound, negotiated);
    };
    return await (this.#bindings.body?.(exchange, next) ?? next());
  }

  /** The media type to answer with, where the spec lists any. */
  #negotiate(request: Request): string | undefined {
    if (this.#consumes !== undefined) {
      const contentType = request.headers.get("content-type");
      if (!matchesConsumes(contentType, this.#consumes)) {
        throw new UnsupportedRequestMediaTypeError("content-type : " + (contentType ?? "none"));
      }
    }
    if (this.#produces === undefined) return undefined;
    const negotiated = negotiateMediaType(request.headers.get("accept"), this.#produces);
    if (negotiated === undefined) throw new RequestNotAcceptableError("Request is not acceptable");
    return negotiated;
  }

  #call(
    exchange: Exchange,
    bound: BoundCall,
    negotiated: string | undefined,
  ): Response | Promise<Response> {
    const value = this.#handle(exchange, bound);
    // Before anything else is asked: most handlers return text or data, and are done.
    if (negotiated === undefined && exchange.usedCaller === undefined) {
      const simple = this.#answerSimply(exchange, value);
      if (simple !== undefined) return simple;
    }
    if (!isThenable(value)) return this.#answer(exchange, value, negotiated);
    const next = (done: unknown) => this.#answer(exchange, done, negotiated);
    const returned = exchange.handling = Promise.resolve(value);
    const hasWatcher = exchange.surroundings?.watcher !== undefined;
    if (exchange.isLayered || !hasWatcher) return this.#firstOf(exchange, returned).then(next);
    const answer = exchange.later(
      returned,
      (done) => exchange.usedCaller?.responded === true ? afterwards(exchange, done) : next(done),
    );
    exchange.onRespond = negotiated === undefined ? this.#settleSimply : this.#settler(negotiated);
    if (exchange.usedCaller?.responded === true) exchange.onRespond(exchange);
    return answer;
  }

  #settler(negotiated: string | undefined): (exchange: Exchange) => void {
    return (exchange) => exchange.settle?.(() => this.#answer(exchange, undefined, negotiated));
  }

  #handle(exchange: Exchange, bound: BoundCall): unknown {
    try {
      return this.#handler(bound);
    } catch (error) {
      if (!this.#isLate(exchange, error)) throw error;
      return undefined;
    }
  }

  /** The first to answer does: the handler by returning, or the caller while it goes on. */
  #firstOf(exchange: Exchange, returned: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // A handler may ask for its caller at any time, so that all of them are waited for like this.
      exchange.onRespond = () => resolve(undefined);
      if (exchange.usedCaller?.responded === true) resolve(undefined);
      returned.then((value) => {
        if (exchange.usedCaller?.responded === true) afterwards(exchange, value);
        resolve(value);
      }, (error) => {
        if (!this.#isLate(exchange, error)) reject(error);
      });
    });
  }

  /** Whether an error comes after the answer and therefore goes nowhere but to the log. */
  #isLate(exchange: Exchange, error: unknown): boolean {
    if (exchange.usedCaller?.responded !== true) return false;
    observe(exchange, error, this.#errors);
    return true;
  }

  #answerSimply(exchange: Exchange, value: unknown): Response | undefined {
    const simple = encodeSimply(value, this.#rules, exchange.maker);
    if (simple === undefined) return undefined;
    exchange.isWhole = true;
    exchange.isFresh = true;
    return exchange.method === "HEAD" ? withoutBody(exchange, simple) : simple;
  }

  #answer(
    exchange: Exchange,
    returned: unknown,
    negotiated: string | undefined,
  ): Response | Promise<Response> {
    const caller = exchange.usedCaller;
    const answered = caller?.responded === true ? caller.given : returned;
    if (answered !== returned) dropUnsent(returned);
    const value = exchange.isLayered && answered instanceof Response
      ? unshared(answered)
      : answered;
    if (value === undefined) {
      if (caller !== undefined) return new Response(null, { status: 500 });
      const { links } = this.#rules;
      const headers = links && { headers: { link: links.header } };
      return new Response(null, { status: 202, ...headers });
    }
    const simple = negotiated === undefined ? this.#answerSimply(exchange, value) : undefined;
    if (simple !== undefined) return simple;
    if (value instanceof Error) exchange.returnedError = value;
    refuseUnsentTrailers(exchange, value);
    exchange.isWhole = isWhole(value instanceof Reply ? value.body : value);
    const { caching } = this.#rules;
    const rules = caller?.responded === true ? this.#callerRules : this.#rules;
    const response = encodeReply(value, rules, negotiated, exchange);
    return response instanceof Promise
      ? response.then((done) => finish(exchange, value, done, caching))
      : finish(exchange, value, response, caching);
  }
}

/** Drops what a handler returned after its caller had answered; what is given is not looked at. */
function afterwards({ usedCaller }: Exchange, returned: unknown): Response {
  if (returned !== usedCaller?.given) dropUnsent(returned);
  return new Response(null);
}

/** Whether a value is sent from what is in memory, not from a stream or somebody's response. */
function isWhole(value: unknown): boolean {
  return typeof value !== "object" || value === null || isPlainData(value) ||
    ArrayBuffer.isView(value);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  if (typeof value !== "object" || value === null || isPlainData(value)) return false;
  return "then" in value && typeof value.then === "function";
}

function nonEmpty(list: readonly string[] | "" | undefined): readonly string[] | undefined {
  return list === undefined || list === "" || list.length === 0 ? undefined : list;
}

function replyRules(
  resource: Resource,
  spec: Spec,
  config: ServiceConfig,
  links: ResourceLinks | undefined,
): ReplyRules {
  const isPost = resource.method === "POST";
  const responses = config.validation === false ? undefined : spec.responses;
  const { mediaType } = spec;
  const { mediaTypeSubtypePrefix: subtypePrefix } = config;
  const subject = `${resource.method} ${resource.pathname}`;
  const caching = spec.cache === undefined || spec.cache === false
    ? undefined
    : new ResponseCaching(subject, spec.cache, spec.produces);
  return {
    init: isPost ? created : undefined,
    status: isPost ? 201 : 200,
    mediaType,
    subtypePrefix,
    responses,
    caching,
    links,
    isSimple: mediaType === undefined && subtypePrefix === undefined && responses === undefined &&
      caching === undefined && links === undefined,
  };
}
