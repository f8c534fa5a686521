/**
 * Content codings over real sockets: what this platform's fetch does by itself, which the decompress
 * layer must know, and that each body is decoded once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { stack } from "@pirouette/http";
import { decompress } from "../../src/layers/decompress.ts";
import { decodesAll, platformDecodes } from "../../src/layers/decompress_platform.ts";
import { ReadingInboundResponseBodyError } from "../../src/message/client_errors.ts";
import { rawHead, RawServer } from "./decompress_raw_server.ts";

const TEXT = "Blue, Hejira, Mingus. ".repeat(100);
const gzip = zlib.gzipSync(TEXT);
const deflate = zlib.deflateSync(TEXT);
const bare = zlib.deflateRawSync(TEXT);
const br = zlib.brotliCompressSync(TEXT);

/** What a server sends, and what the platform alone makes of it. */
interface Case {
  readonly name: string;
  readonly fields: readonly string[];
  readonly bytes: Uint8Array;
  readonly init?: RequestInit;
  /** Whether `fetch` alone decodes it. */
  readonly platform: boolean;
}

const identity: RequestInit = { headers: { "accept-encoding": "identity" } };
const accepting = (codings: string): RequestInit => ({ headers: { "accept-encoding": codings } });
const coding = (value: string): string[] => [`Content-Encoding: ${value}`];

const CASES: Case[] = [
  { name: "gzip", fields: coding("gzip"), bytes: gzip, platform: true },
  { name: "GZIP", fields: coding("GZIP"), bytes: gzip, platform: true },
  { name: "br", fields: coding("br"), bytes: br, platform: true },
  { name: "x-gzip", fields: coding("x-gzip"), bytes: gzip, platform: false },
  { name: "deflate", fields: coding("deflate"), bytes: deflate, platform: false },
  { name: "bare deflate", fields: coding("deflate"), bytes: bare, platform: false },
  {
    name: "gzip, gzip",
    fields: coding("gzip, gzip"),
    bytes: zlib.gzipSync(gzip),
    platform: false,
  },
  {
    name: "deflate, br",
    fields: coding("deflate, br"),
    bytes: zlib.brotliCompressSync(deflate),
    platform: false,
  },
  {
    name: "deflate and gzip, a line each",
    fields: [...coding("deflate"), ...coding("gzip")],
    bytes: zlib.gzipSync(deflate),
    platform: false,
  },
  { name: "gzip, identity", fields: coding("gzip, identity"), bytes: gzip, platform: false },
  {
    name: "gzip to who accepts deflate",
    fields: coding("gzip"),
    bytes: gzip,
    init: accepting("deflate"),
    platform: true,
  },
  {
    name: "br to who refuses it",
    fields: coding("br"),
    bytes: br,
    init: accepting("identity, br;q=0"),
    platform: true,
  },
  {
    name: "gzip to who accepts nothing",
    fields: coding("gzip"),
    bytes: gzip,
    init: identity,
    platform: false,
  },
  {
    name: "gzip to who says so in capitals",
    fields: coding("gzip"),
    bytes: gzip,
    init: accepting("IDENTITY"),
    platform: false,
  },
  {
    name: "gzip to who asks for a part",
    fields: coding("gzip"),
    bytes: gzip,
    init: { headers: { range: "bytes=0-", "accept-encoding": "gzip" } },
    platform: false,
  },
];

function raw({ fields, bytes }: Pick<Case, "fields" | "bytes">, isChunked: boolean): Uint8Array {
  const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
  const text = new TextEncoder();
  const head = text.encode(rawHead("200 OK", ...fields, length));
  const body = isChunked
    ? [text.encode(`${bytes.length.toString(16)}\r\n`), bytes, text.encode("\r\n0\r\n\r\n")]
    : [bytes];
  return new Uint8Array(Buffer.concat([head, ...body]));
}

for (const one of CASES) {
  for (const isChunked of [false, true]) {
    const how = isChunked ? "in chunks" : "with a length";
    Deno.test(`decompress over a socket: ${one.name}, ${how}, is decoded once`, async () => {
      await using server = new RawServer(() => [raw(one, isChunked)]);
      // Should this fail, the platform has changed: so must decompress_platform.ts.
      const alone = await (await fetch(server.url, one.init)).text();
      assert.equal(alone === TEXT, one.platform, "what fetch does by itself");
      const response = await stack(fetch, decompress({ codings: [] }))(server.url, one.init);
      assert.equal(response.url, server.url);
      assert.equal(response.headers.has("content-encoding"), false);
      assert.equal(response.headers.has("content-length"), false);
      assert.equal(await response.text(), TEXT);
    });
  }
}

Deno.test("decompress over a socket: asks for more than the platform does", async () => {
  await using server = new RawServer(() => [raw({ fields: [], bytes: br }, false)]);
  await (await fetch(server.url)).bytes();
  await (await stack(fetch, decompress())(server.url)).bytes();
  const asked = server.requests.map((head) => /accept-encoding: (.*)\r/i.exec(head)?.[1]);
  assert.equal(asked[0], "gzip,br");
  assert.match(String(asked[1]), /^gzip, deflate, br(, zstd)?$/);
});

