/**
 * Services in servers that are made with Node's own modules: `node:http`, `node:https`, `node:http2`, and
 * frameworks that stand on them, as Express.
 *
 * A listener of this library needs nothing of it: `serve` takes Node's modules by itself on Node.
 *
 * @module
 */
export { type NodeHandler, type NodeRequestLike, toNodeHandler } from "./node_handler.ts";
