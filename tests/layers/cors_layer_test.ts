import assert from "node:assert/strict";
import { get, post, service } from "@pirouette/http";
import { cors } from "../../src/layers/cors.ts";
import { onBothTransports } from "../support/both_transports.ts";

const app = "https://app.example";
const origin = "access-control-allow-origin";

function preflight(method: string, from = app): RequestInit {
  return { method: "OPTIONS", headers: { origin: from, "access-control-request-method": method } };
}

Deno.test("cors: answers preflights itself, allowed or not", async () => {
  const asked: string[] = [];
  const layered = cors({ allowOrigins: [app], allowMethods: ["PUT"] })((input) => {
    asked.push(String(input));
    return Promise.resolve(new Response("inside"));
  });
  const yes = await layered("http://localhost/", preflight("PUT"));
  assert.equal(yes.status, 204);
  assert.equal(yes.headers.get(origin), app);
  for (const init of [preflight("POST"), preflight("PUT", "https://b.example")]) {
    const no = await layered("http://localhost/", init);
    assert.equal(no.status, 204);
    assert.deepEqual(Object.fromEntries(no.headers), {
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    });
  }
  assert.deepEqual(asked, []);
});

Deno.test("cors: any other OPTIONS is passed on", async () => {
  const layered = cors({ allowOrigins: [app] })(() => Promise.resolve(new Response("inside")));
  const response = await layered("http://localhost/", {
    method: "OPTIONS",
    headers: { origin: app },
  });
  assert.equal(await response.text(), "inside");
  assert.equal(response.headers.get(origin), app);
});

Deno.test("cors: passes a request on as it is", async () => {
  const request = new Request("http://localhost/", { headers: { origin: app } });
  let seen: unknown;
  const layered = cors({ allowOrigins: [app] })((...given) => {
    seen = given;
    return Promise.resolve(new Response(null));
  });
  await layered(request);
  assert.deepEqual(seen, [request]);
});

Deno.test("cors: what is thrown inside goes on", async () => {
  const failure = new Error("no route to host");
  const layered = cors({ allowOrigins: [app] })(() => Promise.reject(failure));
  await assert.rejects(layered("http://localhost/", { headers: { origin: app } }), failure);
});

Deno.test("cors: around a service, errors too are readable by allowed origins", async () => {
  const albums = service({ layers: [cors({ allowOrigins: [app] })], onError: () => {} }, [
    get("/albums", () => ["Blue"]),
    get("/broken", () => {
      throw new Error("broken");
    }),
  ]);
  const statuses = { "/albums": 200, "/broken": 500, "/nowhere": 404 };
  await onBothTransports(albums, async (ask) => {
    for (const [path, status] of Object.entries(statuses)) {
      for (const from of [app, "https://b.example", undefined]) {
        const response = await ask(path, { headers: from === undefined ? {} : { origin: from } });
        await response.body?.cancel();
        assert.equal(response.status, status);
        assert.equal(response.headers.get(origin), from === app ? app : null, `${path} ${from}`);
        assert.equal(response.headers.get("vary"), "Origin");
      }
    }
  });
});

Deno.test("cors: around the platform's fetch, a null body stays one", async () => {
  const empty = service({}, [post("/albums", () => undefined)]);
  const layered = cors({ allowOrigins: [app] });
  await onBothTransports(empty, async (ask, transport) => {
    const through = layered((input) =>
      ask(new URL((input as Request).url).pathname, { method: "POST" })
    );
    const response = await through("http://localhost/albums", { headers: { origin: app } });
    assert.equal(response.headers.get(origin), app, transport);
    assert.equal(response.status, 202);
    assert.equal(await response.text(), "");
  });
  const nothing = layered(() => Promise.resolve(new Response(null, { status: 204 })));
  const response = await nothing("http://localhost/", { headers: { origin: app } });
  assert.equal(response.status, 204);
  assert.equal(response.body, null);
});

Deno.test("cors: a config that contradicts itself fails where the layer is made", () => {
  assert.throws(() => cors({ allowOrigins: ["*"], allowCredentials: true }), TypeError);
});
