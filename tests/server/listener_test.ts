/**
 * A listener over its life: what is attached to it, how it starts, and how it stops.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import {
  GenericListenerError,
  get,
  type Layer,
  Listener,
  ok,
  post,
  type RunningServer,
  serve,
  type Service,
  service,
  text,
} from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { overTransports } from "../support/over_transports.ts";
import { RawConnection, rawRequest, sendRaw } from "../support/raw_http.ts";

const host = "127.0.0.1";

/** A service that answers everything under its base path with `name` and the rest of the path. */
function named(name: string, config: { basePath?: string; host?: string } = {}): Service {
  return service(config, [get("/:rest*", ({ path }) => [name, ...path.rest].join("/"))]);
}

async function say(server: RunningServer, path: string, init?: RequestInit): Promise<string> {
  return await (await fetch(server.url + path, init)).text();
}

/** A handler that can be held: it tells when it was called and answers when it is let go. */
function held(): { service: Service; called: Promise<void>; letGo(): void } {
  const called = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const waiting = service({}, [
    get("/", async () => {
      called.resolve();
      await release.promise;
      return "at last";
    }),
  ]);
  return { service: waiting, called: called.promise, letGo: release.resolve };
}

Deno.test("listener: services come and go while it runs", async () => {
  const listener = new Listener(0, { host });
  await using server = await listener.start();
  const empty = await (await fetch(`${server.url}/a`)).json();
  assert.equal(empty.status, 404);
  assert.equal(
    empty.message,
    `no service has registered for listener : /${server.hostname}:${server.port}`,
  );
  const [first, second] = [named("first", { basePath: "/a" }), named("second")];
  listener.attach(first);
  assert.equal(await say(server, "/a/1"), "first/1");
  assert.equal((await (await fetch(`${server.url}/b`)).json()).status, 404);
  listener.attach(second).attach(first, "/copy");
  assert.equal(await say(server, "/b"), "second/b");
  assert.equal(await say(server, "/copy/2"), "first/2");
  listener.detach(first);
  assert.equal(await say(server, "/a/1"), "second/a/1");
  assert.equal(await say(server, "/copy/2"), "second/copy/2");
  listener.detach(first).detach(second);
  assert.equal((await (await fetch(`${server.url}/a`)).json()).message, empty.message);
  listener.attach(second);
  assert.equal(await say(server, "/b"), "second/b");
});

Deno.test("listener: a service that is taken off finishes what it began", async () => {
  const { service: waiting, called, letGo } = held();
  const listener = new Listener(0, { host }).attach(waiting);
  await using server = await listener.start();
  const answer = say(server, "/");
  await called;
  listener.detach(waiting);
  assert.equal((await (await fetch(server.url)).json()).status, 404);
  letGo();
  assert.equal(await answer, "at last");
});

Deno.test("listener: the longest base path answers, whatever the order", async () => {
  const services = ["/", "/v1/albums", "/v1", "/v1/albums/rare"].map((basePath) =>
    named(basePath, { basePath })
  );
  for (const order of [services, services.toReversed()]) {
    await using server = await serve(order, { host, port: 0 });
    assert.equal(await say(server, "/v1/albums/7"), "/v1/albums/7");
    assert.equal(await say(server, "/v1/albums/rare/7"), "/v1/albums/rare/7");
    assert.equal(await say(server, "/v1/albumsX"), "/v1/albumsX");
    assert.equal(await say(server, "/v1"), "/v1");
    assert.equal(await say(server, "/v11"), "//v11");
  }
});

Deno.test("listener: a service with a host answers for that host, others for the rest", async () => {
  const services = [
    named("any"),
    named("shop", { host: "shop.test" }),
    named("deep", { host: "shop.test", basePath: "/deep" }),
    named("port", { host: "Port.test:8080" }),
  ];
  await using server = await serve(services, { host, port: 0 });
  const table: readonly (readonly [string, string, string | undefined])[] = [
    ["shop.test", "/a", "shop/a"],
    ["SHOP.test", "/a", "shop/a"],
    ["shop.test:1234", "/a", "shop/a"],
    ["shop.test", "/deep/a", "deep/a"],
    ["port.test:8080", "/a", "port/a"],
    ["port.test:8081", "/a", "any/a"],
    ["port.test", "/a", "any/a"],
    ["other.test", "/a", "any/a"],
    ["notshop.test", "/a", "any/a"],
    ["shop.test.evil.test", "/a", "any/a"],
  ];
  for (const [hostField, path, body] of table) {
    const response = await sendRaw(
      server,
      rawRequest(`GET ${path} HTTP/1.1`, [
        `Host: ${hostField}`,
      ]),
    );
    assert.equal(response?.body, body, hostField);
  }
  await using only = await serve(named("shop", { host: "shop.test" }), { host, port: 0 });
  const lost = await sendRaw(only, rawRequest("GET /a HTTP/1.1", ["Host: other.test"]));
  assert.equal(lost?.status, 404);
});

