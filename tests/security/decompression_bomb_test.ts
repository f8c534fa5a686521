/**
 * SECURITY.md rows 8, 18 and 25 for content codings of requests: what little bytes expand to is held
 * to the body limit, in memory too, and neither long lists of codings nor layers of them get past it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { bytes, interceptor, json, post, serve, service, stream, text } from "@pirouette/http";
import { readContent } from "../../src/message/body_reader.ts";
import { decodeContent } from "../../src/message/decode_content.ts";
import { PayloadTooLargeError } from "../../src/message/status_errors.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";
import { within } from "../support/within.ts";

const MIB = 1024 * 1024;
const LIMIT = 1000;

const encoders: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  gzip: (data) => zlib.gzipSync(data, { level: 9 }),
  deflate: (data) => zlib.deflateSync(data, { level: 9 }),
  br: (data) => zlib.brotliCompressSync(data),
};

/** `length` zero bytes in codings, the first one applied first. */
function bomb(length: number, ...codings: string[]): Uint8Array<ArrayBuffer> {
  let data: Uint8Array = new Uint8Array(length);
  for (const coding of codings) data = encoders[coding]?.(data) ?? data;
  return new Uint8Array(data);
}

const calls: string[] = [];
const limited = service({ maxEntityBodySize: LIMIT }, [
  post("/json", { body: json() }, () => calls.push("json")),
  post("/text", { body: text() }, () => calls.push("text")),
  post("/bytes", { body: bytes() }, () => calls.push("bytes")),
  post("/unbound", ({ request }) => request.bytes().then((sent) => sent.length)),
]);

const mediaTypes: Readonly<Record<string, string>> = {
  "/json": "application/json",
  "/text": "text/plain",
  "/bytes": "application/octet-stream",
};

const BOMBS: [header: string, body: Uint8Array<ArrayBuffer>][] = [
  ["gzip", bomb(LIMIT + 1, "gzip")],
  ["x-gzip", bomb(500 * LIMIT, "gzip")],
  ["deflate", bomb(500 * LIMIT, "deflate")],
  ["br", bomb(16 * MIB, "br")],
  ["gzip, gzip", bomb(16 * MIB, "gzip", "gzip")],
  ["deflate, gzip, br", bomb(16 * MIB, "deflate", "gzip", "br")],
  ["gzip, gzip, gzip, gzip, gzip", bomb(MIB, "gzip", "gzip", "gzip", "gzip", "gzip")],
];

Deno.test("security 25: decompression bomb: is answered 413 before the handler, however it is coded", async (t) => {
  calls.length = 0;
  await onBothTransports(limited, async (ask, transport) => {
    for (const [header, body] of BOMBS) {
      assert.ok(body.length <= LIMIT, `${header}: ${body.length} bytes`);
      await t.step(`${header}, ${transport}`, async () => {
        for (const [path, type] of Object.entries(mediaTypes)) {
          const headers = { "content-encoding": header, "content-type": type };
          const response = await ask(path, { method: "POST", headers, body });
          assert.equal(response.status, 413, path);
          await response.body?.cancel();
          const chunked = new Blob([body]).stream();
          const second = await ask(path, { method: "POST", headers, body: chunked });
          assert.equal(second.status, 413, `${path} in chunks`);
          await second.body?.cancel();
        }
      });
    }
    assert.deepEqual(calls, []);
  });
});

Deno.test("security 25: decompression bomb: up to the limit it is no bomb", async () => {
  await onBothTransports(limited, async (ask) => {
    calls.length = 0;
    for (const coding of ["gzip", "deflate", "br"]) {
      const headers = { "content-encoding": coding, "content-type": "application/octet-stream" };
      const body = bomb(LIMIT, coding);
      const response = await ask("/bytes", { method: "POST", headers, body });
      assert.equal(response.status, 201, coding);
      await response.body?.cancel();
    }
    assert.equal(calls.length, 3);
  });
});

Deno.test("security 25: decompression bomb: a declared length over the limit is refused before it is decoded", async () => {
  await using server = await serve(limited, { port: 0, host: "127.0.0.1" });
  const head = rawRequest("POST /json HTTP/1.1", [
    "Host: x",
    "Content-Type: application/json",
    "Content-Encoding: gzip",
    "Content-Length: 1000000000",
  ]);
  assert.equal((await sendRaw(server, head))?.status, 413);
});

Deno.test("security 25: decompression bomb: one that an interceptor binds is 413 too", async () => {
  const binds = interceptor({
    bind: { body: bytes() },
    request: ({ context }) => context.next(),
  });
  let handled = 0;
  const intercepted = service({ maxEntityBodySize: LIMIT, interceptors: [binds] }, [
    post("/", () => handled++),
  ]);
  await onBothTransports(intercepted, async (ask) => {
    for (const coding of Object.keys(encoders)) {
      const response = await ask("/", {
        method: "POST",
        body: bomb(64 * MIB, coding),
        headers: { "content-encoding": coding, "content-type": "application/octet-stream" },
      });
      await response.body?.cancel();
      assert.equal(response.status, 413, coding);
    }
  });
  assert.equal(handled, 0);
});

