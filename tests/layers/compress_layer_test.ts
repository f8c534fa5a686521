/** Which answers are compressed, and what is said of them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { asRequest } from "@pirouette/http";
import { compress, compressor } from "../../src/layers/compress.ts";
import type { CompressionConfig } from "../../src/layers/compress_config.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 200,
  verbose: true,
};

const LONG = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, title: `Title ${id}` })));

/** What is asked for. */
interface Asked {
  readonly config?: CompressionConfig;
  readonly accept?: string;
  readonly method?: string;
  readonly headers?: HeadersInit;
}

/** The compressed form of an answer. */
async function squeezed(response: Response, asked: Asked = {}): Promise<Response> {
  const request = new Request("http://localhost/", {
    method: asked.method ?? "GET",
    headers: asked.headers ?? {},
  });
  const { accept = "gzip" } = asked;
  if (accept !== "none") request.headers.set("accept-encoding", accept);
  return await compress(asked.config)(() => Promise.resolve(response))(request);
}

function json(headers: Record<string, string> = {}, body: BodyInit | null = LONG): Response {
  return new Response(body, { headers: { "content-type": "application/json", ...headers } });
}

const formats: Readonly<Record<string, string>> = {
  gzip: "gzip",
  deflate: "deflate",
  br: "brotli",
};

async function decoded(response: Response): Promise<string> {
  const format = formats[response.headers.get("content-encoding") ?? ""];
  if (format === undefined) return await response.text();
  const decoder = new DecompressionStream(format as CompressionFormat);
  return await new Response(response.body?.pipeThrough(decoder)).text();
}

const CODINGS: [config: CompressionConfig, accept: string, expected: string | null][] = [
  [{}, "gzip", "gzip"],
  [{}, "GZIP", "gzip"],
  [{}, "x-gzip", "gzip"],
  [{}, "br", "br"],
  [{}, "deflate", "deflate"],
  [{}, "gzip, deflate, br, zstd", "gzip"],
  [{ codings: ["br", "gzip"] }, "gzip, deflate, br, zstd", "br"],
  [{ codings: ["br", "gzip"] }, "gzip, br;q=0.5", "gzip"],
  [{ codings: ["br"] }, "gzip", null],
  [{}, "*", "gzip"],
  [{}, "gzip;q=0", null],
  [{}, "gzip;q=0, *", "br"],
  [{}, "*;q=0", null],
  [{}, "identity", null],
  [{}, "identity;q=0", null],
  [{}, "", null],
  [{}, "none", null],
  [{}, "rot13", null],
  [{ enable: "AUTO" }, "none", null],
  [{ enable: "AUTO" }, "gzip", "gzip"],
  [{ enable: "ALWAYS" }, "none", "gzip"],
  [{ enable: "ALWAYS", codings: ["br", "gzip"] }, "none", "gzip"],
  [{ enable: "ALWAYS", codings: ["br"] }, "none", "br"],
  [{ enable: "ALWAYS" }, "deflate", "deflate"],
  [{ enable: "ALWAYS" }, "gzip", "gzip"],
  // Who refuses is not sent what it cannot read, whatever the configuration.
  [{ enable: "ALWAYS" }, "identity", null],
  [{ enable: "ALWAYS" }, "gzip;q=0", null],
  [{ enable: "ALWAYS" }, "*;q=0", null],
  [{ enable: "ALWAYS" }, "", null],
  [{ enable: "ALWAYS" }, "rot13", null],
  [{ enable: "NEVER" }, "gzip", null],
  [{ enable: "NEVER", contentTypes: ["application/json"] }, "gzip", null],
];

for (const [config, accept, expected] of CODINGS) {
  Deno.test(`compress: ${JSON.stringify(config)} for "${accept}" gives ${expected}`, async () => {
    const response = await squeezed(json(), { config, accept });
    assert.equal(response.headers.get("content-encoding"), expected);
    // Both variants say so, that no cache mistakes one for the other.
    const vary = config.enable === "NEVER" ? null : "Accept-Encoding";
    assert.equal(response.headers.get("vary"), vary);
    assert.equal(await decoded(response), LONG);
  });
}