Deno.test("listener: two services cannot have the same place", () => {
  const listener = new Listener(0).attach(named("a", { basePath: "/v1" }));
  assert.throws(
    () => listener.attach(named("b", { basePath: "/v1/" })),
    new GenericListenerError("Two services have the same base path: '/v1'"),
  );
  listener.attach(named("b", { basePath: "/v1", host: "b.test" }));
  listener.attach(() => Promise.resolve(new Response()));
  assert.throws(
    () => listener.attach(named("c")),
    new GenericListenerError("Two services have the same base path: '/'"),
  );
  const handler = () => Promise.resolve(new Response());
  assert.throws(() => new Listener(0).attach(handler, "/v1"), { name: "TypeError" });
});

Deno.test("listener: port 0 is a free port, told once it listens", async () => {
  const config = { host, timeout: 1_000 };
  const listener = new Listener(0, config).attach(named("a"));
  assert.equal(listener.getPort(), 0);
  assert.equal(listener.getConfig(), config);
  const server = await listener.start();
  assert.ok(server.port > 0);
  assert.equal(listener.getPort(), server.port);
  assert.equal(server.hostname, host);
  assert.equal(server.url, `http://${host}:${server.port}`);
  assert.equal(server.transport, "deno_serve");
  await listener.gracefulStop();
  assert.equal(listener.getPort(), server.port);
});

Deno.test("listener: the URL of one that listens everywhere is one that can be reached", async () => {
  for (const everywhere of [undefined, "0.0.0.0", "::1"]) {
    const config = everywhere === undefined ? {} : { host: everywhere };
    let server: RunningServer;
    try {
      server = await serve(named("a"), { ...config, port: 0 });
    } catch (error) {
      // Not every machine has IPv6.
      assert.equal(everywhere, "::1", String(error));
      continue;
    }
    assert.equal(await say(server, "/b"), "a/b");
    await server.gracefulStop();
  }
});

Deno.test("listener: it starts once", async () => {
  const listener = new Listener(0, { host });
  await listener.gracefulStop();
  await listener.immediateStop();
  const server = await listener.start();
  const again = new GenericListenerError(
    "The listener was started already: make another one",
  );
  await assert.rejects(listener.start(), again);
  await server.gracefulStop();
  await assert.rejects(listener.start(), again);
});

Deno.test("listener: a port that is taken is an error that says which and why", async () => {
  await using server = await serve(named("a"), { host, port: 0 });
  const { port } = server;
  await assert.rejects(serve(named("b"), { host, port }), (error: Error) => {
    assert.ok(error instanceof GenericListenerError);
    assert.ok(error.message.startsWith(`Cannot listen on ${host}:${port}: `), error.message);
    assert.ok(error.cause instanceof Deno.errors.AddrInUse);
    return true;
  });
  const listener = new Listener(port, { host }).attach(named("b"));
  await assert.rejects(listener.start(), GenericListenerError);
  await server.gracefulStop();
  await using second = await listener.start();
  assert.equal(await say(second, "/c"), "b/c");
});

overTransports(
  "listener: a graceful stop waits for what is in flight, and takes nothing new",
  async (listening) => {
    const { service: waiting, called, letGo } = held();
    const clock = new VirtualClock();
    const server = await serve(waiting, { ...listening, clock });
    const ask = rawRequest("GET / HTTP/1.1", ["Host: x"]);
    using connection = await RawConnection.open(server);
    await connection.send(ask);
    await called;
    let stopped = false;
    const stopping = server.gracefulStop().then(() => stopped = true);
    // The port is closed in a turn of its own.
    await new Promise((done) => setImmediate(done));
    if (listening.transport === "node") {
      await assert.rejects(fetch(server.url), TypeError);
    } else {
      const refused = await fetch(server.url);
      assert.deepEqual([refused.status, await refused.text()], [503, ""]);
      assert.equal((await sendRaw(server, ask))?.headers.get("connection"), "close");
    }
    await clock.advance(9_999);
    assert.equal(stopped, false);
    letGo();
    assert.equal((await connection.read())?.body, "at last");
    await stopping;
    await server.finished;
    await assert.rejects(fetch(server.url));
    assert.equal(clock.pendingTimers, 0);
  },
);