Deno.test("security 25: decompression bomb: memory stays near the limit", async () => {
  for (const coding of ["gzip", "deflate"]) {
    const sent = bomb(48 * MIB, coding);
    let largest = 0;
    const content = decodeContent(streamOf(sent, sent.length), coding, Infinity);
    for await (const chunk of content) largest = Math.max(largest, chunk.length);
    assert.ok(largest <= 2 * MIB, `${coding}: ${largest / MIB} MiB at once`);
  }
  // Some ten bytes of brotli stand for 16 MiB, and no decoder stops within them.
  const sent = bomb(48 * MIB, "br");
  assert.ok(sent.length < 1000);
  const content = decodeContent(streamOf(sent, sent.length), "br", Infinity);
  for await (const chunk of content) assert.ok(chunk.length <= 32 * MIB, `${chunk.length / MIB}`);
});

Deno.test("security 25: decompression bomb: the source is cancelled at the first byte too many", async () => {
  for (const coding of ["gzip", "deflate", "br", "gzip, gzip"]) {
    const sent = bomb(16 * MIB, ...coding.split(", "));
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const source = streamOf(sent, 16, resolve);
    const request = new Request("http://localhost/", {
      method: "POST",
      body: source,
      headers: { "content-encoding": coding },
    });
    await assert.rejects(readContent(request, 10), PayloadTooLargeError);
    await within(cancelled, `${coding}: cancellation`);
  }
});

Deno.test("security 25: decompression bomb: what decodes to nothing cannot be sent without end", async () => {
  const header = zlib.gzipSync("").subarray(0, 10);
  const empty = Buffer.from("000000ffff".repeat(20), "hex");
  let count = 0;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(count++ === 0 ? header : empty),
  }, { highWaterMark: 0 });
  const headers = { "content-encoding": "gzip", "content-type": "application/json" };
  const init = { method: "POST", headers, body };
  const response = await within(limited.fetch("http://x/json", init), "an answer");
  assert.equal(response.status, 413);
  assert.ok(count <= 15, `${count} chunks were read`);
});

Deno.test("security 25: decompression bomb: at most five codings, in time that does not grow with the list", async () => {
  const start = performance.now();
  const lists = ["gzip,".repeat(200_000), ",".repeat(1_000_000), " ".repeat(1_000_000) + "gzip"];
  for (const list of [...lists, "x".repeat(1_000_000), "gzip, ".repeat(5) + "gzip"]) {
    const headers = { "content-encoding": list, "content-type": "application/json" };
    const response = await limited.fetch("http://x/json", { method: "POST", headers, body: "1" });
    assert.ok([400, 415].includes(response.status), `${response.status}`);
    assert.ok((await response.text()).length < 1000);
  }
  assert.ok(performance.now() - start < 2_000);
});

Deno.test("security 25: decompression: a coding that is not known is answered 415, with those that are", async () => {
  await onBothTransports(limited, async (ask) => {
    for (const coding of ["compress", "rot13", "gzip, exi", "__proto__"]) {
      const headers = { "content-encoding": coding, "content-type": "application/json" };
      const response = await ask("/json", { method: "POST", headers, body: "1" });
      assert.equal(response.status, 415, coding);
      assert.match(response.headers.get("accept-encoding") ?? "", /^gzip, deflate, br(, zstd)?$/);
      await response.body?.cancel();
    }
  });
});

Deno.test("security 25: decompression: corrupt content is answered 400, without a word of the decoder's", async () => {
  await onBothTransports(limited, async (ask) => {
    for (const coding of ["gzip", "deflate", "br"]) {
      const headers = { "content-encoding": coding, "content-type": "application/json" };
      const response = await ask("/json", { method: "POST", headers, body: "no such thing" });
      assert.equal(response.status, 400, coding);
      const { message } = await response.json();
      assert.equal(
        message,
        `data binding failed: the payload is not valid ${coding}, or not whole`,
      );
    }
  });
});

Deno.test("security 25: decompression: a handler that reads the request itself gets it as it came", async () => {
  const body = bomb(5 * LIMIT, "gzip");
  const headers = { "content-encoding": "gzip", "content-type": "application/json" };
  const response = await limited.fetch("http://x/unbound", { method: "POST", headers, body });
  assert.equal(await response.json(), body.length);
});

Deno.test("security 25: decompression: a stream is bound decoded, under no limit, as fast as it is read", async () => {
  const streamed = service({ maxEntityBodySize: LIMIT }, [
    post("/size", { body: stream() }, async ({ body }) => {
      let size = 0;
      for await (const chunk of body ?? []) size += chunk.length;
      return size;
    }),
  ]);
  await onBothTransports(streamed, async (ask) => {
    const headers = { "content-encoding": "gzip", "content-type": "application/octet-stream" };
    const init = { method: "POST", headers, body: bomb(4 * MIB, "gzip") };
    assert.equal(await (await ask("/size", init)).json(), 4 * MIB);
    const corrupt = await ask("/size", { ...init, body: "no such thing" });
    assert.equal(corrupt.status, 400);
    await corrupt.body?.cancel();
  });
});

/** `data`, `size` bytes at a time, and only when asked. */
function streamOf(
  data: Uint8Array<ArrayBuffer>,
  size: number,
  cancel: () => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < data.length) controller.enqueue(data.slice(at, at += size));
      else controller.close();
    },
    cancel,
  }, { highWaterMark: 0 });
}
