/**
 * A server to attack, as a program on Deno or on Node: told how to listen by JSON as its argument, it
 * prints its port, and ends with its standard input.
 *
 * @module
 */
import process from "node:process";
import { get, ok, post, serve, type ServeOptions, service, text } from "@pirouette/http";

const piece = new Uint8Array(65_536);
const big = new Uint8Array(32 * 1024 * 1024);
const page = "x".repeat(1_024);

const resources = service({}, [
  get("/", () => "here"),
  get("/page", () => page),
  get("/big", () => ok({ body: big, mediaType: "application/octet-stream" })),
  get("/endless", () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(piece) }, {
        highWaterMark: 0,
      }),
    )),
  get("/wait", async () => {
    await new Promise((done) => setTimeout(done, 300));
    return "late";
  }),
  post("/", { body: text() }, ({ body }) => body.length),
  get("/memory", () => {
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heapUsed, external };
  }),
]);

const options: ServeOptions = JSON.parse(process.argv[2] ?? "{}");
const server = await serve(resources, { port: 0, host: "127.0.0.1", ...options });
console.log(server.port);
