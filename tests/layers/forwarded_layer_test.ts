/** The layer that tells the next server of a gateway who sent a request. @module */
import assert from "node:assert/strict";
import { any, type Fetch, serve, service, stack } from "@pirouette/http";
import { keepConnection } from "../../src/message/connection.ts";
import { clientAddress } from "../../src/layers/client_address.ts";
import { forwarded } from "../../src/layers/forwarded.ts";
import type { ForwardedMode } from "../../src/message/forwarded_build.ts";

/** A fetch that keeps what it was called with. */
function recorder(): { readonly fetch: Fetch; readonly calls: Parameters<Fetch>[] } {
  const calls: Parameters<Fetch>[] = [];
  const record: Fetch = (...call) => {
    calls.push(call);
    return Promise.resolve(new Response());
  };
  return { fetch: record, calls };
}

function receivedFrom(hostname: string, init?: RequestInit): Request {
  const request = new Request("http://gateway.example/v1", init);
  keepConnection(request, { remoteAddr: { transport: "tcp", hostname } });
  return request;
}

Deno.test("forwarded: a received request that is handed on tells of its client", async () => {
  const { fetch, calls } = recorder();
  const request = receivedFrom("192.0.2.60", { method: "POST", body: "abc" });
  await stack(fetch, forwarded())(request);
  const [sent] = calls[0] ?? [];
  assert.ok(sent instanceof Request);
  assert.equal(sent.headers.get("forwarded"), "for=192.0.2.60;host=gateway.example;proto=http");
  assert.equal(await sent.text(), "abc");
});

Deno.test("forwarded: header fields of the init are those that are sent", async () => {
  const { fetch, calls } = recorder();
  const request = receivedFrom("192.0.2.60", { headers: { forwarded: "for=_old" } });
  await stack(fetch, forwarded())(request, { headers: { "x-a": "1" } });
  const [sent] = calls[0] ?? [];
  assert.ok(sent instanceof Request);
  assert.deepEqual([...sent.headers], [
    ["forwarded", "for=192.0.2.60;host=gateway.example;proto=http"],
    ["x-a", "1"],
  ]);
});

Deno.test("forwarded: what a server passes beside a request is its connection", async () => {
  const { fetch, calls } = recorder();
  const info = { remoteAddr: { transport: "tcp", hostname: "192.0.2.60", port: 1 } };
  await stack(fetch, forwarded())(new Request("http://a.example/"), info as RequestInit);
  const [sent, init] = calls[0] ?? [];
  assert.ok(sent instanceof Request);
  assert.equal(init, undefined);
  assert.equal(sent.headers.get("forwarded"), "for=192.0.2.60;host=a.example;proto=http");
});

Deno.test("forwarded: every other call is passed on as it is", async () => {
  const { fetch, calls } = recorder();
  const own: Parameters<Fetch>[] = [
    ["http://a.example/", { headers: { "x-forwarded-for": "192.0.2.1" } }],
    [new URL("http://a.example/")],
    [new Request("http://a.example/"), { method: "POST" }],
  ];
  for (const call of own) await stack(fetch, forwarded("transition"))(...call);
  const request = receivedFrom("192.0.2.60");
  await stack(fetch, forwarded("disable"))(request);
  [...own, [request]].forEach((call, index) => {
    assert.equal(calls[index]?.[0], call[0]);
    assert.equal(calls[index]?.[1], call[1]);
  });
});

Deno.test("forwarded: a layer inside another adds nothing", async () => {
  const { fetch, calls } = recorder();
  await stack(fetch, forwarded(), forwarded())(receivedFrom("192.0.2.60"));
  const [sent] = calls[0] ?? [];
  assert.ok(sent instanceof Request);
  assert.equal(sent.headers.get("forwarded")?.split(",").length, 1);
});

Deno.test("forwarded: bad options fail where the layer is made", () => {
  assert.throws(() => forwarded("on" as ForwardedMode), /^TypeError: forwarded has no mode "on"/);
  assert.throws(() => forwarded({ by: "" }), /^TypeError: forwarded cannot call itself ""/);
});

Deno.test("forwarded: what one server writes, clientAddress reads on the next", async () => {
  const told: (string | undefined)[] = [];
  const inner = service({}, [any("/*", ({ request }) => {
    const proxies = { trustedProxies: ["loopback"], forwardedBy: "forwarded" } as const;
    told.push(clientAddress(request, proxies), request.headers.get("forwarded") ?? undefined);
    return "inner";
  })]);
  await using innerServer = await serve(inner, { port: 0, host: "127.0.0.1" });
  const toInner: Fetch = (input, init) => {
    const { method, headers } = new Request(input, init);
    return fetch(innerServer.url, { method, headers });
  };
  const passOn = stack(toInner, forwarded({ by: "_edge" }));
  const gateway = service({}, [any("/*", ({ request }) => passOn(request))]);
  await using server = await serve(gateway, { port: 0, host: "127.0.0.1" });
  const headers = { forwarded: "for=198.51.100.1;proto=https" };
  assert.equal(await (await fetch(server.url, { headers })).text(), "inner");
  const { host } = new URL(server.url);
  assert.deepEqual(told, [
    "198.51.100.1",
    `for=198.51.100.1;proto=https, for=127.0.0.1;by=_edge;host="${host}";proto=http`,
  ]);
});
