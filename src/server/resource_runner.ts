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
import { Reply } from "../message/reply.ts";
import { bodyBinding } from "./body_binding.ts";
import { BoundCall, type BoundParts, unbound } from "./call.ts";
import { notModifiedIfKnown } from "./conditional.ts";
import { observe } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";
import { headerBinding } from "./header_binding.ts";
import { pathBinding } from "./path_binding.ts";
import { type Binding, queryBinding } from "./query_binding.ts";
import { encodeReply, type ReplyRules } from "./reply_encoder.ts";
import type { Fields, Resource, Spec } from "./resource.ts";
import type { Schema } from "../schema/standard.ts";
import type { ServiceConfig } from "./service_config.ts";

/** The most bytes of a bound body, where nobody says otherwise: 10 MiB. */
const defaultMaxEntityBodySize = 10 * 1024 * 1024;

const created = Object.freeze({ status: 201 });

/** Runs one resource. */
export class ResourceRunner {
  readonly #handler: (call: unknown) => unknown;
  readonly #rules: ReplyRules;
  readonly #consumes: readonly string[] | undefined;
  readonly #produces: readonly string[] | undefined;
  readonly #bindings: readonly (readonly [keyof BoundParts, Binding])[];
  readonly #onError: ServiceConfig["onError"];

  /** Compiles what `resource` declares. */
  constructor(resource: Resource, config: ServiceConfig, listenerMaxEntityBodySize?: number) {
    const spec = resource.spec as Spec;
    this.#handler = resource.handler as (call: unknown) => unknown;
    this.#rules = replyRules(resource, spec, config);
    this.#consumes = nonEmpty(spec.consumes);
    this.#produces = nonEmpty(spec.produces) ?? nonEmpty(spec.mediaType && [spec.mediaType]);
    this.#onError = config.onError;
    const nilableAsOptional = config.treatNilableAsOptional ?? true;
    const bindings: [keyof BoundParts, Binding][] = [];
    if (spec.path !== undefined) bindings.push(["path", pathBinding(spec.path as Fields | Schema)]);
    if (spec.query !== undefined) {
      bindings.push(["query", queryBinding(spec.query, nilableAsOptional)]);
    }
    if (spec.headers !== undefined) {
      bindings.push(["headers", headerBinding(spec.headers, nilableAsOptional)]);
    }
    if (spec.body !== undefined) {
      const limit = spec.maxEntityBodySize ?? config.maxEntityBodySize ??
        listenerMaxEntityBodySize ?? defaultMaxEntityBodySize;
      const rules = { limit, lax: config.laxDataBinding ?? false };
      bindings.push(["body", bodyBinding(spec.body, rules)]);
    }
    this.#bindings = bindings;
  }

  /**
   * Answers one request.
   *
   * @throws {HttpError} when the request does not fit, and whatever the handler throws.
   */
  run(exchange: Exchange): Response | Promise<Response> {
    const negotiated = this.#negotiate(exchange.request);
    const parts = this.#bindings.length === 0 ? unbound : this.#bind(exchange);
    if (!(parts instanceof Promise)) return this.#call(exchange, parts, negotiated);
    return parts.then((bound) => this.#call(exchange, bound, negotiated));
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

  #bind(exchange: Exchange): BoundParts | Promise<BoundParts> {
    const parts: BoundParts = {
      path: undefined,
      query: undefined,
      headers: undefined,
      body: undefined,
    };
    for (let index = 0; index < this.#bindings.length; index++) {
      const [part, bind] = this.#bindings[index] as readonly [keyof BoundParts, Binding];
      const value = bind(exchange);
      if (value instanceof Promise) return this.#bindRest(exchange, parts, index, value);
      parts[part] = value;
    }
    return parts;
  }

  /** Goes on from the first part that has to be waited for. */
  async #bindRest(
    exchange: Exchange,
    parts: BoundParts,
    from: number,
    waiting: Promise<unknown>,
  ): Promise<BoundParts> {
    for (let index = from; index < this.#bindings.length; index++) {
      const [part, bind] = this.#bindings[index] as readonly [keyof BoundParts, Binding];
      parts[part] = await (index === from ? waiting : bind(exchange));
    }
    return parts;
  }

  #call(
    exchange: Exchange,
    parts: BoundParts,
    negotiated: string | undefined,
  ): Response | Promise<Response> {
    const value = this.#handler(new BoundCall(exchange, parts));
    if (!isThenable(value)) return this.#answer(exchange, value, negotiated);
    const caller = exchange.usedCaller;
    if (caller === undefined) {
      return Promise.resolve(value).then((done) => this.#answer(exchange, done, negotiated));
    }
    // The first to answer does: the handler by returning, or the caller while it goes on.
    const returned = Promise.resolve(value);
    returned.catch((error) => {
      if (caller.responded) observe(exchange, error, this.#onError);
    });
    return Promise.race([caller.answered, returned])
      .then((done) => this.#answer(exchange, done, negotiated));
  }

  #answer(
    exchange: Exchange,
    returned: unknown,
    negotiated: string | undefined,
  ): Response | Promise<Response> {
    const caller = exchange.usedCaller;
    const value = caller?.responded === true ? caller.given : returned;
    if (value === undefined) {
      return new Response(null, { status: caller === undefined ? 202 : 500 });
    }
    const response = encodeReply(value, this.#rules, negotiated);
    return response instanceof Promise
      ? response.then((done) => finish(exchange, value, done))
      : finish(exchange, value, response);
  }
}

/** What depends on the request once the response is there: 304, and HEAD's missing body. */
function finish(exchange: Exchange, value: unknown, response: Response): Response {
  const { method, request } = exchange;
  if (method !== "GET" && method !== "HEAD") return response;
  const mayHaveValidator = value instanceof Response ||
    (value instanceof Reply && value.headers !== undefined);
  const current = mayHaveValidator ? notModifiedIfKnown(request, response) : response;
  return method === "HEAD" && current.body !== null ? withoutBody(current) : current;
}

function withoutBody(response: Response): Response {
  response.body?.cancel().catch(() => {});
  return new Response(null, response);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise ||
    (typeof value === "object" && value !== null && "then" in value &&
      typeof value.then === "function");
}

function nonEmpty(list: readonly string[] | "" | undefined): readonly string[] | undefined {
  return list === undefined || list === "" || list.length === 0 ? undefined : list;
}

function replyRules(resource: Resource, spec: Spec, config: ServiceConfig): ReplyRules {
  const isPost = resource.method === "POST";
  return {
    init: isPost ? created : undefined,
    status: isPost ? 201 : 200,
    mediaType: spec.mediaType,
    subtypePrefix: config.mediaTypeSubtypePrefix,
    responses: config.validation === false ? undefined : spec.responses,
  };
}
