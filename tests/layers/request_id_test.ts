/** The id of a request: kept or made, told beside the request, sent back. @module */
import assert from "node:assert/strict";
import { asRequest, type Fetch, get, serve, service, stack } from "@pirouette/http";
import { requestId, requestIdOf, type RequestIdOptions } from "../../src/layers/request_id.ts";
import { onBothTransports } from "../support/both_transports.ts";

const url = "http://localhost/";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Answers with the id that is told and the one that the request carries. */
const echo: Fetch = (input, init) => {
  const request = asRequest(input, init);
  return Promise.resolve(
    Response.json([requestIdOf(request), request.headers.get("x-request-id")]),
  );
};

async function ask(options: RequestIdOptions, given?: string): Promise<string[]> {
  const headers: HeadersInit = given === undefined ? {} : { "x-request-id": given };
  const response = await stack(echo, requestId(options))(url, { headers });
  return [response.headers.get("x-request-id") ?? "", ...await response.json()];
}

Deno.test("request id: a request without one gets one, which all know", async () => {
  const [sent = "", told, carried] = await ask({});
  assert.match(sent, uuid);
  assert.deepEqual([told, carried], [sent, sent]);
  assert.notEqual((await ask({}))[0], sent);
  assert.equal(requestIdOf(new Request(url)), undefined);
});

Deno.test("request id: one that is given is kept, if it is one", async () => {
  for (const good of ["a", "0-_.~:+/=@Z", "x".repeat(128), crypto.randomUUID()]) {
    assert.deepEqual(await ask({}, good), [good, good, good]);
  }
  for (
    const bad of [
      ...["", "x".repeat(129), "a b", "a,b", "a;b", 'a"b', "a'b", "a<b", "a\\b", "a\tb", "a%0ab"],
      ...["é", "${jndi:ldap://a}", "a\u007f", "a{b"],
    ]
  ) {
    const [sent = "", told, carried] = await ask({}, bad);
    assert.match(sent, uuid, bad);
    assert.deepEqual([told, carried], [sent, sent]);
  }
});

Deno.test("request id: an id that is not trusted is replaced", async () => {
  const generate = (): string => "made";
  assert.deepEqual(await ask({ trust: false, generate }, "given"), ["made", "made", "made"]);
  const trust = (request: Request): boolean => request.headers.get("x-request-id") === "good";
  assert.equal((await ask({ trust, generate }, "good"))[0], "good");
  assert.equal((await ask({ trust, generate }, "given"))[0], "made");
});

Deno.test("request id: over both transports a handler knows it, and the response carries it", async () => {
  const told = service({ layers: [requestId()] }, [
    get("/id", ({ request }) => requestIdOf(request) ?? "none"),
    get("/gone", () => Response.redirect("http://localhost/id", 303)),
  ]);
  await onBothTransports(told, async (ask) => {
    for (const given of [undefined, "mine", "not one"]) {
      const headers: HeadersInit = given === undefined ? {} : { "x-request-id": given };
      const response = await ask("/id", { headers });
      const id = response.headers.get("x-request-id");
      assert.equal(await response.text(), id);
      if (given === "mine") assert.equal(id, given);
      else assert.match(id ?? "", uuid);
    }
    const missing = await ask("/none");
    assert.equal(missing.status, 404);
    assert.match(missing.headers.get("x-request-id") ?? "", uuid);
    await missing.body?.cancel();
    const redirect = await ask("/gone", { redirect: "manual" });
    assert.equal(redirect.status, 303);
    assert.match(redirect.headers.get("x-request-id") ?? "", uuid);
    await redirect.body?.cancel();
  });
});

Deno.test("request id: around a fetch the server gets it, and the response stays what it was", async () => {
  const echoing = service({}, [
    get("/", ({ request }) => request.headers.get("x-request-id") ?? "none"),
  ]);
  await using server = await serve(echoing, { port: 0, host: "127.0.0.1" });
  const generate = (): string => "ours";
  const tagged = await stack(fetch, requestId({ generate }))(server.url);
  assert.equal(tagged.headers.get("x-request-id"), "ours");
  assert.equal(new URL(tagged.url).href, new URL(server.url).href);
  assert.equal(await tagged.text(), "ours");
  const plain = await stack(fetch, requestId({ generate, inResponse: false }))(server.url);
  assert.equal(plain.headers.get("x-request-id"), null);
  assert.equal(await plain.text(), "ours");
});

Deno.test("request id: an inner layer finds the id of the outer one", async () => {
  const outer = requestId({ generate: () => "outer" });
  const inner = requestId({ header: "x-correlation-id", generate: () => "inner" });
  const { headers } = await stack(echo, outer, inner)(url);
  assert.equal(headers.get("x-request-id"), "outer");
  assert.equal(headers.get("x-correlation-id"), "outer");
});

Deno.test("request id: what is wrong is named", async () => {
  assert.throws(() => requestId({ header: "a b" }), { name: "TypeError", message: /header/ });
  const wrong = { header: "x-id", name: "x" };
  assert.throws(() => requestId(wrong), { message: /no option "name"/ });
  for (const id of ["", "a b", "a\r\nb", "x".repeat(129)]) {
    await assert.rejects(ask({ generate: () => id }), { name: "TypeError", message: /generate/ });
  }
});
