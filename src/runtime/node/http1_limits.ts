/**
 * What is borne of a client over HTTP/1.1, the defaults in place of what is not set.
 *
 * @module
 */
import type { ServerHttpSettings } from "../server_http.ts";

/** What is borne of a client; times in milliseconds, and 0 for no limit. */
export interface Http1Limits {
  /** Bytes of a request's head, beyond which it is not even read. */
  readonly headSize: number;
  /** Header fields of a request. */
  readonly maxHeaderCount: number;
  /** Until a request's head has come. */
  readonly headerTimeout: number;
  /** Until a request has come as a whole. */
  readonly requestTimeout: number;
  /** Within which something of a body has to come. */
  readonly receiveTimeout: number;
  /** Within which the client has to take something. */
  readonly sendTimeout: number;
  /** That a connection may be idle between requests. */
  readonly keepAliveTimeout: number;
  /** Requests of a connection that may wait for those before them. */
  readonly maxPipelined: number;
  /** Requests that a connection is good for. */
  readonly maxRequests: number;
  /** Whether connections are kept. */
  readonly keepsAlive: boolean;
}

/** The limits of a listener's settings. */
export function http1Limits(http: ServerHttpSettings): Http1Limits {
  return {
    // A head that is a little too large is refused with an answer of the listener's own, which counts
    // what it was told to; this is the parser's, and about memory.
    headSize: (http.maxHeaderSize ?? 16_384) + (http.maxUriLength ?? 4_096) + 1_024,
    maxHeaderCount: http.maxHeaderCount ?? 100,
    headerTimeout: http.headerTimeout ?? 10_000,
    requestTimeout: http.requestTimeout ?? 300_000,
    receiveTimeout: http.receiveTimeout ?? 30_000,
    sendTimeout: http.sendTimeout ?? 30_000,
    keepAliveTimeout: http.keepAliveTimeout ?? 60_000,
    maxPipelined: http.maxPipelinedRequests ?? 10,
    maxRequests: http.maxRequestsPerConnection ?? Infinity,
    keepsAlive: http.keepAlive !== "never",
  };
}
