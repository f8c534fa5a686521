/** How properties are bound, of our own schemas and of Zod's, Valibot's and ArkType's. @module */
import assert from "node:assert/strict";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  type Field,
  field,
  fields,
  int,
  json,
  named,
  optional,
  Scalar,
  type Schema,
  string,
} from "../../src/schema/mod.ts";

/** What a required field of one text is; rows of the table say where theirs differs. */
const plain = {
  wireName: "x",
  many: false,
  separator: undefined,
  nilable: false,
  hasDefault: false,
  defaultValue: undefined,
  asksWhenAbsent: false,
};
const later = () => Promise.resolve(true);
const day = new Date(0);

const bound: readonly [string, Schema, Partial<Field>][] = [
  ["int", int(), {}],
  ["default", int({ default: 20 }), { hasDefault: true, defaultValue: 20 }],
  ["optional", optional(int()), { nilable: true }],
  ["optional default", optional(int({ default: 0 })), {
    nilable: true,
    hasDefault: true,
    defaultValue: 0,
  }],
  ["named", named("X-Rate", int()), { wireName: "X-Rate" }],
  ["named by nothing", named("", int()), {}],
  ["named twice", named("a", named("b", int())), { wireName: "a" }],
  ["named optional", named("a", optional(int())), { wireName: "a", nilable: true }],
  ["optional named", optional(named("a", int())), { wireName: "a", nilable: true }],
  ["array", array(int()), { many: true }],
  ["separated", array(int(), { separator: "," }), { many: true, separator: "," }],
  ["array default", optional(array(string(), { default: [] })), {
    many: true,
    nilable: true,
    hasDefault: true,
    defaultValue: [],
  }],
  ["json", json(), {}],
  ["json of zod", optional(json(z.object({}))), { nilable: true }],
  ["array of zod", array(z.string(), { separator: "|", default: ["a"] }), {
    many: true,
    separator: "|",
    hasDefault: true,
    defaultValue: ["a"],
  }],
  ["zod string", z.string(), {}],
  ["zod optional", z.string().optional(), { nilable: true }],
  ["zod nullish", z.string().nullish(), { nilable: true }],
  ["zod default", z.string().default("d"), { hasDefault: true, defaultValue: "d" }],
  ["zod default made", z.array(z.date()).default(() => [day]), {
    many: true,
    hasDefault: true,
    defaultValue: [day],
  }],
  ["zod array", z.array(z.string()), { many: true }],
  ["zod number", z.coerce.number(), {}],
  ["zod text coerced", z.coerce.string(), {}],
  ["zod later", z.string().optional().refine(later), { asksWhenAbsent: true }],
  ["named zod", named("Y", z.string()), { wireName: "Y" }],
  ["optional zod", optional(z.string()), { nilable: true }],
  ["valibot string", v.string(), { many: undefined }],
  ["valibot optional", v.optional(v.string()), { many: undefined, nilable: true }],
  ["valibot default", v.optional(v.string(), "d"), {
    many: undefined,
    hasDefault: true,
    defaultValue: "d",
  }],
  ["valibot array", array(v.string()), { many: true }],
  ["valibot later", v.pipeAsync(v.string(), v.checkAsync(later)), {
    many: undefined,
    asksWhenAbsent: true,
  }],
  ["arktype string", type("string"), {}],
  ["arktype list", type("string[]"), { many: true }],
  ["arktype optional", type("string | undefined"), { nilable: true }],
];

for (const [name, schema, differs] of bound) {
  Deno.test(`field: ${name}`, () => {
    const { name: property, scalar, schema: inner, ...read } = field("x", schema);
    assert.equal(property, "x");
    assert.deepEqual(read, { ...plain, ...differs });
    assert.equal(scalar, inner instanceof Scalar ? inner : undefined);
    assert.ok(inner === schema || schema["~standard"].vendor === "pirouette");
  });
}

Deno.test("field: a default that is made is made anew", () => {
  let count = 0;
  const counted = field("x", z.number().default(() => ++count));
  assert.notEqual(counted.defaultValue, counted.defaultValue);
});

Deno.test("field: a schema that throws or rejects for an absent value makes it required", async () => {
  const schema = (validate: () => Promise<never>): Schema => ({
    "~standard": { version: 1, vendor: "test", validate },
  });
  const throwing = field(
    "x",
    schema(() => {
      throw new Error("no");
    }),
  );
  assert.equal(throwing.nilable || throwing.hasDefault || throwing.asksWhenAbsent, false);
  assert.equal(field("x", schema(() => Promise.reject(new Error("no")))).asksWhenAbsent, true);
  await Promise.resolve(); // An unhandled rejection would fail this test.
});

Deno.test("fields: own properties only, in order, __proto__ among them", () => {
  const record = JSON.parse('{"b":0,"__proto__":0,"constructor":0}');
  for (const name of ["b", "__proto__", "constructor"]) {
    Object.defineProperty(record, name, { value: string() });
  }
  assert.deepEqual(fields(record).map(({ name }) => name), ["b", "__proto__", "constructor"]);
  assert.deepEqual(fields(Object.create({ inherited: string() })), []);
  assert.deepEqual(fields({ __proto__: string() } as unknown as Record<string, Schema>), []);
  assert.throws(() => fields({ bad: 5 as unknown as Schema }), /^TypeError: Field "bad" takes/);
});

Deno.test("optional: validating passes on what is there, and lets absence be", async () => {
  const limit = optional(int())["~standard"];
  assert.deepEqual(limit.validate(undefined), { value: undefined });
  assert.deepEqual(limit.validate("5"), { value: 5 });
  assert.ok("issues" in await limit.validate("x"));
  assert.ok("issues" in await limit.validate(null));
  const fallback = optional(int({ default: 3 }))["~standard"];
  assert.deepEqual(fallback.validate(undefined), { value: 3 });
  const slow = optional(v.pipeAsync(v.string(), v.checkAsync(later)))["~standard"];
  assert.deepEqual(await slow.validate(undefined), { value: undefined });
  assert.ok("issues" in await named("x", int())["~standard"].validate(undefined));
});

Deno.test("third-party fields validate the text as it is", async () => {
  const number: readonly Schema<number>[] = [
    z.coerce.number().int(),
    v.pipe(v.string(), v.digits(), v.transform(Number)),
    type("string.integer.parse"),
  ];
  for (const schema of number) {
    const { schema: inner } = field("x", optional(schema));
    const good = await inner["~standard"].validate("42");
    assert.equal(good.issues === undefined && good.value, 42);
    const bad = await inner["~standard"].validate("4x");
    assert.ok(bad.issues !== undefined && bad.issues.length > 0);
  }
});