Deno.test("listener: a graceful stop lets uploads and streams come to their end", async () => {
  const reading = Promise.withResolvers<void>();
  const source = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();
  const told: Layer = (next) => (input, init) => {
    const answer = next(input, init);
    if (input instanceof Request && input.method === "POST") reading.resolve();
    return answer;
  };
  const transfers = service({ layers: [told] }, [
    post("/", { body: text() }, ({ body }) => ok({ body })),
    get("/", () => new ReadableStream({ start: source.resolve, cancel: source.reject })),
  ]);
  const server = await serve(transfers, { host, port: 0 });
  const download = await fetch(server.url);
  const stream = await source.promise;
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST / HTTP/1.1", ["Host: x", "Content-Length: 4"], "fi"));
  await reading.promise;
  const stopping = server.gracefulStop();
  await connection.send("ne");
  assert.equal((await connection.read())?.body, "fine");
  stream.enqueue(new TextEncoder().encode("to the "));
  stream.enqueue(new TextEncoder().encode("end"));
  stream.close();
  assert.equal(await download.text(), "to the end");
  await stopping;
});

Deno.test("listener: an endless stream is broken off at the deadline, and its source told", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = service({}, [
    get("/", () =>
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("on and ")),
        cancel: () => cancelled.resolve(),
      })),
  ]);
  const clock = new VirtualClock();
  const server = await serve(endless, { host, port: 0, clock });
  const reader = (await fetch(server.url)).body?.getReader();
  await reader?.read();
  const stopping = server.gracefulStop(300);
  await clock.advance(300);
  await stopping;
  await assert.rejects(reader?.read() ?? Promise.resolve());
  await cancelled.promise;
});

Deno.test("listener: what is in flight past the deadline is broken off", async () => {
  const stops: readonly (readonly [number, (server: RunningServer) => Promise<void>])[] = [
    [10_000, (server) => server.gracefulStop()],
    [500, (server) => server.gracefulStop(500)],
    [0, (server) => server.immediateStop()],
  ];
  for (const [deadline, stop] of stops) {
    const { service: waiting, called, letGo } = held();
    const clock = new VirtualClock();
    const server = await serve(waiting, { host, port: 0, clock });
    const answer = assert.rejects(fetch(server.url));
    await called;
    const stopping = stop(server);
    await clock.advance(deadline);
    await stopping;
    await answer;
    await server.finished;
    assert.equal(clock.pendingTimers, 0);
    letGo();
  }
});

Deno.test("listener: gracefulStopTimeout is how long a stop waits unless it is told", async () => {
  const { service: waiting, called, letGo } = held();
  const clock = new VirtualClock();
  const options = { host, port: 0, clock, gracefulStopTimeout: 200 };
  const server = await serve(waiting, options);
  const answer = assert.rejects(fetch(server.url));
  await called;
  let stopped = false;
  const stopping = server.gracefulStop().then(() => stopped = true);
  await clock.advance(199);
  assert.equal(stopped, false);
  await clock.advance(1);
  await stopping;
  await answer;
  letGo();
});

