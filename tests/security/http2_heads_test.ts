/**
 * SECURITY.md row 28 (and 3): heads over HTTP/2 that are too large, blow up when they are decoded, or
 * mean something else to whoever reads them next.
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
  type RawFrame,
  RawHttp2,
  requestFields,
} from "../support/raw_http2.ts";

const wholeHead = frameFlag.endHeaders | frameFlag.endStream;

Deno.test("security 28: heads that are too large are answered with 431", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      const large = { "x-large": "y".repeat(12_000), "x-larger": "y".repeat(12_000) };
      assert.equal((await callHttp2(session, "/whole", { headers: large })).status, 431);
      const names = Array.from({ length: 120 }, (_, index) => [`x-${index}`, "y"]);
      const many = Object.fromEntries(names);
      assert.equal((await callHttp2(session, "/whole", { headers: many })).status, 431);
      assert.equal((await callHttp2(session, "/whole")).status, 200);
    });
  });
});

Deno.test("security 28: maxHeaderSize and maxHeaderCount hold for HTTP/2", async () => {
  const config = { requestLimits: { maxHeaderSize: 500 }, socketLimits: { maxHeaderCount: 10 } };
  await onHttp2Runtimes(config, async (target) => {
    await withHttp2Session(target, async (session) => {
      const large = { "x-large": "y".repeat(600) };
      assert.equal((await callHttp2(session, "/whole", { headers: large })).status, 431);
      const many = Object.fromEntries(
        Array.from({ length: 11 }, (_, index) => [`x-${index}`, "y"]),
      );
      assert.equal((await callHttp2(session, "/whole", { headers: many })).status, 431);
      assert.equal((await callHttp2(session, "/whole")).status, 200);
    });
  });
});

Deno.test("security 28: a header list that HPACK blows up is not kept", async () => {
  await onHttp2Runtimes({}, async (target) => {
    await withHttp2Session(target, async (session) => {
      using raw = await RawHttp2.open(target);
      const request = headerBlock(requestFields("/whole"));
      // Put in the table once, and named 16,000 times then: 60 MB out of 16 kB.
      const indexed = headerBlock([["x", "y".repeat(3_900)]]);
      indexed[0] = 0x40;
      const first = raw.nextStream();
      await raw.send(frame(frameType.headers, wholeHead, first, joined([request, indexed])));
      await raw.head(first);
      const bomb = joined([request, new Uint8Array(16_000).fill(0xbe)]);
      for (let index = 0; index < 50 && !raw.isClosed; index++) {
        const stream = raw.nextStream();
        await raw.send(frame(frameType.headers, wholeHead, stream, bomb));
        assert.notEqual((await raw.outcome(stream))?.type, frameType.headers);
      }
      assert.equal((await callHttp2(session, "/whole")).body, "whole");
    });
  });
});

const usual = { ":method": "GET", ":scheme": "http", ":path": "/seen", ":authority": "a" };

/** Fields that are not answered with success. */
const refused: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "no path": Object.entries({ ...usual, ":path": "" }),
  "a path that is none": Object.entries({ ...usual, ":path": "seen" }),
  "a whole URL as its path": Object.entries({ ...usual, ":path": "http://b/seen" }),
  "a path twice": [...Object.entries(usual), [":path", "/whole"]],
  "a path behind the fields": [[":method", "GET"], ["x", "y"], [":path", "/seen"]],
  "a pseudo-header field that is not known": [...Object.entries(usual), [":x", "y"]],
  "a status": [...Object.entries(usual), [":status", "200"]],
  "no authority": Object.entries(usual).filter(([name]) => name !== ":authority"),
  "two authorities": [...Object.entries(usual), ["host", "b"]],
  "a user in its authority": Object.entries({ ...usual, ":authority": "user@a" }),
  "a path in its authority": Object.entries({ ...usual, ":authority": "a/admin" }),
  "fields of a connection": [...Object.entries(usual), ["connection", "x"]],
  "a transfer coding": [...Object.entries(usual), ["transfer-encoding", "chunked"]],
  "a name in upper case": [...Object.entries(usual), ["X-Upper", "a"]],
  "a method that is none": Object.entries({ ...usual, ":method": "G ET" }),
  "a space in its path": Object.entries({ ...usual, ":path": "/seen /x" }),
  "a length that its body has not": [...Object.entries(usual), ["content-length", "5"]],
  "a tunnel": [[":method", "CONNECT"], [":authority", "a:80"]],
  "an extended tunnel": [...Object.entries({ ...usual, ":method": "CONNECT" }), [":protocol", "x"]],
};

Deno.test("security 28: heads that two readers could read differently are refused", async () => {
  await onHttp2Runtimes({}, async (target) => {
    for (const [what, fields] of Object.entries(refused)) {
      using raw = await RawHttp2.open(target);
      const stream = raw.nextStream();
      await raw.send(frame(frameType.headers, wholeHead, stream, headerBlock(fields)));
      const status = statusOf(await raw.outcome(stream));
      assert.ok(status === 400 || status === 501, `${what} on ${target.runtime}: ${status}`);
    }
  });
});

Deno.test("security 13: what would split a message never comes in by HTTP/2", async () => {
  await onHttp2Runtimes({}, async (target) => {
    for (const value of ["a\r\nb: c", "a\0b", "a\nb"]) {
      using raw = await RawHttp2.open(target);
      const stream = raw.nextStream();
      const block = headerBlock([...Object.entries(usual), ["x-split", value]]);
      await raw.send(frame(frameType.headers, wholeHead, stream, block));
      const outcome = await raw.outcome(stream);
      // Without it, or not at all.
      if (outcome?.type !== frameType.headers) continue;
      const { payload } = await raw.find("a body", ({ type }) => type === frameType.data);
      const seen = new TextDecoder().decode(payload);
      assert.ok(!seen.includes("x-split"), seen);
    }
  });
});

/** The status of an answer, whose head nghttp2 writes as an index of HPACK's table or as a text. */
function statusOf(outcome: RawFrame | undefined): number {
  if (outcome?.type !== frameType.headers) return 400;
  const [first = 0] = outcome.payload;
  const known: Readonly<Record<number, number>> = { 0x88: 200, 0x8c: 400, 0x8d: 404 };
  // A text is 501 here: there is no other status that a head is refused with.
  return known[first] ?? 501;
}
