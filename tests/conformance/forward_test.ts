/**
 * What the original library's own tests hold of passing requests on (spec 2.4.2.6): methods, bodies,
 * header fields and answers of a gateway, over sockets.
 */
import assert from "node:assert/strict";
import {
  any,
  Client,
  get,
  head,
  json,
  type Layer,
  post,
  put,
  resource,
  type RunningServer,
  serve,
  service,
  text,
} from "@pirouette/http";

/** What reached the backend. */
interface Reached {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const backend = service({}, [
  get("/stocks", () => "wso2"),
  post("/stocks", () => new Response("ballerina")),
  any("/stocks", () => new Response("default", { headers: { Method: "any" } })),
  put("/stocks/large", async ({ request }) => String((await request.arrayBuffer()).byteLength)),
  get("/customers", () =>
    new Response("x", {
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["person", "kkk"], ["person", "jjj"]],
    })),
  get("/missing", () => new Response("no such stock", { status: 404, headers: { "x-why": "1" } })),
  any("/echo/*", async ({ request }) => ({
    method: request.method,
    target: request.url.replace(/^https?:\/\/[^/]*/, ""),
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  })),
]);

interface Running extends AsyncDisposable {
  readonly api: Client;
  readonly front: RunningServer;
}

/** A gateway in front of the backend; `api` is its client. */
async function start(layers: readonly Layer[] = []): Promise<Running> {
  const options = { port: 0, host: "127.0.0.1" };
  const behind = await serve(backend, options);
  const api = new Client(behind.url, { layers });
  const gateway = service({}, [
    any("/execute", ({ request }) => api.execute(request.method, "/stocks")),
    any("/empty", ({ request }) => api.execute("", "/stocks", request)),
    any("/forward/stocks", ({ request }) => api.forward("/stocks", request)),
    any("/forward/large", ({ request }) => api.forward("/stocks/large", request)),
    any("/forward/customers", ({ request }) => api.forward("/customers", request)),
    any("/forward/missing", ({ request }) => api.forward("/missing", request)),
    any("/forward/echo", ({ request }) => api.forward("/echo/a?b=c", request)),
    any("/post", ({ request }) => api.post("/echo/posted", request)),
    any(
      "/typed",
      ({ request }) =>
        api.put("/echo/typed", request, { mediaType: "text/css", headers: { "x-own": "2" } }),
    ),
    any("/bound", ({ request }) => api.forward("/echo/bound", request, { as: json() })),
    any("/used", async ({ request }) => {
      await request.text();
      return await api.forward("/echo/used", request);
    }),
    head("/headed", () => api.get("/stocks")),
  ]);
  const front = await serve(gateway, options);
  return {
    api,
    front,
    async [Symbol.asyncDispose]() {
      await front.immediateStop();
      await behind.immediateStop();
    },
  };
}

/** Asks the gateway. */
async function ask({ front }: Running, to: string, init?: RequestInit): Promise<Response> {
  return await fetch(front.url + to, { redirect: "manual", ...init });
}

async function reached(running: Running, to: string, init?: RequestInit): Promise<Reached> {
  const response = await ask(running, to, init);
  assert.equal(response.ok, true, `${to}: ${response.status}`);
  return await response.json();
}

Deno.test("original client, forward: every method reaches the resource that is for it", async () => {
  await using running = await start();
  const table: readonly (readonly [path: string, method: string, answer: string])[] = [
    ["/forward/stocks", "GET", "wso2"],
    ["/forward/stocks", "POST", "ballerina"],
    ["/forward/stocks", "PUT", "default"],
    ["/forward/stocks", "PURGE", "default"],
    ["/execute", "GET", "wso2"],
    ["/execute", "POST", "ballerina"],
    ["/execute", "PATCH", "default"],
    ["/empty", "GET", "wso2"],
    ["/empty", "POST", "ballerina"],
  ];
  for (const [path, method, answer] of table) {
    for (const body of method === "GET" ? [null] : [null, "test"]) {
      const response = await ask(running, path, { method, body });
      assert.deepEqual([response.status, await response.text()], [200, answer], path + method);
    }
  }
  for (const path of ["/forward/stocks", "/execute"]) {
    const response = await ask(running, path, { method: "HEAD" });
    assert.deepEqual([response.status, await response.text()], [200, ""]);
  }
  const response = await ask(running, "/headed", { method: "HEAD" });
  assert.deepEqual([response.status, await response.text()], [200, ""]);
});

