/**
 * srvx, which h3 stands on, with its own `FastResponse`.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- a peer is pinned here, so that the package never knows it
import { FastResponse, serve } from "npm:srvx@1.0.8/node";
import { chosenOnNode, fetchHandlers } from "../support/node_program.ts";

const fetch = chosenOnNode(fetchHandlers(FastResponse as unknown as typeof Response));
const server = serve({
  fetch,
  port: 0,
  hostname: "127.0.0.1",
  silent: true,
  gracefulShutdown: false,
});
await server.ready();
console.log(new URL(server.url ?? "").port);
