/**
 * Rate limiting as a layer: counts requests by client and refuses those above the limit with 429,
 * `Retry-After` (RFC 6585 section 4) and the fields of draft-ietf-httpapi-ratelimit-headers-11.
 *
 * How it counts is in `token_bucket.ts` and `sliding_window.ts`. It makes no request wait; a client
 * that should slow down does that with the same counters.
 *
 * @module
 */
import { asRequest, type Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { ServiceUnavailableError, TooManyRequestsError } from "../message/status_errors.ts";
import type { Awaitable } from "../stores/store.ts";
import type { TrustedProxies, TrustedProxiesOptions } from "./client_address.ts";
import { RateLimitFields, type RateLimitFieldStyle, retryAfter } from "./rate_limit_fields.ts";
import { keyFinder, type KeyOf, type RateLimitKey } from "./rate_limit_key.ts";
import { limiterOptions, RateLimiter, type RateLimiterOptions } from "./rate_limiter.ts";
import type { Take } from "./rate_quota.ts";
import { editHeaders } from "./response_headers.ts";

/** A request that was refused. */
export interface RateLimitHit {
  /** What it was counted by. */
  readonly key: string;
  /** The name of the limit. */
  readonly policyName: string;
  /** Seconds until it may be repeated, as in `Retry-After`. */
  readonly retryAfter: number;
}

/** Options of {@linkcode rateLimit}. */
export interface RateLimitOptions extends RateLimiterOptions {
  /**
   * What requests are counted by: the client's address; the value of a header field, which should
   * be one that was verified, as clients can make up others; or what a function gives, `undefined`
   * for a request that is not limited.
   *
   * Requests without an address, as all are in process, count together; so do those without the
   * header field.
   *
   * @default "ip"
   */
  readonly key?: RateLimitKey;
  /**
   * Which proxies are believed about the client's address.
   *
   * @default none
   */
  readonly client?: TrustedProxiesOptions | TrustedProxies;
  /**
   * How many leading bits of an IPv6 address count: those of a network that one client has for
   * itself, in which it can choose any address.
   *
   * @default 64
   */
  readonly ipv6Prefix?: number;
  /**
   * Which fields tell of the limit: `RateLimit` and `RateLimit-Policy`, the older
   * `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds from now), both, or none.
   * `Retry-After` is always sent.
   *
   * @default "standard"
   */
  readonly headers?: RateLimitFieldStyle;
  /**
   * How many units a request takes, a whole number; a function may give 0 for one that takes none.
   *
   * @default 1
   */
  readonly cost?: number | ((request: Request) => number);
  /**
   * Whether a request is passed on without being counted.
   *
   * @default none is
   */
  readonly skip?: (request: Request) => boolean;
  /**
   * Told of each request that is refused. A response that it gives is the answer, with the fields
   * added; else {@linkcode TooManyRequestsError} is thrown, which a service answers in its own form.
   */
  readonly onLimit?: (request: Request, hit: RateLimitHit) => Awaitable<Response | void>;
  /**
   * What becomes of requests while the store fails: they pass uncounted, or get 503.
   *
   * @default "allow"
   */
  readonly onStoreError?: "allow" | "deny";
  /**
   * Told when the store fails.
   *
   * @default `console.error`
   */
  readonly onError?: (error: unknown, request: Request) => void;
}

const knownOptions: Readonly<Record<keyof RateLimitOptions, true>> = {
  ...limiterOptions,
  key: true,
  client: true,
  ipv6Prefix: true,
  headers: true,
  cost: true,
  skip: true,
  onLimit: true,
  onStoreError: true,
  onError: true,
};

/**
 * Limits how many requests pass.
 *
 * A request above the limit is never seen by what is inside: the layer throws
 * {@linkcode TooManyRequestsError}, which a service or a listener answers with 429. The service's
 * interceptors are inside, and do not see it: to answer in a format of your own, or around a fetch that
 * nothing of this library answers for, as `Deno.serve(stack(handler, limit))`, let `onLimit` give a
 * response. To limit only some paths of a service, ask a {@linkcode RateLimiter} in an interceptor.
 *
 * @throws {TypeError} when an option is unknown, malformed, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { rateLimit, requestId, secureHeaders } from "@pirouette/http/layers";
 *
 * const albums = service({
 *   layers: [requestId(), secureHeaders(), rateLimit({ limit: 100, window: 60_000, key: "ip" })],
 * }, [get("/albums", () => [])]);
 * ```
 *
 * @example Behind a proxy, two limits that both hold
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { rateLimit, TrustedProxies } from "@pirouette/http/layers";
 *
 * const client = new TrustedProxies({ trustedProxies: ["10.0.0.0/8"] });
 * const albums = service({
 *   layers: [
 *     rateLimit({ limit: 10, window: 1_000, policyName: "burst", client }),
 *     rateLimit({ limit: 10_000, window: 86_400_000, policyName: "daily", client }),
 *   ],
 * }, [get("/albums", () => [])]);
 * ```
 */
export function rateLimit(options: RateLimitOptions): Layer {
  const gate = new Gate(options);
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    const entered = gate.enter(request);
    const take = entered instanceof Promise ? await entered : entered;
    if (take === undefined) return await next(request);
    if (take instanceof Response) return take;
    const response = await next(request);
    return gate.fields === undefined ? response : gate.tell(response, take);
  };
}

