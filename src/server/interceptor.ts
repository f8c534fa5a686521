/**
 * Interceptors: small units of work before a service answers and after (spec 8.1).
 *
 * An interceptor has up to four hooks. Request hooks run from the first interceptor to the last,
 * then the service answers, then response hooks run from the last to the first. An error goes to
 * the nearest error hook in the same direction, past everything in between.
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Call, NoExtra, Spec } from "./resource.ts";

/** Which requests an interceptor is for; every other one goes past it. */
export interface InterceptorFilter<Path extends string = string> {
  /**
   * The method or methods, in capitals as they are sent; `GET` stands for `HEAD` too, as it does for
   * resources.
   *
   * @default every method
   */
  readonly method?: string | readonly string[];
  /**
   * A path template, as a resource's: relative to the base path of the service, for interceptors of a
   * listener to the root. One for all that is below a path ends in a rest parameter, as
   * `/admin/:rest*`, which takes `/admin` too.
   *
   * @default every path
   */
  readonly path?: Path;
}

/** What a request hook binds, as a resource does. */
export type InterceptorBinding<Path extends string = string> = Pick<
  Spec<Path>,
  "path" | "query" | "headers" | "cookies" | "body"
>;

/**
 * What every hook is given: the request and what is kept for it. Nothing of it is bound: `path` has
 * the parameters of the filter as text, `query`, `headers` and `cookies` have everything that was sent.
 */
export type HookCall<Path extends string = string> = Omit<Call<Path, Record<never, never>>, "body">;

/** What a request hook is given: the request, and what it binds. */
export type RequestHookCall<Path extends string = string, Binding = Record<never, never>> = Call<
  Path,
  Binding
>;

/** What a response hook is given: the response as the interceptors after it have left it. */
export interface ResponseHookCall<Path extends string = string> extends HookCall<Path> {
  /** The response; its header fields can be set, its body is replaced by returning another. */
  readonly response: Response;
}

/** What a request error hook is given. */
export interface RequestErrorHookCall<Path extends string = string> extends HookCall<Path> {
  /** What was thrown or returned; what is no error is the `cause` of one. */
  readonly error: Error;
}

/**
 * What a response error hook is given: the error, and as `response` the default reply to it, with its
 * status and fields such as `Allow`.
 */
export interface ResponseErrorHookCall<Path extends string = string>
  extends ResponseHookCall<Path>, RequestErrorHookCall<Path> {
}

/** The hooks of an interceptor; it has one at least. */
export interface InterceptorHooks<Path extends string = string, Binding = Record<never, never>> {
  /**
   * Runs before the service answers. Returns `context.next()` to go on, or the answer, which goes
   * to the response hooks of the interceptors before this one: a reply, a `Response`, any value (200,
   * or 201 where the filter's method is `"POST"`), nothing (202).
   */
  request?(call: RequestHookCall<Path, Binding>): unknown;
  /**
   * Runs with the answer. Returns `context.next()` to send it on, or another: a reply or `Response`
   * takes its place, any other value the place of its body. A hook that neither returns anything nor
   * calls `next()` replaces it with an empty 202.
   *
   * It sees the whole answer: what conditions and ranges make of it (304, 206) comes after all hooks.
   */
  response?(call: ResponseHookCall<Path>): unknown;
  /**
   * Runs where a request hook before it failed, or where no service is found. Returns
   * `context.next()` to go on as if that had not been, or the answer, as {@linkcode request} does.
   */
  requestError?(call: RequestErrorHookCall<Path>): unknown;
  /**
   * Runs where the service, a response hook after it, or a request hook failed, with the response
   * that would be sent. Returns as {@linkcode response} does, and the error is dealt with; what it
   * throws goes to the one before.
   */
  responseError?(call: ResponseErrorHookCall<Path>): unknown;
}

/**
 * An interceptor: a plain object, or an instance of a class that has hooks.
 *
 * @example All errors in one format
 * ```ts
 * import { type Interceptor, reasonPhrase, service } from "@pirouette/http";
 *
 * const uniformErrors: Interceptor = {
 *   responseError({ error, response: { status } }) {
 *     return { status, message: status < 500 ? error.message : reasonPhrase(status) };
 *   },
 * };
 * const shop = service({ interceptors: [uniformErrors] }, []);
 * ```
 */
