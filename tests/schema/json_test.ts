/** Structured values in one text. @module */
import assert from "node:assert/strict";
import { z } from "zod";
import { field, json, optional } from "../../src/schema/mod.ts";

/** What `json()` makes of a text: its value, or `undefined` where it refuses it. */
function read(text: string): unknown {
  const result = json()["~standard"].validate(text);
  assert.ok(!(result instanceof Promise));
  return result.issues === undefined ? result.value : undefined;
}

Deno.test("json: any JSON without a schema", () => {
  assert.deepEqual(read('{"name":"John", "age":37}'), { name: "John", age: 37 });
  assert.equal(read("null"), null);
  for (const text of ["", "{", "{'a':1}", "undefined", "[1,]", "NaN"]) {
    assert.equal(read(text), undefined, text);
  }
});

Deno.test("json: the value is validated by the schema, with its issues' paths", () => {
  const student = json(z.strictObject({ name: z.string(), age: z.int() }));
  assert.deepEqual(student["~standard"].validate('{"name":"Kim","age":20}'), {
    value: { name: "Kim", age: 20 },
  });
  const missing = student["~standard"].validate('{"name":"Kim"}');
  assert.ok(!(missing instanceof Promise));
  assert.deepEqual(missing.issues?.map((issue) => issue.path), [["age"]]);
  assert.deepEqual(student["~standard"].validate("{"), {
    issues: [{ message: 'expected JSON, received "{"', path: [] }],
  });
  assert.deepEqual(student["~standard"].validate(["{}", "{}"]), {
    issues: [{ message: "expected JSON text, received an array", path: [] }],
  });
});

Deno.test("json: __proto__ keys are dropped, however they are spelt", () => {
  for (const key of ["__proto__", "\\u005f_proto__", "__pr\\u006fto__"]) {
    const value = read(`{"a":{"${key}":{"admin":true},"b":1}}`) as {
      a: Record<string, unknown>;
    };
    assert.deepEqual(Object.keys(value.a), ["b"]);
    assert.equal(value.a.admin, undefined);
    assert.equal(Object.getPrototypeOf(value.a), Object.prototype);
  }
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

Deno.test("json: nesting beyond a hundred levels is refused, brackets in texts do not count", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(Array.isArray(read(nested(100))));
  assert.equal(read(nested(101)), undefined);
  assert.equal(read('{"a":'.repeat(100_000)), undefined);
  assert.equal(read(`"${"[".repeat(200)}"`), "[".repeat(200));
  assert.equal(read(`"\\"${"[".repeat(200)}"`), '"' + "[".repeat(200));
  assert.ok("issues" in json(z.unknown())["~standard"].validate(nested(101)));
  assert.ok(Array.isArray(read(`[${"[],".repeat(200)}[]]`)));
});

Deno.test("json: absence is refused, unless optional", () => {
  assert.equal(field("student", json(z.object({}))).nilable, false);
  assert.equal(field("student", json()).nilable, false);
  assert.equal(field("student", optional(json(z.object({})))).nilable, true);
});
