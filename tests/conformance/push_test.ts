/** The push table: what a server pushes beside its answer (spec 2.4.2.5, 10.1.1). */
import assert from "node:assert/strict";
import { any, get, json, ok, PushPromise, serve, service } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { conformance } from "./cases.ts";

const names = ["resource1", "resource2", "resource3"] as const;

const shop = service({ basePath: "/backendHttp2Service" }, [
  get("/main", async ({ caller }) => {
    const promises = names.map((name) => new PushPromise(`/${name}`));
    for (const promise of promises) assert.equal(caller.promise(promise), true);
    await caller.respond({ response: { name: "main resource" } });
    for (const promise of promises) {
      const push = { name: promise.path.slice(1) };
      await caller.pushPromisedResponse(
        promise,
        ok({ body: { push }, headers: { "x-push": "a" } }),
      );
    }
  }),
  // A promise may be made of any request that has a body or not.
  any("/echo", { body: json() }, async ({ body, caller }) => {
    const promise = new PushPromise("/echoed?a=b", { headers: { "x-of": "echo" } });
    caller.promise(promise);
    await caller.respond(body);
    await caller.pushPromisedResponse(promise, "echoed");
  }),
  get("/plain", () => "plain"),
]);

conformance("push", {
  "server push": async () => {
    await using server = await serve(shop, { port: 0, host: "127.0.0.1", transport: "node" });
    await using client = new Http2Client(`${server.url}/backendHttp2Service`);
    const future = client.submit("GET", "/main");
    const promises = [];
    while (await client.hasPromise(future)) promises.push(await client.getNextPromise(future));
    assert.deepEqual(promises.map(({ path }) => path), names.map((name) => `/${name}`));
    await assert.rejects(client.getNextPromise(future), { name: "Http2ClientError" });
    const response = await client.getResponse(future);
    assert.deepEqual(await response.json(), { response: { name: "main resource" } });
    // In any order, each once it is wanted.
    for (const promise of promises.toReversed()) {
      const promised = await client.getPromisedResponse(promise);
      assert.equal(promised.status, 200);
      assert.equal(promised.headers.get("content-type"), "application/json");
      assert.equal(promised.headers.get("x-push"), "a");
      assert.deepEqual(await promised.json(), { push: { name: promise.path.slice(1) } });
    }

    const echoing = client.submit("POST", "/echo", {
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    });
    const echoed = await client.getNextPromise(echoing);
    assert.deepEqual([echoed.path, echoed.headers.get("x-of")], ["/echoed?a=b", "echo"]);
    assert.deepEqual(await (await client.getResponse(echoing)).json(), { a: 1 });
    assert.equal(await (await client.getPromisedResponse(echoed)).text(), "echoed");

    const plain = client.submit("GET", "/plain");
    assert.equal(await client.hasPromise(plain), false);
    assert.equal(await (await client.getResponse(plain)).text(), "plain");

    // One is wanted and the others are not.
    const picking = client.submit("GET", "/main");
    const bodies: unknown[] = [];
    for await (const promise of picking.promises) {
      if (promise.path !== "/resource2") client.rejectPromise(promise);
      else bodies.push(await (await client.getPromisedResponse(promise)).json());
    }
    assert.deepEqual(bodies, [{ push: { name: "resource2" } }]);
    await (await client.getResponse(picking)).text();
  },
});
