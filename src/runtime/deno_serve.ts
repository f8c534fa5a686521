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
  let finished = false;
  return {
    name: "deno_serve",
    hostname: server.addr.hostname,
    port: server.addr.port,
    finished: server.finished.finally(() => {
      finished = true;
    }),
    shutdown: () => server.shutdown(),
    abort: () => {
      // Aborting what has stopped throws out of an event listener, where nobody can catch it.
      if (!finished) controller.abort();
    },
  };
}
