/**
 * What a server pushes, as a client takes it: told, received, refused (spec sections 2.4.2.5 and
 * 10.1.1).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { Http2ClientError } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { withHttp2Server } from "../support/http2_server.ts";

/** Promises three responses, answers, and keeps its promises. */
function promiseThree(stream: ServerHttp2Stream): void {
  const promised: [string, ServerHttp2Stream][] = [];
  for (const name of ["resource1", "resource2", "resource3"]) {
    stream.pushStream({ ":path": `/${name}`, "x-why": "needed" }, (error, pushed) => {
      assert.equal(error, null);
      pushed.on("error", () => {});
      promised.push([name, pushed]);
      if (promised.length < 3) return;
      stream.respond({ ":status": 200, "content-type": "application/json" });
      stream.end('{"response":{"name":"main resource"}}');
      for (const [name, pushed] of promised) {
        pushed.respond({ ":status": 200, "content-type": "application/json" });
        pushed.end(JSON.stringify({ push: { name } }));
      }
    });
  }
}

Deno.test("http2 push: three promises, then responses, as the original tests it", async () => {
  await withHttp2Server(promiseThree, async ({ url }) => {
    await using client = new Http2Client(url);
    const future = client.submit("GET", "/main");
    const promises = [];
    while (await client.hasPromise(future)) promises.push(await client.getNextPromise(future));
    assert.deepEqual(promises.map(({ path }) => path), ["/resource1", "/resource2", "/resource3"]);
    await assert.rejects(client.getNextPromise(future), { name: "Http2ClientError" });
    const response = await client.getResponse(future);
    assert.deepEqual(await response.json(), { response: { name: "main resource" } });
    for (const promise of promises) {
      const promised = await client.getPromisedResponse(promise);
      assert.deepEqual(await promised.json(), { push: { name: promise.path.slice(1) } });
      assert.equal(promised.url, url + promise.path);
    }
  });
});

Deno.test("http2 push: promises are iterated, each with the request that it answers", async () => {
  await withHttp2Server(promiseThree, async ({ url, sessions }) => {
    await using client = new Http2Client(url);
    for (let round = 0; round < 5; round++) {
      using future = client.submit("GET", "/main");
      const bodies: unknown[] = [];
      for await (const promise of future.promises) {
        assert.equal(promise.request.url, url + promise.path);
        assert.equal(promise.request.method, "GET");
        assert.equal(promise.headers.get("x-why"), "needed");
        bodies.push(await (await promise.response).json());
      }
      assert.equal(bodies.length, 3);
      await (await future.response).body?.cancel();
    }
    // What was promised may end a little later than its body.
    assert(sessions.length < 5, "connections are used again");
  });
});

Deno.test("http2 push: a promise that is rejected resets its stream, and no other", async () => {
  const codes: number[] = [];
  await withHttp2Server((stream) => {
    for (const path of ["/a", "/b"]) {
      stream.pushStream({ ":path": path }, (_error, pushed) => {
        pushed.on("error", () => {});
        pushed.on("close", () => codes.push(pushed.rstCode));
        if (path === "/a") return;
        pushed.respond({ ":status": 200 });
        pushed.end("b");
        stream.respond({ ":status": 200 });
        stream.end("main");
      });
    }
  }, async ({ url }) => {
    await using client = new Http2Client(url);
    const future = client.submit("GET", "/");
    const [a, b] = await Array.fromAsync(future.promises);
    assert(a !== undefined && b !== undefined);
    client.rejectPromise(a);
    await assert.rejects(a.response, Http2ClientError);
    assert.equal(await (await b.response).text(), "b");
    assert.equal(await (await future.response).text(), "main");
  });
  assert.deepEqual(codes.sort(), [0, 8]);
});

Deno.test("http2 push: those who wait for the next promise at once are each told of one", async () => {
  let answer = (): void => {};
  await withHttp2Server((stream) => {
    const push = (path: string): void =>
      stream.pushStream({ ":path": path }, (_error, pushed) => {
        pushed.on("error", () => {});
        pushed.respond({ ":status": 200 });
        pushed.end();
      });
    push("/a");
    answer = () => {
      push("/b");
      stream.respond({ ":status": 200 });
      stream.end();
    };
  }, async ({ url }) => {
    await using client = new Http2Client(url);
    const future = client.submit("GET", "/");
    const waiting = Array.from({ length: 3 }, () => future.nextPromise());
    assert.equal((await waiting[0])?.path, "/a");
    answer();
    const told = await Promise.all(waiting);
    assert.deepEqual(told.map((promise) => promise?.path), ["/a", "/b", undefined]);
    future[Symbol.dispose]();
    await (await future.response).text();
  });
});
