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
   * The path all resources are under; it starts with a slash.
   *
   * @default "/"
   */
  readonly basePath?: string;
  /** The `Host` this service answers for; without it, any that no other service names. */
  readonly host?: string;
  /** Layers around the whole service, the first one outermost. */
  readonly layers?: readonly Layer[];
  /**
   * Interceptors around the resources, in order: request hooks run from the first to the last,
   * response hooks from the last to the first (spec 8.1). They run inside of the layers.
   */
  readonly interceptors?: readonly Interceptor[];
  /**
   * What scripts of other origins may do; a resource's own `cors` takes its place as a whole.
   * Preflights are answered before any layer or interceptor is asked.
   */
  readonly cors?: CorsConfig;
  /**
   * How answers are compressed; without it they are not.
   *
   * Where an answer has a secret beside text that a client chooses, its compressed size tells the
   * secret (BREACH): send those with `Cache-Control: no-transform`.
   */
  readonly compression?: CompressionConfig;
  /**
   * Whether errors without a body of their own are answered as problem details (RFC 9457) in place
   * of the {@linkcode ErrorPayload}; `"negotiate"` for whichever the client accepts.
   *
   * @default the listener's, which is false
   */
  readonly problemDetails?: boolean | "negotiate";
  /** The vendor part of content types chosen by a value's type: `vnd.x` gives `application/vnd.x+json`. */
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
   * be sent.
   *
   * @default `console.error`
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
