/**
 * What the original library's own tests hold of listeners and clients over HTTP/2 (spec 2.1, 2.4,
 * 10.1), beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  any,
  Client,
  ClientConnectorError,
  del,
  get,
  json,
  Listener,
  type ListenerConfiguration,
  ok,
  post,
  type RunningServer,
  service,
  text,
  Xml,
} from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { VirtualClock } from "@pirouette/http/testing";
import { go, redirecting } from "../support/redirecting_service.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { comeAndGo } from "./come_and_go.ts";
import { overHttp2, startHttp2 } from "./over_http2.ts";

const backend = service({ basePath: "/backEndService" }, [
  get("/http2ReplyText", () => "Hello"),
  post("/http2SendByteStream", ({ request }) => ok({ body: request.body })),
  post("/http2PostReply", async ({ request }) => {
    const type = request.headers.get("content-type");
    if (type === null) return "No content";
    return ok({ body: await request.bytes(), mediaType: type });
  }),
]);

Deno.test("original http2: what is sent comes back, whatever it is", async () => {
  await overHttp2(backend, async (api) => {
    for (const headers of [{}, { "x-type": "hello" }]) {
      const response = await api.get("/backEndService/http2ReplyText", { headers });
      assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
      assert.equal(await response.text(), "Hello");
    }
    const reply = "/backEndService/http2PostReply";
    assert.equal(await (await api.post(reply)).text(), "No content");
    assert.equal(await api.post(reply, "Sample Text", { as: text() }), "Sample Text");
    const xml = await (await api.post(reply, new Xml("<yy>Sample Xml</yy>"))).text();
    assert.equal(xml, "<yy>Sample Xml</yy>");
    const apple = { name: "apple", color: "red" };
    assert.deepEqual(await api.post(reply, apple, { as: json() }), apple);
    const bytes = new TextEncoder().encode("Sample Text");
    assert.deepEqual(await (await api.post(reply, bytes)).bytes(), bytes);
    const stream = (): ReadableStream => new Blob(["Sample ", "Text"]).stream();
    for (const body of ["Sample Text", stream()]) {
      const response = await api.post("/backEndService/http2SendByteStream", body);
      assert.equal(await response.text(), "Sample Text");
    }
  });
});

Deno.test("original http2: a length is declared where it is known", async () => {
  const lengths = service({ basePath: "/http2Headers" }, [
    get("/", ({ request }) => request.headers.get("content-length") ?? "none"),
    post("/", ({ request }) => ok({ body: request.headers.get("content-length") })),
    del("/", ({ request }) => ok({ body: request.headers.get("content-length") })),
  ]);
  await overHttp2(lengths, async (api) => {
    const payload = { details: { class: "12", where: { address: "221B" }, age: 54 } };
    const length = String(JSON.stringify(payload).length);
    for (const method of ["post", "delete"] as const) {
      const response = await api[method]("/http2Headers", payload);
      assert.equal(response.headers.get("content-length"), "2");
      assert.equal(await response.text(), length, method);
    }
    // There 0 is declared for a GET (docs/differences.md).
    assert.equal(await (await api.get("/http2Headers")).text(), "none");
  });
});

/** Tells which version of HTTP a request came in. */
const versions = service({}, [
  get("/", ({ caller }) => `Version: ${caller.httpVersion}`),
  post("/", { body: text() }, ({ request, body }) => {
    const fields = ["connection", "upgrade", "http2-settings"];
    return `${fields.filter((name) => request.headers.has(name)).join("--")}--${body}`;
  }),
]);

Deno.test("original http2: a client of HTTP/1.1 is answered in it, on the same port", async () => {
  await overHttp2(versions, async (api, _http2, { url }) => {
    assert.equal(await (await fetch(url)).text(), "Version: 1.1");
    assert.equal(await (await api.get("/")).text(), "Version: 2");
    assert.equal(await (await fetch(url)).text(), "Version: 1.1");
  });
  // Deno.serve does not tell.
  await using other = await startHttp2(versions, { transport: "deno" });
  assert.equal(await (await fetch(other.url)).text(), "Version: undefined");
});

