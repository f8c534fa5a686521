/**
 * Compression over a socket, both ways, against the real `curl`; skipped with a printed line where it
 * is absent, except on CI.
 *
 * @module
 */
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { get, json, ok, post, type RunningServer, serve, service } from "@pirouette/http";
import { compress } from "../../src/layers/compress.ts";
import { hasPeer } from "../support/peers.ts";

const ITEMS = Array.from({ length: 500 }, (_, id) => ({ id, title: `Title ${id}` }));
const TEXT = JSON.stringify(ITEMS);

const answering = service({ layers: [compress()] }, [
  get("/items", () => ok({ body: ITEMS, headers: { etag: '"a"' } })),
  get("/small", () => ({ small: true })),
  get("/stream", () => {
    const blocks = Array.from({ length: 40 }, () => new TextEncoder().encode("x".repeat(10_000)));
    return new Response(ReadableStream.from(blocks), { headers: { "content-type": "text/plain" } });
  }),
  post("/count", { body: json() }, ({ body }) => (body as unknown[]).length),
]);

/** The header fields and the body that curl received, decoded if it was told to. */
async function curl(
  server: RunningServer,
  path: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<{ head: string; body: string }> {
  const all = ["--silent", "--show-error", "--include", "--max-time", "10", "--noproxy", "*"];
  const child = new Deno.Command("curl", {
    args: [...all, ...args, server.url + path],
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(input);
    await writer.close();
  }
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const text = new TextDecoder().decode(stdout);
  const end = text.indexOf("\r\n\r\n");
  return { head: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) };
}

if (hasPeer("curl")) {
  Deno.test("curl: --compressed gets what it would get without", async () => {
    await using server = await serve(answering, { port: 0, host: "127.0.0.1" });
    const plain = await curl(server, "/items", []);
    assert.doesNotMatch(plain.head, /content-encoding/);
    assert.match(plain.head, /^etag: "a"$/m);
    assert.match(plain.head, /^vary: accept-encoding$/m);
    const squeezed = await curl(server, "/items", ["--compressed"]);
    assert.match(squeezed.head, /^content-encoding: gzip$/m);
    assert.match(squeezed.head, /^etag: w\/"a"$/m);
    assert.match(squeezed.head, /^vary: accept-encoding$/m);
    assert.equal(squeezed.body, plain.body);
    // It was compressed in one go, so that its length is known.
    const [, length] = /^content-length: (\d+)$/m.exec(squeezed.head) ?? [];
    assert.ok(Number(length) < TEXT.length / 2, `${length}`);
    for (const coding of ["gzip", "deflate", "br"]) {
      const args = ["--compressed", "--header", `Accept-Encoding: ${coding}`];
      const { head, body } = await curl(server, "/items", args);
      assert.match(head, new RegExp(`^content-encoding: ${coding}$`, "m"));
      assert.equal(body, plain.body);
    }
  });

  Deno.test("curl: a stream arrives in chunks, HEAD without a body, a small answer as it is", async () => {
    await using server = await serve(answering, { port: 0, host: "127.0.0.1" });
    const stream = await curl(server, "/stream", ["--compressed"]);
    assert.match(stream.head, /^content-encoding: gzip$/m);
    assert.match(stream.head, /^transfer-encoding: chunked$/m);
    assert.equal(stream.body, "x".repeat(400_000));
    const head = await curl(server, "/items", ["--compressed", "--head"]);
    assert.match(head.head, /^vary: accept-encoding$/m);
    assert.equal(head.body, "");
    const small = await curl(server, "/small", ["--compressed"]);
    assert.doesNotMatch(small.head, /content-encoding/);
    assert.match(small.head, /^content-length: 14$/m);
    assert.deepEqual(JSON.parse(small.body), { small: true });
  });

  Deno.test("curl: a compressed upload is decoded, with a length and in chunks", async () => {
    await using server = await serve(answering, { port: 0, host: "127.0.0.1" });
    const uploads = [
      ["gzip", zlib.gzipSync(TEXT)],
      ["deflate", zlib.deflateSync(TEXT)],
      ["br", zlib.brotliCompressSync(TEXT)],
    ] as const;
    for (const [coding, sent] of uploads) {
      for (const chunked of [[], ["--header", "Transfer-Encoding: chunked"]]) {
        const fields = ["Content-Type: application/json", `Content-Encoding: ${coding}`];
        const args = [...fields.flatMap((field) => ["--header", field]), ...chunked];
        const { body } = await curl(server, "/count", [...args, "--data-binary", "@-"], sent);
        assert.equal(body, "500", coding);
      }
    }
  });
}