Deno.test("original client, forward: header fields and bodies arrive as they came", async () => {
  await using running = await start();
  const text = await reached(running, "/forward/echo", {
    method: "POST",
    body: "Hello from POST!",
    headers: { "x-one": "1", cookie: "a=b", authorization: "Bearer t", "user-agent": "mine" },
  });
  assert.deepEqual([text.method, text.target, text.body], [
    "POST",
    "/echo/a?b=c",
    "Hello from POST!",
  ]);
  assert.match(text.headers["content-type"] ?? "", /^text\/plain/);
  assert.equal(text.headers["x-one"], "1");
  assert.equal(text.headers["cookie"], "a=b");
  assert.equal(text.headers["authorization"], "Bearer t");
  assert.equal(text.headers["user-agent"], "mine");
  assert.notEqual(text.headers["host"], new URL(running.front.url).host);
  const none = await reached(running, "/forward/echo");
  assert.equal(none.headers["content-length"], undefined);
  assert.equal(none.headers["transfer-encoding"], undefined);
  const posted = await reached(running, "/post");
  assert.deepEqual([posted.method, posted.body], ["POST", ""]);
  const typed = await reached(running, "/typed", {
    method: "POST",
    body: "x",
    headers: { "x-own": "1" },
  });
  assert.deepEqual(
    [typed.method, typed.headers["content-type"], typed.headers["x-own"]],
    ["PUT", "text/css", "2"],
  );
});

Deno.test("original client, forward: parts arrive as they came", async () => {
  await using running = await start();
  const parts = new FormData();
  parts.append("one", "Part1");
  parts.append("two", new Blob(["Part2"], { type: "text/plain" }));
  const { headers, body } = await reached(running, "/forward/echo", {
    method: "POST",
    body: parts,
  });
  const type = headers["content-type"] ?? "";
  const form = await new Response(body, { headers: { "content-type": type } }).formData();
  assert.equal(form.get("one"), "Part1");
  assert.equal(await (form.get("two") as File).text(), "Part2");
});

Deno.test("original client, forward: a large body is passed on as it comes", async () => {
  await using running = await start();
  const size = 8 * 1024 * 1024;
  const response = await ask(running, "/forward/large", {
    method: "PUT",
    body: new Uint8Array(size),
  });
  assert.equal(await response.text(), String(size));
});

Deno.test("original client, forward: the answer comes back as it is", async () => {
  await using running = await start();
  const response = await ask(running, "/forward/customers");
  assert.equal(response.headers.get("person"), "kkk, jjj");
  assert.equal(await response.text(), "x");
  // A response that is forwarded is a status, and no error.
  const missing = await ask(running, "/forward/missing");
  assert.deepEqual(
    [missing.status, missing.headers.get("x-why"), await missing.text()],
    [404, "1", "no such stock"],
  );
  const bound: Reached = await (await ask(running, "/bound", { method: "POST", body: "b" })).json();
  assert.equal(bound.body, "b");
});

Deno.test("original client, forward: what cannot be passed on is a client's error", async () => {
  const quiet = service({ onError: () => {} }, [
    resource("POST", "/used", async ({ request }) => {
      await request.text();
      const api = new Client("http://backend", { fetch: backend.fetch });
      return await api.forward("/stocks", request);
    }),
  ]);
  const response = await quiet.fetch("http://front/used", { method: "POST", body: "x" });
  assert.equal(response.status, 502);
  assert.match((await response.json()).message, /its body was read before/);
});

Deno.test("original client, forward: the path is the caller's, whatever was asked for", async () => {
  await using running = await start();
  const { api } = running;
  const request = new Request("http://elsewhere.example/secret?token=1", { method: "POST" });
  const response = await api.forward("/echo/here", request);
  const { target, headers }: Reached = await response.json();
  assert.equal(target, "/echo/here");
  assert.doesNotMatch(JSON.stringify(headers), /elsewhere|token/);
  await assert.rejects(api.forward("http://elsewhere.example/", request), { message: /origins/ });
  assert.equal(await api.get("/stocks", { as: text() }), "wso2");
});
