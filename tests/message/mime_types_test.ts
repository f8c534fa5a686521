import assert from "node:assert/strict";
import { parseMediaType } from "../../src/message/media_type.ts";
import { mimeTypeOf } from "../../src/message/mime_types.ts";

Deno.test("mime types: a file's extension tells its type", () => {
  const table = [
    ["index.html", "text/html; charset=utf-8"],
    ["INDEX.HTM", "text/html; charset=utf-8"],
    ["a.b.mjs", "text/javascript; charset=utf-8"],
    ["a.txt", "text/plain; charset=utf-8"],
    ["data.json", "application/json"],
    ["app.js.map", "application/json"],
    ["site.webmanifest", "application/manifest+json"],
    ["a.svg", "image/svg+xml"],
    ["a.wasm", "application/wasm"],
    ["a.woff2", "font/woff2"],
    ["favicon.ico", "image/vnd.microsoft.icon"],
    ["a.tar.gz", "application/gzip"],
    ["a.mp4", "video/mp4"],
    ["a.", "application/octet-stream"],
    ["a", "application/octet-stream"],
    [".html", "application/octet-stream"],
    ["", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["a.exe", "application/octet-stream"],
  ] as const;
  for (const [name, type] of table) assert.equal(mimeTypeOf(name), type, name);
});

Deno.test("mime types: given ones go before built-in ones", () => {
  const more = new Map([["html", "text/plain"], ["x", "a/b"]]);
  assert.equal(mimeTypeOf("a.HTML", more), "text/plain");
  assert.equal(mimeTypeOf("a.x", more), "a/b");
  assert.equal(mimeTypeOf("a.css", more), "text/css; charset=utf-8");
});

Deno.test("mime types: every type in the table is one, and no extension is there twice", async () => {
  const url = new URL("../../src/message/mime_types.ts", import.meta.url);
  const source = await Deno.readTextFile(url);
  const lines = /`\n([^`]+)\n`/.exec(source)?.[1]?.split("\n") ?? [];
  assert.ok(lines.length > 80);
  const seen = new Set<string>();
  for (const line of lines) {
    const [type = "", ...extensions] = line.split(" ");
    assert.equal(parseMediaType(type)?.essence, type, line);
    assert.ok(extensions.length > 0, line);
    for (const extension of extensions) {
      assert.match(extension, /^[a-z0-9]+$/);
      assert.ok(!seen.has(extension), extension);
      seen.add(extension);
    }
  }
});
