/**
 * A server that tests of panics run as a program: its first argument is `onPanic`; it prints its URL
 * and, when it panics, what `onError` is told. Its second argument is the transport.
 *
 * @module
 */
import {
  get,
  type Interceptor,
  type Layer,
  NotFoundError,
  post,
  serve,
  service,
} from "@pirouette/http";

const bug = (): never => {
  throw new TypeError("bug");
};
const layer: Layer = (next) => (input, init) => {
  const { url } = input instanceof Request ? input : new Request(input, init);
  return url.endsWith("/layer") ? bug() : next(input, init);
};

const onError = (error: unknown): void => console.log(`told ${error}`);
const panicking = service({ onError }, [
  get("/ok", () => "ok"),
  get("/returned", () => new TypeError("returned")),
  get("/ours", () => {
    throw new NotFoundError("none");
  }),
  get("/thrown", bug),
  get("/rejected", () => Promise.reject(new TypeError("bug"))),
  get("/string", () => Promise.reject("bug")),
  post("/upload", bug),
  post("/read", async ({ request }) => await request.text()),
  post("/pieces", async ({ request }) => {
    let length = 0;
    for await (const piece of request.body ?? []) length += piece.length;
    return length;
  }),
  post("/explained", async ({ request }) => {
    await request.text().catch((cause) => {
      throw new Error("Cannot take the upload", { cause });
    });
  }),
  get("/late", async ({ caller }) => {
    await caller.respond("answered");
    bug();
  }),
  get("/stream", () =>
    ReadableStream.from((async function* () {
      for (;;) {
        yield new TextEncoder().encode("tick\n");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })())),
]);
const recovers: Interceptor = { on: { path: "/recovered" }, responseError: () => "dealt with" };
const failsAgain: Interceptor = {
  responseError({ error }) {
    throw error;
  },
};
const intercepted = service({
  basePath: "/intercepted",
  onError,
  interceptors: [recovers, failsAgain],
}, [get("/recovered", bug), get("/thrown", bug)]);
const layered = service({ basePath: "/layered", onError, layers: [layer] }, [get("/thrown", bug)]);

const server = await serve([panicking, layered, intercepted], {
  port: 0,
  host: "127.0.0.1",
  ...(Deno.args[0] === undefined ? {} : { onPanic: Deno.args[0] as "respond" | "exit" }),
  ...(Deno.args[1] === undefined ? {} : { transport: Deno.args[1] as "deno" | "node" }),
});
console.log(server.url);
