import assert from "node:assert/strict";
import fc from "fast-check";
import { fileNames, type NameRules } from "../../src/server/files_path.ts";

const posix: NameRules = { isWindows: false, dotFiles: "ignore" };
const windows: NameRules = { isWindows: true, dotFiles: "ignore" };
const open: NameRules = { isWindows: false, dotFiles: "allow" };

const names = (rest: string, rules = posix) => fileNames(rest, rules)?.join(" | ");

Deno.test("files: names are split, then decoded, once", () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ["", ""],
    ["/", ""],
    ["/a", "a"],
    ["/a/", "a"],
    ["/a/b.c", "a | b.c"],
    ["a/b", "a | b"],
    ["/a%20b/%C3%A9", "a b | é"],
    ["/a+b", "a+b"],
    ["/100%25", "100%"],
    ["/%2525", "%25"],
    ["/...a", undefined],
    ["/a..b/c.", "a..b | c."],
    ["/C:/x", "C: | x"],
    ["/con", "con"],
    ["/~1", "~1"],
    ["//", undefined],
    ["//a", undefined],
    ["/a//", undefined],
    ["/a//b", undefined],
    ["/%2F", undefined],
    ["/%E9", undefined],
    ["/%", undefined],
    ["/%zz", undefined],
  ];
  for (const [rest, expected] of table) assert.equal(names(rest), expected, rest);
});

Deno.test("files: a name that is hidden is allowed only where the option says so", () => {
  for (const name of [".env", ".git", "...", "%2Egit", "\u200c.git", "\ufeff\u202e.git"]) {
    assert.equal(names(`/a/${name}/b`), undefined, name);
    assert.equal(names(`/a/${name}/b`, open), `a | ${decodeURIComponent(name)} | b`, name);
  }
  for (const name of [".", "..", "%2e", "%2E%2e", "..%2f", "..%5C", "%252e%252e"]) {
    assert.equal(names(`/${name}`, open), undefined, name);
  }
});

Deno.test("files: on Windows, names that mean something else there are refused", () => {
  const refused = [
    ...["C:", "c:x", "a:b", "a.txt::$DATA", "a.txt:s", "a.", "a ", "a. .", "GIT~1", "PROGRA~2"],
    ...["con", "CON", "con.txt", "Con .txt", "nul", "NUL.tar.gz", "prn", "aux", "com1", "LPT9.x"],
    ...["COM¹", "conin$", "CONOUT$", "clock$", "a?", "a*", "a|b", "a<b", "a>b", 'a"b'],
  ];
  for (const name of refused) {
    assert.equal(names(`/${encodeURIComponent(name)}`, windows), undefined, name);
    assert.equal(names(`/${encodeURIComponent(name)}`), name, name);
  }
  for (
    const name of ["console", "com", "com10", "nullable.ts", "a~b", "lpt.txt", "a.b", "auxiliary"]
  ) {
    assert.equal(names(`/${name}`, windows), name, name);
  }
});

Deno.test("files: whatever is asked for, names are names", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      ...["/", "..", ".", "%2e", "%2E", "%2f", "%5c", "\\", "%00", "%25", "%252e", "a", ":", "~1"],
    ),
  );
  const rest = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
  const rules = fc.record({
    isWindows: fc.boolean(),
    dotFiles: fc.constantFrom("ignore", "allow"),
  });
  fc.assert(
    fc.property(rest, rules, (path, rule) => {
      for (const name of fileNames(path, rule as NameRules) ?? []) {
        assert.ok(name !== "" && name !== "." && name !== "..");
        assert.ok(!name.includes("/") && !name.includes("\\") && !name.includes("\0"));
        assert.ok(rule.dotFiles === "allow" || !name.startsWith("."));
        assert.ok(!rule.isWindows || !name.includes(":"));
      }
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 2_000 },
  );
});

Deno.test("files: a name has the same name back that it was encoded from", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1 }),
      (parts) => {
        const rest = `/${parts.map(encodeURIComponent).join("/")}`;
        const read = fileNames(rest, open);
        if (read !== undefined) assert.deepEqual(read, parts);
        else assert.ok(parts.some((part) => /^\.\.?$|[\\/]|%(?:00|2e|2f|5c)|\p{Cc}/iu.test(part)));
      },
    ),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 1_000 },
  );
});