/** Lets requests in, or not. */
class Gate {
  /** Writes the fields; `undefined` where none are sent. */
  readonly fields: RateLimitFields | undefined;
  readonly #refusalFields: RateLimitFields;
  readonly #limiter: RateLimiter;
  readonly #keyOf: KeyOf;
  readonly #options: RateLimitOptions;
  readonly #cost: number | ((request: Request) => number);

  constructor(options: RateLimitOptions) {
    checkOptions("rateLimit", options, knownOptions);
    const own = ownOptions(options);
    const { key = "ip", client, ipv6Prefix, headers = "standard", cost = 1 } = own;
    if (typeof cost === "number") checkCost(cost, 1);
    checkChoice("headers", headers, ["standard", "legacy", "both", "none"]);
    checkChoice("onStoreError", own.onStoreError ?? "allow", ["allow", "deny"]);
    this.#limiter = new RateLimiter(limiterPart(own));
    this.#keyOf = keyFinder({ key, client, ipv6Prefix, isShared: own.store !== undefined });
    this.#refusalFields = new RateLimitFields(this.#limiter, headers);
    this.fields = headers === "none" ? undefined : this.#refusalFields;
    this.#options = own;
    this.#cost = cost;
  }

  /**
   * What was taken; `undefined` for a request that is not counted, a response that refuses it.
   *
   * @throws {TooManyRequestsError} when the request is refused.
   */
  enter(request: Request): Awaitable<Take | Response | undefined> {
    const { skip } = this.#options;
    if (skip?.(request) === true) return undefined;
    const key = this.#keyOf(request);
    return key instanceof Promise
      ? key.then((found) => this.#enterAs(request, found))
      : this.#enterAs(request, key);
  }

  /** The response with the fields that tell of the limit. */
  tell(response: Response, take: Take): Response {
    return editHeaders(response, (headers) => this.fields?.add(headers, take));
  }

  #enterAs(request: Request, key: string | undefined): Awaitable<Take | Response | undefined> {
    if (key === undefined) return undefined;
    const cost = typeof this.#cost === "number" ? this.#cost : this.#cost(request);
    checkCost(cost, 0);
    let take: Awaitable<Take>;
    try {
      take = this.#limiter.take(key, cost);
    } catch (error) {
      return this.#storeFailed(request, error);
    }
    if (!(take instanceof Promise)) return take.allowed ? take : this.#refuse(request, key, take);
    return take.then(
      (done): Awaitable<Take | Response> => done.allowed ? done : this.#refuse(request, key, done),
      (error) => this.#storeFailed(request, error),
    );
  }

  async #refuse(request: Request, key: string, take: Take): Promise<Response> {
    const { policyName } = this.#limiter;
    const seconds = retryAfter(take);
    const hit = { key, policyName, retryAfter: seconds };
    const response = await this.#options.onLimit?.(request, hit);
    const headers = this.#refusalFields.refusal(take);
    if (response instanceof Response) {
      return editHeaders(response, (own) => {
        for (const [name, value] of headers) if (!own.has(name)) own.set(name, value);
      });
    }
    throw new TooManyRequestsError(`Too many requests: try again in ${seconds} s`, { headers });
  }

  #storeFailed(request: Request, error: unknown): undefined {
    const { onStoreError = "allow", onError = logError } = this.#options;
    try {
      onError(error, request);
    } catch (second) {
      // An observer that fails must not turn an answer into none.
      logError(second);
    }
    if (onStoreError === "allow") return undefined;
    throw new ServiceUnavailableError("Requests cannot be counted: try again later", {
      headers: { "retry-after": "1" },
    });
  }
}

function logError(error: unknown): void {
  console.error(error);
}

function checkCost(cost: number, least: number): void {
  if (Number.isInteger(cost) && cost >= least) return;
  throw new RangeError(
    `Cannot count a request as ${cost}: its cost is a whole number, ${least} or more`,
  );
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  throw new TypeError(`Cannot use "${value}" as ${name}: choose one of ${list}`);
}

/** The options that are the limiter's. */
function limiterPart(options: RateLimitOptions): RateLimiterOptions {
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(limiterOptions, name));
  return Object.fromEntries(known) as unknown as RateLimiterOptions;
}
