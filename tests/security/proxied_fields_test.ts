// SECURITY.md row 15: fields that Connection names, Transfer-Encoding and Accept-Encoding are not
// passed on, and Connection takes nothing away that others decide by (CVE-2022-31813, CVE-2025-48865).
import assert from "node:assert/strict";
import { any, Client, serve, service } from "@pirouette/http";
import { forwardedHeadersFor } from "../../src/message/forwarded_build.ts";
import { forwardableHeaders, withoutHopByHop } from "../../src/message/hop_by_hop.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { sayingServer } from "../support/tcp_server.ts";

Deno.test("security 15: Connection takes away no field that others decide by", () => {
  const decisive = [
    ...["authorization", "cookie", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"],
    ...[
      "x-forwarded-proto",
      "x-forwarded-client-cert",
      "content-type",
      "content-encoding",
      "origin",
    ],
    ...["content-security-policy", "strict-transport-security", "x-frame-options", "set-cookie"],
    ...["cache-control", "vary", "sec-fetch-site", "if-match", "range", "x-csrf-token", "via"],
    ...["access-control-allow-origin", "www-authenticate", "x-api-key", "client-cert", "dpop"],
  ];
  for (const spelling of [(name: string) => name, (name: string) => name.toUpperCase()]) {
    const headers = new Headers(decisive.map((name): [string, string] => [name, "x"]));
    headers.set("connection", ["close", ...decisive.map(spelling)].join(", "));
    assert.deepEqual([...withoutHopByHop(headers).keys()], decisive.toSorted());
    assert.deepEqual([...forwardableHeaders(headers).keys()], decisive.toSorted());
  }
});

Deno.test("security 15: a Connection that is no list of names breaks nothing", () => {
  for (
    const value of ["", ",", ", ,", "a b", '"authorization', "\x80", ";", "connection", "x-a;q=1"]
  ) {
    const headers = new Headers({ connection: value, "x-a": "1" });
    assert.deepEqual([...withoutHopByHop(headers)], [["x-a", "1"]], value);
  }
  const names = Array.from({ length: 20_000 }, (_, index) => `x-${index}`);
  const headers = new Headers({ connection: names.join(","), "x-19999": "1", "y-1": "1" });
  assert.deepEqual([...withoutHopByHop(headers)], [["y-1", "1"]]);
});

Deno.test("security 15: through a gateway, only what is meant for the next server arrives", async () => {
  const target = service({}, [any("/*", async ({ request }) => {
    return Response.json({ fields: [...request.headers.keys()], body: await request.text() });
  })]);
  await using upstream = await serve(target, { port: 0, host: "127.0.0.1" });
  const gateway = service({}, [any("/*", async ({ request }) => {
    const { method, body } = request;
    const headers = forwardedHeadersFor(request);
    const response = await fetch(upstream.url, { method, headers, body });
    return new Response(response.body, response);
  })]);
  await using server = await serve(gateway, { port: 0, host: "127.0.0.1" });
  const answer = await sendRaw(
    server,
    rawRequest(
      "POST /v1 HTTP/1.1",
      [
        "Host: gateway.example",
        "Connection: close, X-Secret-Hop, Authorization, Forwarded",
        "X-Secret-Hop: 1",
        "Authorization: Bearer x",
        "Forwarded: for=192.0.2.1",
        "Proxy-Authorization: Basic eA==",
        "Proxy: http://attacker.example",
        "Accept-Encoding: zstd",
        "TE: trailers",
        "Transfer-Encoding: chunked",
      ],
      "3\r\nabc\r\n0\r\n\r\n",
    ),
  );
  const { fields, body } = JSON.parse(answer?.body ?? "");
  assert.equal(body, "abc");
  const made = ["accept", "accept-encoding", "accept-language", "host", "user-agent"];
  assert.deepEqual(
    fields.filter((name: string) => !made.includes(name)).sort(),
    ["authorization", "forwarded", "transfer-encoding"],
  );
});

Deno.test("security 15: through a gateway, only what is meant for the client comes back", async () => {
  await using upstream = sayingServer([
    "HTTP/1.1 200 OK",
    "Connection: close, X-Hop, Cache-Control",
    "X-Hop: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Authenticate: Basic",
    "Trailer: x-late",
    "Transfer-Encoding: chunked",
    "Upgrade: h2c",
    "Cache-Control: no-store",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
    "X-Kept: 1",
    "",
    "2\r\nhi\r\n0\r\n\r\n",
  ].join("\r\n"));
  const api = new Client(upstream.url);
  const response = await api.forward("/", new Request("http://gateway.example/"));
  assert.deepEqual([...response.headers], [
    ["cache-control", "no-store"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-kept", "1"],
  ]);
  assert.equal(response.url, `${upstream.url}/`);
  assert.equal(await response.text(), "hi");
});
