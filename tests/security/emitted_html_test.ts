/**
 * SECURITY.md row 22: the HTML that we emit is escaped, and its policy allows no script.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { get, service } from "@pirouette/http";
import { files } from "../../src/server/files.ts";
import { listingPage } from "../../src/server/files_listing.ts";
import { putFile, withFolder } from "../support/temp_folder.ts";

/** Names that would be more than names where something is not escaped. */
const names = [
  "<script>alert(1)<!--script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "javascript:alert(1)",
  "data:text/html,x",
  "&lt;b&gt;",
  "a&amp;b",
  "</title><svg onload=alert(1)>".replaceAll("/", "⁄"),
  "?query#fragment",
  "space and +plus",
  "\u202egpj.exe",
  "100%",
  "..%2f..",
  "//evil.example".replaceAll("/", "⁄"),
];

/** All that a listing may have beside what is escaped. */
const item = /^<li><a href="(?:\.\/[\w.!~*()%&#;-]+\/?|\.\.\/)"><bdi>[^<>"']*<\/bdi><\/a><\/li>$/;

function assertPlain(html: string): void {
  const lines = html.split("\n").filter((line) => line !== "");
  assert.match(lines[0] ?? "", /^<!DOCTYPE html><html><head><meta charset="utf-8">$/);
  assert.match(lines[1] ?? "", /^<meta name="viewport" content="width=device-width">$/);
  assert.match(lines[2] ?? "", /^<title>[^<>]*<\/title><\/head><body><h1>[^<>]*<\/h1><ul>$/);
  for (const line of lines.slice(3, -1)) assert.match(line, item);
  assert.equal(lines.at(-1), "</ul></body></html>");
}

function assertPolicy(response: Response): void {
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors/);
  assert.ok(!policy.includes("unsafe"));
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
}

Deno.test("security 22: emitted HTML: names in a listing are escaped, and their links lead to them", async () => {
  await withFolder({}, async (folder) => {
    for (const name of names) await putFile(`${folder}/${name}/x`, name);
    const listed = service({}, [get("/*", files(folder, { listing: true, dotFiles: "allow" }))]);
    const response = await listed.fetch("http://x/");
    assertPolicy(response);
    const html = await response.text();
    assertPlain(html);
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)]
      .map(([, href = ""]) => href.replaceAll("&#39;", "'").replaceAll("&amp;", "&"));
    assert.equal(hrefs.length, names.length - 1, "all but the name with an encoded slash");
    for (const href of hrefs) {
      const url = new URL(href, "http://x/");
      assert.equal(url.origin, "http://x");
      const sub = await listed.fetch(url);
      assert.equal(sub.status, 200, href);
      assertPolicy(sub);
      assertPlain(await sub.text());
    }
  });
});

Deno.test("security 22: emitted HTML: a listing of any names is a listing and nothing else", async () => {
  const name = fc.string({ unit: "binary", minLength: 1 })
    .filter((text) => !/[\p{Cc}/]/u.test(text) && text !== "." && text !== "..");
  const entry = fc.record({ name, isDirectory: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(name), fc.array(entry), async (path, entries) => {
      const response = listingPage(path, entries);
      assertPolicy(response);
      assertPlain(await response.text());
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 300 },
  );
});

Deno.test("security 22: emitted HTML: a redirect to a directory has no page", async () => {
  await withFolder({ "<b>/i.html": "" }, async (folder) => {
    const site = service({}, [get("/*", files(folder, { index: "i.html" }))]);
    const response = await site.fetch("http://x/%3Cb%3E?<script>");
    assert.equal(response.status, 301);
    assert.equal(await response.text(), "");
    assert.equal(response.headers.get("location"), "./%3Cb%3E/?%3Cscript%3E");
  });
});
