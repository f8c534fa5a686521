/**
 * Services in servers that a program makes with Node's own modules.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { connect, createServer as createHttp2 } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { created, get, post, service, text } from "@pirouette/http";
import { toNodeHandler } from "../../src/node/mod.ts";

const notes = service({ basePath: "/notes" }, [
  get("/:id", ({ path, caller }) => `${path.id} for ${caller.remoteAddress.ip}`),
  post("/", { body: text() }, ({ body }) => created({ body, headers: { location: "/notes/1" } })),
]);

/** A server that listens until it is disposed of. */
async function listening(server: Server): Promise<{ readonly url: string } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const once = { headers: { connection: "close" } };

Deno.test("node handler: a service answers in a server of node:http", async () => {
  await using server = await listening(createServer(toNodeHandler(notes) as RequestListener));
  assert.equal(await (await fetch(`${server.url}/notes/7`, once)).text(), "7 for 127.0.0.1");
  const headers = { ...once.headers, "content-type": "text/plain" };
  const made = await fetch(`${server.url}/notes`, { method: "POST", body: "new", headers });
  assert.deepEqual([made.status, made.headers.get("location")], [201, "/notes/1"]);
  assert.equal(await made.text(), "new");
});

Deno.test("node handler: a function is given a request of the platform's", async () => {
  const handler = toNodeHandler((input) => {
    const request = new Request(input as Request);
    const { body, url } = request;
    return Promise.resolve(new Response(body, { headers: { "x-url": url } }));
  });
  await using server = await listening(createServer(handler as RequestListener));
  const answer = await fetch(`${server.url}/a?b`, { ...once, method: "POST", body: "bytes" });
  assert.equal(answer.headers.get("x-url"), `${server.url}/a?b`);
  assert.equal(await answer.text(), "bytes");
});

Deno.test("node handler: the path is the one that the client sent", async () => {
  const handler = toNodeHandler(notes);
  const framework: RequestListener = (request, response) => {
    const cut = request as IncomingMessage & { originalUrl?: string | undefined };
    cut.originalUrl = request.url;
    request.url = "/7";
    handler(request, response);
  };
  await using server = await listening(createServer(framework));
  assert.match(await (await fetch(`${server.url}/notes/7`, once)).text(), /^7 for/);
});

Deno.test("node handler: what a framework has set before is sent along, and every cookie", async () => {
  const handler = toNodeHandler(() => {
    const headers: [string, string][] = [["set-cookie", "b=2"], ["set-cookie", "c=3"], [
      "x-a",
      "new",
    ]];
    return Promise.resolve(new Response("x", { headers }));
  });
  const framework: RequestListener = (request, response) => {
    response.setHeader("x-powered-by", "framework");
    response.setHeader("x-a", "old");
    response.setHeader("set-cookie", "a=1");
    handler(request, response);
  };
  await using server = await listening(createServer(framework));
  const { headers } = await fetch(server.url, once).then(async (answer) => {
    await answer.text();
    return answer;
  });
  assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2", "c=3"]);
  assert.deepEqual([headers.get("x-a"), headers.get("x-powered-by")], ["new", "framework"]);
});

Deno.test("node handler: the compatibility API of node:http2 will do", async () => {
  const server = createHttp2(toNodeHandler(notes) as never);
  await using running = await listening(server as unknown as Server);
  const session = connect(running.url);
  const ask = (fields: Record<string, string>, body?: string) =>
    new Promise<string>((resolve, reject) => {
      const stream = session.request(fields);
      let status: unknown;
      let told = "";
      stream.setEncoding("utf8");
      stream.on("response", (head) => status = head[":status"]);
      stream.on("data", (piece) => told += piece);
      stream.on("end", () => resolve(`${status} ${told}`));
      stream.on("error", reject);
      stream.end(body);
    });
  assert.equal(await ask({ ":path": "/notes/7" }), "200 7 for 127.0.0.1");
  const posting = { ":method": "POST", ":path": "/notes", "content-type": "text/plain" };
  assert.equal(await ask(posting, "new"), "201 new");
  await new Promise<void>((resolve) => session.close(resolve));
});
