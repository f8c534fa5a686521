/**
 * A CORS config, checked and compiled, and what it makes of requests and answers (Fetch standard,
 * section "CORS protocol").
 *
 * A refusal is no error: the answer comes without CORS fields, and it is the browser that keeps it
 * from the script. That keeps scripts from reading, not programs from asking: CORS protects nobody
 * from forged requests.
 *
 * @module
 */
import { isToken } from "../message/header_value.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { addVary } from "../message/vary.ts";
import { type CorsConfig, setsNothing } from "./cors_config.ts";
import { configuredMethods, configuredNames, parseFieldNames } from "./cors_names.ts";
import { CorsOrigins } from "./cors_origins.ts";
import { editHeaders } from "./response_headers.ts";

const corsOptions: Readonly<Record<keyof CorsConfig, true>> = {
  allowOrigins: true,
  allowMethods: true,
  allowHeaders: true,
  exposeHeaders: true,
  allowCredentials: true,
  maxAge: true,
  allowPrivateNetwork: true,
};

const allowOrigin = "access-control-allow-origin";
const allowCredentials = "access-control-allow-credentials";
const exposeHeaders = "access-control-expose-headers";

/**
 * What CORS answers to the requests of one service or resource.
 *
 * @example
 * ```ts
 * import { CorsPolicy } from "@pirouette/http/layers";
 *
 * const policy = new CorsPolicy({ allowOrigins: ["https://app.example"] });
 * const request = new Request("http://localhost/", { headers: { origin: "https://app.example" } });
 * const response = policy.apply(request, new Response("hello"));
 * console.log(response.headers.get("access-control-allow-origin")); // https://app.example
 * ```
 */
export class CorsPolicy {
  /**
   * The `Vary` of an answer to a preflight, allowed or not. It names the same fields whatever a
   * request holds.
   */
  readonly preflightVary: string;
  readonly #origins: CorsOrigins;
  /** The methods; `undefined` for every one. */
  readonly #methods: ReadonlySet<string> | undefined;
  /** The request fields in lower case; `undefined` for every one. */
  readonly #headers: ReadonlySet<string> | undefined;
  readonly #exposed: string | undefined;
  readonly #hasCredentials: boolean;
  readonly #maxAge: string | undefined;
  readonly #allowsPrivateNetwork: boolean;

