/**
 * Files that lie compressed beside others: which is sent to whom, and how it is labelled.
 *
 * @module
 */
import assert from "node:assert/strict";
import { get, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import type { FilesOptions } from "../../src/server/files_options.ts";
import { onBothTransports } from "../support/both_transports.ts";
import { sendRaw } from "../support/raw_http.ts";
import { withFolder } from "../support/temp_folder.ts";
import { serve } from "@pirouette/http";

const tree = {
  "app.js": "plain js",
  "app.js.br": "br",
  "app.js.zst": "zstd",
  "app.js.gz": "gzip",
  "only.js": "plain only",
  "only.js.gz": "gzip only",
  "none.js": "plain none",
  "lost.js.br": "no original",
  "dir.br": "not of a directory",
  "dir/index.html": "plain index",
  "dir/index.html.br": "br index",
  "odd.js": "plain odd",
  "odd.js.br/x": "a directory",
};

const table: readonly (readonly [string, string | null, string, string | null])[] = [
  ["/app.js", null, "plain js", null],
  ["/app.js", "", "plain js", null],
  ["/app.js", "br, gzip, zstd", "br", "br"],
  ["/app.js", "gzip, zstd", "zstd", "zstd"],
  ["/app.js", "gzip", "gzip", "gzip"],
  ["/app.js", "x-gzip", "gzip", "gzip"],
  ["/app.js", "*", "br", "br"],
  ["/app.js", "br;q=0.5, gzip;q=0.9", "gzip", "gzip"],
  ["/app.js", "br;q=0, *", "zstd", "zstd"],
  ["/app.js", "identity, br;q=0.5", "plain js", null],
  ["/app.js", "deflate", "plain js", null],
  ["/app.js", "br;q=0, gzip;q=0", "plain js", null],
  ["/only.js", "br, gzip", "gzip only", "gzip"],
  ["/only.js", "br", "plain only", null],
  ["/none.js", "br, gzip, zstd", "plain none", null],
  ["/odd.js", "br", "plain odd", null],
  ["/dir/", "br", "br index", "br"],
  ["/app.js.br", "br", "br", null],
];

function site(folder: string, options: FilesOptions) {
  return service({}, [get("/*", files(folder, { index: "index.html", ...options }))]);
}

Deno.test("files: the coding that a client likes best is sent, if it is there", async () => {
  await withFolder(tree, async (folder) => {
    const encoded = site(folder, { precompressed: true });
    for (const [path, accept, body, coding] of table) {
      const what = `${path} ${accept}`;
      const headers: HeadersInit = accept === null ? {} : { "accept-encoding": accept };
      for (const method of ["GET", "HEAD"]) {
        const response = await encoded.fetch(`http://x${path}`, { method, headers });
        assert.equal(response.status, 200, what);
        assert.equal(await response.text(), method === "GET" ? body : "", what);
        assert.equal(response.headers.get("content-encoding"), coding, what);
        assert.equal(response.headers.get("content-length"), String(body.length), what);
        assert.equal(response.headers.get("vary"), "Accept-Encoding", what);
        const type = path.endsWith(".js")
          ? "text/javascript; charset=utf-8"
          : path.endsWith("/")
          ? "text/html; charset=utf-8"
          : "application/octet-stream";
        assert.equal(response.headers.get("content-type"), type, what);
      }
    }
    const headers = { "accept-encoding": "br" };
    for (const path of ["/lost.js", "/dir", "/app.js/"]) {
      const response = await encoded.fetch(`http://x${path}`, { headers });
      await response.body?.cancel();
      assert.equal(response.status, path === "/dir" ? 301 : 404, path);
    }
  });
});

Deno.test("files: each coding has its own tag, conditions and ranges", async () => {
  await withFolder(
    { "a.css": "same", "a.css.br": "same" },
    (folder) =>
      onBothTransports(site(folder, { precompressed: ["br"] }), async (ask) => {
        const tagOf = async (coding: string) => {
          const headers = { "accept-encoding": coding };
          const response = await ask("/a.css", { method: "HEAD", headers });
          await response.body?.cancel();
          return response.headers.get("etag") ?? "";
        };
        const [plain, br] = [await tagOf("identity"), await tagOf("br")];
        assert.notEqual(plain, br);
        const known = await ask("/a.css", {
          headers: { "accept-encoding": "br", "if-none-match": br },
        });
        assert.equal(known.status, 304);
        assert.equal(known.headers.get("vary"), "Accept-Encoding");
        const other = await ask("/a.css", {
          headers: { "accept-encoding": "identity", "if-none-match": br, "range": "bytes=1-2" },
        });
        assert.equal(other.status, 206);
        assert.equal(await other.text(), "am");
      }),
  );
});

Deno.test("files: a part of a coded file is a part of its coded bytes", async () => {
  await withFolder(tree, async (folder) => {
    await using server = await serve(site(folder, { precompressed: true }), { port: 0 });
    const fields = ["Host: x", "Accept-Encoding: zstd", "Range: bytes=1-2"];
    const response = await sendRaw(
      server,
      ["GET /app.js HTTP/1.1", ...fields, "", ""].join("\r\n"),
    );
    assert.equal(response?.status, 206);
    assert.equal(response.body, "st");
    assert.equal(response.headers.get("content-range"), "bytes 1-2/4");
    assert.equal(response.headers.get("content-encoding"), "zstd");
  });
});

Deno.test("files: a list says which codings are looked for, and in which order", async () => {
  await withFolder(tree, async (folder) => {
    const headers = { "accept-encoding": "gzip, br, zstd" };
    for (
      const [precompressed, coding] of [
        [["gzip", "br"], "gzip"],
        [["zstd"], "zstd"],
        [[], null],
        [false, null],
      ] as const
    ) {
      const some = site(folder, { precompressed });
      const response = await some.fetch("http://x/app.js", { headers });
      await response.body?.cancel();
      assert.equal(response.headers.get("content-encoding"), coding);
      assert.equal(response.headers.has("vary"), coding !== null);
    }
  });
});

Deno.test("files: what lies beside a file is no way out of the directory either", async () => {
  await withFolder({ "pub/a.js": "plain", "s.txt": "secret" }, async (folder) => {
    await Deno.symlink(`${folder}/s.txt`, `${folder}/pub/a.js.br`);
    const encoded = site(`${folder}/pub`, { precompressed: true });
    const headers = { "accept-encoding": "br" };
    assert.equal(await (await encoded.fetch("http://x/a.js", { headers })).text(), "plain");
  });
});
