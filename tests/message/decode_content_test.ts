/** Requests with a `Content-Encoding`: decoded where they are bound, refused where they cannot be. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import fc from "fast-check";
import { readBytes, readContent, readText } from "../../src/message/body_reader.ts";
import { decodeContent, UnsupportedContentCodingError } from "../../src/message/decode_content.ts";
import { PayloadBindingError } from "../../src/message/errors.ts";
import { UnsupportedRequestMediaTypeError } from "../../src/message/listener_errors.ts";
import { decodePayload } from "../../src/message/payload_decode.ts";
import { PayloadTooLargeError } from "../../src/message/status_errors.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 100,
  verbose: true,
};

const MIB = 1024 * 1024;
const TEXT = JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, title: `Title ${id}` })));

const encoders: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>>> = {
  gzip: (bytes) => new Uint8Array(zlib.gzipSync(bytes)),
  deflate: (bytes) => new Uint8Array(zlib.deflateSync(bytes)),
  br: (bytes) => new Uint8Array(zlib.brotliCompressSync(bytes)),
};

function encode(text: string | Uint8Array, ...codings: string[]): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (const coding of codings) bytes = encoders[coding]?.(bytes) ?? bytes;
  return new Uint8Array(bytes);
}

function post(body: BodyInit | null, coding: string, type = "application/json"): Request {
  const headers = { "content-encoding": coding, "content-type": type };
  return new Request("http://localhost/", { method: "POST", body, headers });
}

/** A body in chunks of `size` bytes. */
function chunked(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += size));
      else controller.close();
    },
  });
}

const HEADERS: [header: string, applied: string[]][] = [
  ["gzip", ["gzip"]],
  ["GZip", ["gzip"]],
  ["x-gzip", ["gzip"]],
  ["deflate", ["deflate"]],
  ["br", ["br"]],
  ["identity", []],
  ["", []],
  [" , ", []],
  ["identity, gzip", ["gzip"]],
  ["gzip , br", ["gzip", "br"]],
  ["deflate,gzip", ["deflate", "gzip"]],
  ["gzip, deflate, br, gzip, x-gzip", ["gzip", "deflate", "br", "gzip", "gzip"]],
];

for (const [header, applied] of HEADERS) {
  Deno.test(`request content: "${header}" is decoded, last coding first`, async () => {
    const bytes = encode(TEXT, ...applied);
    assert.equal(await readText(post(bytes, header), MIB), TEXT);
    assert.equal(await readText(post(chunked(bytes, 7), header), MIB), TEXT);
    const value = await decodePayload(post(bytes, header), { kind: "json", limit: MIB });
    assert.deepEqual(value, JSON.parse(TEXT));
  });
}

Deno.test("request content: every kind of payload is decoded", async () => {
  const table = [
    ["text", "text/plain", "hello", "hello"],
    ["form", "application/x-www-form-urlencoded", "a=1&b=2", { a: "1", b: "2" }],
    ["bytes", "application/octet-stream", "abc", new Uint8Array([97, 98, 99])],
    ["json", "application/vnd.x+json", "[1]", [1]],
    ["any", "text/plain", "hello", "hello"],
  ] as const;
  for (const [kind, type, sent, expected] of table) {
    const message = post(encode(sent, "gzip"), "gzip", type);
    const value = await decodePayload(message, { kind, limit: MIB });
    if (kind === "form") assert.deepEqual({ ...value as object }, expected);
    else assert.deepEqual(value, expected);
  }
  const xml = post(encode("<a>1</a>", "br"), "br", "application/xml");
  assert.ok(await decodePayload(xml, { kind: "xml", limit: MIB }) !== undefined);
});

