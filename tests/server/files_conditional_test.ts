/**
 * Files under conditions and in parts (RFC 9110 sections 13 and 14): which of 200, 206, 304, 412 and
 * 416 is answered, with which fields, in which order the conditions count.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { get, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { longAgo, pattern, putFile, withFolder } from "../support/temp_folder.ts";

const date = longAgo.toUTCString();
const before = new Date(longAgo.getTime() - 1_000).toUTCString();
const after = new Date(longAgo.getTime() + 1_000).toUTCString();

/** `TAG` stands for the file's strong tag. */
const conditions: readonly (readonly [Record<string, string>, number])[] = [
  [{ "if-none-match": "TAG" }, 304],
  [{ "if-none-match": "W/TAG" }, 304],
  [{ "if-none-match": '"x", TAG' }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-none-match": '"x"' }, 200],
  [{ "if-modified-since": date }, 304],
  [{ "if-modified-since": after }, 304],
  [{ "if-modified-since": before }, 200],
  [{ "if-modified-since": "yesterday" }, 200],
  [{ "if-none-match": '"x"', "if-modified-since": date }, 200],
  [{ "if-none-match": "TAG", "if-modified-since": before }, 304],
  [{ "if-match": "TAG" }, 200],
  [{ "if-match": "*" }, 200],
  [{ "if-match": '"x"' }, 412],
  [{ "if-match": "W/TAG" }, 412],
  [{ "if-unmodified-since": date }, 200],
  [{ "if-unmodified-since": before }, 412],
  [{ "if-match": "TAG", "if-unmodified-since": before }, 200],
  [{ "if-match": '"x"', "if-none-match": "TAG" }, 412],
  [{ "if-match": "TAG", "if-none-match": "TAG" }, 304],
  [{ range: "bytes=0-1", "if-none-match": "TAG" }, 304],
  [{ range: "bytes=0-1", "if-match": '"x"' }, 412],
  [{ range: "bytes=99-", "if-none-match": "TAG" }, 304],
];

const ranges:
  readonly (readonly [Record<string, string>, number, (string | undefined)?, string?])[] = [
    [{ range: "bytes=0-0" }, 206, "0", "bytes 0-0/10"],
    [{ range: "bytes=2-4" }, 206, "234", "bytes 2-4/10"],
    [{ range: "bytes=7-" }, 206, "789", "bytes 7-9/10"],
    [{ range: "bytes=-2" }, 206, "89", "bytes 8-9/10"],
    [{ range: "bytes=0-" }, 206, "0123456789", "bytes 0-9/10"],
    [{ range: "bytes=-99" }, 206, "0123456789", "bytes 0-9/10"],
    [{ range: "bytes=8-99" }, 206, "89", "bytes 8-9/10"],
    [{ range: "bytes=10-" }, 416, undefined, "bytes */10"],
    [{ range: "bytes=-0" }, 416, undefined, "bytes */10"],
    [{ range: "bytes=4-2" }, 200, "0123456789"],
    [{ range: "lines=0-1" }, 200, "0123456789"],
    [{ range: "bytes" }, 200, "0123456789"],
    [{ range: "bytes=0-1", "if-range": "TAG" }, 206, "01"],
    [{ range: "bytes=0-1", "if-range": "W/TAG" }, 200, "0123456789"],
    [{ range: "bytes=0-1", "if-range": '"x"' }, 200, "0123456789"],
    [{ range: "bytes=0-1", "if-range": date }, 206, "01"],
    [{ range: "bytes=0-1", "if-range": after }, 200, "0123456789"],
    [{ range: "bytes=99-", "if-range": '"x"' }, 200, "0123456789"],
    [{ range: "bytes=0-1", "if-match": "TAG" }, 206, "01"],
  ];

function withTag(fields: Record<string, string>, tag: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value.replace("TAG", tag)]),
  );
}

Deno.test("files: conditions are evaluated in their order, for GET and HEAD", async () => {
  await withFolder({ "n.txt": "0123456789" }, (folder) => {
    const numbers = service({}, [get("/:p*", files(folder))]);
    return onBothTransports(numbers, async (ask, transport) => {
      const first = await ask("/n.txt");
      const tag = first.headers.get("etag") ?? "";
      assert.equal(await first.text(), "0123456789");
      for (const method of ["GET", "HEAD"]) {
        for (const [fields, status] of conditions) {
          const what = `${method} ${JSON.stringify(fields)} ${transport}`;
          const response = await ask("/n.txt", { method, headers: withTag(fields, tag) });
          const body = await response.text();
          assert.equal(response.status, status, what);
          if (status === 412) continue;
          assert.equal(response.headers.get("etag"), tag, what);
          assert.equal(response.headers.get("last-modified"), date, what);
          assert.equal(response.headers.get("cache-control"), "no-cache", what);
          assert.equal(body, status === 200 && method === "GET" ? "0123456789" : "", what);
          if (status === 304) assert.equal(response.headers.get("content-type"), null, what);
        }
      }
    });
  });
});

