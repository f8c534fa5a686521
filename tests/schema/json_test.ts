/** Structured values in one text. @module */
import assert from "node:assert/strict";
import { z } from "zod";
import { Failure, field, json, optional } from "../../src/schema/mod.ts";

Deno.test("json: any JSON without a schema", () => {
  const { rule } = json();
  assert.deepEqual(rule.fromText('{"name":"John", "age":37}'), { name: "John", age: 37 });
  assert.equal(rule.fromText("null"), null);
  for (const text of ["", "{", "{'a':1}", "undefined", "[1,]", "NaN"]) {
    const failure = rule.fromText(text);
    assert.ok(failure instanceof Failure, text);
    assert.equal(failure.kind, "conversion");
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
    const value = json().rule.fromText(`{"a":{"${key}":{"admin":true},"b":1}}`) as {
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
  assert.ok(Array.isArray(json().rule.fromText(nested(100))));
  assert.ok(json().rule.fromText(nested(101)) instanceof Failure);
  assert.ok(json().rule.fromText('{"a":'.repeat(100_000)) instanceof Failure);
  assert.equal(json().rule.fromText(`"${"[".repeat(200)}"`), "[".repeat(200));
  assert.equal(json().rule.fromText(`"\\"${"[".repeat(200)}"`), '"' + "[".repeat(200));
  assert.ok("issues" in json(z.unknown())["~standard"].validate(nested(101)));
  assert.ok(Array.isArray(json().rule.fromText(`[${"[],".repeat(200)}[]]`)));
});

Deno.test("json: absence is refused, unless optional", () => {
  assert.equal(field("student", json(z.object({}))).nilable, false);
  assert.equal(field("student", json()).nilable, false);
  assert.equal(field("student", optional(json(z.object({})))).nilable, true);
});