export interface Interceptor extends InterceptorHooks {
  /** Which requests it is for; without it, all. */
  readonly on?: InterceptorFilter;
  /** What its request hook binds; made by {@linkcode interceptor}, which knows the types. */
  readonly bind?: InterceptorBinding;
}

/** What {@linkcode interceptor} is given: hooks, typed by the path and by what they bind. */
export interface InterceptorDeclaration<Path extends string, Binding>
  extends InterceptorHooks<Path, Binding> {
  /** Which requests it is for; without it, all. */
  readonly on?: InterceptorFilter<Path>;
  /** What its request hook binds, each part as in a resource's spec. */
  readonly bind?: Binding & NoExtra<Path, Binding>;
}

/**
 * Declares an interceptor whose request hook binds parts of the request (spec 8.1.5). A payload that
 * it binds can be bound, or read, once more by whoever comes next; one that it reads from `request`
 * cannot.
 *
 * @throws {TypeError} when it has an unknown option or no hook, or binds without a request hook.
 *
 * @example
 * ```ts
 * import { forbidden, get, interceptor, service, string } from "@pirouette/http";
 *
 * const tenantOnly = interceptor({
 *   on: { path: "/tenants/:tenant/:rest*" },
 *   bind: { headers: { "x-tenant": string() } },
 *   request({ path, headers, context }) {
 *     return headers["x-tenant"] === path.tenant ? context.next() : forbidden();
 *   },
 * });
 * const tenants = service({ interceptors: [tenantOnly] }, [
 *   get("/tenants/:tenant/plan", ({ path }) => `the plan of ${path.tenant}`),
 * ]);
 * ```
 */
export function interceptor<
  const Path extends string = "/",
  const Binding extends InterceptorBinding<Path> = Record<never, never>,
>(declared: InterceptorDeclaration<Path, Binding>): Interceptor {
  checkInterceptor(declared);
  return declared as Interceptor;
}

/** The names of the hooks. */
export const hookNames: readonly (keyof InterceptorHooks)[] = [
  "request",
  "response",
  "requestError",
  "responseError",
];

const interceptorOptions: Readonly<Record<keyof Interceptor, true>> = {
  on: true,
  bind: true,
  request: true,
  response: true,
  requestError: true,
  responseError: true,
};

const filterOptions: Readonly<Record<keyof InterceptorFilter, true>> = {
  method: true,
  path: true,
};

const bindingOptions: Readonly<Record<keyof InterceptorBinding, true>> = {
  path: true,
  query: true,
  headers: true,
  cookies: true,
  body: true,
};

/**
 * Refuses an interceptor that would not do what it says.
 *
 * @throws {TypeError} when it has an unknown option or no hook, or binds without a request hook.
 */
export function checkInterceptor(given: object): void {
  const { on, bind } = declared(given);
  // An instance of a class may keep whatever it needs beside its hooks.
  if (Object.getPrototypeOf(given) === Object.prototype) {
    checkOptions("An interceptor", given, interceptorOptions);
  }
  if (!isInterceptor(given)) {
    throw new TypeError(`An interceptor has no hook: give it one of ${hookNames.join(", ")}`);
  }
  if (on !== undefined) checkOptions("An interceptor's filter", on, filterOptions);
  if (bind === undefined) return;
  checkOptions("An interceptor's binding", bind, bindingOptions);
  if (given.request === undefined) {
    throw new TypeError("An interceptor binds for its request hook alone: give it one");
  }
  const hasTemplate = on !== undefined && ownOptions(on).path !== undefined;
  if (ownOptions(bind).path !== undefined && !hasTemplate) {
    throw new TypeError("An interceptor binds the path parameters of its filter: give on.path");
  }
}

/** What an interceptor or its class says; not what something else put on every object. */
export function declared(
  { on, bind }: Pick<Interceptor, "on" | "bind">,
): { readonly [Name in "on" | "bind"]: Interceptor[Name] | undefined } {
  const everywhere: Pick<Interceptor, "on" | "bind"> = Object.prototype;
  return {
    on: on === everywhere.on ? undefined : on,
    bind: bind === everywhere.bind ? undefined : bind,
  };
}

/** Whether a value has a hook; data never does, whatever its fields are called. */
export function isInterceptor(value: object): value is Interceptor {
  return hookNames.some((name) => typeof (value as Interceptor)[name] === "function");
}