const TYPES: [contentTypes: string[], type: string, isCompressed: boolean][] = [
  [[], "application/json", true],
  [[], "application/json; charset=utf-8", true],
  [[], "Application/JSON", true],
  [[], "application/problem+json", true],
  [[], "application/vnd.api+json;v=1", true],
  [[], "text/plain", true],
  [[], "text/html;charset=utf-8", true],
  [[], "text/css", true],
  [[], "text/javascript", true],
  [[], "application/javascript", true],
  [[], "application/xml", true],
  [[], "application/rss+xml", true],
  [[], "application/x-www-form-urlencoded", true],
  [[], "image/svg+xml", true],
  [[], "application/wasm", true],
  [[], "font/ttf", true],
  [[], "font/woff2", false],
  [[], "image/png", false],
  [[], "image/jpeg", false],
  [[], "video/mp4", false],
  [[], "audio/mpeg", false],
  [[], "application/zip", false],
  [[], "application/gzip", false],
  [[], "application/pdf", false],
  [[], "application/octet-stream", false],
  [[], "application/x-ndjson", false],
  [[], "text/event-stream", false],
  [[], "Text/Event-Stream; charset=utf-8", false],
  [[], "multipart/byteranges; boundary=x", false],
  [[], "not a type", false],
  [["text/plain", "Application/Json"], "application/json", true],
  [["text/plain", "Application/Json"], "APPLICATION/JSON;charset=utf-8", true],
  [["text/plain"], "application/json", false],
  [["text/plain"], "text/plain", true],
  [["text/plain"], "text/plainer", false],
  [[" text/plain ;charset=utf-8 "], "text/plain;charset=ascii", true],
  [["text/*"], "text/csv", true],
  [["text/*"], "text/event-stream", false],
  [["text/*"], "application/json", false],
  [["*/*"], "application/pdf", true],
  [["*/*"], "text/event-stream", false],
  [["application/x-ndjson"], "application/x-ndjson", true],
  [["image/png"], "image/png", true],
];

for (const [contentTypes, type, isCompressed] of TYPES) {
  for (const enable of ["AUTO", "ALWAYS"] as const) {
    const what = isCompressed ? "compressed" : "left alone";
    Deno.test(`compress: ${enable} with [${contentTypes}]: ${type} is ${what}`, async () => {
      const accept = enable === "AUTO" ? "gzip" : "none";
      const given = json({ "content-type": type });
      const response = await squeezed(given, { config: { enable, contentTypes }, accept });
      assert.equal(response.headers.get("content-encoding"), isCompressed ? "gzip" : null);
      assert.equal(response.headers.get("vary"), isCompressed ? "Accept-Encoding" : null);
      if (!isCompressed) assert.equal(response, given);
    });
  }
}

Deno.test("compress: an answer without a type is left alone", async () => {
  const bytes = new TextEncoder().encode(LONG);
  for (const contentTypes of [[], ["*/*"]]) {
    const given = new Response(bytes);
    assert.equal(await squeezed(given, { config: { contentTypes } }), given);
  }
});

const UNTOUCHED: [what: string, make: () => Response][] = [
  ["a coding already", () => json({ "content-encoding": "br" })],
  ["a coding nobody knows", () => json({ "content-encoding": "rot13" })],
  ["a range", () => json({ "content-range": "bytes 0-1/2" })],
  ["no-transform", () => json({ "cache-control": "public, No-Transform" })],
  ["no-transform by itself", () => json({ "cache-control": "no-transform" })],
  ["a 204", () => new Response(null, { status: 204, headers: { "content-type": "text/plain" } })],
  ["a 205", () => new Response(null, { status: 205, headers: { "content-type": "text/plain" } })],
  ["a 206", () => new Response(LONG, { status: 206, headers: { "content-type": "image/png" } })],
];

for (const [what, make] of UNTOUCHED) {
  Deno.test(`compress: an answer with ${what} is the same object, untouched`, async () => {
    for (const enable of ["AUTO", "ALWAYS"] as const) {
      const given = make();
      const before = [...given.headers];
      const response = await squeezed(given, { config: { enable, minimumSize: 0 } });
      assert.equal(response, given);
      assert.deepEqual([...response.headers], before);
    }
  });
}

Deno.test("compress: parts and 304 say what the whole would, and are sent as they are", async () => {
  for (
    const given of [
      new Response(null, { status: 304, headers: { etag: '"a"' } }),
      new Response(LONG, { status: 206, headers: { "content-type": "text/plain" } }),
      new Response(LONG, { status: 206, headers: { "content-type": "multipart/byteranges" } }),
    ]
  ) {
    const before = Object.fromEntries(given.headers);
    const response = await squeezed(given, { config: { minimumSize: 0 } });
    assert.equal(response, given);
    assert.deepEqual(Object.fromEntries(response.headers), { ...before, vary: "Accept-Encoding" });
  }
});

