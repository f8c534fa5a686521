/**
 * Bad requests over a real socket: each is answered 4xx or ends the connection, never 5xx, and the
 * next request is answered. Bad bodies are in `bad_bodies_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, int, json, post, type RunningServer, serve, service } from "@pirouette/http";
import { RawConnection, rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

const everything = service({ basePath: "/v1" }, [
  get("/ok", () => "ok"),
  get(
    "/albums/:id",
    { path: { id: int() }, query: { limit: int({ default: 20 }) } },
    ({ path }) => path.id,
  ),
  get("/files/:rest*", ({ path }) => path.rest),
  post("/json", { body: json() }, () => "bound"),
]);

const HOST = "Host: x";

/** Sends one bad request, and then a good one on a connection of its own. */
async function answerTo(
  server: RunningServer,
  bytes: string | Uint8Array,
): Promise<RawResponse | undefined> {
  const response = await sendRaw(server, bytes);
  assert.ok(response === undefined || response.status < 500, response?.head);
  const next = await fetch(`${server.url}/v1/ok`);
  assert.equal(next.status, 200);
  assert.equal(await next.text(), "ok");
  return response;
}

function line(target: string, method = "GET"): string {
  return rawRequest(`${method} ${target} HTTP/1.1`, [HOST]);
}

/** What is refused; `undefined` where the connection may end without an answer. */
const heads: readonly (readonly [what: string, bytes: string, status: number | undefined])[] = [
  ["a percent sign alone", line("/v1/albums/%"), 400],
  ["half an escape", line("/v1/albums/%4"), 400],
  ["an escape of no digits", line("/v1/albums/%zz"), 400],
  ["an escape of no UTF-8", line("/v1/files/%ff"), 400],
  ["an overlong escape", line("/v1/files/%c0%af"), 400],
  ["half a surrogate pair", line("/v1/files/%ed%a0%80"), 400],
  ["a bad escape in the query", line("/v1/albums/1?limit=%zz"), 400],
  ["an escape of no UTF-8 in the query", line("/v1/albums/1?limit=%ff"), 400],
  ["an encoded NUL", line("/v1/files/a%00b"), 400],
  ["an encoded line end", line("/v1/files/a%0d%0ab"), 400],
  ["a NUL", line("/v1/files/a\0b"), 400],
  ["a control character", line("/v1/files/a\x01b"), 400],
  ["a DEL", line("/v1/files/a\x7fb"), 400],
  ["bytes that are no UTF-8", line("/v1/files/a\xff"), 400],
  ["a space", line("/v1/files/a b"), 400],
  ["a tab", line("/v1/files/a\tb"), 400],
  ["a backslash", line("/v1/files\\a"), 400],
  ["dot segments", line("/v1/files/../ok"), 400],
  ["encoded dot segments", line("/v1/files/%2e%2e/ok"), 400],
  ["dot segments above the root", line("/../../etc/passwd"), 400],
  ["dot segments with parameters", line("/v1/files/..;/ok"), 400],
  ["two slashes", line("//v1/ok"), 404],
  ["two slashes and a host", line("//evil.example/v1/ok"), 404],
  ["an empty segment", line("/v1//ok"), 404],
  ["a path that is too long", line(`/v1/files/${"a".repeat(4096)}`), 414],
  ["a query that is too long", line(`/v1/albums/1?${"a=1&".repeat(1024)}`), 414],
  ["a target beyond the transport's limit", line(`/v1/files/${"a".repeat(1 << 20)}`), undefined],
  [
    "a header field of 1 MB",
    rawRequest("GET /v1/ok HTTP/1.1", [HOST, `X: ${"a".repeat(1 << 20)}`]),
    undefined,
  ],
  [
    "10,000 header fields",
    rawRequest("GET /v1/ok HTTP/1.1", [HOST, ...Array(10_000).fill("X: a")]),
    undefined,
  ],
  ["no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  ["a relative target", line("v1/ok"), 400],
  ["an empty target", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  ["an asterisk", line("*"), 400],
  ["OPTIONS *", line("*", "OPTIONS"), 404],
  ["CONNECT", line("x:80", "CONNECT"), 400],
  ["CONNECT with a path", line("/v1/ok", "CONNECT"), undefined],
  ["TRACE", line("/v1/ok", "TRACE"), 405],
  ["get in small letters", line("/v1/ok", "get"), 405],
  ["a method that nobody has", line("/v1/ok", "M!#$%&'*+-.^_`|~1"), 405],
  ["a method that is none", line("/v1/ok", "G(T"), 400],
  ["a method of 100 kB", line("/v1/ok", "G".repeat(100_000)), undefined],
  ["a method of UTF-8", line("/v1/ok", "G\xc3\x89T"), 400],
  ["HTTP/2.0", rawRequest("GET /v1/ok HTTP/2.0", [HOST]), 400],
  ["HTTP/1.2", rawRequest("GET /v1/ok HTTP/1.2", [HOST]), undefined],
  ["HTTP/0.9", "GET /v1/ok\r\n\r\n", 400],
  ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],
  ["a continued line", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X: a", " b"]), 400],
  ["a field without a colon", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X"]), 400],
  ["a field without a name", rawRequest("GET /v1/ok HTTP/1.1", [HOST, ": x"]), 400],
  ["a space before the colon", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X : a"]), 400],
  ["a NUL in a field", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X: a\0b"]), 400],
  ["a CR in a field", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X: a\rY: b"]), 400],
  ["two Hosts", rawRequest("GET /v1/ok HTTP/1.1", [HOST, HOST]), 400],
  [
    "two lengths",
    rawRequest("POST /v1/json HTTP/1.1", [HOST, "Content-Length: 2", "Content-Length: 3"], "{} "),
    400,
  ],
  [
    "a length that is none",
    rawRequest("POST /v1/json HTTP/1.1", [HOST, "Content-Length: two"], "{}"),
    400,
  ],
  [
    "length and chunks",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Content-Length: 2", "Transfer-Encoding: chunked"],
      "2\r\n{}\r\n0\r\n\r\n",
    ),
    400,
  ],
  [
    "another coding",
    rawRequest("POST /v1/json HTTP/1.1", [HOST, "Transfer-Encoding: gzip"], "{}"),
    400,
  ],
  [
    "chunks on HTTP/1.0",
    rawRequest(
      "POST /v1/json HTTP/1.0",
      [HOST, "Transfer-Encoding: chunked"],
      "2\r\n{}\r\n0\r\n\r\n",
    ),
    400,
  ],
  [
    "a chunk without a size",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Transfer-Encoding: chunked"],
      "\r\n{}\r\n0\r\n\r\n",
    ),
    undefined,
  ],
  [
    "a chunk of a bad size",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Transfer-Encoding: chunked"],
      "zz\r\n{}\r\n0\r\n\r\n",
    ),
    undefined,
  ],
  [
    "a chunk of a negative size",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Transfer-Encoding: chunked"],
      "-2\r\n{}\r\n0\r\n\r\n",
    ),
    undefined,
  ],
  [
    "a chunk beyond every integer",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Transfer-Encoding: chunked"],
      `${"F".repeat(40)}\r\n{}`,
    ),
    undefined,
  ],
  [
    "a chunk longer than its size",
    rawRequest(
      "POST /v1/json HTTP/1.1",
      [HOST, "Transfer-Encoding: chunked"],
      "1\r\n{}\r\n0\r\n\r\n",
    ),
    undefined,
  ],
];

Deno.test("bad requests: heads that are refused", async (t) => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  for (const [what, bytes, status] of heads) {
    await t.step(what, async () => {
      const response = await answerTo(server, bytes);
      if (status !== undefined) assert.equal(response?.status, status);
      else assert.ok(response === undefined || response.status >= 400, response?.head);
    });
  }
});

