/**
 * A resource: a method, a path template, what it binds, and the handler that answers (spec 2.3).
 *
 * @module
 */
import type { CorsConfig } from "../layers/cors_config.ts";
import type { HttpError } from "../message/errors.ts";
import type { Reply } from "../message/reply.ts";
import type { Infer, Schema } from "../schema/standard.ts";
import type { Caller } from "./caller.ts";
import { checkOptions } from "../message/options.ts";
import type { ParamNames, PathOf, PathSpec } from "./path_types.ts";
import type { RequestContext } from "./request_context.ts";
import type { ResponseCacheConfig } from "./response_cache.ts";

/** A schema for each field of a record, by the field's name. */
export type Fields = Readonly<Record<string, Schema>>;

/** What a resource binds and how it answers; every field is optional. */
export interface Spec<Path extends string = string> {
  /** One line for people, shown in the OpenAPI document. */
  readonly summary?: string;
  /** Schemas of path parameters, each or as a whole; text where undeclared (spec 2.3.3). */
  readonly path?: PathSpec<Path> | Schema;
  /** Schemas of query parameters, each or as a whole (spec 2.3.4.3). */
  readonly query?: Fields | Schema;
  /** Schemas of header fields, each or as a whole; names are case-insensitive (spec 2.3.4.5). */
  readonly headers?: Fields | Schema;
  /**
   * Schemas of cookies, each or as a whole; case counts in names. Of several with one name the first
   * is bound, or all where the schema is a list.
   */
  readonly cookies?: Fields | Schema;
  /** Schema of the payload, decoded by its media type (spec 2.3.4.4); without it, it is not read. */
  readonly body?: Schema;
  /**
   * Schemas of the bodies this resource answers with, by status. Handlers are type-checked against
   * them, and bodies checked before they are sent unless the service says `validation: false`.
   */
  readonly responses?: Readonly<Record<number, Schema>>;
  /**
   * Media types the request may have, else 415; parameters and case do not count.
   *
   * @default every type
   */
  readonly consumes?: readonly string[];
  /**
   * Media types the answer may have, the first one preferred; a request that accepts none of them gets
   * 406 (RFC 9110 section 12.5.1).
   *
   * @default what the value's type says
   */
  readonly produces?: readonly string[];
  /** The content type of a plainly returned value, in place of the default of its type. */
  readonly mediaType?: string;
  /**
   * The most bytes a bound body may have, else 413; -1 for no limit.
   *
   * @default the service's, which is 10 MiB
   */
  readonly maxEntityBodySize?: number;
  /**
   * What caches are told about plain answers and replies of 2xx; `true` for the defaults
   * (spec 4.6): fresh for an hour, with an `ETag` and a `Last-Modified`.
   *
   * @default false
   */
  readonly cache?: ResponseCacheConfig | boolean;
  /**
   * What scripts of other origins may do here, in place of all that the service's `cors` says.
   *
   * @default the service's
   */
  readonly cors?: CorsConfig;
  /**
   * The name by which `linkedTo` of this service's resources finds this one; case does not count.
   * Several resources may share a name only where they share their path (spec 7.2.1).
   */
  readonly name?: string;
  /**
   * The resources that answers of this one lead to (spec 7.2): as `_links` in JSON objects, else as a
   * `Link` field (RFC 8288).
   *
   * @default []
   */
  readonly linkedTo?: readonly LinkedTo[];
}

/**
 * A link from a resource to another of the same service; case counts in none of it (spec 7.2.1).
 *
 * @example
 * ```ts
 * import { post, put, service } from "@pirouette/http";
 *
 * const cafe = service({ basePath: "/cafe" }, [
 *   post("/orders", { linkedTo: [{ name: "payment", relation: "payment" }] }, () => ({ id: "1" })),
 *   put("/payments/:id", { name: "payment" }, () => ({ paid: true })),
 * ]);
 * const order = await cafe.fetch("http://localhost/cafe/orders", { method: "POST" });
 * // {"id":"1","_links":{"payment":{"href":"/cafe/payments/{id}","methods":["PUT"]}}}
 * ```
 */
export interface LinkedTo {
  /** The `name` of the resource to link to. */
  readonly name: string;
  /**
   * How that resource relates to this one, as `edit` or `payment`; once in a list.
   *
   * @default "self"
   */
  readonly relation?: string;
  /** The method of the resource to link to, where several have the name. */
  readonly method?: string;
}

/** What a record of schemas, or one schema for the whole record, binds to. */
export type Bound<Declared, Undeclared> = Declared extends Schema ? Infer<Declared>
  : Declared extends Fields ? { readonly [Key in keyof Declared]: Infer<Declared[Key]> }
  : Undeclared;

/** The argument of a handler; each part is computed only if it is declared or read. */
export interface Call<Path extends string, S> {
  /** The request as interceptors have left it. */
  readonly request: Request;
  /** The path parameters. */
  readonly path: PathOf<Path, S extends { readonly path: infer Declared } ? Declared : unknown>;
  /** The declared query parameters, or all of them where none is declared. */
  readonly query: Bound<S extends { readonly query: infer D } ? D : unknown, URLSearchParams>;
  /** The declared header fields, or all of them where none is declared. */
  readonly headers: Bound<S extends { readonly headers: infer D } ? D : unknown, Headers>;
  /** The declared cookies, or the first of each name where none is declared. */
  readonly cookies: Bound<
    S extends { readonly cookies: infer D } ? D : unknown,
    ReadonlyMap<string, string>
  >;
  /** The declared payload. */
  readonly body: S extends { readonly body: infer B } ? Infer<B> : undefined;
  /** The other end, for answering before the handler is done (spec 2.3.4.1). */
  readonly caller: Caller;
  /** What interceptors and handler share about this request. */
  readonly context: RequestContext;
}

