import assert from "node:assert/strict";
import { pathPattern } from "../../src/server/path_pattern.ts";
import { patternParts } from "../../src/server/pattern_parts.ts";

/** The steps of a pattern's variants with what ends them, as text. */
function ways(pattern: string): string[] {
  return pathPattern(pattern).variants.map(({ steps, ending }) =>
    steps.map((step) => step ?? "<>").join("") +
    (typeof ending === "string" ? { end: "", wild: "<*>", segments: "<+>" }[ending] : "<tail>")
  );
}

const classified: readonly (readonly [pattern: string, ways: readonly string[]])[] = [
  ["/", ["/"]],
  ["/a/b", ["/a/b"]],
  ["/:x", ["/<>"]],
  ["/a/:x/b/:y", ["/a/<>/b/<>"]],
  ["/a\\:b\\*", ["/a:b*"]],
  ["/a{/b}", ["/a/b"]],
  ["/a/{:x}/b", ["/a/<>/b"]],
  ["/a/*", ["/a/<*>"]],
  ["/a/(.*)", ["/a/<*>"]],
  ["/a/([^/]+?)", ["/a/<>"]],
  ["/a/*?", ["/a/<*>", "/a"]],
  ["/a/:x?", ["/a/<>", "/a"]],
  ["/a/:x+", ["/a/<+>"]],
  ["/a/:x*", ["/a/<+>", "/a"]],
  ["/:a/:x*", ["/<>/<+>", "/<>"]],
  ["/a{/b}?", ["/a/b", "/a"]],
  ["/a/:x(\\d+)?", ["/a/<tail>", "/a"]],
  ["/a/:x(\\d+)", ["/a/<tail>"]],
  ["/a/:x-:y/b", ["/a/<tail>"]],
  ["/a/b:x", ["/a/<tail>"]],
  ["/a/b*", ["/a/<tail>"]],
  ["/a/*/b", ["/a/<tail>"]],
  ["/a/:x?/b", ["/<tail>"]],
  ["/a/:x/b:y", ["/a/<>/<tail>"]],
  ["*", ["<tail>"]],
  ["a/b", ["a/b"]],
];

Deno.test("path pattern: what the tree can walk is told from what needs a tail", () => {
  for (const [pattern, expected] of classified) assert.deepEqual(ways(pattern), expected, pattern);
});

Deno.test("path pattern: the shape is that of every pattern that differs in names only", () => {
  assert.equal(pathPattern("/:a/x/:b?").shape, pathPattern("/:b/x/:a?").shape);
  assert.equal(pathPattern("/a{/b}").shape, pathPattern("/a/b").shape);
  assert.notEqual(pathPattern("/:a").shape, pathPattern("/:a?").shape);
  assert.notEqual(pathPattern("/:a(\\d+)").shape, pathPattern("/:a(\\w+)").shape);
});

Deno.test("path pattern: a group that may span segments is a rest", () => {
  assert.deepEqual(pathPattern("/:a/:b*").rests, [false, true]);
  assert.deepEqual(pathPattern("/:a+").rests, [true]);
  assert.deepEqual(pathPattern("/a/*").rests, [true]);
  assert.deepEqual(pathPattern("/*/a").rests, [false]);
});

const malformed: readonly (readonly [pattern: string, message: RegExp])[] = [
  ["/:", /the colon at 1 has no name/],
  ["/a/:1", /the colon at 3 has no name/],
  ["/:a/:a", /the name "a" is used twice/],
  ["/a?", /"\?" at 2 has nothing before it/],
  ["/a+", /has nothing before it/],
  ["/a}", /"}" at 2/],
  ["/{a", /the group at 1 is not closed/],
  ["/(a", /the group at 1 is not closed/],
  ["/()", /must have a plain regular expression/],
  ["/(?:a)", /must have a plain regular expression/],
  ["/((a))", /captures inside/],
  ["/(é)", /is not ASCII/],
  ["/(\\m)", /not a regular expression/],
  ["/a\\", /ends with an escape/],
  [`/${"x".repeat(500)}?`, /^TypeError: Cannot read path pattern "\/x{79}…"/],
];

Deno.test("path pattern: a malformed pattern is refused with the place and the reason", () => {
  for (const [pattern, message] of malformed) {
    assert.throws(() => pathPattern(pattern), { name: "TypeError" }, pattern);
    assert.throws(() => pathPattern(pattern), (error) => message.test(String(error)), pattern);
  }
});

Deno.test("path pattern: text is encoded as in a URL, dot segments go", () => {
  const text = (pattern: string): string =>
    patternParts(pattern).map(({ value }) => value).join("");
  assert.equal(text("/café"), "/caf%C3%A9");
  assert.equal(text("/a b\\?c#d"), "/a%20b%3Fc%23d");
  assert.equal(text("/a/../b/./c.json"), "/b/c.json");
  assert.equal(text("/a\\\\b"), "/a%5Cb");
});
