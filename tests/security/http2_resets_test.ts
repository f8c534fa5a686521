/**
 * SECURITY.md row 28: streams that a client begins and gives up, over and over, or makes the server
 * give up. The connection is ended (GOAWAY), and others are answered meanwhile.
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
  RawHttp2,
  requestFields,
} from "../support/raw_http2.ts";

const { headers, rstStream, windowUpdate, data } = frameType;
const wholeHead = frameFlag.endHeaders | frameFlag.endStream;
const waiting = headerBlock(requestFields("/wait"));
const enhanceYourCalm = 11;

/** What follows each request on its stream. */
const follows: Readonly<Record<string, (stream: number) => Uint8Array>> = {
  "rapid reset (CVE-2023-44487)": (stream) => frame(rstStream, 0, stream, number32(8)),
  "made you reset by a window of 0 (CVE-2025-8671)": (stream) =>
    frame(windowUpdate, 0, stream, number32(0)),
  "made you reset by a window beyond 2^31": (stream) =>
    frame(windowUpdate, 0, stream, number32(2 ** 31 - 1)),
  "made you reset by data behind the end": (stream) => frame(data, 0, stream, new Uint8Array(1)),
};

for (const [attack, follow] of Object.entries(follows)) {
  Deno.test(`security 28: ${attack} ends the connection`, async () => {
    await onHttp2Runtimes({ http2Settings: { maxResets: 50 } }, async (target) => {
      await withHttp2Session(target, async (session) => {
        using raw = await RawHttp2.open(target);
        let begun = 0;
        while (!hasEnded(raw) && begun < 2_000) {
          const frames: Uint8Array[] = [];
          for (let index = 0; index < 10; index++) {
            const stream = raw.nextStream();
            frames.push(frame(headers, wholeHead, stream, waiting), follow(stream));
          }
          begun += frames.length / 2;
          await raw.send(...frames);
          assert.equal((await callHttp2(session, "/whole")).body, "whole");
        }
        assert.ok(begun < 200, `${begun} on ${target.runtime}`);
        const code = await raw.goaway();
        if (attack.startsWith("rapid")) assert.equal(code, enhanceYourCalm);
        assert.notEqual(code, 0);
      });
    });
  });
}

/** Whether the server takes nothing more: Node 20 leaves the socket open for a while. */
function hasEnded(raw: RawHttp2): boolean {
  return raw.isClosed || raw.frames.some(({ type }) => type === frameType.goaway);
}

Deno.test("security 28: as many resets as there may be end nothing", async () => {
  await onHttp2Runtimes({ http2Settings: { maxResets: 50 } }, async (target) => {
    using raw = await RawHttp2.open(target);
    for (let index = 0; index < 50; index++) {
      const stream = await raw.request("/wait");
      await raw.send(frame(rstStream, 0, stream, number32(8)));
    }
    await raw.head(await raw.request("/whole"));
  });
});

Deno.test("security 28: handlers of streams that were reset count as long as they work", async () => {
  const http2Settings = { maxActiveStreams: 5, maxResets: 1_000 };
  await onHttp2Runtimes({ http2Settings }, async (target) => {
    using raw = await RawHttp2.open(target);
    // They work on for a while whatever their client does.
    const stubborn = headerBlock(requestFields("/stubborn?for=300"));
    let last = 0;
    for (let index = 0; index < 11; index++) {
      last = raw.nextStream();
      await raw.send(frame(headers, wholeHead, last, stubborn));
      if (index === 10) break;
      await raw.send(frame(rstStream, 0, last, number32(8)));
      // So that the server is done with it.
      if (index < 9) await raw.head(await raw.request("/whole"));
    }
    assert.equal(await raw.reset(last), 7);
  });
});

Deno.test("security 28: more streams than were allowed end the connection or are refused", async () => {
  await onHttp2Runtimes({ http2Settings: { maxActiveStreams: 10 } }, async (target) => {
    using raw = await RawHttp2.open(target);
    await raw.head(await raw.request("/whole"));
    const streams: number[] = [];
    for (let index = 0; index < 11; index++) streams.push(await raw.request("/wait"));
    const outcome = await raw.outcome(streams.at(-1)!);
    assert.notEqual(outcome?.type, headers);
  });
});