Deno.test("decompress over a socket: what has no body is left as it is", async () => {
  const table: [status: string, method: string][] = [
    ["200 OK", "HEAD"],
    ["204 No Content", "GET"],
    ["304 Not Modified", "GET"],
  ];
  for (const [status, method] of table) {
    await using server = new RawServer(() => [rawHead(status, "Content-Encoding: deflate")]);
    const response = await stack(fetch, decompress())(server.url, { method });
    assert.equal(response.headers.get("content-encoding"), "deflate");
    assert.equal(response.body, null);
  }
});

Deno.test("decompress over a socket: a part of a coded body is left as it is", async () => {
  const part = gzip.subarray(5, 15);
  const range = "bytes 5-14/100";
  const length = `Content-Length: ${part.length}`;
  const head = rawHead(
    "206 Partial Content",
    "Content-Encoding: gzip",
    `Content-Range: ${range}`,
    length,
  );
  await using server = new RawServer(() => [head, part]);
  const init = { headers: { range: "bytes=5-14" } };
  const response = await stack(fetch, decompress())(server.url, init);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.deepEqual(await response.bytes(), new Uint8Array(part));
});

Deno.test("decompress over a socket: bodies that are broken or break off fail with their error", async () => {
  const length = (count: number): string => `Content-Length: ${count}`;
  for (const [name, bytes] of [["gzip", gzip], ["br", br], ["deflate", deflate]] as const) {
    const [head] = [coding(name)];
    const short = bytes.subarray(0, bytes.length - 3);
    const answers: (readonly [string, Uint8Array])[] = [
      // Data that ends too early, a connection that does, and what is no such data.
      [rawHead("200 OK", ...head, length(short.length)), short],
      [rawHead("200 OK", ...head, length(bytes.length)), short],
      [rawHead("200 OK", ...head), short],
      [rawHead("200 OK", ...head, "Transfer-Encoding: chunked"), new Uint8Array([0x35])],
      [rawHead("200 OK", ...head, length(50)), new Uint8Array(50).fill(0xff)],
    ];
    // Of two lines the platform takes the first for the last coding.
    if (name === "gzip") {
      answers.push([rawHead("200 OK", ...head, ...coding("deflate")), zlib.deflateSync(bytes)]);
    }
    for (const answer of answers) {
      await using server = new RawServer(() => answer);
      const response = await stack(fetch, decompress())(server.url);
      const error = await response.bytes().then(() => undefined, (cause) => cause);
      assert.ok(error instanceof ReadingInboundResponseBodyError, `${name}: ${error}`);
      assert.ok(error.cause === undefined || error.cause instanceof Error);
    }
  }
});

Deno.test("decompress over a socket: an abort while it streams is told as an abort", async () => {
  for (const [name, bytes] of [["gzip", gzip], ["deflate", deflate]] as const) {
    const abort = new AbortController();
    const head = rawHead("200 OK", `Content-Encoding: ${name}`, `Content-Length: ${bytes.length}`);
    await using server = new RawServer(async function* () {
      yield head;
      yield bytes.subarray(0, 20);
      await new Promise((resolve) => abort.signal.addEventListener("abort", resolve));
    });
    const response = await stack(fetch, decompress())(server.url, { signal: abort.signal });
    const read = response.bytes().then(() => undefined, (cause) => cause);
    abort.abort();
    assert.equal((await read)?.name, "AbortError");
  }
});

Deno.test("decompress over a socket: a status beyond 599 keeps it", async () => {
  const fields = ["Content-Encoding: gzip", `Content-Length: ${gzip.length}`];
  await using server = new RawServer(() => [rawHead("999 Denied", ...fields), gzip]);
  const response = await stack(fetch, decompress())(server.url);
  assert.equal(response.status, 999);
  assert.equal(response.ok, false);
  assert.equal(await response.text(), TEXT);
});

Deno.test("decompress: platforms are told apart by their user agent", () => {
  const asked = new Headers();
  const original = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const table: [navigator: unknown, chain: boolean, deflate: boolean, gzip: boolean][] = [
    [{ userAgent: "Deno/2.9.6" }, false, false, true],
    [{ userAgent: "Node.js/24" }, true, true, true],
    [{ userAgent: "Mozilla/5.0" }, true, true, true],
    [{}, true, true, true],
    [undefined, true, true, true],
  ];
  try {
    for (const [value, ...expected] of table) {
      Object.defineProperty(globalThis, "navigator", { value, configurable: true });
      const decodes = platformDecodes();
      const found = ["gzip, deflate", "deflate", "gzip"]
        .map((contentEncoding) => decodes({ contentEncoding, asked }));
      assert.deepEqual(found, expected);
    }
  } finally {
    if (original !== undefined) Object.defineProperty(globalThis, "navigator", original);
  }
  const decodes = decodesAll(["gzip"]);
  assert.equal(decodes({ contentEncoding: "gzip, identity", asked }), false);
  assert.equal(decodes({ contentEncoding: "", asked }), false);
});