/** What a handler may return: with `responses`, a declared reply or the plain body of a default status; else anything. */
export type Returns<S> = S extends { readonly responses: infer R } ?
    | Response
    | HttpError
    | {
      [Status in keyof R & number]:
        | Reply<Status, Infer<R[Status]>>
        | (Status extends 200 | 201 ? Infer<R[Status]> : never);
    }[keyof R & number]
  : unknown;

/** Answers one resource's requests. */
export type Handler<Path extends string, S> = (
  call: Call<Path, S>,
) => Returns<S> | Promise<Returns<S>>;

/** A resource without its handler: a line of a contract. */
export interface Endpoint<
  Method extends string = string,
  Path extends string = string,
  S = unknown,
> {
  /** The method; `"*"` for any. */
  readonly method: Method;
  /** The path template, relative to the service's base path. */
  readonly pathname: Path;
  /** What it binds and how it answers. */
  readonly spec: S;
}

/** A method, a path template, a spec and the handler that answers. */
export interface Resource<Method extends string = string, Path extends string = string, S = unknown>
  extends Endpoint<Method, Path, S> {
  /** Answers the requests; given what the spec declares. */
  readonly handler: (call: never) => unknown;
}

/** Rejects fields that `Spec` does not have, and path parameters the template does not have. */
export type NoExtra<Path extends string, S> =
  & { readonly [Key in Exclude<keyof S, keyof Spec>]: never }
  & (S extends { readonly path: infer Declared } ? Declared extends Schema ? unknown
    : { readonly path: { readonly [Key in Exclude<keyof Declared, ParamNames<Path>>]: never } }
    : unknown);

/** Declares resources of one method. */
export interface Verb<Method extends string> {
  /** A resource that binds nothing but its path. */
  <const Path extends string>(
    path: Path,
    handler: Handler<Path, Record<never, never>>,
  ): Resource<Method, Path, Record<never, never>>;
  /** A resource that binds what its spec declares. */
  <const Path extends string, const S extends Spec<Path>>(
    path: Path,
    spec: S & NoExtra<Path, S>,
    handler: Handler<Path, NoInfer<S>>,
  ): Resource<Method, Path, S>;
  /** An endpoint, for a contract. */
  <const Path extends string, const S extends Spec<Path>>(
    path: Path,
    spec: S & NoExtra<Path, S>,
  ): Endpoint<Method, Path, S>;
}

const specOptions: Readonly<Record<keyof Spec, true>> = {
  summary: true,
  path: true,
  query: true,
  headers: true,
  cookies: true,
  body: true,
  responses: true,
  consumes: true,
  produces: true,
  mediaType: true,
  maxEntityBodySize: true,
  cache: true,
  cors: true,
  name: true,
  linkedTo: true,
};

function verb<const Method extends string>(method: Method): Verb<Method> {
  const declare = (
    pathname: string,
    specOrHandler: Spec | Resource["handler"],
    handler?: Resource["handler"],
  ): Endpoint | Resource => {
    if (typeof specOrHandler === "function") {
      return { method, pathname, spec: {}, handler: specOrHandler };
    }
    checkOptions(`${method} ${pathname}`, specOrHandler, specOptions);
    const endpoint = { method, pathname, spec: specOrHandler };
    return handler === undefined ? endpoint : { ...endpoint, handler };
  };
  return declare as Verb<Method>;
}

/** Declares a GET resource; it answers HEAD too, where no HEAD resource is declared. */
export const get: Verb<"GET"> = verb("GET");
/** Declares a POST resource; a plain value is answered with 201. */
export const post: Verb<"POST"> = verb("POST");
/** Declares a PUT resource. */
export const put: Verb<"PUT"> = verb("PUT");
/** Declares a PATCH resource. */
export const patch: Verb<"PATCH"> = verb("PATCH");
/** Declares a DELETE resource. */
export const del: Verb<"DELETE"> = verb("DELETE");
/** Declares a HEAD resource. */
export const head: Verb<"HEAD"> = verb("HEAD");
/** Declares an OPTIONS resource, in place of the automatic answer. */
export const options: Verb<"OPTIONS"> = verb("OPTIONS");
/** Declares a resource for every method that has no resource of its own (the default accessor). */
export const any: Verb<"*"> = verb("*");

/**
 * Declares a resource of a method that has no function of its own (spec 2.3.1).
 *
 * @throws {TypeError} when the method is not a token (RFC 9110 section 9.1).
 *
 * @example
 * ```ts
 * import { resource } from "@pirouette/http";
 *
 * const move = resource("MOVE", "/albums/:id", ({ path }) => `moved ${path.id}`);
 * ```
 */
export function resource<const Method extends string, const Path extends string>(
  method: Method,
  path: Path,
  handler: Handler<Path, Record<never, never>>,
): Resource<Method, Path, Record<never, never>>;
/** Declares a resource of any method that binds what its spec declares. */
export function resource<
  const Method extends string,
  const Path extends string,
  const S extends Spec<Path>,
>(
  method: Method,
  path: Path,
  spec: S & NoExtra<Path, S>,
  handler: Handler<Path, NoInfer<S>>,
): Resource<Method, Path, S>;
export function resource(
  method: string,
  path: string,
  specOrHandler: Spec | Resource["handler"],
  handler?: Resource["handler"],
): Resource {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw new TypeError(`Cannot declare a resource for "${method}": a method is a token`);
  }
  const declare = verb(method) as unknown as (...parts: readonly unknown[]) => Resource;
  return declare(path, specOrHandler, handler);
}
