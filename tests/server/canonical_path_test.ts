import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalPath,
  canonicalPattern,
  literalPattern,
} from "../../src/server/canonical_path.ts";
import { Router } from "../../src/server/router.ts";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());

const spellings: readonly (readonly [path: string, canonical: string])[] = [
  ["/", "/"],
  ["//a//", "//a//"],
  ["/test%24base%26path/base", "/test$base&path/base"],
  ["/my/Tes%40tHello/go", "/my/Tes@tHello/go"],
  ["/%61%64min", "/admin"],
  ["/a%2fb%5cc%3Bd%3fe%23f", "/a%2Fb%5Cc%3Bd%3Fe%23f"],
  ["/%252e%252E/%25", "/%252e%252E/%25"],
  ["/a%20b c", "/a%20b%20c"],
  ['/<>"{}`', "/%3C%3E%22%7B%7D%60"],
  ["/%3c%7b%60", "/%3C%7B%60"],
  ["/^[]|", "/^[]|"],
  ["/%5e%5b%5d%7c", "/^[]|"],
  ["/caf\u00e9/\u{1F6B2}", "/caf%C3%A9/%F0%9F%9A%B2"],
  ["/caf%c3%a9/%f0%9f%9a%b2", "/caf%C3%A9/%F0%9F%9A%B2"],
  ["/john;age=1%300/x;a", "/john;age=100/x;a"],
  ["/...", "/..."],
  ["/.well-known/a.b/c.", "/.well-known/a.b/c."],
];

Deno.test("canonical path: every spelling of a path becomes one", () => {
  for (const [path, canonical] of spellings) {
    assert.equal(canonicalPath(path), canonical, path);
    assert.equal(canonicalPath(canonical), canonical, `${canonical} is canonical`);
  }
});

const refused = [
  ["/%", "encodes nothing"],
  ["/%4", "encodes nothing"],
  ["/%zz", "encodes nothing"],
  ["/a%C3%/b", "encodes nothing"],
  ["/%00", "control character"],
  ["/a\0", "raw"],
  ["/a%0d%0a", "control character"],
  ["/a\n", "raw"],
  ["/.", 'the segment "."'],
  ["/a/../b", 'the segment ".."'],
  ["/a/%2e%2E", 'the segment ".."'],
  ["/a/.%2e/b", 'the segment ".."'],
  ["/a/..;x=1/b", 'the segment "..;x=1"'],
  ["/a\\b", "raw"],
  ["/%80", "not UTF-8"],
  ["/%C3%28", "not UTF-8"],
  ["/%C0%AF", "not UTF-8"],
  ["/%ED%A0%80", "not UTF-8"],
  ["/\ud83d", "half a character"],
  ["/\udeb2x", "half a character"],
] as const;

Deno.test("canonical path: a malformed or dangerous path is refused with a reason", () => {
  for (const [path, reason] of refused) {
    assert.throws(
      () => canonicalPath(path),
      (error) =>
        error instanceof Error && error.name === "PathFault" && error.message.includes(reason),
      JSON.stringify(path),
    );
  }
});

Deno.test("canonical path: is stable, keeps segments and what they decode to", () => {
  const piece = fc.constantFrom(
    "/",
    "%2f",
    "%2F",
    "%41",
    "a",
    ".",
    "%2e",
    "%",
    ";",
    "é",
    "%c3%a9",
    "\\",
    "%25",
    "+",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ unit: "binary", maxLength: 2 }))),
      (pieces) => {
        const path = `/${pieces.join("").replaceAll("?", "").replaceAll("#", "")}`;
        let canonical: string;
        try {
          canonical = canonicalPath(path);
        } catch (error) {
          assert.equal((error as Error).name, "PathFault");
          return;
        }
        assert.equal(canonicalPath(canonical), canonical);
        const decoded = (text: string): string[] => text.split("/").map(decodeURIComponent);
        assert.deepEqual(decoded(canonical), decoded(path));
        assert.match(canonical, /^[\w\-.~!$&'()*+,;=:@|[\]^%/]*$/);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

const patterns: readonly (readonly [pattern: string, paths: readonly string[]])[] = [
  ["/test$base&path/base", [
    "/test$base&path/base",
    "/test%24base%26path/base",
    "/test%24base&path/base",
  ]],
  ["/test%24base%26path/base", ["/test$base&path/base", "/test%24base%26path/base"]],
  ["/my/Tes@tHello", ["/my/Tes%40tHello", "/my/Tes@tHello"]],
  ["/path!with%2fslash", ["/path!with%2Fslash", "/path!with%2fslash", "/path%21with%2fslash"]],
  ["/%3Aa/%2A%2B%28", ["/:a/*+(", "/%3Aa/%2A%2B%28"]],
  ["/:a%62", ["/xb", "/x%62"]],
  ["/caf%c3%a9", ["/café", "/caf%C3%A9", "/caf%c3%a9"]],
  ["/(%41|b)", ["/b"]],
  ["/a\\%b", []],
];

Deno.test("canonical path: a pattern matches every spelling of its text", () => {
  for (const [pattern, paths] of patterns) {
    const router = new Router<string>();
    router.add("GET", canonicalPattern(pattern), pattern);
    for (const sent of paths) {
      const path = canonicalPath(sent);
      assert.equal(router.match("GET", path, 0, path.length)?.value, pattern, `${pattern} ${sent}`);
    }
  }
  assert.throws(() => canonicalPattern("/%zz"), { name: "PathFault" });
});

Deno.test("canonical path: a path can be used as a pattern of itself", () => {
  const path = "/a+b/(c)*/:d/{e}?\\";
  const router = new Router<string>();
  router.add("GET", literalPattern(path), path);
  const sent = "/a+b/(c)*/:d/%7Be%7D%3F%5C";
  assert.equal(router.match("GET", sent, 0, sent.length)?.value, path);
});
