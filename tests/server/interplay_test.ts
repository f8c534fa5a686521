/**
 * What goes wrong only where several things meet: interceptors, layers, CORS, compression, caching,
 * deadlines and streams.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  forbidden,
  get,
  type Interceptor,
  interceptor,
  InterceptorReturnError,
  json,
  type Layer,
  Listener,
  ok,
  post,
  reply,
  serve,
  service,
  type ServiceConfig,
  string,
  text,
} from "@pirouette/http";
import {
  cspNonceOf,
  rateLimit,
  requestId,
  requestIdOf,
  secureHeaders,
} from "@pirouette/http/layers";
import { VirtualClock } from "../../src/testing/mod.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { transports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const origin = "https://app.example";
const cors = { allowOrigins: [origin] };
const local = { port: 0, host: "127.0.0.1" };
const goesOn: Interceptor = {
  request: ({ context }) => context.next(),
  response: ({ context }) => context.next(),
};

/** A stream without an end, and what settles when it is told to stop. */
function endless(): { body: ReadableStream; cancelled: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { body: new ReadableStream({ cancel: () => resolve() }), cancelled: promise };
}

/** The status; the body is not looked at. */
async function statusOf(answer: Response | Promise<Response>): Promise<number> {
  const response = await answer;
  await response.body?.cancel();
  return response.status;
}

Deno.test("interplay: an origin function that throws is a 500 that onError is told of", async () => {
  const told: unknown[] = [];
  const bug = new Error("bug");
  const { body, cancelled } = endless();
  const broken = service({
    onError: (error) => told.push(error),
    cors: {
      allowOrigins: [() => {
        throw bug;
      }],
    },
  }, [get("/", () => "text"), get("/stream", () => new Response(body))]);
  await onBothTransports(broken, async (ask) => {
    for (const [method, path] of [["OPTIONS", "/"], ["GET", "/"]] as const) {
      const headers = { origin, "access-control-request-method": "GET" };
      const response = await ask(path, { method, headers });
      assert.equal(response.status, 500);
      assert.equal((await response.json()).message, "Internal Server Error");
    }
  });
  // Two each in process and over each transport.
  assert.deepEqual(told, Array<unknown>(2 + 2 * transports.length).fill(bug));
  assert.equal(await statusOf(broken.fetch("http://x/stream", { headers: { origin } })), 500);
  await within(cancelled, "the stream to be cancelled");
});

Deno.test("interplay: a refused request and a deadline have their CORS fields", async () => {
  type Waiting = (waits: () => Promise<Response>) => ServiceConfig;
  const table: Readonly<Record<string, Waiting>> = {
    interceptors: (request) => ({ interceptors: [{ request }] }),
    layers: (waits) => ({ layers: [() => waits] }),
    nothing: () => ({}),
  };
  for (const [name, config] of Object.entries(table)) {
    const clock = new VirtualClock();
    const came = Promise.withResolvers<void>();
    const waits = () => {
      came.resolve();
      return new Promise<Response>(() => {});
    };
    const slow = service({ ...config(waits), cors }, [get("/", waits)]);
    await using server = await serve(slow, { ...local, timeout: 1_000, clock });
    using connection = await RawConnection.open(server);
    const fields = ["Host: x", `Origin: ${origin}`];
    await connection.send(rawRequest("GET /%zz HTTP/1.1", fields));
    const refused = await connection.read();
    assert.deepEqual(corsOf(refused?.status, refused?.headers), [400, origin, "Origin"], name);
    const answer = fetch(server.url, { headers: { origin } });
    await within(came.promise, `the request with ${name}`);
    await clock.advance(1_000);
    const { status, headers, body } = await within(answer, `the answer with ${name}`);
    await body?.cancel();
    assert.deepEqual(corsOf(status, headers), [503, origin, "Origin"], name);
  }
});

function corsOf(status: number | undefined, headers: Headers | undefined): unknown[] {
  return [status, headers?.get("access-control-allow-origin"), headers?.get("vary")];
}

