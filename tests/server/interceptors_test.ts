/** Interceptors beyond the published cases: binding, errors, other requests, other places. */
import assert from "node:assert/strict";
import {
  any,
  contextKey,
  created,
  get,
  head,
  HttpError,
  int,
  type Interceptor,
  interceptor,
  InterceptorReturnError,
  json,
  Listener,
  post,
  put,
  serve,
  service,
  stream,
  string,
  text,
  TooManyRequestsError,
} from "@pirouette/http";
import { z } from "zod";
import { ask, expectAnswer, expectError } from "../conformance/ask.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { RawConnection, rawRequest } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const seen = contextKey<string>("seen");
const quiet = { onError: () => {} };

/** Uniform errors, as a service would have them: the outermost error hook. */
const uniform: Interceptor = {
  responseError({ error, response }) {
    response.headers.set("x-uniform", "1");
    return { problem: error.name };
  },
};

Deno.test("interceptors: hooks may be asynchronous, on both transports", async () => {
  const slow: Interceptor = {
    async request({ context }) {
      await Promise.resolve();
      context.set(seen, "slow");
      return context.next();
    },
    async response({ response, context }) {
      await Promise.resolve();
      response.headers.set("x-seen", context.get(seen) ?? "");
      return context.next();
    },
  };
  const mixed = service({ interceptors: [slow, uniform, slow] }, [
    get("/", ({ context }) => context.get(seen)),
    get("/late", async () => {
      await Promise.resolve();
      throw new TooManyRequestsError("slower");
    }),
  ]);
  await onBothTransports(mixed, async (ask) => {
    const response = await ask("/");
    assert.deepEqual([await response.text(), response.headers.get("x-seen")], ["slow", "slow"]);
    const late = await ask("/late");
    assert.deepEqual([late.status, await late.json()], [429, { problem: "TooManyRequestsError" }]);
    assert.deepEqual([late.headers.get("x-uniform"), late.headers.get("x-seen")], ["1", "slow"]);
  });
});

Deno.test("interceptors: a request hook binds what it declares", async () => {
  const bound = interceptor({
    on: { path: "/tenants/:tenant/*" },
    bind: {
      path: { tenant: int() },
      query: { page: int({ default: 1 }) },
      headers: { "x-user": string() },
    },
    request({ path, query, headers, context }) {
      const sum: number = path.tenant + query.page;
      context.set(seen, `${sum} ${headers["x-user"]}`);
      return context.next();
    },
  });
  const tenants = service({ basePath: "/v1", interceptors: [bound] }, [
    get("/tenants/:tenant/plan", ({ path, context }) => `${path.tenant} ${context.get(seen)}`),
    get("/other", ({ context }) => context.get(seen) ?? "none"),
  ]);
  const headers = { "x-user": "ada" };
  await expectAnswer(tenants, "GET /v1/tenants/6/plan?page=3", "6 9 ada", { headers });
  await expectAnswer(tenants, "GET /v1/other", "none");
  await expectError(tenants, "GET /v1/tenants/x/plan", 400, "error in casting path parameter", {
    headers,
  });
  await expectError(
    tenants,
    "GET /v1/tenants/6/plan",
    400,
    "no header value found for 'x-user'",
  );
  await expectError(
    tenants,
    "GET /v1/tenants/6/plan?page=x",
    400,
    "error in casting query param : 'page'",
    { headers },
  );
});

