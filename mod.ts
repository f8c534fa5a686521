/**
 * Typed HTTP services on web standards: one vocabulary for server and client.
 *
 * A service is a list of resources; each says what it binds, and its handler gets that, typed.
 *
 * @example
 * ```ts
 * import { created, get, int, notFound, post, serve, service } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const Album = z.object({ id: z.string(), title: z.string() });
 * const albums = new Map<string, z.infer<typeof Album>>();
 *
 * const server = await serve(
 *   service({ basePath: "/v1" }, [
 *     get("/albums", { query: { limit: int({ default: 20 }) } }, ({ query }) =>
 *       [...albums.values()].slice(0, query.limit)),
 *     get("/albums/:id", ({ path }) => albums.get(path.id) ?? notFound()),
 *     post("/albums", { body: Album }, ({ body }) => {
 *       albums.set(body.id, body);
 *       return created({ body, headers: { location: `/v1/albums/${body.id}` } });
 *     }),
 *   ]),
 *   { port: 0 },
 * );
 * await server.gracefulStop();
 * ```
 *
 * @module
 */

// The one shape.
export { asRequest, type Fetch, type Layer, stack } from "./src/message/fetch.ts";

// Services, resources, listeners.
export {
  any,
  type Bound,
  type Call,
  del,
  type Endpoint,
  type Fields,
  get,
  type Handler,
  head,
  type LinkedTo,
  type NoExtra,
  options,
  patch,
  post,
  put,
  type Resource,
  resource,
  type Returns,
  type Spec,
  type Verb,
} from "./src/server/resource.ts";
export type {
  NamedParams,
  ParamName,
  ParamNames,
  PathOf,
  PathSpec,
  UndeclaredParam,
} from "./src/server/path_types.ts";
export { service } from "./src/server/service.ts";
export { files, type FilesCall, type FilesHandler } from "./src/server/files.ts";
export type {
  FileCacheControl,
  FilesOptions,
  PrecompressedCoding,
} from "./src/server/files_options.ts";
export type { SymlinkRule } from "./src/server/files_root.ts";
export type { FileTagRule } from "./src/server/files_version.ts";
export type { Service, ServiceConfig } from "./src/server/service_config.ts";
export { Listener, type ListenerConfiguration } from "./src/server/listener.ts";
export type { RequestLimitConfigs } from "./src/server/request_limits.ts";
export { serve, type ServeOptions } from "./src/server/serve.ts";
export type { RunningServer } from "./src/server/running_server.ts";
export type { Address, Caller, RedirectStatus } from "./src/server/caller.ts";
export { type ContextKey, contextKey, type RequestContext } from "./src/server/request_context.ts";
export {
  type HookCall,
  type Interceptor,
  interceptor,
  type InterceptorBinding,
  type InterceptorDeclaration,
  type InterceptorFilter,
  type InterceptorHooks,
  type RequestErrorHookCall,
  type RequestHookCall,
  type ResponseErrorHookCall,
  type ResponseHookCall,
} from "./src/server/interceptor.ts";
export type { Next, Steps } from "./src/server/next.ts";
export { type JwtHeader, jwtInformation, type JwtPayload } from "./src/server/jwt_information.ts";
export type { MatrixParams } from "./src/server/matrix_params.ts";
export type { ErrorPayload } from "./src/server/problem_details.ts";
export { checkPreconditions } from "./src/server/conditional.ts";
export type { ResponseCacheConfig } from "./src/server/response_cache.ts";
export type { CorsConfig, CorsOrigin, CorsOriginPredicate } from "./src/layers/cors_config.ts";
export type { CompressionConfig, CompressionMode } from "./src/layers/compress_config.ts";
export type { ContentCoding } from "./src/message/content_coding.ts";

