/**
 * A bare handler in a server of `node:http`, by the adapter of `./node`.
 *
 * @module
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { chosenOnNode, fetchHandlers } from "../support/node_program.ts";

interface NodeEntry {
  toNodeHandler(fetch: (request: Request) => Response | Promise<Response>): RequestListener;
}

const { toNodeHandler }: NodeEntry = await import("@pirouette/http/node" as string);
const server = createServer(toNodeHandler(chosenOnNode(fetchHandlers(Response))));
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
