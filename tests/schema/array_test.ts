/** Lists: repeated values, separated text, constraints with indexes, other libraries' items. @module */
import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  Failure,
  field,
  int,
  oneOf,
  Scalar,
  type Schema,
  splitList,
  string,
} from "../../src/schema/mod.ts";

function rule(schema: Schema): Scalar["rule"] {
  assert.ok(schema instanceof Scalar);
  return schema.rule;
}

Deno.test("array: several texts are converted item by item, never split", () => {
  assert.deepEqual(rule(array(int())).fromTexts?.(["1", "2"]), [1, 2]);
  assert.deepEqual(rule(array(string(), { separator: "," })).fromTexts?.(["a,b", ""]), ["a,b", ""]);
  assert.deepEqual(rule(array(int())).fromTexts?.([]), []);
});

const split: readonly [string, string | undefined, string[]][] = [
  ["a,b", undefined, ["a,b"]],
  ["", undefined, [""]],
  ["", ",", []],
  ["a", ",", ["a"]],
  ["a, b\t,c ", ",", ["a", "b", "c"]],
  ["a,,b,", ",", ["a", "", "b", ""]],
  ["a||b|c", "||", ["a", "b|c"]],
];

for (const [text, separator, items] of split) {
  Deno.test(`array: ${JSON.stringify(text)} parted by ${separator ?? "nothing"}`, () => {
    assert.deepEqual(splitList(text, separator), items);
    const schema = array(string(), separator === undefined ? {} : { separator });
    assert.deepEqual(rule(schema).fromText(text), items);
    assert.deepEqual(
      array(z.string(), separator === undefined ? {} : { separator })["~standard"]
        .validate(text),
      { value: items },
    );
  });
}

Deno.test("array: broken constraints are told with their indexes", () => {
  const words = rule(array(string({ pattern: /[a-zA-Z]+/ })));
  const failure = words.fromTexts?.(["path", "123", "hello", "t1m3"]);
  assert.ok(failure instanceof Failure);
  assert.equal(failure.kind, "constraint");
  assert.equal(
    failure.message,
    "Validation failed for '$[1]:pattern','$[3]:pattern' constraint(s).",
  );
  assert.deepEqual(failure.issues.map((issue) => issue.path), [[1], [3]]);
});

Deno.test("array: an item without the type outweighs a broken constraint", () => {
  const failure = rule(array(int({ max: 5 }))).fromTexts?.(["1", "9", "x"]);
  assert.ok(failure instanceof Failure);
  assert.equal(failure.kind, "conversion");
  assert.equal(
    failure.message,
    'expected at most 5, received 9 at $[1]; expected int, received "x" at $[2]',
  );
  const choice = rule(array(oneOf("a"))).fromTexts?.(["a", "b"]);
  assert.ok(choice instanceof Failure && choice.kind === "choice");
});

Deno.test("array: a thousand bad items are not all reported", () => {
  const texts = Array.from({ length: 1000 }, () => "x");
  const failure = rule(array(int())).fromTexts?.(texts);
  assert.ok(failure instanceof Failure);
  assert.equal(failure.issues.length, 100);
  assert.match(failure.message, /; and 97 more$/);
  const theirs = array(z.int())["~standard"].validate(texts);
  assert.ok(!(theirs instanceof Promise) && theirs.issues?.length === 100);
});

Deno.test("array: lengths are constraints of the list, of other libraries' items too", () => {
  const failure = rule(array(int(), { minLength: 1 })).fromTexts?.([]);
  assert.ok(failure instanceof Failure);
  assert.equal(failure.message, "Validation failed for '$:minLength' constraint(s).");
  const most = rule(array(int(), { maxLength: 1 })).fromTexts?.(["x", "y"]);
  assert.ok(most instanceof Failure && most.constraint === "maxLength");
  const theirs = array(z.string(), { maxLength: 1 })["~standard"].validate(["a", "b"]);
  assert.deepEqual(theirs, {
    issues: [{
      message: "expected at most 1 items, received 2",
      path: [],
      constraint: "maxLength",
    }],
  });
});

Deno.test("array: typed values are checked, holes are refused", () => {
  assert.deepEqual(rule(array(int())).fromValue([1, 2]), [1, 2]);
  assert.ok(rule(array(int())).fromValue(["1"]) instanceof Failure);
  assert.ok(rule(array(int())).fromValue({ length: 1 }) instanceof Failure);
  assert.ok(rule(array(int())).fromValue(new Array(1)) instanceof Failure);
  const holes = array(z.string())["~standard"].validate(new Array(1));
  assert.ok(!(holes instanceof Promise) && holes.issues?.length === 1);
});

Deno.test("array: a default is handed out as a copy", () => {
  for (const item of [string(), z.string()] as const) {
    const given = ["a"];
    const tags = field("tags", array<Schema<string>>(item, { default: given }));
    given.push("b");
    const first = tags.defaultValue as string[];
    first.push("c");
    assert.deepEqual(tags.defaultValue, ["a"]);
  }
});

Deno.test("array: items of another library give their values and issues, with indexes", async () => {
  const pairs = array(z.object({ a: z.int() }));
  assert.deepEqual(pairs["~standard"].validate([{ a: 1 }]), { value: [{ a: 1 }] });
  const wrong = pairs["~standard"].validate([{ a: 1 }, { a: "x" }]);
  assert.ok(!(wrong instanceof Promise));
  assert.deepEqual(wrong.issues?.map((issue) => issue.path), [[1, "a"]]);

  const later = v.pipeAsync(v.string(), v.checkAsync((text) => Promise.resolve(text !== "no")));
  const result = array(later)["~standard"].validate(["yes", "no"]);
  assert.ok(result instanceof Promise);
  assert.deepEqual((await result).issues?.map((issue) => issue.path), [[1]]);
  assert.ok("issues" in await array(later)["~standard"].validate(5));
});
