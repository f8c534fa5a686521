/**
 * SECURITY.md row 28: clients that leave (GOAWAY) in the middle of what they send. Deno 2.9.6 frees the
 * session there and then and reads on in it, of which the process dies sooner or later.
 *
 * @module
 */
import assert from "node:assert/strict";
import { onHttp2Runtimes } from "../support/http2_listener.ts";
import { frame, frameType, number32, RawHttp2 } from "../support/raw_http2.ts";

const { goaway, rstStream } = frameType;

Deno.test("security 28: clients that leave and reset at once take nobody along", async () => {
  await onHttp2Runtimes({ http2Settings: { maxResets: 100_000 } }, async (target) => {
    for (let round = 0; round < 30; round++) {
      using raw = await RawHttp2.open(target);
      const streams: number[] = [];
      for (let index = 0; index < 5; index++) streams.push(await raw.request("/push?size=20000"));
      await raw.find("a promise", ({ type }) => type === frameType.pushPromise);
      await raw.send(
        ...streams.map((stream) => frame(rstStream, 0, stream, number32(8))),
        frame(goaway, 0, 0, new Uint8Array(8)),
        ...streams.map((_, index) => frame(rstStream, 0, 2 * index + 2, number32(8))),
      );
      if (round % 2 === 0) await raw.closed(4_000);
    }
    using raw = await RawHttp2.open(target);
    await raw.head(await raw.request("/whole"));
  });
});

Deno.test("security 28: promises that nobody takes are half as many as streams may be", async () => {
  await onHttp2Runtimes({ http2Settings: { maxActiveStreams: 10 } }, async (target) => {
    // Nothing of what is pushed can be sent; the requests are answered.
    using raw = await RawHttp2.open(target, [4, 0]);
    for (let index = 0; index < 20; index++) {
      const stream = await raw.request("/push?size=1000");
      await raw.send(frame(frameType.windowUpdate, 0, stream, number32(1_000)));
      await raw.find(
        "the end",
        (one) => one.stream === stream && one.type === 0 && one.flags === 1,
      );
    }
    const promised = raw.frames.filter(({ type }) => type === frameType.pushPromise);
    assert.equal(promised.length, 5);
    // What is refused makes room.
    await raw.send(frame(rstStream, 0, 2, number32(8)));
    await raw.head(await raw.request("/whole"));
    await raw.head(await raw.request("/push?size=1000"));
    assert.equal(raw.frames.filter(({ type }) => type === frameType.pushPromise).length, 6);
  });
});
