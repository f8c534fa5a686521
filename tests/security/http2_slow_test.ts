/**
 * SECURITY.md row 28: clients over HTTP/2 that take their time, so that many of them would keep others
 * out. The times are short and real: they are those of sockets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { callHttp2, withHttp2Session } from "../support/http2_calls.ts";
import { onHttp2Runtimes } from "../support/http2_listener.ts";
import {
  frame,
  frameFlag,
  frameType,
  headerBlock,
  number32,
  preface,
  type RawFrame,
  RawHttp2,
  requestFields,
} from "../support/raw_http2.ts";

const socketLimits = {
  headerTimeout: 200,
  receiveTimeout: 200,
  sendTimeout: 200,
  requestTimeout: 600,
  keepAliveTimeout: 300,
};

const initialWindowSize = 4;
const post = headerBlock(requestFields("/upload", "POST"));

Deno.test("security 28: clients that take their time are not waited for", async () => {
  await onHttp2Runtimes({ socketLimits }, async (target) => {
    const { headers, data } = frameType;
    const attacks: Readonly<Record<string, () => Promise<void>>> = {
      async "half a preface"() {
        using raw = await RawHttp2.connect(target);
        await raw.send(preface.subarray(0, 10));
        await raw.closed(4_000);
      },
      async "a preface without settings"() {
        using raw = await RawHttp2.connect(target);
        await raw.send(preface);
        await raw.closed(4_000);
      },
      async "a body that does not go on"() {
        using raw = await RawHttp2.open(target);
        const stream = raw.nextStream();
        await raw.send(
          frame(headers, frameFlag.endHeaders, stream, post),
          frame(data, 0, stream, new Uint8Array(9)),
        );
        assert.equal(await raw.reset(stream, 4_000), 2);
      },
      async "a body that nobody reads and does not end"() {
        using raw = await RawHttp2.open(target);
        const stream = raw.nextStream();
        const block = headerBlock(requestFields("/wait", "POST"));
        await raw.send(frame(headers, frameFlag.endHeaders, stream, block));
        // 408, which is no entry of HPACK's table.
        assert.equal((await raw.head(stream, 4_000)).payload[0], 0x48);
      },
      async "a window that does not open"() {
        using raw = await RawHttp2.open(target, [initialWindowSize, 0]);
        const stream = await raw.request("/big?size=1000");
        await raw.head(stream);
        await ended(raw);
      },
      async "a window that opens once"() {
        using raw = await RawHttp2.open(target, [initialWindowSize, 1_000]);
        const stream = await raw.request("/endless");
        await raw.head(stream);
        await ended(raw);
      },
      async "a head that does not end"() {
        using raw = await RawHttp2.open(target);
        await raw.send(frame(headers, frameFlag.endStream, raw.nextStream(), post));
        await raw.closed(4_000);
      },
      async "a head that does not end, behind a request that did"() {
        using raw = await RawHttp2.open(target);
        await raw.head(await raw.request("/whole"));
        await raw.send(frame(headers, frameFlag.endStream, raw.nextStream(), post));
        for (let index = 0; index < 200 && !raw.isClosed; index++) {
          await raw.send(frame(frameType.continuation, 0, 3, headerBlock([["x", "y"]])));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await raw.closed(1);
      },
      async "a promise that is not taken"() {
        using raw = await RawHttp2.open(target, [initialWindowSize, 0]);
        const stream = await raw.request("/push?size=1000");
        await raw.send(frame(frameType.windowUpdate, 0, stream, number32(1_000)));
        assert.notEqual(await raw.reset(2, 4_000), 0);
      },
      async "a connection without requests"() {
        using raw = await RawHttp2.open(target);
        assert.equal(await raw.goaway(4_000), 0);
        await raw.closed(4_000);
      },
    };
    const asking = async (): Promise<void> => {
      await withHttp2Session(target, async (session) => {
        for (let index = 0; index < 20; index++) {
          assert.equal((await callHttp2(session, "/whole")).body, "whole");
        }
      });
    };
    await Promise.all([
      asking(),
      ...Object.entries(attacks).map(([name, attack]) =>
        attack().catch((error) => {
          throw new Error(`${name} on ${target.runtime}: ${error.message}`, { cause: error });
        })
      ),
    ]);
  });
});

Deno.test("security 28: clients that are slow, but alive, are waited for", async () => {
  const times = { sendTimeout: 400, receiveTimeout: 200, headerTimeout: 5_000 };
  await onHttp2Runtimes({ socketLimits: times }, async (target) => {
    const { data, windowUpdate } = frameType;
    const taking = async (path: string, size: number): Promise<void> => {
      using raw = await RawHttp2.open(target, [initialWindowSize, 2_000]);
      const stream = await raw.request(path);
      const taken = (): number =>
        raw.frames.reduce((sum, one) => one.type === data ? sum + one.payload.length : sum, 0);
      while (taken() < size) {
        assert.equal(raw.frames.some(({ type }) => type === frameType.rstStream), false, path);
        assert.equal(raw.isClosed, false, path);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await raw.send(frame(windowUpdate, 0, stream, number32(1_200)));
      }
    };
    const giving = async (): Promise<void> => {
      using raw = await RawHttp2.open(target);
      const stream = raw.nextStream();
      await raw.send(frame(headers, frameFlag.endHeaders, stream, post));
      // As much as opens the window again each time.
      for (let index = 0; index < 20; index++) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        await raw.send(
          frame(data, 0, stream, new Uint8Array(16_384)),
          frame(data, index === 19 ? frameFlag.endStream : 0, stream, new Uint8Array(16_384)),
        );
      }
      const { payload } = await raw.head(stream, 4_000);
      assert.equal(payload[0], 0x88);
    };
    const { headers } = frameType;
    await Promise.all([taking("/big?size=40000", 40_000), taking("/endless", 40_000), giving()]);
  });
});

/** Waits until a stream or its connection is ended. */
async function ended(raw: RawHttp2): Promise<void> {
  const isEnd = ({ type }: RawFrame): boolean =>
    type === frameType.rstStream || type === frameType.goaway;
  await raw.find("the end", isEnd, 4_000).catch((error) => {
    if (!raw.isClosed) throw error;
  });
}

Deno.test("security 28: a client that does not answer pings is closed", async () => {
  await onHttp2Runtimes({ http2Settings: { pingInterval: 100 } }, async (target) => {
    using raw = await RawHttp2.open(target);
    await raw.request("/wait");
    await raw.find("PING", ({ type }) => type === frameType.ping, 4_000);
    await raw.closed(4_000);
    // Who answers stays.
    await withHttp2Session(target, async (session) => {
      const waited = callHttp2(session, "/wait?for=500");
      assert.equal((await waited).body, "waited");
    });
  });
});

for (const limit of ["maxConnections", "maxConnectionsPerAddress"]) {
  Deno.test(`security 28: ${limit} holds for HTTP/2 as well`, async () => {
    await onHttp2Runtimes({ socketLimits: { [limit]: 2 } }, async (target) => {
      using first = await RawHttp2.open(target);
      using second = await RawHttp2.open(target);
      await first.head(await first.request("/whole"));
      await second.head(await second.request("/whole"));
      using third = await RawHttp2.open(target);
      await third.closed(4_000);
      await first.head(await first.request("/whole"));
    });
  });
}
