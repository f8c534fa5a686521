/**
 * A bare handler over this library's transport for Node.
 *
 * @module
 */
import { type Fetch, serve } from "@pirouette/http";
import { chosenOnNode, fetchHandlers } from "../support/node_program.ts";

const handler = chosenOnNode(fetchHandlers(Response));
const fetch: Fetch = (request) => Promise.resolve(handler(request as Request));
const server = await serve(fetch, { port: 0, host: "127.0.0.1" });
console.log(server.port);
