/**
 * What response hooks do to responses, and what becomes of those that no hook looks at.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, type Interceptor, notFound, ok, serve, service } from "../../mod.ts";

const origin = "https://app.example";
const cors = { allowOrigins: [origin] };
const request = (): Request => new Request("http://localhost/", { headers: { origin } });

const looksAway: Interceptor = { response: ({ context }) => context.next() };

const marks: Interceptor = {
  response({ response, context }) {
    response.headers.set("x-marked", "yes");
    return context.next();
  },
};

/** A response as `fetch` gives it: nobody can set its header fields. */
const fetched = (): Promise<Response> => fetch("data:text/plain,fetched");

Deno.test("response hook: one that does not look leaves the answer as it is", async () => {
  const { fetch } = service({ interceptors: [looksAway], cors }, [get("/", () => ({ a: 1 }))]);
  const response = await fetch(request());
  assert.deepEqual([...response.headers], [
    ["access-control-allow-origin", origin],
    ["content-type", "application/json"],
    ["vary", "Origin"],
  ]);
  assert.deepEqual(await response.json(), { a: 1 });
});

Deno.test("response hook: what it sets is there for the hooks after it and for CORS", async () => {
  const varies: Interceptor = {
    response({ response, context }) {
      assert.equal(response.headers.get("x-marked"), "yes");
      response.headers.set("vary", "Origin");
      return context.next();
    },
  };
  const { fetch } = service({ interceptors: [varies, looksAway, marks], cors }, [
    get("/", () => "hello"),
  ]);
  const { headers } = await fetch(request());
  assert.equal(headers.get("vary"), "Origin");
  assert.equal(headers.get("access-control-allow-origin"), origin);
});

Deno.test("response hook: one that does not look may give another response", async () => {
  const replaces: Interceptor = {
    response: () => new Response("other", { headers: { vary: "Origin" } }),
  };
  const { fetch } = service({ interceptors: [replaces], cors }, [get("/", () => "hello")]);
  const response = await fetch(request());
  assert.equal(response.headers.get("vary"), "Origin");
  assert.equal(await response.text(), "other");
});

Deno.test("response hook: fields of a fetched response can be set, whoever gave it", async () => {
  const fetches: Interceptor = {
    response: () => fetched(),
  };
  for (const interceptors of [[marks], [marks, fetches]]) {
    const { fetch } = service({ interceptors }, [get("/", () => fetched())]);
    const response = await fetch(request());
    assert.equal(response.headers.get("x-marked"), "yes");
    assert.equal(await response.text(), "fetched");
  }
});

Deno.test("response hook: a field that cannot be sent is refused, however a hook set it", async () => {
  const ways: ((given: Response) => Interceptor)[] = [
    () => ({
      response({ response, context }) {
        response.headers.set("x-name", "\u0001");
        return context.next();
      },
    }),
    (given) => ({
      response({ context }) {
        given.headers.set("x-name", "\u0001");
        return context.next();
      },
    }),
  ];
  for (const way of ways) {
    const given = new Response("hello");
    const config = { interceptors: [way(given)], onError: () => {} };
    const response = await service(config, [get("/", () => given)]).fetch(request());
    assert.equal(response.status, 500);
    assert.equal(response.headers.get("x-name"), null);
    assert.match(await response.text(), /"reason":"Internal Server Error"/);
  }
});

Deno.test("response hook: one that fails without looking is answered for", async () => {
  const fails: Interceptor = {
    response() {
      throw new Error("no");
    },
  };
  const { fetch } = service({ interceptors: [fails], cors, onError: () => {} }, [
    get("/", () => "hello"),
  ]);
  const response = await fetch(request());
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("vary"), "Origin");
  await response.body?.cancel();
});

Deno.test("response hook: what it answers from memory is sent with its length", async () => {
  const answers: Readonly<Record<string, () => unknown>> = {
    "a plain object": () => ({ a: 1 }),
    "a text": () => "text",
    "a reply": () => notFound({ body: { a: 1 } }),
    "a response": () => Response.json({ a: 1 }, { status: 404 }),
  };
  let answer: () => unknown = () => undefined;
  const config = {
    interceptors: [{ response: () => answer(), responseError: () => answer() }],
    onError: () => {},
  };
  await using server = await serve(
    service(config, [
      get("/plain", () => "plain"),
      get("/reply", () => ok({ body: new Blob(["reply"]) })),
      get("/throws", () => {
        throw new Error("no");
      }),
    ]),
    { port: 0, host: "127.0.0.1" },
  );
  for (const [what, made] of Object.entries(answers)) {
    answer = made;
    // A response that takes the place of a stream is asked for its body, which costs the length.
    const paths = ["/plain", "/throws", "/nothing", ...(what === "a response" ? [] : ["/reply"])];
    for (const path of paths) {
      const response = await fetch(server.url + path);
      const { length } = await response.text();
      assert.equal(response.headers.get("content-length"), String(length), `${what} for ${path}`);
    }
  }
});
