/**
 * What a handler promises, and how it keeps that (spec section 10.1.1).
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, Http2ClientError, Listener, serve, service } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import type { Connection, PushedRequest } from "../../src/message/connection.ts";
import { deferred } from "../../src/message/deferred.ts";
import { Caller } from "../../src/server/caller.ts";
import { Pushes } from "../../src/server/push.ts";
import { fieldsOf, PushPromise } from "../../src/server/push_promise.ts";
import { within } from "../support/within.ts";

/** A connection that keeps what is pushed on it. */
function pushing(): { connection: Connection; pushed: [PushedRequest, Response | "cancelled"][] } {
  const pushed: [PushedRequest, Response | "cancelled"][] = [];
  const connection: Connection = {
    remoteAddr: {},
    push: (request) => ({
      respond(response) {
        pushed.push([request, response]);
        return Promise.resolve();
      },
      cancel() {
        pushed.push([request, "cancelled"]);
      },
    }),
  };
  return { connection, pushed };
}

function callerOn(connection: Connection | undefined): Caller {
  const pushes = connection && new Pushes(connection);
  return new Caller("http://127.0.0.1/", connection, undefined, () => {}, () => pushes);
}

Deno.test("push: a promise has a path, a method and header fields", () => {
  const { path, method, headers } = new PushPromise();
  assert.deepEqual([path, method, [...headers]], ["/", "GET", []]);
  const promise = new PushPromise("/a b?c=ä", { method: "HEAD", headers: { accept: "text/css" } });
  assert.deepEqual([promise.path, promise.method], ["/a%20b?c=%C3%A4", "HEAD"]);
  assert.deepEqual(fieldsOf(promise), [["accept", "text/css"]]);
  const refused: [string, object][] = [
    ["style.css", {}],
    ["//other.example/", {}],
    ["http://other.example/", {}],
    ["/a#b", {}],
    ["/\\other.example", {}],
    ["/", { method: "POST" }],
    ["/", { body: "" }],
  ];
  for (const [path, options] of refused) {
    assert.throws(() => new PushPromise(path, options), TypeError, path);
  }
});

Deno.test("push: a handler keeps its promises with anything that it may return", async () => {
  const { connection, pushed } = pushing();
  const caller = callerOn(connection);
  const promise = new PushPromise("/data", { headers: { "accept-language": "en" } });
  assert.equal(caller.promise(promise), true);
  assert.equal(caller.promise(promise), true, "promised once");
  await caller.pushPromisedResponse(promise, { name: "resource1" });
  const [request, response] = pushed[0] ?? [];
  assert.deepEqual(request, {
    method: "GET",
    path: "/data",
    headers: [["accept-language", "en"]],
  });
  assert(response instanceof Response);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), { name: "resource1" });
  await assert.rejects(caller.pushPromisedResponse(promise, "again"), {
    name: "GenericListenerError",
  });
  assert.equal(pushed.length, 1);
});

Deno.test("push: what cannot be promised, pushed or sent is told", async () => {
  const never = new PushPromise("/never");
  await assert.rejects(callerOn(pushing().connection).pushPromisedResponse(never, ""), {
    name: "GenericListenerError",
    message:
      'Cannot push "/never": it was not promised, not taken, kept before, or the handler has ended',
  });
  assert.equal(callerOn(undefined).promise(never), false, "in process");
  assert.equal(callerOn({ remoteAddr: {}, push: () => undefined }).promise(never), false);
  assert.throws(() => callerOn({ remoteAddr: {} }).promise(never), {
    name: "InitializingOutboundResponseError",
    message: /give the listener transport: "node"/,
  });
  const odd = new PushPromise("/", { headers: { host: "other.example" } });
  assert.throws(() => callerOn(pushing().connection).promise(odd), {
    name: "InitializingOutboundResponseError",
  });
  const { connection, pushed } = pushing();
  const caller = callerOn(connection);
  const promise = new PushPromise("/data");
  caller.promise(promise);
  const unsendable = new Response(null, { headers: { "x-odd": "\x01" } });
  await assert.rejects(caller.pushPromisedResponse(promise, unsendable), {
    name: "InitializingOutboundResponseError",
  });
  assert.equal(pushed[0]?.[1], "cancelled", "the client does not wait for it");
  const refusing = callerOn({
    remoteAddr: {},
    push: () => ({ respond: () => Promise.reject(new Error("reset")), cancel() {} }),
  });
  refusing.promise(promise);
  await assert.rejects(refusing.pushPromisedResponse(promise, ""), {
    name: "WritingOutboundResponseBodyError",
  });
});

