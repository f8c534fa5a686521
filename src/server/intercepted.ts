/**
 * What the interceptors of a service are around: its resources, and its answers to errors.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** What interceptors are around. */
export interface Intercepted {
  /**
   * Answers a request.
   *
   * @throws {HttpError} when nothing matches, and whatever a handler throws.
   */
  dispatch(exchange: Exchange): Response | Promise<Response>;
  /** The default answer to an error; never fails itself. */
  fail(exchange: Exchange, error: unknown): Response | Promise<Response>;
}
