/**
 * SECURITY.md row 15, of a gateway whose resource passes requests on by a client: what is for one
 * connection stays there, on the way to the service and on the way back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { any, Client, type ClientConfiguration, serve, service } from "@pirouette/http";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { tcpServer } from "../support/tcp_server.ts";

const body = "3\r\nabc\r\n0\r\n\r\n";

/** What a service is sent of a request that a gateway passes on, in lines, and what comes back. */
async function passedOn(
  fields: readonly string[],
  answer: readonly string[],
  config: ClientConfiguration = {},
): Promise<{ sent: string; received: Headers | undefined }> {
  let sent = "";
  await using upstream = tcpServer(async (connection) => {
    sent = await connection.readHead();
    while (!sent.includes("\r\n0\r\n\r\n")) sent += await connection.read() ?? "";
    const head = ["HTTP/1.1 200 OK", "Content-Length: 2", ...answer, "", "ok"];
    await connection.say(head.join("\r\n"));
  });
  await using api = new Client(upstream.url, { transport: {}, ...config });
  const gateway = service({}, [any("/*", ({ request }) => api.forward("/in", request))]);
  await using server = await serve(gateway, { port: 0, host: "127.0.0.1" });
  const head = [
    "Host: gateway.example",
    "Transfer-Encoding: chunked",
    "Connection: close",
    ...fields,
  ];
  const response = await sendRaw(server, rawRequest("POST /v1 HTTP/1.1", head, body));
  assert.equal(response?.body, "ok");
  return { sent, received: response?.headers };
}

Deno.test("security 15: a client that passes a request on leaves its connection's fields behind", async () => {
  const { sent } = await passedOn([
    "Connection: X-Hop, keep-alive, Authorization, Accept-Encoding",
    "X-Hop: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Authorization: Basic eA==",
    "Proxy-Connection: keep-alive",
    "Proxy: http://attacker.example",
    "TE: trailers",
    "Trailer: X-Sum",
    "Upgrade: websocket",
    "Accept-Encoding: zstd, exotic",
    "Authorization: Bearer x",
    "X-Kept: 1",
  ], []);
  for (
    const gone of [
      /^connection:.*x-hop/im,
      ...["x-hop", "keep-alive", "proxy-authorization", "proxy-connection", "proxy"]
        .map((name) => new RegExp(`^${name}:`, "im")),
      ...["te", "trailer", "upgrade"].map((name) => new RegExp(`^${name}:`, "im")),
      /exotic/,
      /gateway\.example/,
    ]
  ) assert.doesNotMatch(sent, gone);
  assert.match(sent, /^POST \/in HTTP\/1\.1\r\n/);
  assert.match(sent, /^authorization: Bearer x\r$/im);
  assert.match(sent, /^x-kept: 1\r$/im);
});

Deno.test("security 15: the framing of a request that is passed on is the transport's, said once", async () => {
  const { sent } = await passedOn(["Connection: Transfer-Encoding, Content-Length"], []);
  assert.equal(sent.match(/^transfer-encoding: chunked\r$/gim)?.length, 1);
  assert.doesNotMatch(sent, /^content-length:/im);
  assert.match(sent, /\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/);
});

Deno.test("security 15: each compression mode asks for codings of its own, whatever the request did", async () => {
  const modes = [["AUTO", /^gzip, ?br$/], ["ALWAYS", /deflate/], ["NEVER", /^identity$/]] as const;
  for (const [compression, expected] of modes) {
    const { sent } = await passedOn(["Accept-Encoding: exotic"], [], { compression });
    assert.match(/^accept-encoding: (.*)\r$/im.exec(sent)?.[1] ?? "", expected);
  }
});

Deno.test("security 15: what a service says of its connection does not reach the gateway's client", async () => {
  const { received } = await passedOn([], [
    "Connection: X-Hop",
    "X-Hop: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Authenticate: Basic",
    "Upgrade: h2c",
    "X-Kept: 1",
  ]);
  assert.equal(received?.get("x-kept"), "1");
  assert.equal(received.get("connection"), "close");
  for (const gone of ["x-hop", "keep-alive", "proxy-authenticate", "upgrade"]) {
    assert.equal(received.get(gone), null, gone);
  }
});
