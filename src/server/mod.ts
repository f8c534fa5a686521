/**
 * Typed services: what a program needs that answers requests and makes none. The main entry has all of
 * it, and loads the client as well.
 *
 * @module
 */
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
} from "./resource.ts";
export type {
  NamedParams,
  ParamName,
  ParamNames,
  PathOf,
  PathSpec,
  UndeclaredParam,
} from "./path_types.ts";
export { service } from "./service.ts";
export { files, type FilesCall, type FilesHandler } from "./files.ts";
export type { FileCacheControl, FilesOptions, PrecompressedCoding } from "./files_options.ts";
export type { SymlinkRule } from "./files_root.ts";
export type { FileTagRule } from "./files_version.ts";
export type { Service, ServiceConfig } from "./service_config.ts";
export { Listener } from "./listener.ts";
export type {
  ListenerConfiguration,
  ListenerHttp1Settings,
  ListenerHttp2Settings,
  SocketLimits,
} from "./listener_config.ts";
export type {
  CertificateKey,
  ListenerCertificate,
  ListenerMutualSsl,
  ListenerSecureSocket,
  OcspSource,
} from "./listener_tls.ts";
export {
  clientCertificate,
  clientCertificateKey,
  type ClientCertificateOptions,
} from "./client_certificate.ts";
export type { RequestLimitConfigs } from "./request_limits.ts";
export { serve, type ServeOptions } from "./serve.ts";
export type { RunningServer, TransportName } from "./running_server.ts";
export { PushPromise, type PushPromiseOptions } from "./push_promise.ts";
export type { Address, Caller, MutualSslHandshake, RedirectStatus } from "./caller.ts";
export { type ContextKey, contextKey, type RequestContext } from "./request_context.ts";
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
} from "./interceptor.ts";
export type { Next, Steps } from "./next.ts";
export { type JwtHeader, jwtInformation, type JwtPayload } from "./jwt_information.ts";
export type { MatrixParams } from "./matrix_params.ts";
export type { ErrorPayload } from "./problem_details.ts";
export { checkPreconditions } from "./conditional.ts";
export type { ResponseCacheConfig } from "./response_cache.ts";
export type { CorsConfig, CorsOrigin, CorsOriginPredicate } from "../layers/cors_config.ts";
export type { CompressionConfig, CompressionMode } from "../layers/compress_config.ts";
export type { ContentCoding } from "../message/content_coding.ts";

// Schemas, messages, errors.
export * from "../schema/exports.ts";
export * from "../message/mod.ts";
