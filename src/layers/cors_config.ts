/**
 * What a server lets scripts of other origins do (Fetch standard, section "CORS protocol").
 *
 * Field names are those of the original library. What they mean at the two levels, service and
 * resource, is said at {@linkcode mergeCors}; nothing here checks a value, the policy does.
 *
 * @module
 */

/**
 * Decides about an origin that no text or pattern of the list allows.
 *
 * It is asked for every request, and only about a well-formed origin: never about `null`. It
 * answers `true` or `false`; a promise is an error.
 */
export type CorsOriginPredicate = (origin: string, request: Request) => boolean;

/**
 * Origins that are allowed: one of them as browsers send it (`https://app.example`), a pattern that
 * matches whole origins, a function, `"*"` for every origin, or `"null"` for those of no name.
 */
export type CorsOrigin = string | RegExp | CorsOriginPredicate;

/** What scripts of other origins may do; every field is optional, but one of them is set. */
export interface CorsConfig {
  /**
   * The origins that may read answers.
   *
   * Texts are trimmed, and compared with the `Origin` field letter by letter; capitals, paths and
   * default ports, which browsers never send, are errors. A pattern begins with `^` and ends with
   * `$`, and has no flag `g` or `y`; escape its dots. `"null"` is what sandboxed frames and local
   * files send, so anybody can send it: no pattern or function is asked about it, it has to be
   * listed. `"*"` is every origin, those too.
   *
   * @default `["*"]`
   */
  readonly allowOrigins?: readonly CorsOrigin[];
  /**
   * The methods that other origins may use, compared letter by letter; GET, HEAD and POST too have
   * to be listed. `"*"` is every method.
   *
   * @default every method; at a resource, the methods it answers
   */
  readonly allowMethods?: readonly string[];
  /**
   * The request header fields that scripts may set, in any case; an empty list is none. `"*"` is
   * every field but `Authorization`, which has to be listed beside it (Fetch standard, "CORS
   * non-wildcard request-header name").
   *
   * @default every field
   */
  readonly allowHeaders?: readonly string[];
  /**
   * The response header fields that scripts may read beside the few that they always may.
   *
   * @default `[]`
   */
  readonly exposeHeaders?: readonly string[];
  /**
   * Whether cookies and other credentials may come with the request. Every `"*"` beside it is an
   * error.
   *
   * @default false
   */
  readonly allowCredentials?: boolean;
  /**
   * For how many seconds a browser may remember the answer to a preflight; 0 forbids it. Without
   * it no `Access-Control-Max-Age` is sent, and browsers take 5.
   */
  readonly maxAge?: number;
  /**
   * Whether pages of public networks may reach this server on a private one: preflights that ask
   * for it are answered with `Access-Control-Allow-Private-Network` (Private Network Access, which
   * browsers are replacing with a permission).
   *
   * @default false
   */
  readonly allowPrivateNetwork?: boolean;
}

/**
 * The config that applies to a resource: its own as a whole, else its service's.
 *
 * Fields are not mixed: what a resource's config leaves out has the default, not the service's
 * value. A resource's config that sets nothing is none. Where a resource's config names no methods,
 * those that it answers are allowed, HEAD with GET.
 *
 * @param methods the methods of the resource; `"*"` for one that answers all.
 * @returns `service` itself where that applies, so that one policy can serve all who share it.
 *
 * @example
 * ```ts
 * import { mergeCors } from "@pirouette/http/layers";
 *
 * const service = { allowOrigins: ["https://app.example"], maxAge: 600 };
 * console.log(mergeCors(service, undefined, ["GET"]) === service); // true
 * console.log(mergeCors(service, { allowOrigins: ["*"] }, ["PUT"]));
 * // { allowOrigins: ["*"], allowMethods: ["PUT"] }
 * ```
 */
export function mergeCors(
  service: CorsConfig | undefined,
  resource: CorsConfig | undefined,
  methods: readonly string[],
): CorsConfig | undefined {
  if (resource === undefined) return service;
  if (setsNothing(resource)) return service ?? resource;
  if (resource.allowMethods !== undefined || methods.includes("*")) return resource;
  const hasHead = methods.includes("HEAD") || !methods.includes("GET");
  return { ...resource, allowMethods: hasHead ? methods : [...methods, "HEAD"] };
}

/** Whether no field of a config has a value. */
export function setsNothing(config: CorsConfig): boolean {
  return Object.values(config).every((value) => value === undefined);
}
