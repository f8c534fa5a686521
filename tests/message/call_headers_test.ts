/** The header fields of a fetch call, read and replaced. @module */
import assert from "node:assert/strict";
import type { Fetch } from "@pirouette/http";
import { callHeaders, withHeaders } from "@pirouette/http/layers";

const address = "https://api.example/";

Deno.test("call headers: those of the init, else those of the request, as a copy", () => {
  const request = new Request(address, { headers: { a: "request" } });
  const table: readonly (readonly [Parameters<Fetch>, string | null])[] = [
    [[address], null],
    [[new URL(address), {}], null],
    [[address, { headers: { A: "record" } }], "record"],
    [[address, { headers: [["a", "1"], ["a", "2"]] }], "1, 2"],
    [[request], "request"],
    [[request, {}], "request"],
    [[request, { headers: {} }], null],
    [[request, { headers: new Headers({ a: "init" }) }], "init"],
  ];
  for (const [call, expected] of table) {
    const headers = callHeaders(...call);
    assert.equal(headers.get("a"), expected);
    headers.set("a", "changed");
    assert.equal(callHeaders(...call).get("a"), expected);
  }
  const several = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  assert.deepEqual(callHeaders(address, { headers: several }).getSetCookie(), ["a=1", "b=2"]);
  assert.throws(() => callHeaders(address, { headers: { "a b": "1" } }), TypeError);
});

Deno.test("call headers: a call goes on with others, and is the same else", async () => {
  const passed: Parameters<Fetch>[] = [];
  const record: Fetch = (...call) => {
    passed.push(call);
    return Promise.resolve(new Response());
  };
  const headers = new Headers({ a: "new" });
  const { signal } = new AbortController();
  await withHeaders(record, headers, address, { method: "PUT", body: "x", signal });
  assert.deepEqual(passed[0], [address, { method: "PUT", body: "x", signal, headers }]);
  const given = new Request(address, { method: "POST", body: "x", headers: { a: "old", b: "1" } });
  await withHeaders(record, headers, given);
  const [request, init] = passed[1] as [Request, undefined];
  assert.ok(request instanceof Request && init === undefined);
  assert.deepEqual([...request.headers], [["a", "new"]]);
  assert.deepEqual([request.method, await request.text()], ["POST", "x"]);
});
