/** Unix domain sockets, local addresses and HTTP/2 without TLS. @module */
import assert from "node:assert/strict";
import {
  ClientConnectorError,
  Http2ClientError,
  InitializingOutboundRequestError,
} from "../../src/message/client_errors.ts";
import { transport } from "../../src/client/transport.ts";
import { stayingServer } from "../support/tcp_server.ts";
import { withFolder } from "../support/temp_folder.ts";

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "transport unix socket: every host is there, and is told",
  ignore,
  fn: () =>
    withFolder({}, async (folder) => {
      const path = `${folder}/api.sock`;
      await using _server = Deno.serve({ path, onListen: () => {} }, async (request) => {
        const { pathname, search } = new URL(request.url);
        if (pathname === "/away") {
          return new Response(null, {
            status: 302,
            headers: { location: "http://b.example/there" },
          });
        }
        if (pathname === "/who") return new Response(request.headers.get("authorization"));
        const body = await request.text();
        return new Response(
          [request.method, request.headers.get("host"), pathname + search, body].join(" "),
        );
      });
      using open = transport({ unixSocket: path });
      const response = await open.fetch("http://docker/v1?a=b", { method: "POST", body: "text" });
      assert.equal(response.url, "http://docker/v1?a=b");
      assert.equal(await response.text(), "POST docker /v1?a=b text");
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("stream"));
          controller.close();
        },
      });
      const request = new Request("http://a.example:81/", { method: "PUT", body });
      assert.equal(await (await open.fetch(request)).text(), "PUT a.example:81 / stream");
      const named = await open.fetch("http://a.example/", { headers: { host: "mock.com" } });
      assert.equal(await named.text(), "GET mock.com / ");
      const known = await open.fetch("http://user:pass@a.example:81/who#part");
      assert.equal(known.url, "http://a.example:81/who");
      assert.equal(await known.text(), `Basic ${btoa("user:pass")}`);
      const away = await open.fetch("http://a.example/away");
      assert.equal(away.url, "http://b.example/there");
      assert.equal(await away.text(), "GET b.example /there ");
      const controller = new AbortController();
      const aborted = open.fetch("http://a.example/", { signal: controller.signal });
      controller.abort("mine");
      await assert.rejects(aborted, (error) => error === "mine");
    }),
});

Deno.test({
  name: "transport unix socket: no TLS, and nobody there",
  ignore,
  fn: () =>
    withFolder({}, async (folder) => {
      using open = transport({ unixSocket: `${folder}/none.sock` });
      await assert.rejects(open.fetch("https://localhost/"), InitializingOutboundRequestError);
      await assert.rejects(open.fetch("http://localhost/"), ClientConnectorError);
    }),
});

Deno.test("transport: a local address", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (_request, info) => new Response(info.remoteAddr.hostname),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  using open = transport({ localAddress: "127.0.0.1" });
  assert.equal(await (await open.fetch(url)).text(), "127.0.0.1");
  if (Deno.build.os === "linux") {
    using other = transport({ localAddress: "127.0.0.5" });
    assert.equal(await (await other.fetch(url)).text(), "127.0.0.5");
  }
  using foreign = transport({ localAddress: "192.0.2.1" });
  await assert.rejects(foreign.fetch(url), ClientConnectorError);
});

Deno.test("transport: HTTP/2 by prior knowledge, and only when it is asked for", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response(request.headers.has("host") ? "1.1" : "2"),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  using prior = transport({ httpVersion: "2", http2PriorKnowledge: true });
  assert.equal(await (await prior.fetch(url)).text(), "2");
  using auto = transport();
  assert.equal(await (await auto.fetch(url)).text(), "1.1");
  using asking = transport({ httpVersion: "2" });
  await assert.rejects(asking.fetch(url), /HTTP\/2 without TLS needs http2PriorKnowledge$/);
  await using old = stayingServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await assert.rejects(prior.fetch(old.url), Http2ClientError);
});

Deno.test("transport: a header list over HTTP/2 that is too long", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("x", { headers: { long: "l".repeat(5_000) } }),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const options = { httpVersion: "2", http2PriorKnowledge: true } as const;
  using small = transport({ ...options, http2MaxHeaderListSize: 1_000 });
  await assert.rejects(small.fetch(url), Http2ClientError);
  using large = transport({ ...options, http2MaxHeaderListSize: 10_000 });
  assert.equal(await (await large.fetch(url)).text(), "x");
});
