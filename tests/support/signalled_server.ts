/**
 * A program that serves until the system asks it to end, and says so on its standard output: the port
 * that it listens on, `called` for a request that waits, and `stopped`. It has a second listener, which
 * would hold it if it did not stop as well.
 *
 * `signalled_server.ts [signals as JSON] [transport] [port] [reusePort | linger]`
 *
 * @module
 */
import {
  get,
  type ListenerConfiguration,
  post,
  serve,
  type ServeOptions,
  service,
  text,
} from "@pirouette/http";
import process from "node:process";

const [, , signals = "true", transport = "auto", port = "0", more = ""] = process.argv;

const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time));

const resources = service({}, [
  get("/", () => "quick"),
  get("/slow", async () => {
    await pause(5);
    return "slow";
  }),
  post("/", { body: text() }, ({ body }) => body),
  get("/wait/:time", async ({ path }) => {
    console.log("called");
    await pause(Number(path.time));
    return "at last";
  }),
]);
const options: ServeOptions = {
  host: "127.0.0.1",
  signals: JSON.parse(signals),
  transport: transport as NonNullable<ListenerConfiguration["transport"]>,
};
await serve(resources, { ...options, port: 0 });
const server = await serve(resources, {
  ...options,
  port: Number(port),
  reusePort: more === "reusePort",
});
console.log(server.port);
await server.finished;
console.log("stopped");
if (more === "linger") await pause(5_000);
