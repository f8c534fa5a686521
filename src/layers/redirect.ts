/**
 * Following redirects (RFC 9110 section 15.4; Fetch standard, "HTTP-redirect fetch"; spec 2.4.1.3)
 * with a policy of its own: which are followed, how many, and what of the request goes along.
 *
 * It asks the `fetch` below for the redirects themselves, so it cannot work in browsers, which hide
 * them. It makes no `Referer` and keeps no cookies: put a cookie layer below it.
 *
 * @module
 */
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Awaitable } from "../stores/store.ts";
import { RedirectedCall, type RedirectStep } from "./redirect_call.ts";
import { RedirectError } from "./redirect_error.ts";
import { isRedirect, redirectTarget } from "./redirect_target.ts";
import { keepRedirectedURI, keepRequestedURI } from "./redirect_uri.ts";

/** A redirect that is about to be followed. */
export interface RedirectHop {
  /** The status of the redirect. */
  readonly statusCode: number;
  /** The address that redirects. */
  readonly from: string;
  /** The address it leads to. */
  readonly to: string;
  /** The method of the next request. */
  readonly method: string;
  /** Which redirect of the call this is, from 1. */
  readonly count: number;
  /** Whether it leads to another origin. */
  readonly crossesOrigins: boolean;
}

/** Options of {@linkcode redirect} (spec: `FollowRedirects`; the layer being there enables it). */
export interface RedirectOptions {
  /**
   * How many redirects of one call are followed; the next one is the response.
   *
   * @default 5
   */
  readonly maxCount?: number;
  /**
   * Whether credentials, and every other header field the caller set, go to other origins too.
   * Otherwise only fields without secrets do, as `Accept`, `Content-Type` and `Range`, and a call
   * that comes back to its first origin has lost the others.
   *
   * @default false
   */
  readonly allowAuthHeaders?: boolean;
  /**
   * Whether a redirect from https to http is followed.
   *
   * @default false
   */
  readonly allowDowngrade?: boolean;
  /**
   * The methods whose redirects are followed; those of others are the response.
   *
   * @default every method
   */
  readonly methods?: readonly string[];
  /**
   * The most bytes to keep of the body of a `Request`, in case it must be sent again. What is passed
   * beside the address needs no copy and has no limit, but a stream is not sent again.
   *
   * @default 1048576
   */
  readonly bufferLimit?: number;
  /**
   * Told of each redirect before it is followed. With `false` it is not, and is the response.
   *
   * @default none
   */
  readonly onRedirect?: (hop: RedirectHop) => Awaitable<boolean | void>;
}

const known: Readonly<Record<keyof RedirectOptions, true>> = {
  maxCount: true,
  allowAuthHeaders: true,
  allowDowngrade: true,
  methods: true,
  bufferLimit: true,
  onRedirect: true,
};

/** Options as they are used. */
interface Policy {
  readonly maxCount: number;
  readonly allowAuthHeaders: boolean;
  readonly allowDowngrade: boolean;
  readonly methods: ReadonlySet<string> | undefined;
  readonly bufferLimit: number;
  readonly onRedirect: RedirectOptions["onRedirect"];
}

/**
 * Follows redirects.
 *
 * 303 makes every request but HEAD a GET, 301 and 302 make a POST one; 307, 308, 300 and 305 repeat
 * the request with its body. A call that itself says `redirect: "manual"` or `"error"` is left alone.
 * {@linkcode resolvedRequestedURI} tells where the response came from.
 *
 * A call rejects with {@linkcode RedirectError} at a redirect that leads nowhere, to another scheme
 * than http and https, or from https to http, and where a body cannot be sent again.
 *
 * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
 * @throws {RangeError} when `maxCount` or `bufferLimit` is not a whole number from 0.
 *
 * @example
 * ```ts
 * import { redirect, stack } from "@pirouette/http/layers";
 *
 * const follow = stack(fetch, redirect({ onRedirect: ({ to }) => console.log("on to", to) }));
 * const response = await follow("https://albums.example/latest");
 * ```
 */
export function redirect(options: RedirectOptions = {}): Layer {
  checkOptions("redirect", options, known);
  const policy = policyOf(ownOptions(options));
  return (next) => (input, init) => {
    const mode = init?.redirect ?? (input instanceof Request ? input.redirect : "follow");
    return mode === "follow" ? follow(policy, next, input, init) : next(input, init);
  };
}

