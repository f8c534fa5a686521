/**
 * SECURITY.md row 25 for responses, and the bad input of the client's issue that is a matter of size:
 * gigabyte bombs in every coding, endless headers and bodies, lengths that lie.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { type Fetch, stack } from "@pirouette/http";
import { decompress, type DecompressOptions } from "../../src/layers/decompress.ts";
import { responseLimits } from "../../src/layers/response_limits.ts";
import {
  ReadingInboundResponseBodyError,
  ReadingInboundResponseHeadersError,
} from "../../src/message/client_errors.ts";
import { type RawAnswer, rawHead, RawServer } from "../layers/decompress_raw_server.ts";
import { within } from "../support/within.ts";

const MIB = 1024 * 1024;

/** One MiB of zeros in deflate, which can stand there any number of times. */
const mebibyte = zlib.deflateRawSync(new Uint8Array(MIB), {
  level: 9,
  finishFlush: zlib.constants.Z_FULL_FLUSH,
});

/** A GiB of zeros in deflate, without an end: no reader should ever get there. */
function gibibyte(start: readonly number[]): Uint8Array {
  const parts = Array.from({ length: 1024 }, () => mebibyte);
  return new Uint8Array(Buffer.concat([new Uint8Array(start), ...parts]));
}

const gzipBomb = gibibyte([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
const BOMBS: [coding: string, bytes: Uint8Array][] = [
  ["gzip", gzipBomb],
  ["x-gzip", gzipBomb],
  ["deflate", gibibyte([0x78, 0xda])],
  ["deflate, bare", gibibyte([])],
  ["br", new Uint8Array(zlib.brotliCompressSync(new Uint8Array(128 * MIB)))],
  ["gzip, gzip", new Uint8Array(zlib.gzipSync(gzipBomb))],
  ["gzip, gzip, br", new Uint8Array(zlib.brotliCompressSync(zlib.gzipSync(gzipBomb)))],
];

function answer(bytes: Uint8Array, contentEncoding: string, isChunked: boolean): RawAnswer {
  const coding = `Content-Encoding: ${contentEncoding.replace(", bare", "")}`;
  return isChunked
    ? [
      rawHead("200 OK", coding, "Transfer-Encoding: chunked"),
      `${bytes.length.toString(16)}\r\n`,
      bytes,
      "\r\n0\r\n\r\n",
    ]
    : [rawHead("200 OK", coding, `Content-Length: ${bytes.length}`), bytes];
}

/** Reads a body to its end or its error, and keeps nothing of it. */
async function drain(response: Response): Promise<{ size: number; largest: number; error: Error }> {
  let size = 0;
  let largest = 0;
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      largest = Math.max(largest, value.length);
    }
  } catch (error) {
    assert.ok(error instanceof ReadingInboundResponseBodyError, String(error));
    return { size, largest, error };
  }
  assert.fail(`All ${size} bytes were taken`);
}

for (const [coding, bytes] of BOMBS) {
  Deno.test(`security 25: response bomb: ${coding} ends early, and comes in small parts`, async () => {
    await using server = new RawServer(() => answer(bytes, coding, false));
    const response = await stack(fetch, decompress())(server.url);
    const { size, largest, error } = await within(drain(response), coding, 20_000);
    // Gzip that the platform decodes may be 200 times its declared length, which is over the other.
    const isPlatform = coding === "gzip";
    assert.match(
      error.message,
      isPlatform ? /than 104857600 bytes/ : /than 200 times what was sent/,
    );
    assert.ok(size <= (isPlatform ? 100 : 32) * MIB, `${size} bytes`);
    assert.ok(largest <= 2 * MIB, `${largest} bytes at once`);
  });
}

Deno.test("security 25: response bomb: the output limit ends it where nobody knows the ratio", async () => {
  for (const [coding, bytes] of BOMBS.filter(([name]) => name === "gzip" || name === "br")) {
    await using server = new RawServer(() => answer(bytes, coding, true));
    const response = await stack(fetch, decompress())(server.url);
    const { size, largest, error } = await within(drain(response), coding, 30_000);
    assert.match(error.message, /more than 104857600 bytes/);
    assert.ok(size <= 100 * MIB && largest <= MIB, `${size} bytes, ${largest} at once`);
  }
});

Deno.test("security 25: response bomb: a limit on bodies holds for what was decoded", async () => {
  const careful = stack(fetch, responseLimits({ maxEntityBodySize: MIB }), decompress());
  const platformAlone = stack(fetch, responseLimits({ maxEntityBodySize: 2 * MIB }));
  for (const [coding, bytes] of BOMBS) {
    await using server = new RawServer(() => answer(bytes, coding, true));
    const { size, error } = await drain(await careful(server.url));
    // Small bombs are over the ratio with the same chunk.
    assert.match(error.message, /^Response max entity body size exceeds|than 200 times/);
    assert.ok(size <= MIB);
    if (coding !== "gzip" && coding !== "br") continue;
    assert.ok((await drain(await platformAlone(server.url))).size <= 2 * MIB);
  }
});

Deno.test("security 25: response bomb: the server is cut off, not read to its end", async () => {
  const endless = function* (): Generator<string | Uint8Array> {
    yield rawHead("200 OK", "Content-Encoding: deflate");
    yield new Uint8Array([0x78, 0xda]);
    for (;;) yield mebibyte;
  };
  await using server = new RawServer(endless);
  await drain(await stack(fetch, decompress())(server.url));
  await within(server.settled(), "the server is hung up on");
  assert.equal(server.hungUp, 1);
});

