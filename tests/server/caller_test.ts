/**
 * The caller: answering before the handler is done, redirecting, and who is at the other end.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Caller,
  created,
  GenericListenerError,
  get,
  ok,
  post,
  type RedirectStatus,
  serve,
  service,
} from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { RawConnection, rawRequest } from "../support/raw_http.ts";

const twice = "Couldn't complete the respond operation as the response has been already used.";

Deno.test("caller: it answers while the handler goes on", async () => {
  let goOn = Promise.withResolvers<void>();
  let finished = Promise.withResolvers<string>();
  const early = service({}, [
    get("/at-once", async ({ caller }) => {
      await caller.respond("early");
      await goOn.promise;
      finished.resolve("at-once");
      return "late";
    }),
    get("/asked-late", async (call) => {
      await Promise.resolve();
      await call.caller.respond("early");
      await goOn.promise;
      finished.resolve("asked-late");
      return "late";
    }),
  ]);
  await onBothTransports(early, async (ask) => {
    for (const name of ["at-once", "asked-late"]) {
      goOn = Promise.withResolvers();
      finished = Promise.withResolvers();
      const response = await ask(`/${name}`);
      assert.deepEqual([response.status, await response.text()], [200, "early"]);
      goOn.resolve();
      assert.equal(await finished.promise, name);
    }
  });
});

Deno.test("caller: it answers with anything a handler may return", async () => {
  const values: Readonly<Record<string, () => unknown>> = {
    nothing: () => undefined,
    text: () => "text",
    object: () => ({ a: 1 }),
    null: () => null,
    reply: () => created({ body: "made", headers: { location: "/x" } }),
    response: () => new Response("mine", { status: 203 }),
  };
  const table: Readonly<Record<string, readonly [number, string]>> = {
    nothing: [200, ""],
    text: [200, "text"],
    object: [200, '{"a":1}'],
    null: [200, "null"],
    reply: [201, "made"],
    response: [203, "mine"],
  };
  const answering = service({}, [
    get("/:name", ({ caller, path }) => caller.respond(values[path.name]?.())),
    post("/:name", ({ caller, path }) => void caller.respond(values[path.name]?.())),
  ]);
  await onBothTransports(answering, async (ask) => {
    for (const [name, [status, body]] of Object.entries(table)) {
      const response = await ask(`/${name}`);
      assert.deepEqual([response.status, await response.text()], [status, body], name);
    }
    const posted = await ask("/text", { method: "POST" });
    assert.deepEqual([posted.status, await posted.text()], [201, "text"]);
  });
});

Deno.test("caller: an error after the answer goes to onError and nowhere else", async () => {
  const told: unknown[] = [];
  const error = new Error("private");
  const failing = service({ onError: (one) => told.push(one) }, [
    get("/async", async ({ caller }) => {
      await caller.respond("answered");
      await Promise.resolve();
      throw error;
    }),
    get("/asked-late", async (call) => {
      await Promise.resolve();
      await call.caller.respond("answered");
      throw error;
    }),
    get("/sync", ({ caller }) => {
      caller.respond("answered");
      throw error;
    }),
  ]);
  await onBothTransports(failing, async (ask, transport) => {
    for (const path of ["/async", "/asked-late", "/sync"]) {
      told.length = 0;
      const response = await ask(path);
      const where = `${path} ${transport}`;
      assert.deepEqual([response.status, await response.text()], [200, "answered"], where);
      // A round trip later the handler is done.
      await (await ask("/none")).body?.cancel();
      assert.deepEqual(told, [error], where);
    }
  });
});

Deno.test("caller: an error before the answer is the answer", async () => {
  const told: unknown[] = [];
  const failing = service({ onError: (one) => told.push(one) }, [
    get("/", async ({ caller }) => {
      await Promise.resolve();
      assert.equal(caller.responded, false);
      throw new Error("private");
    }),
    get("/unsendable", ({ caller }) => caller.respond(() => "a function")),
  ]);
  for (const path of ["/", "/unsendable"]) {
    told.length = 0;
    const response = await failing.fetch(`http://localhost${path}`);
    assert.equal(response.status, 500, path);
    assert.ok(!(await response.text()).includes("private"));
    assert.equal(told.length, 1, path);
  }
});

Deno.test("caller: it answers once", async () => {
  const errors: unknown[] = [];
  const refuse = (promise: Promise<void>) => promise.catch((error) => void errors.push(error));
  const persistent = service({}, [
    get("/", async ({ caller }) => {
      await caller.respond("first");
      await refuse(caller.respond("second"));
      await refuse(caller.redirect(302, "/elsewhere"));
      return "third";
    }),
  ]);
  const response = await persistent.fetch("http://localhost/");
  assert.deepEqual([response.status, await response.text()], [200, "first"]);
  await Promise.resolve();
  assert.equal(errors.length, 2);
  for (const error of errors) {
    assert.ok(error instanceof GenericListenerError);
    assert.equal(error.message, twice);
  }
});

Deno.test("caller: three ways to say nothing", async () => {
  let caller: Caller | undefined;
  const silent = service({ onError: () => {} }, [
    get("/nothing", () => {}),
    get("/nothing-later", async () => await Promise.resolve()),
    get("/unanswered", (call) => {
      caller = call.caller;
    }),
    get("/unanswered-later", async (call) => {
      caller = call.caller;
      await Promise.resolve();
    }),
    get("/answered", ({ caller }) => caller.respond()),
    get("/error", () => new Error("private")),
  ]);
  const table: Readonly<Record<string, number>> = {
    "/nothing": 202,
    "/nothing-later": 202,
    "/unanswered": 500,
    "/unanswered-later": 500,
    "/answered": 200,
    "/error": 500,
  };
  await onBothTransports(silent, async (ask) => {
    for (const [path, status] of Object.entries(table)) {
      const response = await ask(path);
      const body = await response.text();
      assert.equal(response.status, status, path);
      if (path !== "/error") assert.equal(body, "", path);
    }
  });
  assert.equal(caller?.responded, false);
});

Deno.test("caller: it redirects to one place, or to several to choose from", async () => {
  const statuses: readonly RedirectStatus[] = [300, 301, 302, 303, 305, 307, 308];
  const redirecting = service({}, [
    get(
      "/one/:status",
      ({ caller, path }) => caller.redirect(Number(path.status) as RedirectStatus, "/there?a=b"),
    ),
    get("/two", ({ caller }) => caller.redirect(300, ["/here", "/there"])),
  ]);
  await onBothTransports(redirecting, async (ask) => {
    for (const status of statuses) {
      const response = await ask(`/one/${status}`, { redirect: "manual" });
      assert.deepEqual([response.status, await response.text()], [status, ""]);
      assert.equal(response.headers.get("location"), "/there?a=b");
    }
    const response = await ask("/two", { redirect: "manual" });
    await response.body?.cancel();
    assert.equal(response.headers.get("location"), "/here,/there");
  });
});

Deno.test("caller: it knows the other end of a socket", async () => {
  const who = service({}, [
    get("/", ({ caller }) => ({
      remote: caller.remoteAddress,
      local: caller.localAddress,
      protocol: caller.protocol,
    })),
  ]);
  await using server = await serve(who, { host: "127.0.0.1", port: 0 });
  using connection = await RawConnection.open(server);
  for (let round = 0; round < 2; round++) {
    await connection.send(rawRequest("GET / HTTP/1.1", ["Host: x"]));
    const { remote, local, protocol } = JSON.parse((await connection.read())?.body ?? "{}");
    assert.deepEqual([remote.host, remote.ip, protocol], ["127.0.0.1", "127.0.0.1", "http"]);
    assert.ok(remote.port > 0 && remote.port !== server.port);
    assert.equal(typeof local.port, "number");
  }
  const nobody = await (await who.fetch("https://localhost/")).json();
  const none = { host: "", port: 0, ip: "" };
  assert.deepEqual(nobody, { remote: none, local: none, protocol: "https" });
});

Deno.test("caller: asking for it does not change an answer that is returned", async () => {
  const returned = service({}, [
    get("/", ({ caller }) => ok({ body: caller.protocol })),
    get("/later", async ({ caller }) => await Promise.resolve(caller.protocol)),
  ]);
  for (const path of ["/", "/later"]) {
    const response = await returned.fetch(`http://localhost${path}`);
    assert.deepEqual([response.status, await response.text()], [200, "http"]);
  }
});
