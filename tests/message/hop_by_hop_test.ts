/** Fields of one connection (RFC 9110 section 7.6.1). @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { forwardableHeaders, withoutHopByHop } from "../../src/message/hop_by_hop.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 };

Deno.test("hop by hop: fields of the connection stay behind, the rest goes on", () => {
  const received = new Headers({
    connection: "keep-alive, x-trace-hop",
    "keep-alive": "timeout=5",
    "http2-settings": "AAMAAABkAAQ",
    "proxy-authenticate": "Basic",
    "proxy-authentication-info": "x",
    "proxy-authorization": "Basic eA==",
    "proxy-connection": "keep-alive",
    te: "trailers",
    trailer: "x-sum",
    "transfer-encoding": "chunked",
    upgrade: "h2c",
    "x-trace-hop": "1",
    "x-other": "2",
    "content-type": "text/plain",
    "upgrade-insecure-requests": "1",
  });
  const before = [...received];
  assert.deepEqual(Object.fromEntries(withoutHopByHop(received)), {
    "content-type": "text/plain",
    "upgrade-insecure-requests": "1",
    "x-other": "2",
  });
  assert.deepEqual([...received], before);
});

Deno.test("hop by hop: several lines of a field stay several", () => {
  const received = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-a", "1"]]);
  received.append("x-a", "2");
  const sent = withoutHopByHop(received);
  assert.deepEqual(sent.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(sent.get("x-a"), "1, 2");
});

Deno.test("hop by hop: of a request the gateway's own fields stay behind too", () => {
  const received = new Headers({
    host: "gateway.example",
    "content-length": "3",
    "content-type": "text/plain",
    "accept-encoding": "br;q=1, zstd",
    accept: "text/plain",
    expect: "100-continue",
    proxy: "http://attacker.example",
    authorization: "Bearer x",
    cookie: "a=1",
    "x-forwarded-for": "192.0.2.1",
  });
  assert.deepEqual(Object.fromEntries(forwardableHeaders(received)), {
    accept: "text/plain",
    authorization: "Bearer x",
    "content-type": "text/plain",
    cookie: "a=1",
    "x-forwarded-for": "192.0.2.1",
  });
});

Deno.test("hop by hop: whatever Connection says, only fields that it names are missing", () => {
  const name = fc.constantFrom(
    "x-a",
    "x-b",
    "X-A",
    "close",
    "authorization",
    "vary",
    " ",
    "é",
    ";",
  );
  fc.assert(
    fc.property(fc.array(name), fc.constantFrom(",", ", ", " ,\t", ",,"), (names, separator) => {
      const kept = { authorization: "x", vary: "accept", "x-c": "1" };
      const headers = new Headers({ ...kept, "x-a": "1", "x-b": "2" });
      headers.set("connection", names.join(separator));
      const named = new Set(names.map((text) => text.toLowerCase()));
      const expected: Record<string, string> = { ...kept };
      if (!named.has("x-a")) expected["x-a"] = "1";
      if (!named.has("x-b")) expected["x-b"] = "2";
      assert.deepEqual(Object.fromEntries(withoutHopByHop(headers)), expected);
    }),
    settings,
  );
});