Deno.test("interceptors: a payload that a hook binds can be bound and read again", async () => {
  const Person = z.object({ name: z.string(), age: z.int() });
  const binds = interceptor({
    bind: { body: Person },
    request({ body, context }) {
      context.set(seen, body.name.toUpperCase());
      return context.next();
    },
  });
  const raw = interceptor({
    bind: { body: json() },
    request: ({ body, context }) => {
      assert.equal(typeof body, "object");
      return context.next();
    },
  });
  const people = service({ interceptors: [binds, raw, binds] }, [
    post("/bound", { body: Person }, ({ body, context }) => [body.age, context.get(seen)]),
    post("/read", async ({ request }) => (await request.json()).age),
    post("/stream", { body: stream() }, async ({ body }) => await new Response(body).text()),
    post("/ignored", () => "ignored"),
  ]);
  const body = JSON.stringify({ name: "Ada", age: 36 });
  await onBothTransports(people, async (ask) => {
    const send = (path: string, body: string) =>
      ask(path, { method: "POST", body, headers: { "content-type": "application/json" } });
    assert.deepEqual(await (await send("/bound", body)).json(), [36, "ADA"]);
    assert.equal(await (await send("/read", body)).json(), 36);
    assert.equal(await (await send("/stream", body)).text(), body);
    assert.equal(await (await send("/ignored", body)).text(), "ignored");
    const unfit = await send("/ignored", "{}");
    assert.equal(unfit.status, 400);
    assert.match((await unfit.json()).message, /^data binding failed/);
  });
  const small = service({ maxEntityBodySize: 5, interceptors: [binds] }, [post("/", () => 1)]);
  const init = { body, headers: { "content-type": "application/json" } };
  assert.equal((await ask(small, "POST /", init)).status, 413);
});

Deno.test("interceptors: an error of a request hook's binding is an error of the hook", async () => {
  const binds = interceptor({
    bind: { headers: { interceptor: string() } },
    request: ({ headers, context }) => {
      context.set(seen, headers.interceptor);
      return context.next();
    },
  });
  const tells: Interceptor = { requestError: ({ error }) => error.message };
  const recovers: Interceptor = { requestError: ({ context }) => context.next() };
  const handler = post("/", ({ context }) => context.get(seen) ?? "unseen");
  const told = service({ interceptors: [binds, tells] }, [handler]);
  // What a request hook answers is an answer like any other.
  await expectAnswer(told, "POST /", "no header value found for 'interceptor'", { status: 200 });
  await expectAnswer(
    service({ interceptors: [binds, recovers] }, [handler]),
    "POST /",
    "unseen",
    { status: 201 },
  );
});

Deno.test("interceptors: next() goes on with another request", async () => {
  const sets = (name: string, value: string): Interceptor => ({
    request({ request, context }) {
      const headers = new Headers(request.headers);
      headers.set(name, value);
      return context.next(new Request(request, { headers }));
    },
  });
  const setsPayload: Interceptor = {
    request: ({ request, context }) =>
      context.next(new Request(request, { method: "POST", body: "from the interceptor" })),
  };
  const echo = service({ interceptors: [sets("x-a", "1"), sets("x-b", "2"), setsPayload] }, [
    any(
      "/",
      { headers: { "x-a": int(), "x-b": int() }, body: text() },
      ({ headers, body, request }) => [headers, body, request.headers.get("x-c"), request.method],
    ),
  ]);
  await onBothTransports(echo, async (ask) => {
    const response = await ask("/", { method: "PUT", body: "sent", headers: { "x-c": "3" } });
    assert.deepEqual(await response.json(), [
      { "x-a": 1, "x-b": 2 },
      "from the interceptor",
      "3",
      "POST",
    ]);
  });
  const moves: Interceptor = {
    on: { path: "/old/*" },
    request: ({ request, context }) =>
      context.next(new Request(request.url.replace("/old/", "/new/"), request)),
  };
  const overrides: Interceptor = {
    on: { method: "POST" },
    request({ request, context }) {
      const method = request.headers.get("x-http-method-override") ?? request.method;
      return context.next(new Request(request, { method }));
    },
  };
  const guard: Interceptor = {
    on: { path: "/new/secret" },
    request: () => new Response("guarded", { status: 403 }),
  };
  const moved = service({ interceptors: [moves, overrides, guard] }, [
    get("/new/:id", ({ path, query, context }) => [path.id, query.get("q"), context.rawPath]),
    put("/new/:id", ({ path }) => `put ${path.id}`),
  ]);
  await expectAnswer(moved, "GET /old/7?q=1", ["7", "1", "/new/7?q=1"]);
  const override = { headers: { "x-http-method-override": "PUT" } };
  await expectAnswer(moved, "POST /old/7", "put 7", override);
  // Whoever comes later sees the path that is routed, however it came about.
  await expectAnswer(moved, "GET /old/secret", "guarded", { status: 403 });
  await expectAnswer(moved, "GET /old/%73ecret", "guarded", { status: 403 });
  const breaks: Interceptor = {
    response: ({ request, context }) => context.next(new Request(request)),
  };
  await expectError(
    service({ interceptors: [breaks], ...quiet }, [get("/", () => 1)]),
    "GET /",
    500,
    "a response hook gives no request to go on with",
  );
});

