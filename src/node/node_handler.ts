/**
 * From a service, or any `fetch`, to what Node's servers call with each request.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { ownOptions } from "../message/options.ts";
import { nodeListener } from "../runtime/node/handler.ts";
import { Dispatcher } from "../server/dispatcher.ts";
import { Mount } from "../server/mount.ts";
import { fetchMount } from "../server/mount_point.ts";
import type { Service } from "../server/service_config.ts";

/**
 * Node's request or response, of `node:http` or `node:http2`: not named by their own types, so that a
 * program that does without Node's types needs none of them.
 */
export type NodeRequestLike = object;

/** What Node's servers, and frameworks that stand on them, call with each request. */
export type NodeHandler = (request: NodeRequestLike, response: NodeRequestLike) => void;

/**
 * Makes a handler for servers that are made with Node's own modules.
 *
 * The path is the one that the client sent, wherever a framework has put the handler (`originalUrl`).
 * What a listener does does not happen: there is no `timeout`, and sockets are protected as the server
 * is configured. Body parsers must come after it, as they leave nothing to read.
 *
 * @example
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { get, service } from "@pirouette/http";
 * import { toNodeHandler } from "@pirouette/http/node";
 *
 * const hello = service({}, [get("/hello", () => "Hello")]);
 * createServer(toNodeHandler(hello)).listen(8080);
 * ```
 */
export function toNodeHandler(what: Service | Fetch): NodeHandler {
  const mount = typeof what === "function"
    ? fetchMount(what)
    : new Mount(what, ownOptions(what.config).basePath ?? "/");
  const dispatcher = new Dispatcher([mount]);
  const listener = nodeListener((request, connection) => dispatcher.handle(request, connection));
  return listener as NodeHandler;
}
