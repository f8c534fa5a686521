/**
 * The client: what a program needs that makes requests and answers none. The main entry has all of it,
 * and loads services as well.
 *
 * @module
 */
export { Client } from "./client.ts";
export type { ClientConfiguration } from "./client_config.ts";
export type {
  BodilessCall,
  ExecuteCall,
  ForwardCall,
  HeadCall,
  MessageCall,
} from "./call_signatures.ts";
export type { BodyBinding, CallOptions, MessageOptions } from "./call_options.ts";
export type { CallHeaders, CallHeaderValue } from "./call_fields.ts";
export { FailoverClient, type FailoverClientConfiguration } from "./failover_client.ts";
export { LoadBalanceClient, type LoadBalanceClientConfiguration } from "./load_balance_client.ts";
export type { SharedClientConfiguration, TargetService } from "./target_clients.ts";
export type { ResilienceConfiguration } from "./client_resilience.ts";
export { StatusCodeClient, type StatusCodeClientConfiguration } from "./status_code_client.ts";
export type {
  SharedOnly,
  StatusBodilessCall,
  StatusExecuteCall,
  StatusForwardCall,
  StatusMessageCall,
  WithShared,
} from "./status_call_signatures.ts";
export type {
  AnswerOf,
  BodilessStatusCode,
  BoundHeaders,
  BoundMediaType,
  HeaderFields,
  NumberIn,
  OnlySpec,
  OnlyStatuses,
  Responses,
  ResponseSpec,
  StatusAnswer,
  StatusAnswers,
  StatusBinding,
  StatusCode,
} from "./status_responses.ts";
export { path, type PathValue } from "./path.ts";
export type { QueryListStyle, QueryParams, QueryValue } from "./query.ts";
export { type Transport, transport } from "./transport.ts";
export { platformFetch } from "./transport_default.ts";
export { explainFailure, type FailedCall } from "./transport_failure.ts";
export type {
  CertificateStatusConfig,
  ClientSecureSocket,
  PoolConfiguration,
  ProxyConfig,
  TransportOptions,
} from "./transport_options.ts";
export { CsvPersistentCookieHandler } from "./persistent_cookies_csv.ts";
export { JsonLinesPersistentCookieHandler } from "./persistent_cookies_json_lines.ts";
export type { PersistentCookiesOptions } from "./persistent_cookies_file.ts";
export type { SkippedLine } from "./persistent_cookies_format.ts";
export { forwardableHeaders, withoutHopByHop } from "../message/hop_by_hop.ts";
export {
  forwardedHeadersFor,
  type ForwardedMode,
  type ForwardedOptions,
} from "../message/forwarded_build.ts";
export { serializeForwarded } from "../message/forwarded_build_element.ts";
export { type CookieKey, CookieSigner, type VerifiedCookie } from "../message/signed_cookie.ts";
export type { CookieConfig } from "../layers/cookie_config.ts";
export { CookieStore, type CookieStoreOptions } from "../layers/cookie_store.ts";
export type { CookieContext } from "../layers/cookie_store.ts";
export type { PersistentCookieHandler } from "../layers/cookie_handler.ts";
export type { PublicSuffixes } from "../layers/cookie_suffixes.ts";
export type { DecompressOptions } from "../layers/decompress.ts";
export type { DefaultHeaderFields, DefaultHeaderValue } from "../layers/default_headers.ts";
export type { OnProgress, Progress } from "../layers/progress_count.ts";
export type { RedirectHop, RedirectOptions } from "../layers/redirect.ts";
export { RedirectError, type RedirectErrorOptions } from "../layers/redirect_error.ts";
export { resolvedRequestedURI } from "../layers/redirect_uri.ts";
export type { ResponseLimitsOptions } from "../layers/response_limits.ts";
export type {
  Bulkhead,
  BulkheadLimits,
  BulkheadMetrics,
  BulkheadOptions,
} from "../layers/bulkhead.ts";
export type { CallPriority, QueueOptions, QueueState } from "../layers/call_queue.ts";
export type { CountUntil } from "../layers/call_gate.ts";
export type { CircuitBreakerConfig } from "../layers/circuit_breaker_config.ts";
export type { CircuitBreaker, CircuitListener } from "../layers/circuit_breaker_object.ts";
export type { CallOutcome } from "../layers/circuit_breaker_outcome.ts";
export type { CircuitPolicy } from "../layers/circuit_breaker_policy.ts";
export type {
  CircuitChangeReason,
  CircuitMetrics,
  CircuitState,
  CircuitStateChange,
} from "../layers/circuit_breaker_state.ts";
export type { CircuitWindow, RollingWindowConfig } from "../layers/circuit_breaker_window.ts";
export type { CallCounts, RollingWindow } from "../layers/rolling_window.ts";
export type { CoalesceMetrics, CoalesceOptions, Flights } from "../layers/coalesce.ts";
export type { Flight, FlightCaller, FlightOptions } from "../layers/coalesce_flight.ts";
export type { CallKey } from "../layers/coalesce_key.ts";
export type { FailoverOptions } from "../layers/failover.ts";
export type { FailoverTargets } from "../layers/failover_targets.ts";
export type { HedgeOptions } from "../layers/hedge.ts";
export type { HedgeEvent } from "../layers/hedge_call.ts";
export type { HedgeLatencies } from "../layers/hedge_latencies.ts";
export type { Withdrawable } from "../layers/hedge_budget.ts";
export type {
  LoadBalanceCallOptions,
  LoadBalanceOptions,
  OwnLoadBalanceOptions,
  SharedLoadBalanceOptions,
} from "../layers/load_balance.ts";
export type { BalancedTarget, LoadBalancer, LoadBalancerOptions } from "../layers/load_balancer.ts";
export type {
  BalancedCall,
  LoadBalancerRule,
  LoadBalancerRuleFunction,
  Observation,
  TargetState,
} from "../layers/load_balance_rule.ts";
export type { OutlierOptions } from "../layers/outlier_detection.ts";
export type { ResolvedTarget, Target } from "../layers/target.ts";
export type { Jitter, RetryAttempt, RetryNotice, RetryOptions } from "../layers/retry.ts";
export type {
  RetryBudget,
  RetryBudgetMetrics,
  RetryBudgetOptions,
} from "../layers/retry_budget.ts";
export type { Awaitable, Change, KeepOptions, Store, StoreValue } from "../stores/store.ts";
export type { TimeoutOptions } from "../layers/timeout.ts";

// Schemas, messages, errors.
export * from "../schema/exports.ts";
export * from "../message/mod.ts";
