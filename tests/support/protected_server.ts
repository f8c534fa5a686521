/**
 * A server whose sockets are protected, as a program of its own: `protected_server.ts [options as JSON]`
 * says on a line of JSON which port it listens on.
 *
 * @module
 */
import { get, post, serve, type ServeOptions, type Service, service, text } from "@pirouette/http";
import process from "node:process";

/** What the tests of protection ask for. */
export const resources: Service = service({}, [
  get("/", () => "here"),
  get("/big", () => "x".repeat(20_000_000)),
  get("/stream", () => {
    const piece = new Uint8Array(100_000);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }));
  }),
  get("/wait", async () => {
    await new Promise((done) => setTimeout(done, 250));
    return "late";
  }),
  post("/", { body: text() }, ({ body }) => body),
]);

const [, , options] = process.argv;
if (options?.startsWith("{") === true) {
  const server = await serve(resources, JSON.parse(options) as ServeOptions);
  console.log(JSON.stringify({ port: server.port }));
}