Deno.test("interceptors: a hook may answer through its caller", async () => {
  const answers: Interceptor = {
    async request({ caller, context }) {
      await caller.respond(created({ body: "from the caller", headers: { "x-a": "1" } }));
      return context.next();
    },
  };
  const rewrites: Interceptor = {
    async response({ caller, response }) {
      const body = await response.text();
      await caller.respond(new Response(body.toUpperCase(), response));
    },
  };
  const fails: Interceptor = {
    response: async ({ caller }) => await caller.respond(new HttpError("refused")),
  };
  const handler = get("/", () => "from the resource");
  const early = await ask(service({ interceptors: [rewrites, answers] }, [handler]), "GET /");
  assert.deepEqual(
    [early.status, early.headers.get("x-a"), await early.text()],
    [201, "1", "FROM THE CALLER"],
  );
  await expectAnswer(
    service({ interceptors: [uniform, fails], ...quiet }, [handler]),
    "GET /",
    { problem: "HttpError" },
    { status: 500 },
  );
  const twice: Interceptor = {
    async request({ caller }) {
      await caller.respond("once");
      await caller.respond("twice");
    },
  };
  await expectError(
    service({ interceptors: [twice], ...quiet }, [handler]),
    "GET /",
    500,
    "Couldn't complete the respond operation as the response has been already used.",
  );
});

Deno.test("interceptors: a handler may answer through its caller and go on", async () => {
  const went = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  const marks: Interceptor = {
    response({ response, context }) {
      response.headers.set("x-marked", "1");
      return context.next();
    },
  };
  const early = service({ interceptors: [marks] }, [
    get("/", async ({ caller }) => {
      await caller.respond("early");
      await went.promise;
      resumed.resolve();
    }),
  ]);
  await using server = await serve(early, { port: 0, host: "127.0.0.1" });
  const response = await fetch(server.url);
  assert.deepEqual([await response.text(), response.headers.get("x-marked")], ["early", "1"]);
  went.resolve();
  await within(resumed.promise, "the rest of the handler");
});

Deno.test("interceptors: a plain value takes the place of the body, and of it alone", async () => {
  const wraps: Interceptor = {
    response: async ({ response }) => ({ wrapped: await response.json() }),
  };
  const wrapped = service({ interceptors: [wraps] }, [
    get("/", () =>
      created({
        body: { a: 1 },
        headers: { "x-kept": "1", etag: '"x"', "content-language": "en" },
      })),
  ]);
  const response = await ask(wrapped, "GET /");
  assert.equal(response.status, 201);
  assert.deepEqual(Object.fromEntries(response.headers), {
    "content-type": "application/json",
    "x-kept": "1",
  });
  assert.deepEqual(await response.json(), { wrapped: { a: 1 } });
  // An error keeps the fields that belong to its status.
  const texts: Interceptor = { responseError: ({ error }) => error.message };
  const method = await ask(service({ interceptors: [texts] }, [get("/", () => 1)]), "POST /");
  assert.deepEqual(
    [method.status, method.headers.get("allow"), await method.text()],
    [405, "GET, OPTIONS", "Method not allowed"],
  );
});

