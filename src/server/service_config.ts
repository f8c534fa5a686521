/**
 * What a service is and how it is configured (spec 4.1).
 *
 * @module
 */
import type { CompressionConfig } from "../layers/compress_config.ts";
import type { CorsConfig } from "../layers/cors_config.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import type { Interceptor } from "./interceptor.ts";
import type { Resource } from "./resource.ts";

/** How a service behaves; every field is optional. */
export interface ServiceConfig {
  /**
   * The path all resources are under; it starts with a slash and has no parameters.
   *
   * @default "/"
   */
  readonly basePath?: string;
  /**
   * The `Host` this service answers for, as `api.example` for every port or `api.example:8080`.
   *
   * @default every host that no other service of the listener names
   */
  readonly host?: string;
  /**
   * Layers around the service and all interceptors, the first one outermost. An error that one throws
   * is answered before the layers around it see it, and reaches no interceptor.
   *
   * @default []
   */
  readonly layers?: readonly Layer[];
  /**
   * Interceptors around the resources, in order: request hooks run from the first to the last,
   * response hooks from the last to the first (spec 8.1). They run inside of the layers.
   *
   * @default []
   */
  readonly interceptors?: readonly Interceptor[];
  /**
   * What scripts of other origins may do; a resource's own `cors` takes its place as a whole.
   * Preflights are answered before any layer or interceptor is asked.
   *
   * @default none: no CORS fields are sent
   */
  readonly cors?: CorsConfig;
  /**
   * How answers are compressed; `true` for clients that accept it, from 1 KiB on.
   *
   * Where an answer has a secret beside text that a client chooses, its compressed size tells the
   * secret (BREACH): send those with `Cache-Control: no-transform`.
   *
   * @default false
   */
  readonly compression?: CompressionConfig | boolean;
  /**
   * Whether errors without a body of their own are answered as problem details (RFC 9457) in place
   * of the {@linkcode ErrorPayload}; `"negotiate"` for whichever the client accepts.
   *
   * @default the listener's, which is false
   */
  readonly problemDetails?: boolean | "negotiate";
  /**
   * The vendor part of content types chosen by a value's type: `vnd.x` gives `application/vnd.x+json`.
   *
   * @default none
   */
  readonly mediaTypeSubtypePrefix?: string;
  /**
   * Whether an optional parameter may be left out, or must be there without a value
   * (the two tables of spec 2.3.4.3 and 2.3.4.5).
   *
   * @default true
   */
  readonly treatNilableAsOptional?: boolean;
  /**
   * Whether a null in a payload may stand for an absent field, and an absent field for a null.
   *
   * @default false
   */
  readonly laxDataBinding?: boolean;
  /**
   * Whether the bodies of `responses` are checked before they are sent.
   *
   * @default true
   */
  readonly validation?: boolean;
  /**
   * The most bytes a bound body may have, else 413; -1 for no limit.
   *
   * @default 10485760
   */
  readonly maxEntityBodySize?: number;
  /**
   * Told of every failure that is this program's own: what a handler threw, a reply that could not
   * be sent. The request may hold secrets, as in `Authorization`: a log should not print it whole.
   *
   * @default the error, without the request, is given to `console.error`
   */
  readonly onError?: (error: unknown, request: Request) => void;
}

/** Resources that answer requests together. */
export interface Service {
  /**
   * Answers a request: in process, as `export default service` under `deno serve`, or wherever a
   * `fetch` is taken.
   */
  readonly fetch: Fetch;
  /** The configuration, as given. */
  readonly config: ServiceConfig;
  /** The resources, as given. */
  readonly resources: readonly Resource[];
}