Deno.test("listener: an idle connection does not hold up a graceful stop", async () => {
  const clock = new VirtualClock();
  const server = await serve(named("a"), { host, port: 0, clock });
  using idle = await RawConnection.open(server);
  await idle.send(rawRequest("GET /b HTTP/1.1", ["Host: x"]));
  assert.equal((await idle.read())?.body, "a/b");
  await server.gracefulStop();
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("listener: stopping twice, in any way and order, is stopping once", async () => {
  type Stop = (server: RunningServer) => Promise<void>;
  const graceful: Stop = (server) => server.gracefulStop();
  const immediate: Stop = (server) => server.immediateStop();
  for (const first of [graceful, immediate]) {
    for (const second of [graceful, immediate]) {
      const together = await serve(named("a"), { host, port: 0 });
      await Promise.all([first(together), second(together)]);
      const apart = await serve(named("a"), { host, port: 0 });
      assert.equal(await say(apart, "/b"), "a/b");
      await first(apart);
      await second(apart);
      await apart.finished;
    }
  }
});

Deno.test("listener: await using stops it", async () => {
  let left: RunningServer;
  {
    await using server = await serve(named("a"), { host, port: 0 });
    left = server;
    assert.equal(await say(server, "/b"), "a/b");
  }
  await left.finished;
  await assert.rejects(fetch(left.url));
});

Deno.test("listener: the Server field is on every response, whoever made it", async () => {
  await using upstream = await serve(named("upstream"), { host, port: 0 });
  const services = [
    named("a", { basePath: "/a" }),
    service({ basePath: "/b" }, [
      get("/redirect", () => Response.redirect("http://other.test/")),
      get("/fetched", () => fetch(`${upstream.url}/x`)),
      get("/error", () => new Error("private")),
      get("/own", () => new Response("own", { headers: { server: "own" } })),
      post("/", () => "posted"),
    ]),
  ];
  for (const one of services) Object.assign(one.config, { onError: () => {} });
  await using server = await serve(services, { host, port: 0, server: "pirouette/test" });
  const table: readonly (readonly [string, string, number])[] = [
    ["GET", "/a/x", 200],
    ["HEAD", "/a/x", 200],
    ["OPTIONS", "/a/x", 204],
    ["POST", "/a/x", 405],
    ["GET", "/none", 404],
    ["GET", "/b/none", 404],
    ["GET", "/b/redirect", 302],
    ["GET", "/b/fetched", 200],
    ["GET", "/b/error", 500],
    ["GET", "/b/own", 200],
    ["POST", "/b", 201],
    ["GET", `/${"x".repeat(5_000)}`, 414],
  ];
  for (const [method, path, status] of table) {
    const response = await fetch(server.url + path, { method, redirect: "manual" });
    const body = await response.text();
    const where = `${method} ${path.slice(0, 20)}`;
    assert.equal(response.status, status, where);
    assert.equal(response.headers.get("server"), "pirouette/test", where);
    if (path === "/b/fetched") assert.equal(body, "upstream/x");
  }
  await using silent = await serve(named("a"), { host, port: 0 });
  const response = await fetch(silent.url);
  await response.body?.cancel();
  assert.equal(response.headers.get("server"), null);
  assert.throws(() => new Listener(0, { server: "a\r\nb: c" }), { name: "TypeError" });
});

Deno.test("listener: serve takes a service, several, or any handler", async () => {
  await using one = await serve(named("one", { basePath: "/v1" }), { host, port: 0 });
  assert.equal(await say(one, "/v1/a"), "one/a");
  await using two = await serve([named("x", { basePath: "/x" }), named("y")], { host, port: 0 });
  assert.equal(await say(two, "/x/a"), "x/a");
  assert.equal(await say(two, "/a"), "y/a");
  await using none = await serve([], { host, port: 0 });
  assert.equal((await (await fetch(none.url)).json()).status, 404);
  await using handler = await serve(
    (input) => Promise.resolve(new Response(new URL((input as Request).url).pathname)),
    { host, port: 0 },
  );
  assert.equal(await say(handler, "/any/path"), "/any/path");
  await using gateway = await serve(named("inner", { basePath: "/in" }).fetch, { host, port: 0 });
  assert.equal(await say(gateway, "/in/a"), "inner/a");
  await assert.rejects(serve([named("a"), named("b")], { port: 0 }), GenericListenerError);
});

Deno.test("listener: one service may be on several listeners, each with its own limits", async () => {
  const shared = named("shared");
  await using short = await serve(shared, {
    host,
    port: 0,
    requestLimits: { maxUriLength: 10 },
  });
  await using long = await serve(shared, { host, port: 0 });
  const path = `/${"x".repeat(20)}`;
  const refused = await fetch(short.url + path);
  assert.deepEqual([refused.status, (await refused.json()).status], [414, 414]);
  assert.equal(await say(long, path), `shared${path}`);
  assert.equal(await say(short, "/ok"), "shared/ok");
});
