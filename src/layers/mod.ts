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

// Refusing calls to what fails.
export { circuitBreaker, circuitBreakerOf, type CircuitBreakerOptions } from "./circuit_breaker.ts";
export type { CircuitBreakerConfig } from "./circuit_breaker_config.ts";
export { CircuitBreaker, type CircuitListener } from "./circuit_breaker_object.ts";
export type { CallOutcome } from "./circuit_breaker_outcome.ts";
export type { CircuitPolicy } from "./circuit_breaker_policy.ts";
export type {
  CircuitChangeReason,
  CircuitMetrics,
  CircuitState,
  CircuitStateChange,
} from "./circuit_breaker_state.ts";
export type { CircuitWindow, RollingWindowConfig } from "./circuit_breaker_window.ts";
export type { CallCounts, RollingWindow } from "./rolling_window.ts";
export { CircuitOpenError, type CircuitOpenErrorOptions } from "../message/circuit_open_error.ts";

// Several targets.
export { failover, type FailoverOptions } from "./failover.ts";
export { FailoverTargets } from "./failover_targets.ts";
export {
  loadBalance,
  type LoadBalanceCallOptions,
  type LoadBalanceOptions,
  type OwnLoadBalanceOptions,
  type SharedLoadBalanceOptions,
} from "./load_balance.ts";
export { type BalancedTarget, LoadBalancer, type LoadBalancerOptions } from "./load_balancer.ts";
export type {
  BalancedCall,
  LoadBalancerRule,
  LoadBalancerRuleFunction,
  Observation,
  TargetState,
} from "./load_balance_rule.ts";
export { roundRobin, weightedRoundRobin } from "./load_balance_round_robin.ts";
export { leastOutstanding } from "./load_balance_least_outstanding.ts";
export { peakEwma, type PeakEwmaOptions } from "./load_balance_peak_ewma.ts";
export { consistentHash, type ConsistentHashOptions } from "./load_balance_consistent_hash.ts";
export type { OutlierOptions } from "./outlier_detection.ts";
export { type HealthCheckOptions, HealthChecks } from "./health_check.ts";
export type { ResolvedTarget, Target } from "./target.ts";
export { afterAttempts } from "./target_attempts.ts";

// How many calls, and how fast.
export {
  Bulkhead,
  bulkhead,
  type BulkheadLimits,
  type BulkheadMetrics,
  type BulkheadOptions,
} from "./bulkhead.ts";
export type { CallPriority, QueueOptions, QueueState } from "./call_queue.ts";
export type { CountUntil } from "./call_gate.ts";
export { ratePacing, type RatePacingOptions } from "./rate_pacing.ts";
export { RatePacer, type RatePacerMetrics, type RatePacerOptions } from "./rate_pacer.ts";
export { adaptiveThrottle, type AdaptiveThrottleOptions } from "./adaptive_throttle.ts";
export {
  AdaptiveThrottle,
  type ThrottleMetrics,
  type ThrottleOptions,
} from "./adaptive_throttle_state.ts";
export { adaptiveConcurrency, type AdaptiveConcurrencyOptions } from "./adaptive_concurrency.ts";
export {
  ConcurrencyLimiter,
  type ConcurrencyLimiterOptions,
  type ConcurrencyMetrics,
} from "./adaptive_concurrency_limiter.ts";
export {
  BulkheadFullError,
  CallRefusedError,
  CallThrottledError,
} from "../message/overload_errors.ts";

// Answers from elsewhere.
export { fallback, type FallbackOptions } from "./fallback.ts";
export type { FallbackFailure, FallbackFunction } from "./fallback_answer.ts";
export { hedge, type HedgeOptions } from "./hedge.ts";
export type { HedgeEvent } from "./hedge_call.ts";
export { HedgeLatencies } from "./hedge_latencies.ts";
export { HedgeBudget, type Withdrawable } from "./hedge_budget.ts";
export { coalesce, type CoalesceMetrics, type CoalesceOptions, Flights } from "./coalesce.ts";
export type { Flight, FlightCaller, FlightOptions } from "./coalesce_flight.ts";
export type { CallKey } from "./coalesce_key.ts";
