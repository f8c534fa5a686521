/**
 * SECURITY.md row 28: frames that cost a client nothing, in masses. Each flood ends its connection, or
 * is borne at next to no cost; another client is answered all the while, and memory stays as it is.
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
  joined,
  number32,
  RawHttp2,
  requestFields,
  settings,
} from "../support/raw_http2.ts";

/** A flood: what comes before it, what it is made of, and whether it ends the connection. */
interface Flood {
  readonly begin?: (raw: RawHttp2) => Promise<void>;
  readonly wave: (raw: RawHttp2) => Uint8Array;
  readonly waves: number;
  readonly ends: boolean;
}

const repeated = (one: Uint8Array, times: number): Uint8Array => joined(Array(times).fill(one));

/** Begins a request whose header block has not ended. */
const openBlock = async (raw: RawHttp2): Promise<void> => {
  const block = headerBlock(requestFields("/whole"));
  await raw.send(frame(frameType.headers, frameFlag.endStream, raw.nextStream(), block));
};

/** Begins a request whose body has not ended. */
const openBody = async (raw: RawHttp2): Promise<void> => {
  const block = headerBlock(requestFields("/upload", "POST"));
  await raw.send(frame(frameType.headers, frameFlag.endHeaders, raw.nextStream(), block));
};

const floods: Readonly<Record<string, Flood>> = {
  "CONTINUATION with fields": {
    begin: openBlock,
    wave: () => frame(frameType.continuation, 0, 1, headerBlock([["x", "y".repeat(10_000)]])),
    waves: 100,
    ends: true,
  },
  "empty CONTINUATION": {
    begin: openBlock,
    wave: () => repeated(frame(frameType.continuation, 0, 1), 100),
    waves: 20,
    ends: true,
  },
  PING: {
    wave: () => repeated(frame(frameType.ping, 0, 0, new Uint8Array(8)), 100),
    waves: 100,
    ends: true,
  },
  SETTINGS: {
    wave: () => repeated(frame(frameType.settings, 0, 0, settings([4, 65_535])), 100),
    waves: 100,
    ends: true,
  },
  "empty DATA": {
    begin: openBody,
    wave: () => repeated(frame(frameType.data, 0, 1), 100),
    waves: 100,
    ends: true,
  },
  WINDOW_UPDATE: {
    wave: () => repeated(frame(frameType.windowUpdate, 0, 0, number32(1)), 1_000),
    waves: 100,
    ends: false,
  },
  PRIORITY: {
    wave: () => repeated(frame(frameType.priority, 0, 3, new Uint8Array(5)), 1_000),
    waves: 100,
    ends: false,
  },
  "unknown frames": {
    wave: () => repeated(frame(0x42, 0, 0, new Uint8Array(8)), 1_000),
    waves: 100,
    ends: false,
  },
  "messages against the rules": {
    wave: (raw) => {
      const block = headerBlock([[":method", "GET"], [":nothing", "a"]]);
      const flags = frameFlag.endHeaders | frameFlag.endStream;
      const one = (): Uint8Array => frame(frameType.headers, flags, raw.nextStream(), block);
      return joined(Array.from({ length: 10 }, one));
    },
    waves: 100,
    ends: true,
  },
};

for (const [name, { begin, wave, waves, ends }] of Object.entries(floods)) {
  Deno.test(`security 28: a flood of ${name} keeps nobody waiting`, async () => {
    await onHttp2Runtimes({}, async (target) => {
      await withHttp2Session(target, async (session) => {
        using raw = await RawHttp2.open(target);
        await begin?.(raw);
        for (let index = 0; index < waves && !raw.isClosed; index++) {
          await raw.send(wave(raw));
          if (index % 10 === 0) assert.equal((await callHttp2(session, "/whole")).body, "whole");
        }
        if (ends) await raw.closed();
        assert.equal((await callHttp2(session, "/whole")).body, "whole");
      });
    });
  });
}

Deno.test("security 28: pings whose answers nobody reads do not pile up", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      using raw = await RawHttp2.open(target);
      raw.stopReading();
      const pings = repeated(frame(frameType.ping, 0, 0, new Uint8Array(8)), 1_000);
      for (let index = 0; index < 50 && !raw.isClosed; index++) await raw.send(pings);
      assert.equal((await callHttp2(session, "/whole")).body, "whole");
    });
  });
});
