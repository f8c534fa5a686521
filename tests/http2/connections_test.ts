/**
 * The connections of an HTTP/2 client: shared, full, waited for, left by the server, idle, dead.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Http2ClientError } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import type { ServerHttp2Stream } from "node:http2";
import { Http2Client } from "@pirouette/http/http2";
import { withHttp2Server } from "../support/http2_server.ts";
import { tcpServer } from "../support/tcp_server.ts";

function answer(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200 });
  stream.end("ok");
}

Deno.test("http2 connections: what a server that goes has not processed is sent once more", async () => {
  const seen: string[] = [];
  const held: ServerHttp2Stream[] = [];
  await withHttp2Server((stream, path) => {
    seen.push(path);
    if (seen.length > 3) return answer(stream);
    held.push(stream);
    if (held.length < 3) return;
    // The first was processed, the others were not.
    const [first] = held;
    stream.session?.goaway(0, first?.id);
    if (first !== undefined) setTimeout(() => answer(first), 20);
  }, async ({ url, sessions }) => {
    await using http2 = new Http2Client(url);
    const calls = [
      http2.fetch(`${url}/1`),
      http2.fetch(`${url}/2`, { method: "POST", body: "b" }),
      http2.fetch(`${url}/3`),
    ];
    const texts = await Promise.all(calls.map(async (call) => await (await call).text()));
    assert.deepEqual(texts, ["ok", "ok", "ok"]);
    assert.deepEqual(seen.slice(3).sort(), ["/2", "/3"]);
    assert.equal(sessions.length, 2);
  });
});

Deno.test("http2 connections: a stream that is refused is sent once more, and not twice", async () => {
  let count = 0;
  await withHttp2Server((stream, path) => {
    count++;
    if (path === "/once" && count > 1) return answer(stream);
    stream.close(7);
  }, async ({ url }) => {
    await using http2 = new Http2Client(url);
    assert.equal(await (await http2.fetch(`${url}/once`)).text(), "ok");
    assert.equal(count, 2);
    count = 0;
    await assert.rejects(http2.fetch(`${url}/always`), (error) => {
      assert(error instanceof Http2ClientError);
      assert.match(error.message, /has not processed it/);
      return true;
    });
    assert.equal(count, 2);
    count = 0;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(9)),
    });
    await assert.rejects(http2.fetch(`${url}/once`, { method: "PUT", body }), Http2ClientError);
    assert.equal(count, 1, "a stream that was read from cannot be sent again");
  });
});

Deno.test("http2 connections: another is made where those there are full", async () => {
  const waiting: ServerHttp2Stream[] = [];
  await withHttp2Server((stream) => {
    waiting.push(stream);
    if (waiting.length === 5) { for (const one of waiting) answer(one); }
  }, async ({ url, sessions }) => {
    await using http2 = new Http2Client(url, { pool: { maxActiveStreamsPerConnection: 2 } });
    const responses = await Promise.all([1, 2, 3, 4, 5].map((at) => http2.fetch(`${url}/${at}`)));
    for (const response of responses) assert.equal(await response.text(), "ok");
    assert.equal(sessions.length, 3);
  });
});

Deno.test("http2 connections: the server's limit is kept once it is known", async () => {
  let most = 0;
  let active = 0;
  await withHttp2Server((stream, path) => {
    if (path === "/first") return answer(stream);
    most = Math.max(most, ++active);
    setTimeout(() => {
      active--;
      answer(stream);
    }, 20);
  }, async ({ url, sessions }) => {
    await using http2 = new Http2Client(url, { pool: { maxActiveConnections: 1 } });
    await (await http2.fetch(`${url}/first`)).text();
    const calls = Array.from({ length: 9 }, async (_, at) => {
      return await (await http2.fetch(`${url}/${at}`)).text();
    });
    assert.deepEqual(new Set(await Promise.all(calls)), new Set(["ok"]));
    assert.equal(most, 3);
    assert.equal(sessions.length, 1);
  }, { settings: { maxConcurrentStreams: 3 } });
});

Deno.test("http2 connections: a call waits for one, and not forever", async () => {
  await withHttp2Server(() => {}, async ({ url }) => {
    const clock = new VirtualClock();
    await using http2 = new Http2Client(url, {
      clock,
      pool: { maxActiveConnections: 1, maxActiveStreamsPerConnection: 1, waitTime: 500 },
    });
    const aborting = new AbortController();
    const first = http2.fetch(`${url}/1`, { signal: aborting.signal });
    const second = http2.fetch(`${url}/2`);
    const third = http2.fetch(`${url}/3`, { signal: AbortSignal.timeout(20) });
    const told = assert.rejects(second, { name: "MaximumWaitTimeExceededError" });
    await assert.rejects(third, { name: "TimeoutError" });
    await clock.advance(500);
    await told;
    aborting.abort();
    await assert.rejects(first, { name: "AbortError" });
  });
});

Deno.test("http2 connections: an idle one is closed, and the next call makes another", async () => {
  await withHttp2Server(answer, async ({ url, sessions }) => {
    const clock = new VirtualClock();
    await using http2 = new Http2Client(url, {
      clock,
      pool: { minEvictableIdleTime: 1000, timeBetweenEvictionRuns: 300 },
    });
    await (await http2.fetch(url)).text();
    await clock.advance(900);
    await (await http2.fetch(url)).text();
    await clock.advance(900);
    assert.equal(sessions.length, 1);
    const closed = new Promise((resolve) => sessions[0]?.once("close", resolve));
    await clock.advance(600);
    await closed;
    await (await http2.fetch(url)).text();
    assert.equal(sessions.length, 2);
  });
});

Deno.test("http2 connections: one that the server leaves is kept for what is in flight, to a limit", async () => {
  await withHttp2Server((stream, path) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
    if (path === "/go") stream.session?.goaway(0, 2 ** 31 - 1);
  }, async ({ url, sessions }) => {
    const clock = new VirtualClock();
    await using http2 = new Http2Client(url, {
      clock,
      pingInterval: 0,
      pool: { minIdleTimeInStaleState: 1000, timeBetweenStaleEviction: 250 },
    });
    const old = await http2.fetch(`${url}/go`);
    const reader = old.body?.getReader();
    await reader?.read();
    // The word of the server comes behind its response.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = await http2.fetch(`${url}/next`);
    assert.equal(sessions.length, 2);
    await clock.advance(1300);
    await assert.rejects(async () => await reader?.read(), {
      name: "Http2ClientError",
      message: /the server left, and it was not done within 1000 ms/,
    });
    await next.body?.cancel();
  });
});

Deno.test("http2 connections: a ping that is not answered ends the connection", async () => {
  // It takes everything and says nothing but its settings.
  await using server = tcpServer(async ({ socket }) => {
    await socket.write(new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const buffer = new Uint8Array(4096);
    while (await socket.read(buffer) !== null);
  });
  const clock = new VirtualClock();
  const url = `http://127.0.0.1:${server.port}/`;
  await using http2 = new Http2Client(url, { clock, pingInterval: 1000 });
  const call = http2.fetch(url);
  const told = assert.rejects(call, {
    name: "Http2ClientError",
    message: /a ping was not answered/,
  });
  // Time for the connection to be there.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(1000);
  await clock.advance(1000);
  await told;
});

Deno.test("http2 connections: an attempt to connect ends in time", async () => {
  await using server = tcpServer(async ({ socket }) => {
    const buffer = new Uint8Array(4096);
    while (await socket.read(buffer) !== null);
  });
  const clock = new VirtualClock();
  const url = `https://127.0.0.1:${server.port}/`;
  await using http2 = new Http2Client(url, { clock, connectTimeout: 3000 });
  const told = assert.rejects(http2.fetch(url), {
    name: "ClientConnectorError",
    message: /within 3000 ms/,
  });
  // Time for the module to be loaded and the attempt to be begun.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(3000);
  await told;
});

Deno.test("http2 connections: a closed client refuses calls, and ends those in flight as if open", async () => {
  await withHttp2Server((stream) => {
    stream.respond({ ":status": 200 });
    setTimeout(() => stream.end("late"), 30);
  }, async ({ url }) => {
    const http2 = new Http2Client(url);
    const response = await http2.fetch(url);
    const closing = http2.close();
    await assert.rejects(http2.fetch(url), { name: "GenericClientError" });
    assert.equal(await response.text(), "late");
    await closing;
    await http2.close();
  });
});