Deno.test("security 25: response bomb: nothing is expanded for a reader that waits", async () => {
  for (const coding of ["gzip", "deflate"]) {
    const bytes = BOMBS.find(([name]) => name === coding)?.[1] as Uint8Array;
    let taken = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(new Uint8Array(bytes.slice(taken, taken += 1024)));
      },
    }, { highWaterMark: 0 });
    const response = new Response(body, { headers: { "content-encoding": coding } });
    const reader = (await stack(() => Promise.resolve(response), decompress())("http://a.example/"))
      .body?.getReader();
    await reader?.read();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    assert.ok(taken <= 10_240, `${taken} bytes were taken of the source`);
    await reader?.cancel();
  }
});

Deno.test("security 25: response codings: more than five are refused before a byte is decoded", async () => {
  for (const list of ["gzip, ".repeat(5) + "gzip", "identity,".repeat(500) + "gzip"]) {
    await using server = new RawServer(() => answer(gzipBomb, list, true));
    await assert.rejects(
      stack(fetch, decompress())(server.url),
      (error: Error) =>
        error instanceof ReadingInboundResponseBodyError && /more than 5/.test(error.message),
    );
    await within(server.settled(), "the server is hung up on");
  }
});

Deno.test("security 25: response codings: thousands of lines of them are refused too", async () => {
  const lines = Array.from({ length: 50 }, () => "Content-Encoding: br");
  const raw = [rawHead("200 OK", ...lines, "Content-Length: 3"), "abc"];
  await using server = new RawServer(() => raw);
  await assert.rejects(stack(fetch, decompress())(server.url), ReadingInboundResponseBodyError);
});

/** Whether a call, or reading what it gives, fails with a typed error or the platform's. */
async function outcome(fetch: Fetch, url: string): Promise<Error> {
  const error = await within(
    fetch(url).then((response) => response.bytes()).then(() => undefined, (cause) => cause),
    "an answer or an error",
    20_000,
  );
  assert.ok(error instanceof Error, "It was taken");
  return error;
}

Deno.test("security 25: endless headers: end in an error, and the server is cut off", async () => {
  const one = function* (): Generator<string> {
    yield "HTTP/1.1 200 OK\r\nX: ";
    for (;;) yield "a".repeat(16_384);
  };
  const many = function* (): Generator<string> {
    yield "HTTP/1.1 200 OK\r\n";
    for (let name = 0;; name++) yield `X-${name}: 1\r\n`;
  };
  for (const endless of [one, many]) {
    await using server = new RawServer(endless);
    const error = await outcome(
      stack(fetch, responseLimits({ maxHeaderSize: 65_536 })),
      server.url,
    );
    assert.ok(error instanceof TypeError, "the platform's own limit comes first");
    await within(server.settled(), "the server is hung up on");
    assert.equal(server.hungUp, 1);
  }
});

Deno.test("security 25: large headers: what the platform takes is refused over the limit", async () => {
  const fields = Array.from({ length: 50 }, (_, name) => `X-${name}: ${"a".repeat(2_000)}`);
  const endlessBody = function* (): Generator<string> {
    yield rawHead("200 OK", ...fields);
    for (;;) yield "a".repeat(16_384);
  };
  await using server = new RawServer(endlessBody);
  const error = await outcome(stack(fetch, responseLimits({ maxHeaderSize: 65_536 })), server.url);
  assert.ok(error instanceof ReadingInboundResponseHeadersError);
  await within(server.settled(), "the server is hung up on");
});

const LIES: [what: string, fields: string[], body: string][] = [
  ["less than there is, in chunks", [
    "Content-Length: 3",
    "Transfer-Encoding: chunked",
  ], "7d0\r\n" + "a".repeat(2_000) + "\r\n0\r\n\r\n"],
  ["more than the limit, and little sent", ["Content-Length: 2000"], "abc"],
  ["more than any number", [`Content-Length: ${"9".repeat(18)}`], "abc"],
  ["nothing, and endless", [], "a".repeat(100_000)],
];

for (const [what, fields, body] of LIES) {
  Deno.test(`security 25: length lies: ${what}`, async () => {
    await using server = new RawServer(() => [rawHead("200 OK", ...fields), body]);
    const limited = stack(fetch, responseLimits({ maxEntityBodySize: 1_000 }));
    assert.ok(await outcome(limited, server.url) instanceof ReadingInboundResponseBodyError);
  });
}

Deno.test("security 25: length lies: those the transport refuses stay its errors", async () => {
  const fields = ["-3", "3x", "+3", "3, 5", `${"9".repeat(30)}`];
  for (const length of fields) {
    await using server = new RawServer(
      () => [rawHead("200 OK", `Content-Length: ${length}`), "abc"],
    );
    const limited = stack(fetch, responseLimits({ maxEntityBodySize: 1_000 }), decompress());
    await outcome(limited, server.url);
  }
});

Deno.test("security 25: length lies: a body is never read beyond its length, nor taken for whole before", async () => {
  const limited = stack(fetch, responseLimits({ maxEntityBodySize: 1_000 }));
  const length = (size: number): string => rawHead("200 OK", `Content-Length: ${size}`);
  await using long = new RawServer(() => [length(3), "abcdef"]);
  assert.equal(await (await limited(long.url)).text(), "abc");
  await using short = new RawServer(() => [length(6), "abc"]);
  await outcome(limited, short.url);
});

Deno.test("security 25: a bomb that declares a gigabyte sent is held by the output limit", async () => {
  const options: DecompressOptions = { maxOutputSize: 5 * MIB };
  await using server = new RawServer(() => [
    rawHead("200 OK", "Content-Encoding: gzip", `Content-Length: ${1024 * MIB}`),
    gzipBomb,
  ]);
  const { size } = await drain(await stack(fetch, decompress(options))(server.url));
  assert.ok(size <= 5 * MIB);
});