Deno.test("original http2: it is spoken at once, and nobody is upgraded to it", async () => {
  await overHttp2(versions, async (api, _http2, server) => {
    const said = "Prior knowledge is enabled";
    assert.equal(await (await api.post("/", said)).text(), `--${said}`);
    const upgrading = ["Host: x", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"];
    const answer = await sendRaw(
      server,
      rawRequest("GET / HTTP/1.1", [...upgrading, "HTTP2-Settings: AAMAAABkAAQAAP__"]),
    );
    assert.deepEqual([answer?.status, answer?.body], [200, "Version: 1.1"]);
  });
});

Deno.test("original http2: nobody there is an error, for all who call", async () => {
  const { url } = await stopped();
  await using http2 = new Http2Client(url);
  const callers = [new Client(url, { fetch: http2.fetch }), new Client(url)];
  const gateway = service({}, [
    get("/serverDown", async () => {
      const errors = await Promise.all(
        callers.map((api) => api.get("/bogusResource").catch((error) => error)),
      );
      return errors.map(({ message }) => String(message).split(":", 1)).join("--");
    }),
  ]);
  await overHttp2(gateway, async (api) => {
    for (let round = 0; round < 2; round++) {
      assert.equal(
        await (await api.get("/serverDown")).text(),
        "Something wrong with the connection--Something wrong with the connection",
      );
    }
  });
});

/** A server that was there. */
async function stopped(): Promise<RunningServer> {
  const server = await startHttp2(versions);
  await server.immediateStop();
  return server;
}

Deno.test("original http2: after a stop nobody is answered any more", async () => {
  const server = await startHttp2(service({}, [get("/hello", () => "Hello")]));
  await using first = new Http2Client(server.url);
  const url = `${server.url}/hello`;
  assert.equal(await (await first.fetch(url)).text(), "Hello");
  await server.immediateStop();
  await using second = new Http2Client(server.url);
  for (const client of [first, second]) {
    await assert.rejects(client.fetch(url), (error) => {
      assert.ok(error instanceof ClientConnectorError, String(error));
      assert.match(error.message, /^Something wrong with the connection/);
      return true;
    });
  }
});

Deno.test("original http2: services come, go and come back while they answer", async () => {
  await using http2 = new Http2Client("http://127.0.0.1");
  const listener = new Listener(0, { host: "127.0.0.1", transport: "node" });
  await comeAndGo(listener, http2.fetch);
});

Deno.test("original http2: a body that waits is sent once it is wanted", async () => {
  const waiting = service({}, [
    any("/continue", async ({ request, caller }) => {
      const isTold = caller.continue();
      return `${isTold} ${(await request.text()).length}`;
    }),
  ]);
  await overHttp2(waiting, async (api) => {
    const headers = { expect: "100-continue" };
    for (const body of ["Hello World!", "x".repeat(1_000_000)]) {
      const response = await api.post("/continue", body, { headers });
      assert.equal(await response.text(), `true ${body.length}`);
    }
  });
});

Deno.test("original http2: what is too large is refused", async () => {
  const hello = service({}, [
    get("/hello", () => "Hello World!!!"),
    post("/", { body: text() }, ({ body }) => body),
  ]);
  const long = { headers: { "x-test": "x".repeat(9_001) } };
  const rows: readonly (readonly [
    limits: ListenerConfiguration["requestLimits"] & object,
    call: (api: Client) => Promise<Response>,
    status: number,
  ])[] = [
    [{ maxUriLength: 1024 }, (api) => api.get("/hello"), 200],
    [{ maxUriLength: 2 }, (api) => api.get("/hello"), 414],
    [{ maxHeaderSize: 400 }, (api) => api.get("/hello"), 200],
    [{ maxHeaderSize: 850 }, (api) => api.get("/hello", long), 431],
    [{ maxEntityBodySize: 10 }, (api) => api.post("/", "a".repeat(52)), 413],
    [{ maxEntityBodySize: 10 }, (api) => api.post("/", "a".repeat(10)), 201],
  ];
  for (const [requestLimits, call, status] of rows) {
    await overHttp2(hello, async (api) => {
      const response = await call(api);
      await response.body?.cancel();
      assert.equal(response.status, status, JSON.stringify(requestLimits));
      // The connection goes on.
      if (requestLimits.maxUriLength === 2) return;
      assert.equal(await (await api.get("/hello")).text(), "Hello World!!!");
    }, { requestLimits });
  }
});

Deno.test("original http2: a response that is too large is an error", async () => {
  const backend = service({}, [
    get("/header/:size", ({ path }) => {
      return ok({ body: "Hello World!!!", headers: { "x-header": "x".repeat(Number(path.size)) } });
    }),
    get("/body/:size", ({ path }) => "x".repeat(Number(path.size))),
  ]);
  await overHttp2(backend, async (_api, http2, { url }) => {
    const limits = { maxHeaderSize: 1024, maxEntityBodySize: 1024 };
    const api = new Client(url, { fetch: http2.fetch, responseLimits: limits });
    assert.equal(await (await api.get("/header/9")).text(), "Hello World!!!");
    assert.equal((await (await api.get("/body/1024")).text()).length, 1024);
    await assert.rejects(api.get("/header/2048"), /^\w+: Response max header size exceeds/);
    await assert.rejects(
      async () => await (await api.get("/body/2048")).text(),
      /^\w+: Response max entity body size exceeds/,
    );
  });
});

Deno.test("original http2: redirects are followed, to other origins too", async () => {
  await using near = await startHttp2(redirecting);
  await using far = await startHttp2(redirecting);
  await using http2 = new Http2Client(near.url);
  const end = `${far.url}/end`;
  const round = go(go(go(go(go(end, 302), 301), 300), 305), 308);
  const api = new Client(near.url, { fetch: http2.fetch, followRedirects: { maxCount: 5 } });
  const reached = async (path: string): Promise<{ url: string }> => (await api.get(path)).json();
  assert.equal((await reached(go(end, 307))).url, end);
  assert.equal((await reached(round)).url, end);
  const query = `${near.url}/end?key=value&lang=ballerina`;
  assert.equal((await reached(go("/end?key=value&lang=ballerina", 307))).url, query);
  assert.equal((await reached(go(query, 307))).url, query);
  const seen = await (await api.post(go("/end", 303), "Test value!")).json();
  assert.equal(seen.method, "GET");
  const few = new Client(near.url, { fetch: http2.fetch, followRedirects: { maxCount: 3 } });
  const last = await few.get(round);
  await last.body?.cancel();
  assert.equal(last.status, 301);
});

Deno.test("original http2: both ends of a connection are told", async () => {
  const ends = service({}, [
    get("/", ({ caller }) => ({ protocol: caller.protocol, port: caller.localAddress.port })),
  ]);
  await overHttp2(ends, async (api, _http2, { port }) => {
    assert.deepEqual(await (await api.get("/")).json(), { protocol: "http", port });
  });
});

Deno.test("original http2: a connection that was idle for long is made anew", async () => {
  const clock = new VirtualClock();
  const ports = service({}, [get("/", ({ caller }) => caller.remoteAddress.port)]);
  await using server = await startHttp2(ports);
  await using http2 = new Http2Client(server.url, {
    clock,
    pool: { minEvictableIdleTime: 3_000, timeBetweenEvictionRuns: 2_000 },
  });
  const seen = new Set<string>();
  for (let round = 0; round < 5; round++) {
    seen.add(await (await http2.fetch(server.url)).text());
    await clock.advance(5_000);
  }
  assert.equal(seen.size, 5);
});