Deno.test("interplay: a guard that binds leaves the resource's CORS to its answer", async () => {
  const guard = interceptor({
    on: { path: "/:name" },
    bind: { path: { name: string() } },
    request: () => reply(401),
  });
  const guarded = service({ interceptors: [guard] }, [get("/a", { cors }, () => "secret")]);
  const { status, headers } = await guarded.fetch("http://x/a", { headers: { origin } });
  assert.deepEqual(corsOf(status, headers), [401, origin, "Origin"]);
});

Deno.test("interplay: CORS and coding are for the request as it came", async () => {
  const rewrites: Interceptor = {
    request: ({ context }) => context.next(new Request("http://x/b")),
  };
  const moved = service({
    cors,
    compression: { enable: "AUTO", minimumSize: 0 },
    interceptors: [rewrites],
  }, [get("/b", () => "moved")]);
  const init = { headers: { origin, "accept-encoding": "gzip" } };
  const { status, headers, body } = await moved.fetch("http://x/a", init);
  assert.deepEqual(corsOf(status, headers), [200, origin, "Origin, Accept-Encoding"]);
  assert.equal(headers.get("content-encoding"), "gzip");
  await body?.cancel();
  const head = await moved.fetch("http://x/a", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

Deno.test("interplay: a coded payload is bound by interceptors, and plain for all after", async () => {
  const binds = interceptor({
    bind: { body: json() },
    request: ({ context }) => context.next(),
  });
  const coded = service({ interceptors: [binds, binds] }, [
    post("/bound", { body: json() }, ({ body }) => body),
    post("/read", async ({ request }) => ({
      coding: request.headers.get("content-encoding"),
      text: await request.text(),
    })),
  ]);
  const squeezed = new Blob(['{"a":1}']).stream().pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(squeezed).bytes();
  await onBothTransports(coded, async (ask) => {
    const send = (path: string, coding: string) =>
      ask(path, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", "content-encoding": coding },
      });
    assert.deepEqual(await (await send("/bound", "gzip")).json(), { a: 1 });
    assert.deepEqual(await (await send("/read", "gzip")).json(), { coding: null, text: '{"a":1}' });
    assert.equal(await statusOf(send("/bound", "odd")), 415);
    assert.equal(await statusOf(send("/bound", "deflate")), 400);
  });
});

Deno.test("interplay: what layers keep beside a request is found for what goes on in its place", async () => {
  const rebuilds: Interceptor = {
    request: ({ request, context }) => context.next(new Request(request, { headers: {} })),
  };
  const binds = interceptor({ bind: { body: text() }, request: ({ context }) => context.next() });
  const policy = { contentSecurityPolicy: { "script-src": ["'self'", "'nonce'"] } };
  for (const interceptors of [[rebuilds], [binds], [binds, rebuilds, binds]]) {
    const layers = [requestId(), secureHeaders(policy)];
    const kept = service({ interceptors, layers }, [
      post("/", ({ request }) => [requestIdOf(request), cspNonceOf(request)]),
    ]);
    const response = await kept.fetch("http://x/", { method: "POST", body: "text" });
    const [id, nonce] = await response.json();
    assert.equal(id, response.headers.get("x-request-id"));
    assert.equal(typeof nonce, "string");
    assert.ok(response.headers.get("content-security-policy")?.includes(`'nonce-${nonce}'`));
  }
});

Deno.test("interplay: a response without a body that many requests get keeps to itself", async () => {
  const shared = new Response(null, { status: 204 });
  let count = 0;
  const cookie: Interceptor = {
    response({ response, context }) {
      response.headers.append("set-cookie", `id=${++count}`);
      return context.next();
    },
  };
  const answers: Interceptor = { on: { path: "/hook" }, request: () => shared };
  const replaces: Interceptor = { on: { path: "/replaced" }, response: () => shared };
  const limited = rateLimit({ limit: 100, window: 1_000 });
  const sharing = service({ interceptors: [cookie, answers, replaces], layers: [limited] }, [
    get("/", () => shared),
    get("/replaced", () => "text"),
  ]);
  await onBothTransports(sharing, async (ask) => {
    for (const path of ["/", "/", "/hook", "/hook", "/replaced", "/replaced"]) {
      const { headers } = await ask(path);
      assert.deepEqual(headers.getSetCookie(), [`id=${count}`], path);
      assert.doesNotMatch(headers.get("ratelimit-policy") ?? "", /,/, path);
    }
  });
  assert.deepEqual([...shared.headers], []);
});

Deno.test("interplay: a layer that asks again gets an answer of its own", async () => {
  let tries = 0;
  const retries: Layer = (next) => async (input, init) => {
    const first = await next(input, init);
    if (first.status !== 503) return first;
    await first.body?.cancel();
    return await next(input, init);
  };
  const both: Layer = (next) => async (input, init) => {
    const [first, second] = await Promise.all([next(input, init), next(input, init)]);
    await first?.body?.cancel();
    return second as Response;
  };
  const slow: Interceptor = {
    async request({ context }) {
      await Promise.resolve();
      return context.next();
    },
  };
  for (const layers of [[retries], [both]]) {
    tries = 0;
    const asked = service({ layers, interceptors: [slow, slow] }, [
      get("/", async ({ caller }) => {
        await caller.respond(reply(tries++ === 0 ? 503 : 200, { body: `${tries}` }));
      }),
    ]);
    await onBothTransports(asked, async (ask) => {
      tries = 0;
      const response = await ask("/");
      assert.deepEqual([response.status, await response.text(), tries], [200, "2", 2]);
    });
  }
});

Deno.test("interplay: what is not sent after all is told to stop", async () => {
  const bad = { "x-bad": "a\u0001" };
  const fails: Layer = (next) => async (input, init) => {
    await next(input, init);
    throw new Error("after");
  };
  type Source = (body: ReadableStream) => [handler: () => unknown, config?: ServiceConfig];
  const table: Readonly<Record<string, Source>> = {
    "a response with a bad field": (body) => [() => new Response(body, { headers: bad })],
    "a reply with a bad field": (body) => [() => ok({ body, headers: bad })],
    "what a failing layer was given": (body) => [() => new Response(body), { layers: [fails] }],
    "what a hook returns after its caller has answered": (body) => [() => 1, {
      interceptors: [{
        async request({ caller }) {
          await caller.respond("answered");
          return new Response(body);
        },
      }],
    }],
    "what a hook gave its caller before it failed": (body) => [() => 1, {
      interceptors: [{
        async request({ caller }) {
          await caller.respond(ok({ body }));
          throw new Error("after");
        },
      }],
    }],
  };
  for (const [what, source] of Object.entries(table)) {
    const { body, cancelled } = endless();
    const [handler, config] = source(body);
    const streaming = service({ ...config, onError: () => {} }, [get("/", handler)]);
    await statusOf(streaming.fetch("http://x/"));
    await within(cancelled, what);
  }
  for (const interceptors of [[], [goesOn]]) {
    const { body, cancelled } = endless();
    const late = service({ interceptors }, [
      get("/", async ({ caller }) => {
        await caller.respond("answered");
        return new Response(body);
      }),
    ]);
    assert.equal(await (await late.fetch("http://x/")).text(), "answered");
    await within(cancelled, "what a handler returns after its caller has answered");
  }
});

Deno.test("interplay: a graceful stop breaks off what a layer or a coding made a stream of", async () => {
  const ticks = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    });
  const replaces: Layer = (next) => async (input, init) => {
    await statusOf(next(input, init));
    return new Response(ticks());
  };
  // Of so many random digits the sockets do not hold all.
  const large = Array.from(
    { length: 300 },
    () => crypto.getRandomValues(new Uint8Array(65_536)).toHex(),
  ).join("");
  const services = [
    service({ layers: [replaces] }, [get("/", () => "text")]),
    service({ compression: { enable: "AUTO" } }, [get("/", async () => await large)]),
    service({ compression: { enable: "AUTO" } }, [get("/", () => large)]),
  ];
  for (const streaming of services) {
    const server = await serve(streaming, local);
    const response = await fetch(server.url, { headers: { "accept-encoding": "gzip" } });
    await server.gracefulStop(100);
    await assert.rejects(async () => {
      for await (const _ of response.body ?? []);
    });
  }
});

