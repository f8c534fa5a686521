/**
 * What the original library's own tests hold of what hooks are given (spec 8.1.1, 8.1.5), beyond the
 * published cases: what they bind, the request, the answer, the context.
 */
import assert from "node:assert/strict";
import {
  any,
  array,
  bytes,
  contextKey,
  get,
  HttpError,
  int,
  type Interceptor,
  interceptor,
  json,
  notFound,
  ok,
  post,
  service,
  string,
  text,
} from "@pirouette/http";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";
import { ask } from "./ask.ts";
import { echo, goesOn, mark, reveals } from "./trail.ts";

const quiet = { onError: () => {} };

Deno.test("hooks of the original: what a request hook adds reaches the resource", async () => {
  const interceptors = [goesOn("a"), goesOn("b"), goesOn("c")];
  const served = service({ interceptors }, [any("/", echo)]);
  const response = await ask(served, "GET /");
  assert.equal(response.headers.get("x-via"), "a, b, c");
  // What came with the request stays.
  const agent = any("/", ({ request }) => request.headers.get("user-agent"));
  const kept = await ask(service({ interceptors }, [agent]), "GET /", {
    headers: { "user-agent": "test/1.0" },
  });
  assert.equal(await kept.text(), "test/1.0");
});

const Person = z.object({ name: z.string(), age: z.number() });
const kim = { name: "Kim", age: 12 };

/** Payloads that a hook and the resource after it bind, each in the same way. */
const bound: readonly (readonly [what: string, schema: unknown, sent: BodyInit, type: string])[] = [
  ["text", text(), "a text", "text/plain"],
  ["a long text", text(), "long ".repeat(50_000), "text/plain"],
  ["a record", Person, JSON.stringify(kim), "application/json"],
  ["records", z.array(Person), JSON.stringify([kim, kim]), "application/json"],
  ["JSON", json(), '{"any":["thing",null]}', "application/json"],
  ["bytes", bytes(), new Uint8Array([0, 255, 10]), "application/octet-stream"],
];

for (const [what, schema, sent, type] of bound) {
  Deno.test(`hooks of the original: ${what} bound by a hook is bound by the resource`, async () => {
    const kept = contextKey<unknown>("kept");
    const body = schema as ReturnType<typeof text>;
    const binds = interceptor({
      bind: { body },
      request({ body, context }) {
        context.set(kept, body);
        return context.next();
      },
    });
    const served = service({ interceptors: [binds, goesOn("a"), binds] }, [
      post("/", { body }, ({ body, context }) => {
        assert.deepEqual(body, context.get(kept));
        return body;
      }),
    ]);
    await onBothTransports(served, async (asked) => {
      const headers = { "content-type": type };
      const response = await asked("/", { method: "POST", body: sent, headers });
      assert.equal(response.status, 201);
      assert.deepEqual(await response.bytes(), await new Response(sent).bytes());
    });
  });
}

Deno.test("hooks of the original: a hook's missing parts are errors of the hook", async () => {
  const binds = interceptor({
    bind: { body: json(), headers: { interceptor: string() } },
    request: ({ headers, context }) => (mark(context, headers.interceptor), context.next()),
  });
  const tells: Interceptor = { requestError: ({ error }) => error.message };
  const served = service({ interceptors: [reveals, goesOn("a"), binds, tells] }, [any("/", echo)]);
  const headers = { interceptor: "binds", "content-type": "application/json" };
  await onBothTransports(served, async (asked) => {
    const bound = await asked("/", { method: "POST", headers, body: "{}" });
    assert.deepEqual([bound.headers.get("trail"), await bound.text()], ["a binds resource", "{}"]);
    const unnamed = await asked("/", { method: "POST", body: "{}" });
    assert.deepEqual(
      [unnamed.status, await unnamed.text()],
      [200, "no header value found for 'interceptor'"],
    );
    const empty = await asked("/", { headers });
    assert.equal(empty.status, 200);
    assert.match(await empty.text(), /^data binding failed/);
  });
});

