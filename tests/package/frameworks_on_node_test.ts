/**
 * Services inside Express and Fastify on a real Node, put there as `docs/runtimes.md` says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";

/** What every framework is asked; `serve` makes a server that has the handler at `/v1`. */
const asking = `
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { created, get, json, post, service } from "@pirouette/http";
import { toNodeHandler } from "@pirouette/http/node";

const handler = toNodeHandler(service({ basePath: "/v1" }, [
  get("/albums/:id", ({ path, request }) => path.id + new URL(request.url).search),
  post("/albums", { body: json() }, ({ body }) => created({ body })),
]));

async function ask(server) {
  if (!server.listening) await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = "http://127.0.0.1:" + server.address().port;
  const once = { connection: "close" };
  const found = await fetch(url + "/v1/albums/7?x=1", { headers: once });
  assert.deepEqual([found.status, await found.text()], [200, "7?x=1"]);
  const sent = { method: "POST", headers: { ...once, "content-type": "application/json" } };
  const made = await fetch(url + "/v1/albums", { ...sent, body: '{"title":"Blue"}' });
  assert.deepEqual([made.status, await made.json()], [201, { title: "Blue" }]);
  const none = await fetch(url + "/v1/none", { headers: once });
  assert.deepEqual([none.status, (await none.json()).path], [404, "/v1/none"]);
  const theirs = await fetch(url + "/own", { headers: once });
  assert.equal(await theirs.text(), "theirs");
  await new Promise((done) => server.close(done));
  console.log("done");
}
`;

const frameworks: Readonly<Record<string, string>> = {
  "Express 5": `
import express from "express";
const app = express();
app.use("/v1", handler);
app.use(express.json());
app.get("/own", (_request, response) => { response.end("theirs"); });
await ask(createServer(app));
`,
  "Fastify 5": `
import fastify from "fastify";
const app = fastify();
app.register(async (part) => {
  // Before any parser: it leaves nothing to read.
  part.removeAllContentTypeParsers();
  part.addContentTypeParser("*", (_request, _payload, done) => done(null));
  part.all("/v1/*", (request, reply) => {
    reply.hijack();
    handler(request.raw, reply.raw);
  });
});
app.get("/own", async () => "theirs");
await app.listen({ port: 0, host: "127.0.0.1" });
await ask(app.server);
`,
};

for (const [name, program] of Object.entries(frameworks)) {
  Deno.test({
    name: `package: a service answers inside ${name} on Node`,
    ignore: Deno.build.os === "windows" || !hasPeer("npm"),
    fn: async () => {
      const { stdout } = await runOnNode(24, asking + program);
      assert.equal(stdout.trim(), "done");
    },
  });
}
