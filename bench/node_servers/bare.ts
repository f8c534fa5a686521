/**
 * The floor: `node:http` alone, by hand.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chosenOnNode, type Items } from "../support/node_program.ts";

function answer(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

const listener = chosenOnNode<RequestListener>({
  hello: (_request, response) => answer(response, "text/plain;charset=UTF-8", "Hello, World!"),
  json: (_request, response) => {
    answer(response, "application/json", JSON.stringify({ message: "Hello, World!" }));
  },
  post: (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { items }: Items = JSON.parse(Buffer.concat(chunks).toString());
      answer(response, "application/json", JSON.stringify({ items: items.length }));
    });
  },
});
const server = createServer(listener);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
