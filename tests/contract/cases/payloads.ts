/**
 * What is sent as a body: lengths, content types, HEAD, and statuses that have none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { pattern } from "../../support/temp_folder.ts";
import { type Answer, type Ask, field, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { h1, h2, isH2 } from "../target.ts";

const whole = "Whole bodies";
const bodiless = "HEAD, 204, 205, 304";
const staticFiles = "Static files and ranges";

/** Bodies that are known as a whole: their length is said, and no coding. */
const sized: readonly (readonly [path: string, type: string | undefined, body: string])[] = [
  ["/text", "text/plain;charset=UTF-8", "text"],
  ["/unicode", "text/plain;charset=UTF-8", "täxt ♥"],
  ["/json", "application/json", '{"a":1}'],
  ["/empty", undefined, ""],
];

function lengthOf(answer: Answer): number | undefined {
  const length = field(answer, "content-length");
  return length === undefined ? undefined : Number(length);
}

/** Asks by HEAD and holds what there is against GET. */
async function headLikeGet(ask: Ask, path: string): Promise<void> {
  const got = await ask.request(path);
  const headed = await ask.request({ method: "HEAD", path });
  assert.equal(headed.status, got.status, path);
  assert.equal(headed.body.length, 0, path);
  assert.equal(field(headed, "content-type"), field(got, "content-type"), path);
  const length = lengthOf(headed);
  assert.ok(length === undefined || length === got.body.length, `${path}: ${length}`);
}

