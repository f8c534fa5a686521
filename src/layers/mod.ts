/**
 * Layers: each turns a fetch into another and works alone around the global `fetch`, around any
 * handler, or in the `layers` of a service.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { rateLimit, requestId, secureHeaders } from "@pirouette/http/layers";
 *
 * const albums = service({
 *   layers: [requestId(), secureHeaders(), rateLimit({ limit: 100, window: 60_000 })],
 * }, [get("/albums", () => [])]);
 * ```
 *
 * @module
 */

// What a layer is made of.
export { asRequest, type Fetch, type Layer, stack } from "../message/fetch.ts";
export type { Clock, Timer } from "../message/clock.ts";

// What scripts of other origins may do.
export { cors } from "./cors.ts";
export {
  type CorsConfig,
  type CorsOrigin,
  type CorsOriginPredicate,
  mergeCors,
} from "./cors_config.ts";
export { CorsPolicy, preflightMethod } from "./cors_policy.ts";

// Content codings.
export {
  compress,
  type CompressionConfig,
  type CompressionMode,
  type Compressor,
  compressor,
} from "./compress.ts";
export type { ContentCoding } from "../message/content_coding.ts";

// Cookies.
export { cookies, type CookiesOptions } from "./cookies.ts";
export { type CookieConfig, cookieStoreOf } from "./cookie_config.ts";
export { type CookieContext, CookieStore, type CookieStoreOptions } from "./cookie_store.ts";
export type { PersistentCookieHandler } from "./cookie_handler.ts";
export type { PublicSuffixes } from "./cookie_suffixes.ts";

// Redirects.
export { redirect, type RedirectHop, type RedirectOptions } from "./redirect.ts";
export { RedirectError, type RedirectErrorOptions } from "./redirect_error.ts";
export { resolvedRequestedURI } from "./redirect_uri.ts";

// The request's id, and headers that tell browsers to be careful.
export { requestId, requestIdOf, type RequestIdOptions } from "./request_id.ts";
export { type CspDirectives } from "./content_security_policy.ts";
export { cspNonceOf, secureHeaders, type SecureHeadersOptions } from "./secure_headers.ts";

// Rate limits.
export { rateLimit, type RateLimitHit, type RateLimitOptions } from "./rate_limit.ts";
export type { RateLimitFieldStyle } from "./rate_limit_fields.ts";
export type { RateLimitKey } from "./rate_limit_key.ts";
export { RateLimiter, type RateLimiterOptions } from "./rate_limiter.ts";
export type { Quota, Take } from "./rate_quota.ts";

// Who the client is, behind proxies.
export {
  clientAddress,
  type ForwardedClient,
  TrustedProxies,
  type TrustedProxiesOptions,
} from "./client_address.ts";

// Where state that outlives a request is kept.
export { MemoryStore, type MemoryStoreOptions } from "../stores/memory_store.ts";
export type { Awaitable, Change, KeepOptions, Store, StoreValue } from "../stores/store.ts";

// Deadlines.
export { timeout, type TimeoutOptions } from "./timeout.ts";

// What a client takes of a response.
export { responseLimits, type ResponseLimitsOptions } from "./response_limits.ts";
export { decompress, type DecompressOptions } from "./decompress.ts";
export { acceptEncoding } from "./accept_encoding.ts";

// What every request has, and what a gateway passes on.
export { callHeaders, withHeaders } from "../message/call_headers.ts";
export {
  type DefaultHeaderFields,
  defaultHeaders,
  type DefaultHeadersOptions,
  type DefaultHeaderValue,
} from "./default_headers.ts";
export { expectContinue, type ExpectContinueMode } from "./expect_continue.ts";
export { forwarded } from "./forwarded.ts";
export type { ForwardedMode, ForwardedOptions } from "../message/forwarded_build.ts";

// How far a call is.
export { progress, type ProgressOptions, withProgress } from "./progress.ts";
export type { OnProgress, Progress } from "./progress_count.ts";

// Trying again.
export {
  type Jitter,
  retry,
  type RetryAttempt,
  type RetryNotice,
  type RetryOptions,
} from "./retry.ts";
export { RetryBudget, type RetryBudgetMetrics, type RetryBudgetOptions } from "./retry_budget.ts";
export { Replay, type ReplayChanges } from "./replay.ts";
export { type BodyFactory, replayable } from "./replay_body.ts";
export { isTransient } from "./call_failure.ts";