Deno.test("files: ranges", async () => {
  await withFolder({ "n.txt": "0123456789", "empty": "" }, (folder) => {
    const numbers = service({}, [get("/:p*", files(folder))]);
    return onBothTransports(numbers, async (ask, transport) => {
      const head = await ask("/n.txt", { method: "HEAD" });
      const tag = head.headers.get("etag") ?? "";
      await head.body?.cancel();
      for (const [fields, status, body, contentRange = null] of ranges) {
        const what = `${JSON.stringify(fields)} ${transport}`;
        const response = await ask("/n.txt", { headers: withTag(fields, tag) });
        const text = await response.text();
        assert.equal(response.status, status, what);
        assert.equal(response.headers.get("accept-ranges"), "bytes", what);
        if (status !== 206 || contentRange !== null) {
          assert.equal(response.headers.get("content-range"), contentRange, what);
        }
        if (body === undefined) continue;
        assert.equal(text, body, what);
        assert.equal(response.headers.get("content-length"), String(body.length), what);
        assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8", what);
        assert.equal(response.headers.get("etag"), tag, what);
      }
      const ignored = await ask("/n.txt", { method: "HEAD", headers: { range: "bytes=0-1" } });
      assert.equal(ignored.status, 200);
      assert.equal(ignored.headers.get("content-length"), "10");
      await ignored.body?.cancel();
      for (const [range, status] of [["bytes=0-", 416], ["bytes=-1", 200]] as const) {
        const empty = await ask("/empty", { headers: { range } });
        assert.equal(empty.status, status, range);
        await empty.body?.cancel();
      }
    });
  });
});

Deno.test("files: several ranges are parts of one answer", async () => {
  const bytes = pattern(2_000_000);
  await withFolder({ "b.bin": bytes }, (folder) => {
    const binary = service({}, [get("/:p*", files(folder))]);
    return onBothTransports(binary, async (ask) => {
      const range = "bytes=0-9, 100000-1099999, -5";
      const response = await ask("/b.bin", { headers: { range } });
      assert.equal(response.status, 206);
      assert.equal(response.headers.get("content-range"), null);
      const type = response.headers.get("content-type") ?? "";
      const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type)?.[1] ?? "";
      const body = new Uint8Array(await response.arrayBuffer());
      assert.equal(response.headers.get("content-length"), String(body.length));
      const part = (start: number, end: number) => [
        `--${boundary}\r\ncontent-type: application/octet-stream\r\n` +
        `content-range: bytes ${start}-${end - 1}/2000000\r\n\r\n`,
        bytes.subarray(start, end),
        "\r\n",
      ];
      const expected = [
        ...[...part(0, 10), ...part(100_000, 1_100_000), ...part(1_999_995, 2_000_000)],
        `--${boundary}--\r\n`,
      ];
      assert.deepEqual(body, new Uint8Array(await new Blob(expected as BlobPart[]).arrayBuffer()));
    });
  });
});

Deno.test("files: any range of a large file has the bytes that it names", async () => {
  const bytes = pattern(700_000);
  await withFolder({ "b.bin": bytes }, async (folder) => {
    const binary = service({}, [get("/:p*", files(folder))]);
    const offset = fc.nat({ max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(offset, offset, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const headers = { range: `bytes=${start}-${end}` };
        const response = await binary.fetch("http://x/b.bin", { headers });
        const body = new Uint8Array(await response.arrayBuffer());
        assert.deepEqual(body, bytes.subarray(start, end + 1));
      }),
      { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 50 },
    );
  });
});

Deno.test("files: a file that changes has another tag, and a new one a weak tag at first", async () => {
  await withFolder({ "a.txt": "one" }, async (folder) => {
    const changing = service({}, [get("/:p*", files(folder))]);
    const head = async () => (await changing.fetch("http://x/a.txt", { method: "HEAD" })).headers;
    const old = (await head()).get("etag") ?? "";
    assert.match(old, /^"/);
    await putFile(`${folder}/a.txt`, "two", new Date(longAgo.getTime() + 1));
    const headers = { "if-none-match": old };
    const response = await changing.fetch("http://x/a.txt", { headers });
    assert.equal(await response.text(), "two");
    assert.notEqual(response.headers.get("etag"), old);
    await Deno.writeTextFile(`${folder}/a.txt`, "new");
    const young = await head();
    assert.match(young.get("etag") ?? "", /^W\//);
    assert.ok(young.has("last-modified"));
    await putFile(`${folder}/a.txt`, "old", new Date(0));
    assert.equal((await head()).get("last-modified"), null);
    await putFile(`${folder}/a.txt`, "new", new Date("2999-01-01T00:00:00Z"));
    const future = await head();
    assert.equal(future.get("last-modified"), null);
    assert.match(future.get("etag") ?? "", /^W\//);
  });
});

Deno.test("files: the tag can be made weak, or left out", async () => {
  await withFolder({ "a.txt": "one" }, async (folder) => {
    for (const [etag, expected] of [["weak", /^W\/"/], ["none", /^null$/]] as const) {
      const one = service({}, [get("/:p*", files(folder, { etag }))]);
      const response = await one.fetch("http://x/a.txt", { method: "HEAD" });
      assert.match(String(response.headers.get("etag")), expected);
      const headers = { "if-modified-since": date };
      assert.equal((await one.fetch("http://x/a.txt", { headers })).status, 304);
    }
  });
});
