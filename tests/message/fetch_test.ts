/** The one shape: layers around a fetch. @module */
import assert from "node:assert/strict";
import { asRequest, type Fetch, type Layer, stack } from "../../mod.ts";

const echo: Fetch = (input, init) => Promise.resolve(new Response(asRequest(input, init).url));

Deno.test("stack: the first layer is outermost, and none gives the fetch itself", async () => {
  const seen: string[] = [];
  const layer = (name: string): Layer => (next) => async (input, init) => {
    seen.push(name);
    const response = await next(input, init);
    seen.push(`${name} done`);
    return response;
  };
  const response = await stack(echo, layer("outer"), layer("inner"))("http://a/");
  assert.equal(await response.text(), "http://a/");
  assert.deepEqual(seen, ["outer", "inner", "inner done", "outer done"]);
  assert.equal(stack(echo), echo);
});

Deno.test("asRequest: a request alone is itself, everything else makes one", () => {
  const request = new Request("http://a/b");
  assert.equal(asRequest(request), request);
  assert.equal(asRequest(request, { method: "POST" }).method, "POST");
  assert.equal(asRequest("http://a/b").url, "http://a/b");
  assert.equal(asRequest(new URL("http://a/b"), { headers: { x: "y" } }).headers.get("x"), "y");
  assert.throws(() => asRequest("/relative"), TypeError);
});