Deno.test("hooks of the original: a hook and the resource bind the same parameters", async () => {
  const query = { q1: string(), q2: int() };
  const list = { q3: array(int()) };
  const sum = contextKey<string>("sum");
  const binds = interceptor({
    bind: { query: { ...query, ...list } },
    request({ query: { q1, q2, q3 }, context }) {
      context.set(sum, `${q1} ${q2 + 1} ${q3.length}`);
      return context.next();
    },
  });
  const served = service({ interceptors: [binds] }, [
    get("/get", { query }, ({ query: { q1, q2 }, context }) => [q1, q2, context.get(sum)]),
  ]);
  await onBothTransports(served, async (asked) => {
    const response = await asked("/get?q1=val&q2=6&q3=1&q3=2");
    assert.deepEqual(await response.json(), ["val", 6, "val 7 2"]);
  });
});

Deno.test("hooks of the original: a response hook decides by the answer it is given", async () => {
  const decides: Interceptor = {
    response: ({ response }) =>
      response.headers.has("x-known")
        ? ok({ body: "known", headers: { "x-hook": "1" } })
        : notFound({ body: "unknown" }),
  };
  const served = service({ interceptors: [decides] }, [
    get(
      "/",
      ({ query }) => new Response("", query.has("known") ? { headers: { "x-known": "" } } : {}),
    ),
  ]);
  await onBothTransports(served, async (asked) => {
    const unknown = await asked("/");
    assert.deepEqual([unknown.status, await unknown.text()], [404, "unknown"]);
    const known = await asked("/?known");
    assert.deepEqual(
      [known.status, known.headers.get("x-hook"), await known.text()],
      [200, "1", "known"],
    );
  });
});

Deno.test("hooks of the original: response hooks are given the request too", async () => {
  const tells = async (request: Request, response: Response) => {
    response.headers.set("x-via", request.headers.get("via") ?? "");
    response.headers.set("x-payload", await request.text() || "No content");
  };
  const both: Interceptor = {
    async response({ request, response, context }) {
      await tells(request, response);
      return context.next();
    },
    async responseError({ request, response, context }) {
      await tells(request, response);
      return context.next();
    },
  };
  const served = service({ interceptors: [both, goesOn("a"), goesOn("b")], ...quiet }, [
    any("/:rest*", ({ query }) => {
      if (query.has("err")) throw new HttpError("asked for");
      return "answered";
    }),
  ]);
  await onBothTransports(served, async (asked) => {
    for (const [path, status] of [["/test", 200], ["/test?err", 500]] as const) {
      const posted = await asked(path, { method: "POST", body: "Hi!" });
      assert.equal(posted.status, status);
      assert.equal(posted.headers.get("x-payload"), "Hi!");
      assert.equal(posted.headers.get("x-via"), "a, b");
      await posted.body?.cancel();
      const got = await asked(path);
      assert.equal(got.headers.get("x-payload"), "No content");
      await got.body?.cancel();
    }
  });
});

Deno.test("hooks of the original: a POST filter's plain value is 201, and GET goes past it", async () => {
  const echoes = interceptor({
    on: { method: "POST", path: "/" },
    bind: { body: text() },
    request: ({ body }) => body,
  });
  const served = service({ basePath: "/base", interceptors: [echoes] }, [get("/", () => "got")]);
  await onBothTransports(served, async (asked) => {
    const got = await asked("/base");
    assert.deepEqual([got.status, await got.text()], [200, "got"]);
    const posted = await asked("/base", { method: "POST", body: "posted" });
    assert.deepEqual([posted.status, await posted.text()], [201, "posted"]);
  });
});

Deno.test("hooks of the original: what a context keeps", async () => {
  const served = service({}, [
    get("/", ({ context }) => {
      const [one, two] = [contextKey<unknown>("one"), contextKey<unknown>("two")];
      assert.deepEqual(context.keys(), []);
      assert.equal(context.hasKey(one), false);
      assert.equal(context.get(one), undefined);
      assert.throws(() => context.getWithType(one, string()), /^ListenerError: no member found/);
      context.set(one, "value");
      assert.deepEqual(context.keys(), [one]);
      context.set(two, kim);
      assert.deepEqual(context.keys(), [one, two]);
      assert.equal(context.getWithType(one, string()), "value");
      assert.deepEqual(context.getWithType(two, Person), kim);
      assert.throws(
        () => context.getWithType(one, Person),
        /^ListenerError: type conversion failed for value of key: one/,
      );
      context.remove(one);
      // There it is a panic to remove what is not there (docs/differences.md).
      context.remove(one);
      return [context.hasKey(one), context.hasKey(two)];
    }),
  ]);
  assert.deepEqual(await (await ask(served, "GET /")).json(), [false, true]);
});
