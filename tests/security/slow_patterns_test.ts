// SECURITY.md row 18: no path makes the router slow (CVE-2024-45296 and its kind).
import assert from "node:assert/strict";
import { canonicalPath } from "../../src/server/canonical_path.ts";
import { fileNames } from "../../src/server/files_path.ts";
import { matrixParams, stripMatrix } from "../../src/server/matrix_params.ts";
import { maxRegExpPath } from "../../src/server/pattern_tail.ts";
import { Router } from "../../src/server/router.ts";

const length = 60_000;

/** Far above what linear time takes, far below what quadratic time does. */
const enough = 250;

function takes(name: string, run: () => void): void {
  const start = performance.now();
  run();
  const time = performance.now() - start;
  assert.ok(time < enough, `${name} took ${time.toFixed(0)} ms`);
}

const patterns = [
  "/:a-:b",
  "/:a-:b-:c-:d",
  "/:a.:b.:c/x",
  "/:a:b:c:d",
  "/:a/:b-:c/:d?",
  "/{:a-}?:b-:c-:d",
  "/*-*-*x",
  "/:a(\\d+)-:b(\\d+)x",
  "/:a*",
  "/:a+/x",
];

const paths = [
  `/${"-".repeat(length)}`,
  `/${"a-".repeat(length / 2)}/`,
  `/${".".repeat(length)}/y`,
  `/${"a".repeat(length)}/`,
  `/${"1".repeat(length)}`,
  "/".repeat(length),
  "/a".repeat(length / 2),
  `/${"%2F".repeat(length / 3)}/`,
];

Deno.test("security 18: several parameters in a segment are matched in linear time", () => {
  for (const pattern of patterns) {
    const router = new Router<string>();
    router.add("GET", pattern, pattern);
    for (const path of paths) {
      takes(`${pattern} with ${path.slice(0, 10)}…`, () => {
        router.match("GET", path, 0, path.length)?.params();
      });
    }
  }
});

Deno.test("security 18: a regular expression is asked only about short paths", () => {
  const router = new Router<string>();
  router.add("GET", "/:id(\\d+)", "id");
  const matches = (digits: number): boolean => {
    const path = `/${"1".repeat(digits)}`;
    return router.match("GET", path, 0, path.length) !== undefined;
  };
  assert.equal(matches(maxRegExpPath), true);
  assert.equal(matches(maxRegExpPath + 1), false);
});

Deno.test("security 18: backtracking is bounded by the tree, not by the path", () => {
  const router = new Router<string>();
  // Every prefix of text and parameters, all of which a path of the one letter agrees with.
  const choose = (depth: number, pattern: string): void => {
    if (depth === 0) return router.add("GET", `${pattern}/end`, pattern);
    choose(depth - 1, `${pattern}/a`);
    choose(depth - 1, `${pattern}/:p${depth}`);
  };
  choose(9, "");
  const path = `${"/a".repeat(9)}/other`;
  router.match("GET", path, 0, path.length);
  takes("a miss among 512 patterns", () => {
    for (let time = 0; time < 100; time++) router.match("GET", path, 0, path.length);
  });
});

Deno.test("security 18: paths become names of files in linear time", () => {
  const pieces = ["%41", "%C3%A9", "%252e", "/", "a/", ".", "./", " ", "~1", "\u202e", "con", "%"];
  for (const piece of pieces) {
    const path = `/${piece.repeat(length / piece.length)}`;
    for (const isWindows of [false, true]) {
      takes(`fileNames of ${piece}`, () => fileNames(path, { isWindows, dotFiles: "ignore" }));
    }
  }
});

Deno.test("security 18: paths are made canonical and stripped in linear time", () => {
  for (const piece of ["%41", "%C3%A9", "/", "é", "%2F", ";a=b", "/.a", "%25", "/;a=b"]) {
    const path = `/${piece.repeat(length / piece.length)}`;
    takes(`canonicalPath of ${piece}`, () => canonicalPath(path));
    takes(`stripMatrix of ${piece}`, () => stripMatrix(path));
    takes(`matrixParams of ${piece}`, () => matrixParams(path, "/a"));
  }
});
