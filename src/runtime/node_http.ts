/**
 * The transport over Node's modules, on Node and on Deno.
 *
 * @module
 */
import type { RunningTransport, TransportOptions } from "./transport.ts";

/** Listens with Node's modules. */
export function nodeHttp(_options: TransportOptions): Promise<RunningTransport> {
  return Promise.reject(new Error("Not here yet"));
}