/** The cases. */
export const payloads: readonly Case[] = [
  ...sized.map(([path, type, body]): Case => ({
    feature: whole,
    name: `${path} has its length and type`,
    async run(ask) {
      const answer = await ask.request(path);
      assert.equal(answer.status, 200);
      assert.equal(textOf(answer), body);
      // The end of a stream of HTTP/2 says that there is nothing.
      const isEmpty = body === "" && isH2(ask.target.protocol);
      if (!isEmpty) assert.equal(lengthOf(answer), answer.body.length);
      assert.equal(field(answer, "transfer-encoding"), undefined);
      const said = field(answer, "content-type")?.replaceAll(" ", "").toLowerCase();
      assert.equal(said, type?.toLowerCase());
    },
  })),
  {
    feature: whole,
    name: "bytes, every one of them",
    async run(ask) {
      const answer = await ask.request("/bytes");
      assert.deepEqual([...answer.body], [0, 1, 2, 255]);
      assert.equal(lengthOf(answer), 4);
      assert.equal(field(answer, "content-type"), "application/octet-stream");
    },
  },
  ...[0, 1, 65_535, 65_536, 65_537, 5 * 1024 * 1024].map((size): Case => ({
    feature: whole,
    name: `${size} bytes`,
    async run(ask) {
      const { status, body } = await ask.request(`/large/${size}`);
      assert.equal(status, 200);
      assert.equal(body.length, size);
      assert.ok(body.every((byte) => byte === 97));
    },
  })),
  {
    feature: "Streamed bodies",
    name: "in chunks over HTTP/1.1",
    protocols: h1,
    async run(ask) {
      const answer = await ask.request("/chunks/20");
      assert.equal(field(answer, "transfer-encoding"), "chunked");
      assert.equal(field(answer, "content-length"), undefined);
      assert.equal(textOf(answer).split("\n").length, 21);
    },
  },
  {
    feature: "Streamed bodies",
    name: "in frames over HTTP/2",
    protocols: h2,
    async run(ask) {
      const answer = await ask.request("/chunks/20");
      assert.equal(textOf(answer).split("\n").length, 21);
    },
  },
  {
    feature: "Streamed bodies",
    name: "with a length of the handler's own",
    async run(ask) {
      const answer = await ask.request("/sized");
      assert.equal(textOf(answer), "sized body");
      assert.equal(field(answer, "content-length"), "10");
      assert.equal(field(answer, "transfer-encoding"), undefined);
    },
  },
  {
    feature: "Streamed bodies",
    name: "that end before anything was in them",
    async run(ask) {
      const answer = await ask.request("/no-chunks");
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, 0);
    },
  },
  {
    feature: bodiless,
    name: "HEAD is GET without its body",
    async run(ask) {
      for (const path of ["/text", "/json", "/bytes", "/empty", "/large/100000", "/nowhere"]) {
        await headLikeGet(ask, path);
      }
    },
  },
  {
    feature: bodiless,
    name: "HEAD of what streams ends at once, and the stream is cancelled",
    async run(ask) {
      const answer = await ask.request({ method: "HEAD", path: "/chunks/3" });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, 0);
      const endless = await ask.request({ method: "HEAD", path: `/endless/${ask.id}` });
      assert.equal(endless.body.length, 0);
    },
  },
  {
    feature: bodiless,
    name: "HEAD of its own resource",
    async run(ask) {
      const answer = await ask.request({ method: "HEAD", path: "/head-only" });
      assert.equal(answer.status, 200);
      assert.equal(field(answer, "x-length"), "7");
    },
  },
  {
    feature: bodiless,
    name: "204 has neither body nor length (RFC 9110 section 8.6)",
    async run(ask) {
      const answer = await ask.request("/none");
      assert.equal(answer.status, 204);
      assert.equal(field(answer, "content-length"), undefined);
      assert.equal(field(answer, "transfer-encoding"), undefined);
      assert.equal(answer.body.length, 0);
    },
  },
  {
    feature: bodiless,
    name: "304 has its fields, no body and no coding",
    async run(ask) {
      const answer = await ask.request("/same");
      assert.equal(answer.status, 304);
      assert.equal(field(answer, "etag"), '"a"');
      assert.equal(field(answer, "transfer-encoding"), undefined);
      assert.ok(!lengthOf(answer));
    },
  },
  {
    feature: bodiless,
    name: "202 without a value is empty",
    async run(ask) {
      const answer = await ask.request("/accepted");
      assert.equal(answer.status, 202);
      assert.equal(answer.body.length, 0);
    },
  },
  {
    feature: bodiless,
    name: "205 is empty, and ends (RFC 9110 section 15.3.6)",
    differs: [{
      transport: "deno_serve",
      protocols: h1,
      cell: "205 says no length",
      because: "Deno.serve takes even a Content-Length of 0 away from it",
      async run(ask) {
        const exchange = await ask.open({ path: "/reset" });
        const head = await exchange.head();
        assert.equal(head.status, 205);
        assert.equal(field(head, "transfer-encoding"), undefined);
      },
    }],
    async run(ask) {
      const answer = await ask.request("/reset");
      assert.equal(answer.status, 205);
      assert.equal(answer.body.length, 0);
    },
  },
  {
    feature: bodiless,
    name: "a connection goes on after each of them",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      for (const line of ["HEAD /text", "GET /none", "GET /same", "HEAD /chunks/3", "HEAD /none"]) {
        await connection.send(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`);
        const head = await connection.readHead();
        assert.ok(head !== undefined && head.status < 400, line);
      }
      await connection.send("GET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assert.equal((await connection.readHead())?.status, 200);
      assert.equal(new TextDecoder().decode(await connection.readEnd()), "text");
    },
  },
  {
    feature: "Compression",
    name: "as the client accepts it, and Vary",
    async run(ask) {
      const path = "/compressed/text";
      const plain = await ask.request(path);
      const packed = await ask.request({ path, fields: [["accept-encoding", "gzip"]] });
      assert.equal(field(packed, "content-encoding"), "gzip");
      assert.ok(packed.body.length < plain.body.length);
      assert.equal(gunzipSync(packed.body).toString(), textOf(plain));
      for (const one of [plain, packed]) assert.match(field(one, "vary") ?? "", /accept-encoding/i);
    },
  },
  {
    feature: staticFiles,
    name: "10 MiB, byte by byte",
    async run(ask) {
      const answer = await ask.request("/files/large.bin");
      assert.equal(answer.status, 200);
      assert.equal(lengthOf(answer), 10 * 1024 * 1024);
      assert.equal(Buffer.compare(answer.body, pattern(10 * 1024 * 1024)), 0);
    },
  },
  {
    feature: staticFiles,
    name: "a range, the end, one that is not there",
    async run(ask) {
      const path = "/files/small.txt";
      const range = (value: string): Promise<Answer> =>
        ask.request({ path, fields: [["range", value]] });
      const some = await range("bytes=2-4");
      assert.equal(some.status, 206);
      assert.equal(field(some, "content-range"), "bytes 2-4/10");
      assert.equal(textOf(some), "234");
      assert.equal(textOf(await range("bytes=-3")), "789");
      assert.equal((await range("bytes=10-")).status, 416);
    },
  },
  {
    feature: staticFiles,
    name: "asked again, 304",
    async run(ask) {
      const tag = field(await ask.request("/files/small.txt"), "etag") ?? "";
      const again = await ask.request({
        path: "/files/small.txt",
        fields: [["if-none-match", tag]],
      });
      assert.equal(again.status, 304);
      assert.equal(again.body.length, 0);
    },
  },
];