Deno.test("interplay: time that an error hook takes is not the payload's", async () => {
  const binds = interceptor({ bind: { body: json() }, request: ({ context }) => context.next() });
  for (const others of [[], [binds]]) {
    const clock = new VirtualClock();
    const came = Promise.withResolvers<void>();
    const waits: Interceptor = {
      responseError() {
        came.resolve();
        return new Promise(() => {});
      },
    };
    const interceptors = [waits, ...others];
    const failing = service({ interceptors }, [post("/", { body: json() }, () => 1)]);
    await using server = await serve(failing, { ...local, timeout: 1_000, clock });
    const headers = { "content-type": "application/json" };
    const answer = statusOf(fetch(server.url, { method: "POST", body: "{", headers }));
    await within(came.promise, "the hook");
    await clock.advance(1_000);
    assert.equal(await within(answer, "the answer"), 503);
  }
});

Deno.test("interplay: hooks are asked once for another answer than one that cannot be sent", async () => {
  let asked = 0;
  const bad: Interceptor = {
    async responseError({ response, context }) {
      asked++;
      await Promise.resolve();
      response.headers.set("x-bad", "a\u0001");
      return context.next();
    },
  };
  const told: unknown[] = [];
  const failing = service({ interceptors: [bad], onError: (error) => told.push(error) }, [
    get("/", () => Promise.reject(new Error("first"))),
  ]);
  assert.equal(await within(statusOf(failing.fetch("http://x/")), "an answer"), 500);
  assert.deepEqual([asked, told.length], [2, 3]);
});