Deno.test("compress: `identity` is no coding", async () => {
  const response = await squeezed(json({ "content-encoding": "Identity" }));
  assert.equal(response.headers.get("content-encoding"), "gzip");
});

Deno.test("compress: what the fields said of the plain bytes is not said of the compressed", async () => {
  const response = await squeezed(json({
    "content-length": String(LONG.length),
    "accept-ranges": "bytes",
    "content-digest": "sha-256=:x:",
    "repr-digest": "sha-256=:x:",
    "digest": "sha-256=x",
    "content-md5": "x",
    "etag": '"a"',
    "vary": "Origin",
    "x-other": "kept",
    "set-cookie": "a=1",
  }));
  assert.deepEqual([...response.headers], [
    ["content-encoding", "gzip"],
    ["content-type", "application/json"],
    ["etag", 'W/"a"'],
    ["set-cookie", "a=1"],
    ["vary", "Origin, Accept-Encoding"],
    ["x-other", "kept"],
  ]);
  assert.equal(await decoded(response), LONG);
});

Deno.test("compress: the plain variant keeps its fields, and says that there is another", async () => {
  const headers = { "content-length": String(LONG.length), etag: '"a"', "accept-ranges": "bytes" };
  const given = json(headers);
  const response = await squeezed(given, { accept: "none" });
  assert.equal(response, given);
  assert.equal(response.headers.get("etag"), '"a"');
  assert.equal(response.headers.get("content-length"), String(LONG.length));
  assert.equal(response.headers.get("vary"), "Accept-Encoding");
});

Deno.test("compress: a weak tag stays as it is, and status and text stay too", async () => {
  const given = new Response(LONG, {
    status: 404,
    statusText: "Nowhere",
    headers: { "content-type": "text/plain", etag: 'W/"a"' },
  });
  const response = await squeezed(given);
  assert.deepEqual([response.status, response.statusText], [404, "Nowhere"]);
  assert.equal(response.headers.get("etag"), 'W/"a"');
  assert.equal(await decoded(response), LONG);
});

const TAGS: [known: string | undefined, etag: string | undefined, expected: string | null][] = [
  ['W/"a"', '"a"', 'W/"a"'],
  ['"x", W/"a"', '"a"', 'W/"a"'],
  ['"a"', '"a"', '"a"'],
  ['W/"a", "a"', '"a"', '"a"'],
  ["*", '"a"', '"a"'],
  [undefined, '"a"', '"a"'],
  ['W/"a"', 'W/"a"', 'W/"a"'],
  ['W/"a"', undefined, null],
];

for (const [known, etag, expected] of TAGS) {
  Deno.test(`compress: a 304 to ${known} about ${etag} has the tag that was asked about`, async () => {
    const given = new Response(null, { status: 304, headers: etag === undefined ? {} : { etag } });
    const headers: HeadersInit = known === undefined ? {} : { "if-none-match": known };
    const response = await squeezed(given, { headers });
    assert.equal(response.status, 304);
    assert.equal(response.body, null);
    assert.equal(response.headers.get("etag"), expected);
    assert.equal(response.headers.get("content-encoding"), null);
  });
}

const SIZES: [config: CompressionConfig, size: number, isCompressed: boolean][] = [
  [{}, 1023, false],
  [{}, 1024, true],
  [{ minimumSize: 10 }, 9, false],
  [{ minimumSize: 10 }, 10, true],
  [{ minimumSize: 0 }, 1, true],
  [{ minimumSize: 0 }, 0, false],
  [{ enable: "ALWAYS" }, 14, true],
  [{ enable: "ALWAYS" }, 0, false],
  [{ enable: "ALWAYS", minimumSize: 100 }, 99, false],
  [{ minimumSize: 100_000 }, 99_999, true],
];