/** What is unusual, and answered. */
const unusual: readonly (readonly [what: string, bytes: string])[] = [
  ["HTTP/1.0 without Host", "GET /v1/ok HTTP/1.0\r\n\r\n"],
  ["HTTP/1.0 kept alive", "GET /v1/ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
  ["an absolute target", line("http://x/v1/ok")],
  ["a fragment", line("/v1/ok#fragment")],
  ["an encoded path", line("/v1/%6fk")],
  ["a query of nothing", line("/v1/ok?")],
  ["a query of separators", line("/v1/ok?&&==&=&%zz")],
  ["an empty field", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X:"])],
  ["bytes above ASCII in a field", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "X: \xff\xfe"])],
  ["line feeds alone", "GET /v1/ok HTTP/1.1\nHost: x\n\n"],
  ["empty lines before", `\r\n\r\n${line("/v1/ok")}`],
  [
    "a body where none is wanted",
    rawRequest("GET /v1/ok HTTP/1.1", [HOST, "Content-Length: 2"], "{}"),
  ],
  ["an expectation nobody has", rawRequest("GET /v1/ok HTTP/1.1", [HOST, "Expect: 200-ok"])],
  [
    "an upgrade to nothing",
    rawRequest("GET /v1/ok HTTP/1.1", [HOST, "Connection: upgrade", "Upgrade: x"]),
  ],
];

Deno.test("bad requests: unusual ones that are answered", async (t) => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  for (const [what, bytes] of unusual) {
    await t.step(what, async () => {
      const response = await answerTo(server, bytes);
      assert.equal(response?.status, 200);
      assert.equal(response.body, "ok");
    });
  }
});

Deno.test("bad requests: a connection that ends anywhere in a request", async () => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  const fields = [HOST, "Content-Type: application/json", "Transfer-Encoding: chunked"];
  const whole = rawRequest("POST /v1/json HTTP/1.1", fields, "2\r\n{}\r\n0\r\n\r\n");
  for (let end = 0; end < whole.length; end++) {
    using connection = await RawConnection.open(server);
    await connection.send(whole.slice(0, end));
  }
  const response = await answerTo(server, whole);
  assert.equal(response?.status, 201);
});

Deno.test("bad requests: an error payload quotes no more of a request than it should", async () => {
  await using server = await serve(everything, { port: 0, host: "127.0.0.1" });
  const target = `/v1/files/%00<script>alert(1)</script>"'`;
  const response = await answerTo(server, line(target));
  assert.equal(response?.status, 400);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(JSON.parse(response.body).status, 400);
  const long = await answerTo(server, line(`/v1/files/${"a".repeat(30_000)}`));
  assert.equal(long?.status, 414);
});