Deno.test("interceptors: HEAD runs what is for GET, and sends no body", async () => {
  const guard: Interceptor = {
    on: { method: "GET", path: "/guarded" },
    request: () => new Response("guarded", { status: 403 }),
  };
  const replaces: Interceptor = { on: { path: "/replaced" }, response: () => "replaced" };
  const headed = service({ interceptors: [uniform, guard, replaces] }, [
    get("/guarded", () => "secret"),
    get("/replaced", () => "original"),
    head("/own", () => "own"),
  ]);
  await onBothTransports(headed, async (ask) => {
    for (const [path, status] of [["/guarded", 403], ["/replaced", 200], ["/none", 404]] as const) {
      const response = await ask(path, { method: "HEAD" });
      assert.equal(response.status, status, path);
      assert.equal(await response.text(), "", path);
    }
  });
});

Deno.test("interceptors: those of a listener are around those of its services", async () => {
  const marks = (name: string, path?: string): Interceptor => ({
    ...(path === undefined ? {} : { on: { path } }),
    request({ context }) {
      context.set(seen, `${context.get(seen) ?? ""}${name}`);
      return context.next();
    },
    response({ response, context }) {
      response.headers.append("x-ran", name);
      return context.next();
    },
  });
  const config = { interceptors: [marks("a"), marks("b", "/v1/x"), uniform], host: "127.0.0.1" };
  const listener = new Listener(0, config);
  listener.attach(
    service({ basePath: "/v1", interceptors: [marks("c"), marks("d", "/x")] }, [
      get("/x", ({ context }) => context.get(seen)),
    ]),
  );
  listener.attach(service({ basePath: "/v2" }, [get("/x", ({ context }) => context.get(seen))]));
  await using server = await listener.start();
  const response = await ask(server, "GET /v1/x");
  assert.deepEqual([await response.text(), response.headers.get("x-ran")], ["abcd", "d, c, b, a"]);
  await expectAnswer(server, "GET /v2/x", "a");
  // Where no service is, they run all the same.
  const missed = await ask(server, "GET /v3/x");
  assert.deepEqual([missed.status, await missed.json()], [404, {
    problem: "ServiceNotFoundError",
  }]);
  assert.equal(missed.headers.get("x-ran"), "a");
  const nothing = new Listener(0, config);
  await using empty = await nothing.start();
  assert.deepEqual(await (await ask(empty, "GET /")).json(), { problem: "ServiceNotFoundError" });
  await using bare = await serve(() => Promise.resolve(new Response("bare")), {
    port: 0,
    ...config,
  });
  const answer = await ask(bare, "GET /v1/x");
  assert.deepEqual([await answer.text(), answer.headers.get("x-ran")], ["bare", "b, a"]);
});

