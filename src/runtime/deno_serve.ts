/**
 * The default transport: `Deno.serve`, the fastest this runtime has.
 *
 * Its own graceful shutdown does two things that ours must not (Deno 2.9.6): it breaks off request
 * bodies that are still being read, and afterwards nothing can be closed by force any more. So
 * requests in flight are waited for first, and it is called when there are none.
 *
 * @module
 */
import type { RunningTransport, TransportOptions } from "./transport.ts";

/** Listens with `Deno.serve`. */
export function denoServe(options: TransportOptions): RunningTransport {
  const { hostname, port, reusePort, drained, handler } = options;
  const controller = new AbortController();
  const givenUp = Promise.withResolvers<void>();
  let state: "serving" | "draining" | "closing" = "serving";
  const server = Deno.serve({
    hostname,
    port,
    reusePort,
    signal: controller.signal,
    onListen: () => {},
  }, (request, info) => {
    return state === "serving" ? handler(request, info) : refusal();
  });
  return {
    name: "deno_serve",
    hostname: server.addr.hostname,
    port: server.addr.port,
    finished: Promise.race([server.finished, givenUp.promise]).finally(() => {
      state = "closing";
    }),
    async shutdown() {
      if (state === "serving") state = "draining";
      await drained();
      if (state !== "draining") return;
      state = "closing";
      await server.shutdown();
    },
    abort() {
      // Aborting twice, or after a shutdown, throws where nobody can catch it. What is left then is
      // a client that does not read the end of an answer, or never sent the end of a request.
      if (state === "closing") givenUp.resolve();
      else controller.abort();
      state = "closing";
    },
  };
}

/** What is answered on connections that are open or made while requests in flight are waited for. */
function refusal(): Response {
  return new Response(null, { status: 503, headers: { connection: "close" } });
}