Deno.test("request content: a stream is decoded as it is read", async () => {
  const message = post(chunked(encode(TEXT, "gzip"), 50), "gzip");
  const body = await decodePayload(message, { kind: "stream", limit: 1 });
  assert.ok(body instanceof ReadableStream);
  assert.equal(await new Response(body).text(), TEXT);
  const plain = post("abc", "identity");
  assert.equal(await decodePayload(plain, { kind: "stream", limit: 1 }), plain.body);
  await assert.rejects(
    decodePayload(post("abc", "rot13"), { kind: "stream", limit: 1 }),
    UnsupportedRequestMediaTypeError,
  );
  const corrupt = await decodePayload(post("abc", "gzip"), { kind: "stream", limit: 1 });
  await assert.rejects(new Response(corrupt as ReadableStream).bytes(), PayloadBindingError);
});

Deno.test("request content: an answer is left to fetch, and readBytes leaves all as it came", async () => {
  const answer = new Response(TEXT, { headers: { "content-encoding": "gzip" } });
  assert.equal(await readText(answer, MIB), TEXT);
  const bytes = encode(TEXT, "gzip");
  assert.deepEqual(await readBytes(post(bytes, "gzip"), MIB), bytes);
});

const UNKNOWN = ["zip", "compress", "x-deflate", "gzip, rot13", "gzip;q=1", "gzip gzip", "*"];

for (const header of UNKNOWN) {
  Deno.test(`request content: "${header}" is refused with 415 and what would be decoded`, async () => {
    const message = post("abc", header);
    const error = await readContent(message, MIB).then(() => undefined, (cause) => cause);
    assert.ok(error instanceof UnsupportedContentCodingError);
    assert.ok(error instanceof UnsupportedRequestMediaTypeError);
    assert.equal(error.name, "UnsupportedRequestMediaTypeError");
    assert.equal(error.status, 415);
    assert.match(error.headers["accept-encoding"], /^gzip, deflate, br(, zstd)?$/);
    assert.equal(message.bodyUsed, false);
  });
}

Deno.test("request content: more than five codings are refused, however long the list", async () => {
  for (const count of [6, 7, 100_000]) {
    const message = post("abc", Array.from({ length: count }, () => "gzip").join(","));
    await assert.rejects(readContent(message, MIB), UnsupportedContentCodingError);
  }
});

const whole = {
  gzip: encode(TEXT, "gzip"),
  deflate: encode(TEXT, "deflate"),
  br: encode(TEXT, "br"),
};

const BROKEN: [
  what: string,
  coding: keyof typeof whole,
  bytes: (good: Uint8Array) => Uint8Array,
][] = [];
for (const coding of ["gzip", "deflate", "br"] as const) {
  BROKEN.push(
    ["garbage", coding, () => new TextEncoder().encode(TEXT)],
    ["garbage after the end", coding, (good) => Buffer.concat([good, new Uint8Array([1, 2, 3])])],
    ["the last byte missing", coding, (good) => good.subarray(0, -1)],
    ["a few bytes missing", coding, (good) => good.subarray(0, -6)],
    ["half of it", coding, (good) => good.subarray(0, good.length / 2)],
    ["one byte", coding, (good) => good.subarray(0, 1)],
  );
}
for (const coding of ["gzip", "deflate"] as const) {
  BROKEN.push(
    ["a wrong checksum", coding, (good) => good.with(coding === "gzip" ? -5 : -1, 0xaa)],
    ["two of them", coding, (good) => Buffer.concat([good, good])],
  );
}
BROKEN.push(["raw deflate", "deflate", () => zlib.deflateRawSync(TEXT)]);

for (const [what, coding, change] of BROKEN) {
  Deno.test(`request content: ${coding} with ${what} is refused with 400`, async () => {
    const bytes = new Uint8Array(change(whole[coding]));
    for (const body of [bytes, chunked(bytes, 100)]) {
      await assert.rejects(readContent(post(body, coding), MIB), (error: PayloadBindingError) => {
        assert.ok(error instanceof PayloadBindingError);
        assert.match(error.message, /^data binding failed: the payload is not valid \w+/);
        return true;
      });
    }
  });
}

Deno.test("request content: any deflate that was cut short is refused", async () => {
  // The platform takes most of these for whole.
  for (let length = 1; length < whole.deflate.length; length += 13) {
    const message = post(whole.deflate.slice(0, length), "deflate");
    await assert.rejects(readContent(message, MIB), PayloadBindingError);
  }
});