async function follow(
  policy: Policy,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const call = new RedirectedCall(input, init, policy.bufferLimit);
  try {
    const response = await call.send(next);
    if (!mayLeadOn(response) || !follows(policy, call.method)) {
      return keepRequestedURI(response, call.uri);
    }
    return await followOn(policy, next, call, response);
  } finally {
    call.drop();
  }
}

async function followOn(
  policy: Policy,
  next: Fetch,
  call: RedirectedCall,
  first: Response,
): Promise<Response> {
  let response = first;
  // A relative address can be answered by a layer below that knows the base.
  let from = URL.parse(call.uri) ?? URL.parse(response.url);
  for (let count = 1; count <= policy.maxCount && mayLeadOn(response); count++) {
    let step: RedirectStep | undefined;
    try {
      step = await nextStep(policy, call, response, from, count);
    } catch (error) {
      await discard(response);
      throw error;
    }
    if (step === undefined) break;
    await discard(response);
    response = await call.sendOn(next, step);
    from = step.to;
    keepRedirectedURI(response, step.to);
  }
  return response === first ? keepRequestedURI(response, call.uri) : response;
}

/** What follows from a redirect; `undefined` where the caller does not want it followed. */
async function nextStep(
  policy: Policy,
  call: RedirectedCall,
  response: Response,
  from: URL | null,
  count: number,
): Promise<RedirectStep | undefined> {
  const statusCode = response.status;
  if (response.type === "opaqueredirect") {
    throw new RedirectError(
      "Cannot follow a redirect that the platform hides: take the redirect layer out",
      { statusCode },
    );
  }
  if (from === null) {
    throw new RedirectError(
      `Cannot follow redirect ${statusCode} of a relative address: pass a whole one`,
      { statusCode, location: response.headers.get("location") ?? undefined },
    );
  }
  const to = redirectTarget(response, from);
  if (from.protocol === "https:" && to.protocol === "http:" && !policy.allowDowngrade) {
    throw new RedirectError(
      `Cannot follow redirect ${statusCode} from https to http: set allowDowngrade to do so`,
      { statusCode, location: to.href },
    );
  }
  const method = redirectedMethod(statusCode, call.method);
  const crosses = to.origin !== from.origin;
  const told = { statusCode, from: from.href, to: to.href, method, count, crossesOrigins: crosses };
  if (await policy.onRedirect?.(told) === false) return undefined;
  return { to, method, crosses, statusCode, allowAuthHeaders: policy.allowAuthHeaders };
}

function redirectedMethod(statusCode: number, method: string): string {
  const upper = method.toUpperCase();
  const becomesGet = statusCode === 303
    ? upper !== "GET" && upper !== "HEAD"
    : (statusCode === 301 || statusCode === 302) && upper === "POST";
  return becomesGet ? "GET" : method;
}

/** Frees the connection of a response that nobody will read. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

function mayLeadOn(response: Response): boolean {
  return isRedirect(response) || response.type === "opaqueredirect";
}

function follows({ maxCount, methods }: Policy, method: string): boolean {
  return maxCount > 0 && (methods === undefined || methods.has(method.toUpperCase()));
}

function policyOf(options: RedirectOptions): Policy {
  const { maxCount = 5, bufferLimit = 1_048_576, methods, onRedirect } = options;
  for (const [name, value] of Object.entries({ maxCount, bufferLimit })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`redirect needs a whole number from 0 for ${name}, not ${value}`);
    }
  }
  if (onRedirect !== undefined && typeof onRedirect !== "function") {
    throw new TypeError("redirect needs a function for onRedirect");
  }
  if (methods !== undefined && !Array.isArray(methods)) {
    throw new TypeError(`redirect needs a list for methods, as ["GET", "HEAD"]`);
  }
  return {
    maxCount,
    bufferLimit,
    onRedirect,
    // Anything but true is no: these open doors.
    allowAuthHeaders: options.allowAuthHeaders === true,
    allowDowngrade: options.allowDowngrade === true,
    methods: methods === undefined
      ? undefined
      : new Set(methods.map((method: string) => method.toUpperCase())),
  };
}