Deno.test("interceptors: what is refused before it is routed goes to error hooks alone", async () => {
  const ran: string[] = [];
  const counts: Interceptor = {
    request({ context }) {
      ran.push("request");
      return context.next();
    },
  };
  const filtered: Interceptor = { ...uniform, on: { path: "/:rest*" } };
  const config = {
    port: 0,
    host: "127.0.0.1",
    requestLimits: { maxUriLength: 20 },
    interceptors: [uniform, filtered, counts],
  };
  await using server = await serve(service({}, [get("/:rest*", () => 1)]), config);
  for (const [path, status] of [[`/${"x".repeat(30)}`, 414], ["/a%zz", 400]] as const) {
    using connection = await RawConnection.open(server);
    await connection.send(rawRequest(`GET ${path} HTTP/1.1`, ["Host: x", "Connection: close"]));
    const response = await connection.read();
    assert.equal(response?.status, status, path);
    assert.match(response?.body ?? "", /^\{"problem":"/);
  }
  assert.deepEqual(ran, []);
});

Deno.test("interceptors: of a service that is not found, the hooks after the last know", async () => {
  const goesOn: Interceptor = { request: ({ context }) => context.next() };
  const tells: Interceptor = { requestError: ({ error }) => error.message };
  const recovers: Interceptor = { requestError: ({ context }) => context.next() };
  const message = "no matching service found for path: /other";
  const at = (interceptors: Interceptor[]) =>
    service({ basePath: "/hello", interceptors }, [get("/", () => "hello")]);
  await expectAnswer(at([goesOn, goesOn, tells]), "GET /other", message);
  await expectError(at([goesOn, tells, goesOn]), "GET /other", 404, message);
  await expectError(at([tells]), "GET /other", 404, message);
  // Going on does not make a service of none.
  await expectError(at([goesOn, recovers, recovers]), "GET /other", 404, message);
  await expectAnswer(at([goesOn, recovers, tells]), "GET /other", message);
  // A resource that is not found is the service's own affair.
  await expectError(at([goesOn, tells]), "GET /hello/x", 404, "no matching resource found");
});

Deno.test("interceptors: a response error hook that fails hands over to the one before", async () => {
  const failures: string[] = [];
  const again = (name: string): Interceptor => ({
    responseError({ error }) {
      failures.push(error.message);
      throw new HttpError(name);
    },
  });
  const failing = service({ interceptors: [uniform, again("b"), again("a")], ...quiet }, [
    get("/", () => {
      throw new HttpError("first");
    }),
  ]);
  await expectAnswer(failing, "GET /", { problem: "HttpError" }, { status: 500 });
  assert.deepEqual(failures, ["first", "a"]);
  const last = service({ interceptors: [again("b"), again("a")], ...quiet }, [
    get("/", () => Promise.reject(new HttpError("first"))),
  ]);
  await expectError(last, "GET /", 500, "b");
});

Deno.test("interceptors: faults are told once, whoever answers them", async () => {
  const told: unknown[] = [];
  const fault = new Error("broken");
  const failing = service({ interceptors: [uniform], onError: (error) => told.push(error) }, [
    get("/", () => {
      throw fault;
    }),
    get("/text", () => Promise.reject("a text")),
  ]);
  await expectAnswer(failing, "GET /", { problem: "Error" }, { status: 500 });
  assert.deepEqual(told, [fault]);
  await expectAnswer(failing, "GET /text", { problem: "Error" }, { status: 500 });
  assert.equal(told.length, 2);
  assert.equal((told[1] as Error).cause, "a text");
});

Deno.test("interceptors: responses of a fetch, and what cannot be sent", async () => {
  const sets = (value: string): Interceptor => ({
    response({ response, context }) {
      response.headers.set("x-set", value);
      return context.next();
    },
  });
  await using upstream = await serve(service({}, [get("/", () => "upstream")]), {
    port: 0,
    host: "127.0.0.1",
  });
  const proxied = service({ interceptors: [sets("1")] }, [get("/", () => fetch(upstream.url))]);
  await onBothTransports(proxied, async (ask) => {
    const response = await ask("/");
    assert.deepEqual([await response.text(), response.headers.get("x-set")], ["upstream", "1"]);
  });
  const splits = service({ interceptors: [sets("a\u0001b")], ...quiet }, [get("/", () => 1)]);
  await onBothTransports(splits, async (ask) => {
    await expectStatus(await ask("/"), 500);
  });
});

async function expectStatus(response: Response, status: number): Promise<void> {
  assert.equal(response.status, status);
  await response.body?.cancel();
}

Deno.test("interceptors: a stream that is replaced or lost is told to stop", async () => {
  for (
    const hook of [() => "instead", () => {
      throw new HttpError("lost");
    }]
  ) {
    const cancelled = Promise.withResolvers<void>();
    const streaming = service({ interceptors: [{ response: hook }], ...quiet }, [
      get("/", () => new Response(new ReadableStream({ cancel: () => cancelled.resolve() }))),
    ]);
    const response = await ask(streaming, "GET /");
    await response.body?.cancel();
    await within(cancelled.promise, "the stream to be cancelled");
  }
});

Deno.test("interceptors: a deadline covers hooks and handler together", async () => {
  const clock = new VirtualClock();
  const came = Promise.withResolvers<void>();
  const waits: Interceptor = {
    request() {
      came.resolve();
      return new Promise(() => {});
    },
  };
  const config = { port: 0, host: "127.0.0.1", timeout: 1_000, clock };
  await using server = await serve(service({ interceptors: [waits] }, [get("/", () => 1)]), config);
  const response = fetch(server.url);
  await within(came.promise, "the request to come in");
  await clock.advance(1_000);
  await expectStatus(await within(response, "the answer"), 503);
});

Deno.test("interceptors: instances of classes are interceptors", async () => {
  class Counter implements Interceptor {
    count = 0;
    request({ context }: Parameters<NonNullable<Interceptor["request"]>>[0]): unknown {
      this.count++;
      return context.next();
    }
  }
  const counter = new Counter();
  const counted = service({ interceptors: [counter, counter] }, [get("/", () => counter.count)]);
  await expectAnswer(counted, "GET /", 2);
});

Deno.test("interceptors: what would do nothing is refused", () => {
  const make = (one: unknown) => () => service({ interceptors: [one as Interceptor] }, []);
  assert.throws(make({}), /An interceptor has no hook/);
  assert.throws(make({ requests: () => {} }), /no option "requests"/);
  assert.throws(make({ on: { paths: "/" }, request: () => {} }), /no option "paths"/);
  assert.throws(make({ on: { path: "x" }, request: () => {} }), /a path starts with a slash/);
  assert.throws(make({ on: { method: [] }, request: () => {} }), /for no method does nothing/);
  assert.throws(make({ bind: { cookie: {} }, request: () => {} }), /no option "cookie"/);
  assert.throws(make({ bind: { query: {} }, response: () => {} }), /for its request hook alone/);
});

Deno.test("interceptors: data that looks like an interceptor stays data", async () => {
  const echoes: Interceptor = { request: async ({ request }) => await request.json() };
  const echo = service({ interceptors: [echoes] }, []);
  const body = { request: "x", response: {}, on: { path: "/" }, position: 1 };
  await expectAnswer(echo, "POST /", body, { body: JSON.stringify(body) });
});

Deno.test("request context: keys that are derived, checked, removed", async () => {
  let derived = 0;
  const host = contextKey("host", (request: Request) => {
    derived++;
    return new URL(request.url).host;
  });
  const count = contextKey<number>("count");
  const asked = service({}, [
    get("/", ({ context }) => {
      const before = [context.hasKey(count), context.keys().length];
      context.set(count, 2);
      const value = [context.getWithType(count, z.int()), context.get(host), context.get(host)];
      const after = [context.hasKey(count), context.keys().length];
      context.remove(count);
      return [before, value, after, context.hasKey(count), derived];
    }),
    get("/missing", ({ context }) => context.getWithType(count, int())),
    get("/unfit", ({ context }) => {
      context.set(count, 1);
      return context.getWithType(count, z.string());
    }),
    get("/next", ({ context }) => {
      assert.throws(() => context.next(), InterceptorReturnError);
      return "not";
    }),
  ]);
  await expectAnswer(asked, "GET /", [
    [false, 0],
    [2, "localhost", "localhost"],
    [true, 2],
    false,
    1,
  ]);
  const silent = service({ ...asked.config, ...quiet }, asked.resources);
  await expectError(silent, "GET /missing", 500, "no member found for key: count");
  await expectError(
    silent,
    "GET /unfit",
    500,
    "type conversion failed for value of key: count",
  );
  await expectAnswer(asked, "GET /next", "not");
});
