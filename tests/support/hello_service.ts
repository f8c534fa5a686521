/**
 * A whole service that runs with `--allow-net` alone, as on Deno Deploy: binds a query, a JSON body
 * and an XML body (whose parser is loaded only here), answers itself, stops, and prints "served".
 *
 * @module
 */
import { get, int, post, serve, service } from "@pirouette/http";
import { z } from "zod";

const hello = service({ basePath: "/v1" }, [
  get("/hello/:name", { query: { times: int({ default: 1 }) } }, ({ path, query }) => {
    return `Hello, ${path.name}! `.repeat(query.times).trim();
  }),
  post("/sum", { body: z.array(z.number()) }, ({ body }) => ({
    sum: body.reduce((sum, next) => sum + next, 0),
  })),
  post("/xml", { body: z.object({ album: z.unknown() }) }, ({ body }) => Object.keys(body)),
]);

const server = await serve(hello, { port: 0, host: "127.0.0.1" });
const base = `http://127.0.0.1:${server.port}/v1`;
const replies = await Promise.all([
  ask(`${base}/hello/you?times=2`),
  ask(`${base}/sum`, "application/json", "[1,2]"),
  ask(`${base}/xml`, "application/xml", "<album><id>1</id></album>"),
  ask(`${base}/nothing`),
]);
await server.gracefulStop();
console.log(replies.join("\n"));
console.log("served");

async function ask(url: string, mediaType?: string, body?: string): Promise<string> {
  const init = mediaType && body
    ? { method: "POST", body, headers: { "content-type": mediaType } }
    : {};
  const response = await fetch(url, init);
  const text = await response.text();
  return response.ok ? `${response.status} ${text}` : String(response.status);
}
