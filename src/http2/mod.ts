/**
 * HTTP/2 on connections of one's own: a `fetch` over them, and what servers push.
 *
 * @module
 */
export { Http2Client, type SubmitInit } from "./http2_client.ts";
export type { Http2Future } from "./http2_future.ts";
export type { Http2Promise } from "./http2_promise.ts";
export type {
  Http2ClientOptions,
  Http2Limits,
  Http2PoolConfiguration,
  InformationalResponse,
} from "./http2_options.ts";
export { responseTrailers } from "../message/trailers.ts";
export type { ClientSecureSocket } from "../client/transport_options.ts";
export type { Clock, Timer } from "../message/clock.ts";
export type { Fetch } from "../message/fetch.ts";