Deno.test("request content: an empty body is empty, whatever its coding", async () => {
  for (const coding of ["gzip", "deflate", "br", "gzip, br"]) {
    for (const body of [null, "", chunked(new Uint8Array(0), 1)]) {
      assert.equal((await readContent(post(body, coding), MIB)).length, 0);
    }
    const options = { kind: "json", limit: MIB, nilable: true } as const;
    assert.equal(await decodePayload(post("", coding), options), undefined);
  }
  assert.equal((await readContent(post(encode("", "gzip"), "gzip"), MIB)).length, 0);
});

Deno.test("request content: a sender that goes away gives 400, and not that its data is bad", async () => {
  let pulls = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(whole.gzip.subarray(0, 100));
      else controller.error(new Error("connection reset"));
    },
  });
  await assert.rejects(readContent(post(body, "gzip"), MIB), /broke off before its end/);
});

Deno.test("request content: the source is cancelled when its bytes cannot be decoded, or nobody reads", async () => {
  for (const isReader of [true, false]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => resolve(),
    }, { highWaterMark: 0 });
    const content = decodeContent(source, "gzip", Infinity);
    if (isReader) await assert.rejects(new Response(content).bytes(), PayloadBindingError);
    else await content.cancel();
    await promise;
  }
});

Deno.test("request content: it cannot be read twice", async () => {
  const message = post(whole.gzip, "gzip");
  await readContent(message, MIB);
  await assert.rejects(readContent(message, MIB), TypeError);
});

Deno.test("request content: the limit is for what was sent and for what it decodes to", async () => {
  const declared = post(whole.gzip, "gzip");
  declared.headers.set("content-length", String(MIB + 1));
  await assert.rejects(readContent(declared, MIB), PayloadTooLargeError);
  assert.equal(declared.bodyUsed, false);
  assert.equal((await readContent(post(whole.gzip, "gzip"), TEXT.length)).length, TEXT.length);
  await assert.rejects(
    readContent(post(whole.gzip, "gzip"), TEXT.length - 1),
    PayloadTooLargeError,
  );
  // What decodes to nothing is not sent without end.
  const nothing = new Uint8Array(zlib.gzipSync("", { level: 0 }));
  const blocks = Buffer.concat([
    nothing.subarray(0, 10),
    Buffer.from("000000ffff".repeat(1000), "hex"),
    Buffer.from("010000ffff", "hex"),
    new Uint8Array(8),
  ]);
  assert.equal((await readContent(post(blocks, "gzip"), 10_000)).length, 0);
  await assert.rejects(readContent(post(chunked(blocks, 64), "gzip"), 1_000), PayloadTooLargeError);
});

Deno.test("request content: any bytes go there and back, in any codings and chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.array(fc.constantFrom("gzip", "deflate", "br"), { maxLength: 3 }),
      fc.integer({ min: 1, max: 2_000 }),
      async (bytes, codings, size) => {
        const sent = encode(new Uint8Array(bytes), ...codings);
        const message = post(chunked(sent, size), codings.join(", "));
        assert.deepEqual(await readContent(message, MIB), new Uint8Array(bytes));
      },
    ),
    PROPERTY,
  );
});

Deno.test("request content: any bytes and any coding are decoded or refused as they should be", async () => {
  const header = fc.oneof(
    fc.constantFrom("gzip", "deflate", "br", "gzip, br"),
    fc.string({ unit: fc.constantFrom("g", "z", ",", " ", "b", "r", ";", "*") }),
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), header, async (bytes, coding) => {
      const message = post(new Uint8Array(bytes), coding);
      await readContent(message, MIB).catch((error) => {
        assert.ok(
          error instanceof PayloadBindingError || error instanceof UnsupportedContentCodingError ||
            error instanceof PayloadTooLargeError,
          String(error),
        );
      });
    }),
    PROPERTY,
  );
});