  /**
   * Compiles a config.
   *
   * @throws {TypeError} when an option is unknown, none is set, an origin, pattern, method or field
   * name is malformed, `"*"` stands beside `allowCredentials`, or that is no boolean.
   * @throws {RangeError} when `maxAge` is not a whole number of seconds from 0.
   */
  constructor(config: CorsConfig) {
    checkOptions("A CORS config", config, corsOptions);
    if (setsNothing(config)) {
      throw new TypeError(
        'Cannot apply a CORS config that sets nothing: set allowOrigins, to ["*"] for every origin',
      );
    }
    const own = ownOptions(config);
    this.#origins = new CorsOrigins(own.allowOrigins ?? ["*"]);
    const methods = own.allowMethods && configuredMethods(own.allowMethods);
    const headers = own.allowHeaders && configuredNames("allowHeaders", own.allowHeaders);
    const exposed = configuredNames("exposeHeaders", own.exposeHeaders ?? []);
    this.#hasCredentials = flag("allowCredentials", own.allowCredentials);
    if (this.#hasCredentials) {
      refuseAny("allowOrigins", this.#origins.any, "list the origins");
      refuseAny("allowMethods", methods?.includes("*"), "list the methods, or leave it out");
      refuseAny("allowHeaders", headers?.includes("*"), "list the fields, or leave it out");
      refuseAny("exposeHeaders", exposed.includes("*"), "list the fields");
    }
    this.#methods = methods === undefined || methods.includes("*") ? undefined : new Set(methods);
    this.#headers = headers && new Set(headers.map((name) => name.toLowerCase()));
    this.#exposed = exposed.length === 0 ? undefined : exposed.join(", ");
    this.#maxAge = own.maxAge === undefined ? undefined : seconds(own.maxAge);
    this.#allowsPrivateNetwork = flag("allowPrivateNetwork", own.allowPrivateNetwork);
    const varying = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
    if (this.#allowsPrivateNetwork) varying.push("Access-Control-Request-Private-Network");
    this.preflightVary = varying.join(", ");
  }

  /** Whether a browser asks, before it sends a request, whether it may. */
  isPreflight(request: Request): boolean {
    return preflightMethod(request) !== undefined;
  }

  /**
   * The answer to a preflight: 204, with what is allowed of what it asks for. `undefined` where it
   * is refused, or is none: OPTIONS is then answered as if there were no CORS, with
   * {@linkcode preflightVary}.
   *
   * @throws {TypeError} when a function in `allowOrigins` answers anything but `true` or `false`.
   */
  preflight(request: Request): Response | undefined {
    const method = preflightMethod(request);
    const origin = request.headers.get("origin");
    // Several origins are what a redirected request may carry; a preflight is never redirected.
    if (method === undefined || origin === null || origin.includes(" ")) return undefined;
    if (!isToken(method)) return undefined;
    if (this.#methods !== undefined && !this.#methods.has(method)) return undefined;
    const names = parseFieldNames(request.headers.get("access-control-request-headers") ?? "");
    if (names === undefined || !this.#allowsHeaders(names)) return undefined;
    const allowed = this.#origins.answer(origin, request);
    if (allowed === undefined) return undefined;

    const response = new Response(null, { status: 204 });
    const { headers } = response;
    headers.set(allowOrigin, allowed);
    if (this.#hasCredentials) headers.set(allowCredentials, "true");
    headers.set("access-control-allow-methods", method);
    if (names.length > 0) headers.set("access-control-allow-headers", names.join(", "));
    if (this.#maxAge !== undefined) headers.set("access-control-max-age", this.#maxAge);
    if (
      this.#allowsPrivateNetwork &&
      request.headers.get("access-control-request-private-network") === "true"
    ) headers.set("access-control-allow-private-network", "true");
    headers.set("vary", this.preflightVary);
    return response;
  }

  /**
   * Adds to the answer of a request what its origin may do with it; the same response, or a copy
   * where its headers cannot be changed.
   *
   * What the response says itself of allowed origins and credentials, as one that was fetched from
   * elsewhere may, gives way to the policy.
   *
   * @throws {TypeError} when a function in `allowOrigins` answers anything but `true` or `false`.
   */
  apply(request: Request, response: Response): Response {
    const origin = request.headers.get("origin");
    const allowed = origin === null ? undefined : this.#origins.answer(origin, request);
    return editHeaders(response, (headers) => this.#mark(headers, origin, allowed));
  }

  /**
   * What {@linkcode CorsPolicy.apply} does, to a response that was just made and has neither a
   * `Vary` nor a CORS field: a third of the time goes into looking for them.
   *
   * @throws {TypeError} when a function in `allowOrigins` answers anything but `true` or `false`.
   */
  applyFresh(request: Request, response: Response): void {
    const { headers } = response;
    headers.append("vary", "Origin");
    const origin = request.headers.get("origin");
    const allowed = origin === null ? undefined : this.#origins.answer(origin, request);
    if (allowed === undefined) return;
    headers.append(allowOrigin, allowed);
    if (this.#hasCredentials) headers.append(allowCredentials, "true");
    if (this.#exposed !== undefined) headers.append(exposeHeaders, this.#exposed);
  }

  #mark(headers: Headers, origin: string | null, allowed: string | undefined): void {
    addVary(headers, "Origin");
    if (allowed !== undefined) {
      if (this.#hasCredentials) headers.set(allowCredentials, "true");
      else headers.delete(allowCredentials);
      headers.set(allowOrigin, allowed);
      if (this.#exposed !== undefined) headers.set(exposeHeaders, this.#exposed);
    } else if (origin !== null) {
      headers.delete(allowCredentials);
      headers.delete(allowOrigin);
    }
  }

  #allowsHeaders(names: readonly string[]): boolean {
    const allowed = this.#headers;
    if (allowed === undefined) return true;
    return names.every((name) => {
      const lower = name.toLowerCase();
      return allowed.has(lower) || (lower !== "authorization" && allowed.has("*"));
    });
  }
}

/**
 * The method that a preflight asks for; `undefined` where a request is no preflight: one is OPTIONS
 * with an `Origin` and an `Access-Control-Request-Method`.
 */
export function preflightMethod(request: Request): string | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("origin")) return undefined;
  return request.headers.get("access-control-request-method") ?? undefined;
}

function refuseAny(option: string, isAny: boolean | undefined, remedy: string): void {
  if (!isAny) return;
  throw new TypeError(
    `Cannot allow credentials with "*" in ${option}: ${remedy}, or leave allowCredentials out`,
  );
}

function flag(option: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === "boolean") return value === true;
  throw new TypeError(`Cannot use ${JSON.stringify(value)} as ${option}: give true or false`);
}

function seconds(maxAge: number): string {
  if (Number.isSafeInteger(maxAge) && maxAge >= 0) return String(maxAge);
  throw new RangeError(
    `Cannot use ${maxAge} as maxAge: give whole seconds from 0, or leave it out to send none`,
  );
}