Deno.test("interplay: an error that hooks throw on is told once", async () => {
  const rethrows: Interceptor = {
    responseError({ error }) {
      throw error;
    },
  };
  const told: unknown[] = [];
  const fault = new Error("fault");
  const failing = service({
    interceptors: [rethrows, rethrows],
    onError: (error) => told.push(error),
  }, [get("/", () => Promise.reject(fault))]);
  assert.equal(await statusOf(failing.fetch("http://x/")), 500);
  assert.deepEqual(told, [fault]);
});

Deno.test("interplay: validators that a hook sets or answers with are compared", async () => {
  const etag = '"v1"';
  const tags: Interceptor = {
    response({ response, context }) {
      response.headers.set("etag", etag);
      return context.next();
    },
  };
  const stored: Interceptor = {
    on: { path: "/stored" },
    request: () => new Response("stored", { headers: { etag } }),
  };
  const tagged = service({ interceptors: [stored, { ...tags, on: { path: "/tagged/*" } }] }, [
    get("/tagged/text", () => "text"),
    get("/tagged/reply", () => ok({ body: [1] })),
    post("/tagged/text", () => "done"),
  ]);
  const asked = (path: string, headers: HeadersInit, method = "GET") =>
    statusOf(tagged.fetch(`http://x${path}`, { method, headers }));
  for (const path of ["/tagged/text", "/tagged/reply", "/stored"]) {
    assert.equal(await asked(path, { "if-none-match": etag }), 304, path);
    assert.equal(await asked(path, { "if-none-match": etag }, "HEAD"), 304, path);
    assert.equal(await asked(path, { "if-none-match": '"v2"' }), 200, path);
    assert.equal(await asked(path, { "if-match": '"v2"' }), 412, path);
  }
  // It is done, and nothing that comes afterwards may say that it is not.
  assert.equal(await asked("/tagged/text", { "if-match": '"v2"' }, "POST"), 201);
});