// The client.
export { Client } from "./src/client/client.ts";
export type { ClientConfiguration } from "./src/client/client_config.ts";
export type {
  BodilessCall,
  ExecuteCall,
  ForwardCall,
  HeadCall,
  MessageCall,
} from "./src/client/call_signatures.ts";
export type { BodyBinding, CallOptions, MessageOptions } from "./src/client/call_options.ts";
export type { CallHeaders, CallHeaderValue } from "./src/client/call_fields.ts";
export { FailoverClient, type FailoverClientConfiguration } from "./src/client/failover_client.ts";
export {
  LoadBalanceClient,
  type LoadBalanceClientConfiguration,
} from "./src/client/load_balance_client.ts";
export type { SharedClientConfiguration, TargetService } from "./src/client/target_clients.ts";
export type { ResilienceConfiguration } from "./src/client/client_resilience.ts";
export {
  StatusCodeClient,
  type StatusCodeClientConfiguration,
} from "./src/client/status_code_client.ts";
export type {
  SharedOnly,
  StatusBodilessCall,
  StatusExecuteCall,
  StatusForwardCall,
  StatusMessageCall,
  WithShared,
} from "./src/client/status_call_signatures.ts";
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
} from "./src/client/status_responses.ts";
export { path, type PathValue } from "./src/client/path.ts";
export type { QueryListStyle, QueryParams, QueryValue } from "./src/client/query.ts";
export { type Transport, transport } from "./src/client/transport.ts";
export { platformFetch } from "./src/client/transport_default.ts";
export { explainFailure, type FailedCall } from "./src/client/transport_failure.ts";
export type {
  ClientSecureSocket,
  PoolConfiguration,
  ProxyConfig,
  TransportOptions,
} from "./src/client/transport_options.ts";
export { CsvPersistentCookieHandler } from "./src/client/persistent_cookies_csv.ts";
export { JsonLinesPersistentCookieHandler } from "./src/client/persistent_cookies_json_lines.ts";
export type { PersistentCookiesOptions } from "./src/client/persistent_cookies_file.ts";
export type { SkippedLine } from "./src/client/persistent_cookies_format.ts";
export { forwardableHeaders, withoutHopByHop } from "./src/message/hop_by_hop.ts";
export {
  forwardedHeadersFor,
  type ForwardedMode,
  type ForwardedOptions,
} from "./src/message/forwarded_build.ts";
export { serializeForwarded } from "./src/message/forwarded_build_element.ts";
export { type CookieKey, CookieSigner, type VerifiedCookie } from "./src/message/signed_cookie.ts";
export type { CookieConfig } from "./src/layers/cookie_config.ts";
export { CookieStore, type CookieStoreOptions } from "./src/layers/cookie_store.ts";
export type { CookieContext } from "./src/layers/cookie_store.ts";
export type { PersistentCookieHandler } from "./src/layers/cookie_handler.ts";
export type { PublicSuffixes } from "./src/layers/cookie_suffixes.ts";
export type { DecompressOptions } from "./src/layers/decompress.ts";
export type { DefaultHeaderFields, DefaultHeaderValue } from "./src/layers/default_headers.ts";
export type { OnProgress, Progress } from "./src/layers/progress_count.ts";
export type { RedirectHop, RedirectOptions } from "./src/layers/redirect.ts";
export { RedirectError, type RedirectErrorOptions } from "./src/layers/redirect_error.ts";
export { resolvedRequestedURI } from "./src/layers/redirect_uri.ts";
export type { ResponseLimitsOptions } from "./src/layers/response_limits.ts";
export type {
  Bulkhead,
  BulkheadLimits,
  BulkheadMetrics,
  BulkheadOptions,
} from "./src/layers/bulkhead.ts";
export type { CallPriority, QueueOptions, QueueState } from "./src/layers/bulkhead_options.ts";
export type { CountUntil } from "./src/layers/bulkhead_gate.ts";
export type { CircuitBreakerConfig } from "./src/layers/circuit_breaker_config.ts";
export type { CircuitBreaker, CircuitListener } from "./src/layers/circuit_breaker_object.ts";
export type { CallOutcome } from "./src/layers/circuit_breaker_outcome.ts";
export type { CircuitPolicy } from "./src/layers/circuit_breaker_policy.ts";
export type {
  CircuitChangeReason,
  CircuitMetrics,
  CircuitState,
  CircuitStateChange,
} from "./src/layers/circuit_breaker_state.ts";
export type { CircuitWindow, RollingWindowConfig } from "./src/layers/circuit_breaker_window.ts";
export type { CallCounts, RollingWindow } from "./src/layers/rolling_window.ts";
export type { CoalesceMetrics, CoalesceOptions, Flights } from "./src/layers/coalesce.ts";
export type { Flight, FlightCaller, FlightOptions } from "./src/layers/coalesce_flight.ts";
export type { CallKey } from "./src/layers/coalesce_key.ts";
export type { FailoverOptions } from "./src/layers/failover.ts";
export type { FailoverTargets } from "./src/layers/failover_targets.ts";
export type { HedgeOptions } from "./src/layers/hedge.ts";
export type { HedgeEvent } from "./src/layers/hedge_call.ts";
export type { HedgeLatencies } from "./src/layers/hedge_latencies.ts";
export type { Withdrawable } from "./src/layers/hedge_budget.ts";
export type {
  LoadBalanceCallOptions,
  LoadBalanceOptions,
  OwnLoadBalanceOptions,
  SharedLoadBalanceOptions,
} from "./src/layers/load_balance.ts";
export type {
  BalancedTarget,
  LoadBalancer,
  LoadBalancerOptions,
} from "./src/layers/load_balancer.ts";
export type {
  BalancedCall,
  LoadBalancerRule,
  LoadBalancerRuleFunction,
  Observation,
  TargetState,
} from "./src/layers/load_balance_rule.ts";
export type { OutlierOptions } from "./src/layers/outlier_detection.ts";
export type { ResolvedTarget, Target } from "./src/layers/target.ts";
export type { Jitter, RetryAttempt, RetryNotice, RetryOptions } from "./src/layers/retry.ts";
export type {
  RetryBudget,
  RetryBudgetMetrics,
  RetryBudgetOptions,
} from "./src/layers/retry_budget.ts";
export type { Awaitable, Change, KeepOptions, Store, StoreValue } from "./src/stores/store.ts";
export type { TimeoutOptions } from "./src/layers/timeout.ts";

