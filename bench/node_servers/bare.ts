/**
 * The floor: `node:http` alone, by hand.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { ItemsSchema } from "../support/node_items.ts";
import { chosenOnNode, type Items } from "../support/node_program.ts";

function answer(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function answerItems(
  request: IncomingMessage,
  response: ServerResponse,
  check: (value: unknown) => Items,
): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { items } = check(JSON.parse(Buffer.concat(chunks).toString()));
    answer(response, "application/json", JSON.stringify({ items: items.length }));
  });
}

const listener = chosenOnNode<RequestListener>({
  hello: (_request, response) => answer(response, "text/plain;charset=UTF-8", "Hello, World!"),
  json: (_request, response) => {
    answer(response, "application/json", JSON.stringify({ message: "Hello, World!" }));
  },
  post: (request, response) => answerItems(request, response, (value) => value as Items),
  bound: (request, response) => answerItems(request, response, (value) => ItemsSchema.parse(value)),
});
const server = createServer(listener);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