const shop = service({}, [
  get("/main", async ({ caller }) => {
    const promises = ["/resource1", "/resource2", "/resource3"].map((path) =>
      new PushPromise(path)
    );
    const taken = promises.filter((promise) => caller.promise(promise));
    await caller.respond({ response: { name: "main resource", promised: taken.length } });
    await Promise.all(
      taken.map((promise) =>
        caller.pushPromisedResponse(promise, { push: { name: promise.path.slice(1) } })
      ),
    );
  }),
]);

Deno.test("push: three promises of a service, then responses, as the original tests it", async () => {
  const listener = new Listener(0, { host: "127.0.0.1", transport: "node" });
  await using server = await listener.attach(shop).start();
  await using client = new Http2Client(server.url);
  const future = client.submit("GET", "/main");
  const promises = [];
  while (await client.hasPromise(future)) promises.push(await client.getNextPromise(future));
  assert.equal(promises.length, 3);
  const response = await client.getResponse(future);
  assert.deepEqual(await response.json(), { response: { name: "main resource", promised: 3 } });
  for (const promise of promises) {
    const promised = await client.getPromisedResponse(promise);
    assert.deepEqual(await promised.json(), { push: { name: promise.path.slice(1) } });
  }
});

Deno.test("push: clients that take none are told so, and answered all the same", async () => {
  await using server = await serve(shop, { host: "127.0.0.1", port: 0, transport: "node" });
  const expected = { response: { name: "main resource", promised: 0 } };
  assert.deepEqual(await (await fetch(`${server.url}/main`)).json(), expected, "HTTP/1.1");
  await using client = new Http2Client(server.url);
  assert.deepEqual(
    await (await client.fetch(`${server.url}/main`)).json(),
    expected,
    "switched off",
  );
});

Deno.test("push: a promise that is not kept is broken once nobody is left to keep it", async () => {
  const kept = new Map<string, PushPromise>();
  const promise = (caller: Caller, path: string): void => {
    const made = new PushPromise(path);
    kept.set(path, made);
    assert.equal(caller.promise(made), true);
  };
  const later = deferred<void>();
  const forgetful = service({
    interceptors: [{
      on: { path: "/intercepted" },
      request: ({ caller, context }) => {
        promise(caller, "/by-interceptor");
        return context.next();
      },
      response: ({ caller, context }) => {
        caller.pushPromisedResponse(kept.get("/by-interceptor")!, "kept").catch(() => {});
        return context.next();
      },
    }],
  }, [
    get("/returns", ({ caller }) => {
      promise(caller, "/a");
      return "main";
    }),
    get("/throws", async ({ caller }) => {
      promise(caller, "/b");
      await Promise.resolve();
      throw new Error("It fails");
    }),
    get("/later", async ({ caller }) => {
      promise(caller, "/c");
      promise(caller, "/d");
      await caller.respond("main");
      await later.promise;
      await caller.pushPromisedResponse(kept.get("/d")!, "kept");
    }),
    get("/intercepted", async () => {
      await Promise.resolve();
      return "main";
    }),
  ]);
  const server = await serve(forgetful, { host: "127.0.0.1", port: 0, transport: "node" });
  await using _ = server;
  await using client = new Http2Client(server.url);
  const told = async (path: string): Promise<string[]> => {
    const future = client.submit("GET", path);
    const promised = await Array.fromAsync(future.promises);
    await (await future.response).text();
    later.resolve();
    return await Promise.all(promised.map(async ({ response }) => {
      try {
        return await within((await response).text(), "the promise");
      } catch (error) {
        assert(error instanceof Http2ClientError, String(error));
        return "broken";
      }
    }));
  };
  assert.deepEqual(await within(told("/returns"), "all"), ["broken"]);
  assert.deepEqual(await within(told("/throws"), "all"), ["broken"]);
  assert.deepEqual(await within(told("/later"), "all"), ["broken", "kept"]);
  assert.deepEqual(await within(told("/intercepted"), "all"), ["kept"]);
});
