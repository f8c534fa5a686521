/**
 * Files served to the real `curl`: ranges, resuming, compression, conditions. Skipped with a printed
 * line where curl is absent, except on CI.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, serve, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import { hasPeer } from "../support/peers.ts";
import { pattern, withFolder } from "../support/temp_folder.ts";

interface Received {
  readonly code: number;
  readonly head: string;
  readonly body: Uint8Array;
}

async function curl(...args: readonly string[]): Promise<Received> {
  const { code, stdout, stderr } = await new Deno.Command("curl", {
    args: [
      "--silent",
      "--max-time",
      "10",
      "--noproxy",
      "*",
      "--dump-header",
      "/dev/stderr",
      ...args,
    ],
    stdin: "null",
  }).output();
  return { code, head: new TextDecoder().decode(stderr).toLowerCase(), body: stdout };
}

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
  Deno.test(`files: curl ${version}`, async (t) => {
    if (!hasPeer("curl")) return;
    const bytes = pattern(1_000_000);
    const text = "compressed text ".repeat(1_000);
    const tree = {
      "a.bin": bytes,
      "t.txt": text,
      "t.txt.gz": await gzipped(text),
      "d/i.html": "i",
    };
    await withFolder(tree, async (folder) => {
      const options = { precompressed: true, index: "i.html" };
      const site = service({ basePath: "/v1" }, [get("/:path*", files(folder, options))]);
      await using server = await serve(site, { port: 0, host: "127.0.0.1" });
      const url = `${server.url}/v1`;

      await t.step("a file", async () => {
        assert.deepEqual((await curl(version, `${url}/a.bin`)).body, bytes);
      });
      await t.step("--head", async () => {
        const { head, body } = await curl(version, "--head", `${url}/a.bin`);
        assert.match(head, /^http\/[12.]+ 200/);
        assert.match(head, /^content-length: 1000000\r$/m);
        assert.match(head, /^accept-ranges: bytes\r$/m);
        assert.ok(body.length < 1_000);
      });
      await t.step("--range", async () => {
        const { head, body } = await curl(version, "--range", "1000-1999", `${url}/a.bin`);
        assert.match(head, /^content-range: bytes 1000-1999\/1000000\r$/m);
        assert.deepEqual(body, bytes.subarray(1_000, 2_000));
        const several = await curl(version, "--range", "0-9,500000-", `${url}/a.bin`);
        assert.match(several.head, /^content-type: multipart\/byteranges/m);
        assert.equal(
          (await curl(version, "--fail", "--range", "1000000-", `${url}/a.bin`)).code,
          22,
        );
      });
      await t.step("--continue-at", async () => {
        const path = `${folder}/part`;
        await Deno.writeFile(path, bytes.subarray(0, 400_000));
        await curl(version, "--continue-at", "-", "--output", path, `${url}/a.bin`);
        assert.deepEqual(await Deno.readFile(path), bytes);
      });
      await t.step("--compressed", async () => {
        const { head, body } = await curl(version, "--compressed", `${url}/t.txt`);
        assert.match(head, /^content-encoding: gzip\r$/m);
        assert.match(head, /^content-type: text\/plain; charset=utf-8\r$/m);
        assert.equal(new TextDecoder().decode(body), text);
      });
      await t.step("--etag-compare and --time-cond", async () => {
        const tag = `${folder}/tag`;
        await curl(version, "--etag-save", tag, `${url}/t.txt`);
        const known = await curl(version, "--etag-compare", tag, `${url}/t.txt`);
        assert.match(known.head, /^http\/[12.]+ 304/);
        const unchanged = await curl(version, "--time-cond", "1 Jan 2025", `${url}/t.txt`);
        assert.match(unchanged.head, /^http\/[12.]+ 304/);
      });
      // curl 7.88 cannot use a connection of HTTP/2 twice where it was told of the version beforehand.
      if (version !== "--http1.1") return;
      await t.step("--location", async () => {
        const { body } = await curl(version, "--location", `${url}/d?x=1`);
        assert.equal(new TextDecoder().decode(body), "i");
      });
    });
  });
}
