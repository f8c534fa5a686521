/** The trailers table: fields that come after the body (spec 2.3.5.1, RFC 9110 section 6.5). */
import assert from "node:assert/strict";
import {
  any,
  ok,
  responseTrailers,
  type RunningServer,
  serve,
  service,
  text,
} from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { rawRequest } from "../support/raw_http.ts";
import { conformance } from "./cases.ts";

const trailers = { foo: "Trailer for chunked payload", baz: "The second trailer" };

const echo = service({}, [
  any("/echo", { body: text() }, ({ body }) => ok({ body, trailers })),
  any("/empty", () => ok({ body: "", trailers })),
  any(
    "/late",
    () => ok({ body: "late", headers: { trailer: "foo" }, trailers: () => ({ foo: "7" }) }),
  ),
  any("/none", () => ok({ body: "none", headers: { trailer: "foo" } })),
]);

/** All that comes back of one request over HTTP/1: the head, and what follows it. */
async function answer(
  { port }: RunningServer,
  line: string,
  body = "",
): Promise<readonly [head: string, rest: string]> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const fields = ["Host: x", "Connection: close", "Content-Type: text/plain"];
  if (body !== "") fields.push(`Content-Length: ${body.length}`);
  await socket.write(new TextEncoder().encode(rawRequest(line, fields, body)));
  const [head = "", ...rest] = (await new Response(socket.readable).text()).split("\r\n\r\n");
  return [head, rest.join("\r\n\r\n")];
}

const sent = `0\r\nbaz: ${trailers.baz}\r\nfoo: ${trailers.foo}\r\n\r\n`;

conformance("trailers", {
  "chunked response trailers": async () => {
    await using server = await serve(echo, { port: 0, host: "127.0.0.1", transport: "node" });
    // Over HTTP/1.1, the last chunk is followed by them, and the head has announced them.
    for (const body of ["Small payload", "x".repeat(20_000)]) {
      const [head, rest] = await answer(server, "POST /echo HTTP/1.1", body);
      assert.match(head, /\r\ntransfer-encoding: chunked/i);
      assert.match(head, /\r\ntrailer: baz, foo(?:\r\n|$)/i);
      assert.ok(rest.includes(body.slice(0, 13)));
      assert.ok(rest.endsWith(sent), rest.slice(-200));
    }
    const [head, rest] = await answer(server, "GET /empty HTTP/1.1");
    assert.match(head, /\r\ntrailer: baz, foo(?:\r\n|$)/i);
    assert.equal(rest, sent);
    const [lateHead, late] = await answer(server, "GET /late HTTP/1.1");
    assert.match(lateHead, /\r\ntrailer: foo(?:\r\n|$)/i);
    assert.ok(late.endsWith("0\r\nfoo: 7\r\n\r\n"));
    // What is not sent in chunks has none, and does not say so.
    for (const line of ["POST /echo HTTP/1.0", "HEAD /empty HTTP/1.1", "GET /none HTTP/1.1"]) {
      const [head, rest] = await answer(server, line, line.startsWith("POST") ? "Small" : "");
      assert.doesNotMatch(head, /^HTTP\/1\.1 5/);
      assert.doesNotMatch(head, /trailer|chunked/i, line);
      assert.doesNotMatch(rest, /foo|baz/, line);
    }
    // Over HTTP/2 any response may have some, whatever is known of its length.
    await using client = new Http2Client(server.url);
    for (const body of ["Small payload", "x".repeat(20_000)]) {
      const response = await client.fetch(`${server.url}/echo`, {
        ...{ method: "POST", body, headers: { "content-type": "text/plain" } },
      });
      assert.equal(response.headers.get("trailer"), "baz, foo");
      assert.equal(response.headers.get("foo"), null);
      assert.equal(await response.text(), body);
      assert.deepEqual(Object.fromEntries(await responseTrailers(response)), trailers);
    }
    for (const [path, expected] of [["/empty", trailers], ["/late", { foo: "7" }], ["/none", {}]]) {
      const response = await client.fetch(`${server.url}${path}`);
      await response.text();
      assert.deepEqual(Object.fromEntries(await responseTrailers(response)), expected);
    }
  },
});
