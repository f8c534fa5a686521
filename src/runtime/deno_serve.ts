/**
 * The default transport: `Deno.serve`, the fastest this runtime has.
 *
 * @module
 */
import type { RunningTransport, TransportOptions } from "./transport.ts";

/** Listens with `Deno.serve`. */
export function denoServe(options: TransportOptions): RunningTransport {
  const controller = new AbortController();
  const { hostname, port, reusePort, handler } = options;
  const server = Deno.serve({
    hostname,
    port,
    reusePort,
    signal: controller.signal,
    onListen: () => {},
  }, handler);
  return {
    name: "deno_serve",
    hostname: server.addr.hostname,
    port: server.addr.port,
    finished: server.finished,
    shutdown: () => server.shutdown(),
    abort: () => controller.abort(),
  };
}