Deno.test("interplay: interceptors around a bare handler hold to the listener's body limit", async () => {
  const binds = interceptor({ bind: { body: text() }, request: ({ context }) => context.next() });
  const config = {
    host: "127.0.0.1",
    interceptors: [binds],
    requestLimits: { maxEntityBodySize: 4 },
  };
  const handler = () => Promise.resolve(new Response("bare"));
  await using server = await serve(handler, { ...config, port: 0 });
  await using nothing = await new Listener(0, config).start();
  const post = (url: string, body: string) => statusOf(fetch(url, { method: "POST", body }));
  assert.deepEqual([await post(server.url, "1234"), await post(server.url, "12345")], [200, 413]);
  assert.deepEqual([await post(nothing.url, "1234"), await post(nothing.url, "12345")], [404, 413]);
});

Deno.test("interplay: the rule of services not found holds after a hook that binds a path", async () => {
  const binds = interceptor({
    on: { path: "/:name" },
    bind: { path: { name: string() } },
    request: ({ context }) => context.next(),
  });
  const tells: Interceptor = { requestError: ({ error }) => error.name };
  const listener = new Listener(0, { host: "127.0.0.1", interceptors: [binds, tells] });
  await using server = await listener.start();
  assert.equal(await (await fetch(`${server.url}/x`)).text(), "ServiceNotFoundError");
});

Deno.test("interplay: HEAD has no body, whatever a layer answers", async () => {
  const answers: Layer = (next) => async (input, init) => {
    await statusOf(next(input, init));
    return new Response("a body");
  };
  const headed = service({ layers: [answers] }, [get("/", () => "text")]);
  await onBothTransports(headed, async (ask) => {
    assert.equal(await (await ask("/", { method: "HEAD" })).text(), "");
  });
});

Deno.test("interplay: what a hook or a layer gives that is no answer is a 500", async () => {
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  const odd = {
    get then() {
      throw new Error("then");
    },
  };
  const nothing = (() => () => Promise.resolve(undefined)) as unknown as Layer;
  for (const config of [{ interceptors: [{ request: () => odd }] }, { layers: [nothing] }]) {
    const broken = service({ ...config, onError }, [get("/", () => 1)]);
    await using server = await serve(broken, local);
    const answer = await sendRaw(server, rawRequest("GET / HTTP/1.1", ["Host: x"]));
    assert.equal(answer?.status, 500);
    assert.equal(JSON.parse(answer.body).status, 500);
    assert.equal(await statusOf(broken.fetch("http://x/")), 500);
  }
  assert.equal(told.length, 4);
});

Deno.test("interplay: next() after its hook has returned leads nowhere", async () => {
  const late: unknown[] = [];
  const waited = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const leaks: Interceptor = {
    request({ context }) {
      // What the hook left running goes on while the guard after it waits.
      gate.promise.then(() => context.next()).catch((error) => late.push(error))
        .finally(() => waited.resolve());
      return context.next();
    },
  };
  const guard: Interceptor = {
    async request() {
      gate.resolve();
      await waited.promise;
      return forbidden();
    },
  };
  const guarded = service({ interceptors: [leaks, guard] }, [get("/", () => "secret")]);
  const response = await guarded.fetch("http://localhost/");
  assert.equal(response.status, 403);
  await response.body?.cancel();
  assert.equal(late.length, 1);
  assert.ok(late[0] instanceof InterceptorReturnError);
});

Deno.test("interplay: a handler is not called for a request that was answered in its place", async () => {
  const clock = new VirtualClock();
  const came = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const calls: string[] = [];
  const slow: Interceptor = {
    async request({ context }) {
      came.resolve();
      await gone.promise;
      return context.next();
    },
  };
  const slowly = service({ interceptors: [slow] }, [
    get("/", () => {
      calls.push("handler");
      return 1;
    }),
  ]);
  await using server = await serve(slowly, { port: 0, host: "127.0.0.1", timeout: 1_000, clock });
  const answer = fetch(server.url);
  await within(came.promise, "the request to come in");
  await clock.advance(1_000);
  const response = await within(answer, "the answer");
  assert.equal(response.status, 503);
  await response.body?.cancel();
  gone.resolve();
  // The next request, which is answered, comes after all that the first one would still have done.
  const next = await within(fetch(server.url), "the next answer");
  assert.equal(await next.text(), "1");
  assert.deepEqual(calls, ["handler"]);
});