// Schemas.
export {
  array,
  type ArrayOptions,
  bigint,
  type BigintOptions,
  Body,
  type BodyKind,
  boolean,
  type BooleanOptions,
  byMediaType,
  bytes,
  decimal,
  type DecimalOptions,
  events,
  Failure,
  type FailureIssue,
  type FailureKind,
  float,
  type FloatOptions,
  form,
  type FormValue,
  type Infer,
  int,
  type IntOptions,
  isSchema,
  type Issue,
  json,
  type JsonSchema,
  type JsonSchemaConverter,
  type JsonSchemaOptions,
  named,
  oneOf,
  type OneOfOptions,
  optional,
  type Result,
  type Rule,
  Scalar,
  type Schema,
  type StandardProps,
  stream,
  string,
  type StringOptions,
  text,
  xml,
} from "./src/schema/mod.ts";

// Messages.
export * from "./src/message/replies.ts";
export {
  type BodilessReply,
  type HeaderFieldValue,
  Reply,
  reply,
  type ReplyHeaders,
  type ReplyOptions,
  type StatusReply,
} from "./src/message/reply.ts";
export {
  problem,
  type ProblemDetails,
  type ProblemMembers,
  type ProblemOptions,
} from "./src/message/problem.ts";
export { Cookie, type CookieOptions, type SameSite } from "./src/message/cookie.ts";
export {
  type CookiePair,
  parseCookies,
  parseSetCookie,
  readCookies,
} from "./src/message/cookie_parse.ts";
export { formatCookies, removeCookie, setCookie } from "./src/message/cookie_fields.ts";
export { parseCookieDate } from "./src/message/cookie_date.ts";
export { isBodiless, reasonPhrase } from "./src/message/status.ts";
export type { Clock, Timer } from "./src/message/clock.ts";
export {
  type HeaderValue,
  InvalidHeaderValueError,
  parseHeader,
  unquote,
} from "./src/message/header_value.ts";
export {
  type MediaType,
  mediaTypeEssence,
  mediaTypeMatches,
  parseMediaType,
  serializeMediaType,
} from "./src/message/media_type.ts";
export {
  matchesConsumes,
  negotiateMediaType,
  parseQualityList,
  type QualityValue,
} from "./src/message/negotiation.ts";
export {
  buildRequestCacheControl,
  buildResponseCacheControl,
  type CacheControl,
  type CacheControlTime,
  parseCacheControl,
  type RequestCacheControl,
  type ResponseCacheControl,
} from "./src/message/cache_control.ts";
export { type Encoded, type EncodeOptions, encodePayload } from "./src/message/payload_encode.ts";
export type { SseEvent } from "./src/message/sse_event.ts";
export { parseEvents } from "./src/message/sse_parse.ts";
export { serializeXml, Xml, type XmlObject, type XmlValue } from "./src/message/xml.ts";
export { parseXml } from "./src/message/xml_parse.ts";
export type { XmlLimits } from "./src/message/xml_scan.ts";
export { buildLink, type Link, parseLink } from "./src/message/link.ts";
export {
  etagOf,
  listMatches,
  strongMatch,
  type TagComparison,
  weaken,
  weakMatch,
} from "./src/message/etag.ts";
export { formatHttpDate, parseHttpDate } from "./src/message/http_date.ts";
export { type ByteRange, maxRanges, parseRange } from "./src/message/byte_range.ts";
export {
  evaluatePreconditions,
  type PreconditionOutcome,
  rangeApplies,
  type Validators,
} from "./src/message/preconditions.ts";
export {
  type PartBody,
  type PartSource,
  partsResponse,
  rangesFor,
  unsatisfiedRange,
} from "./src/message/partial_content.ts";
export { mimeTypeOf, unknownMimeType } from "./src/message/mime_types.ts";
export { type ForwardedElement, parseForwarded } from "./src/message/forwarded.ts";
export { formatIpAddress, type IpAddress, parseIpAddress } from "./src/message/ip_address.ts";
export { negotiateCoding } from "./src/message/content_coding.ts";
export * from "./src/message/structured_field_values.ts";
export {
  parseDictionary,
  parseItem,
  parseList,
  StructuredFieldError,
} from "./src/message/structured_fields.ts";
export * from "./src/message/structured_fields_serialize.ts";

// Errors.
export {
  HeaderBindingError,
  HeaderNotFoundError,
  HeaderValidationError,
  HttpError,
  MediaTypeBindingError,
  MediaTypeValidationError,
  PayloadBindingError,
  PayloadValidationError,
} from "./src/message/errors.ts";
export * from "./src/message/listener_errors.ts";
export { UnsupportedContentCodingError } from "./src/message/decode_content.ts";
export * from "./src/message/client_errors.ts";
export {
  CircuitOpenError,
  type CircuitOpenErrorOptions,
} from "./src/message/circuit_open_error.ts";
export {
  BulkheadFullError,
  CallRefusedError,
  CallThrottledError,
} from "./src/message/overload_errors.ts";
export {
  StatusCodeBindingClientRequestError,
  type StatusCodeBindingDetail,
  type StatusCodeBindingErrorOptions,
  StatusCodeBindingRemoteServerError,
  StatusCodeResponseBindingError,
} from "./src/message/status_binding_errors.ts";
export * from "./src/message/status_code_error.ts";
export * from "./src/message/status_errors.ts";