for (const [config, size, isCompressed] of SIZES) {
  const what = isCompressed ? "compressed" : "sent as they are";
  Deno.test(`compress: with ${JSON.stringify(config)} ${size} bytes are ${what}`, async () => {
    const text = "a".repeat(size);
    const bodies: readonly BodyInit[] = [text, new TextEncoder().encode(text), new Blob([text])];
    for (const body of bodies) {
      const response = await squeezed(json({}, body), { config });
      const coding = response.headers.get("content-encoding");
      // What does not fit in one go is a stream, whose size nobody knows; a blob is always one.
      if (!(body instanceof Blob)) assert.equal(coding, isCompressed ? "gzip" : null);
      assert.equal(response.headers.get("vary"), "Accept-Encoding");
      assert.equal(await decoded(response), text);
    }
  });
}

Deno.test("compress: a declared length under the minimum is believed, and nothing is read", () => {
  const answer = compressor();
  const request = new Request("http://localhost/", { headers: { "accept-encoding": "gzip" } });
  const given = json({ "content-length": "10" }, "0123456789");
  assert.equal(answer(request, given), given);
  assert.equal(given.bodyUsed, false);
});

Deno.test("compress: what needs no reading is answered at once", () => {
  const answer = compressor();
  const accepting = new Request("http://localhost/", { headers: { "accept-encoding": "gzip" } });
  const other = new Request("http://localhost/", { headers: { "accept-encoding": "identity" } });
  assert.ok(answer(accepting, json()) instanceof Promise);
  for (const given of [json({ "content-type": "image/png" }), json({}, null)]) {
    assert.equal(answer(accepting, given), given);
  }
  const given = json();
  assert.equal(answer(other, given), given);
});

Deno.test("compress: HEAD keeps what was said, and only adds that there is another variant", async () => {
  const given = json({ "content-length": "5000", etag: '"a"' }, null);
  const response = await squeezed(given, { method: "HEAD" });
  assert.equal(response, given);
  assert.deepEqual([...response.headers], [
    ["content-length", "5000"],
    ["content-type", "application/json"],
    ["etag", '"a"'],
    ["vary", "Accept-Encoding"],
  ]);
});

Deno.test("compress: an answer with fixed headers, as fetch gives, is built anew", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => json({ etag: '"a"' }),
  );
  const fetched = compress({ enable: "ALWAYS" })(fetch);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const plain = await fetched(url, { headers: { "accept-encoding": "identity" } });
  assert.equal(plain.headers.get("vary"), "Accept-Encoding");
  assert.equal(await plain.text(), LONG);
  const response = await fetched(url, { headers: { "accept-encoding": "gzip" } });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(response.headers.get("etag"), 'W/"a"');
  assert.equal(await decoded(response), LONG);
});

Deno.test("compress: passes a request that it built to the layers below", async () => {
  const seen: unknown[] = [];
  const squeeze = compress()((input, init) => {
    seen.push(input instanceof Request, init, asRequest(input).method);
    return Promise.resolve(json());
  });
  const init = { method: "PUT", headers: { "accept-encoding": "gzip" } };
  const response = await squeeze("http://localhost/", init);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.deepEqual(seen, [true, undefined, "PUT"]);
});

Deno.test("compress: an answer whose body is taken is left to fail where it is sent", async () => {
  const given = json();
  const reader = given.body?.getReader();
  assert.equal(await squeezed(given), given);
  reader?.releaseLock();
});

Deno.test("compress: for any Accept-Encoding the body arrives, in a coding that was asked for", async () => {
  const member = fc.tuple(
    fc.constantFrom("gzip", "x-gzip", "deflate", "br", "zstd", "*", "identity", "a"),
    fc.constantFrom("", ";q=0", ";q=0.5", ";q=1", ";q=x"),
  ).map(([name, weight]) => name + weight);
  const header = fc.oneof(
    fc.array(member, { maxLength: 5 }).map((members) => members.join(", ")),
    fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    }),
  );
  const body = fc.oneof(fc.string({ maxLength: 3_000 }), fc.constant(LONG));
  await fc.assert(
    fc.asyncProperty(header, body, async (accept, text) => {
      const config = { minimumSize: 100, enable: "ALWAYS" } as const;
      const response = await squeezed(json({}, text), { config, accept });
      const coding = response.headers.get("content-encoding");
      if (coding !== null) {
        assert.ok(accept.trim() !== "");
        // Codings are named in any case (RFC 9110 section 8.4.1).
        const asked = accept.toLowerCase();
        assert.ok(asked.includes(coding) || asked.includes("*"), `${accept}: ${coding}`);
      }
      assert.equal(await decoded(response), text);
    }),
    PROPERTY,
  );
});
