/**
 * How HTTP/2 connections end on the transport of Node's modules: told to go (GOAWAY), and closed once
 * what is in flight is answered (RFC 9113 section 6.8).
 *
 * @module
 */
import assert from "node:assert/strict";
import { callHttp2, withHttp2Session } from "../support/http2_calls.ts";
import { onHttp2Runtimes, startHttp2Listener } from "../support/http2_listener.ts";
import { frameType, RawHttp2 } from "../support/raw_http2.ts";
import { within } from "../support/within.ts";

Deno.test("http2: a graceful stop answers what is in flight and tells clients to go", async () => {
  await using server = await startHttp2Listener({});
  using raw = await RawHttp2.open(server);
  const waiting = await raw.request("/wait?for=200");
  await raw.head(await raw.request("/whole"));
  const stopped = server.gracefulStop(3_000);
  const { payload } = await raw.find("GOAWAY", ({ type }) => type === frameType.goaway);
  // The last stream that is taken: whoever began another one may do so elsewhere.
  assert.equal(new DataView(payload.buffer).getUint32(0), waiting + 2);
  const late = await raw.request("/whole");
  await raw.head(waiting);
  await raw.closed();
  assert.ok(!raw.frames.some(({ stream }) => stream === late));
  await within(stopped, "the end of the stop");
});

Deno.test("http2: a stop does not wait for a client that keeps its connection open", async () => {
  await using server = await startHttp2Listener({});
  using raw = await RawHttp2.open(server);
  await raw.head(await raw.request("/whole"));
  const begun = performance.now();
  await within(server.gracefulStop(10_000), "the end of the stop", 6_000);
  assert.ok(performance.now() - begun < 5_000);
});

Deno.test("http2: what is left at the deadline is broken off, and at once by immediateStop", async () => {
  for (const stop of ["gracefulStop", "immediateStop"] as const) {
    await using server = await startHttp2Listener({});
    await withHttp2Session(server, async (session) => {
      const waiting = callHttp2(session, "/wait");
      await callHttp2(session, "/whole");
      await within(server[stop](100), "the end of the stop", 2_000);
      assert.equal((await waiting).status, 0);
    });
  }
});

Deno.test("http2: a connection is good for maxRequestsPerConnection requests", async () => {
  await onHttp2Runtimes({ socketLimits: { maxRequestsPerConnection: 3 } }, async (target) => {
    using raw = await RawHttp2.open(target);
    for (let index = 0; index < 3; index++) await raw.head(await raw.request("/whole"));
    assert.equal(await raw.goaway(), 0);
    await raw.closed();
  });
});

Deno.test("http2: a connection without streams is told to go, and not one with a stream", async () => {
  const http2Settings = { minIdleTimeInStaleState: 200, timeBetweenStaleEviction: 50 };
  await onHttp2Runtimes({ http2Settings }, async (target) => {
    using idle = await RawHttp2.open(target);
    using busy = await RawHttp2.open(target);
    const waiting = await busy.request("/wait?for=500");
    assert.equal(await idle.goaway(), 0);
    await busy.head(waiting);
    assert.ok(!busy.frames.some(({ type }) => type === frameType.goaway));
    await idle.closed();
  });
});

Deno.test("http2: a client that is gone leaves nothing behind", async () => {
  await using server = await startHttp2Listener({});
  for (let index = 0; index < 5; index++) {
    using raw = await RawHttp2.open(server);
    await raw.request("/wait");
    await raw.head(await raw.request("/whole"));
  }
  // Nothing is in flight any more, so that there is nothing to wait for.
  await within(server.gracefulStop(10_000), "the end of the stop", 3_000);
});
