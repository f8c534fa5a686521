/** JSON Schema in and out: of our scalars, and of Zod's, ArkType's and Valibot's schemas. @module */
import assert from "node:assert/strict";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  bigint,
  boolean,
  decimal,
  float,
  int,
  isList,
  json,
  jsonSchemaOf,
  named,
  oneOf,
  optional,
  recordShape,
  type Schema,
  string,
} from "../../src/schema/mod.ts";

const described: readonly [Schema, Record<string, unknown>][] = [
  [int(), { type: "integer" }],
  [int({ min: 1, max: 9, default: 5 }), { type: "integer", minimum: 1, maximum: 9, default: 5 }],
  [float({ min: 0.5 }), { type: "number", minimum: 0.5 }],
  [bigint({ min: 1n, max: 2n ** 70n, default: 7n }), { type: "integer", minimum: 1, default: 7 }],
  [bigint({ default: 2n ** 70n }), { type: "integer" }],
  [decimal(), { type: "string", format: "decimal", pattern: "^-?\\d+(\\.\\d+)?$" }],
  [boolean({ default: false }), { type: "boolean", default: false }],
  [
    string({ minLength: 1, maxLength: 3, pattern: /a|b/ }),
    { type: "string", minLength: 1, maxLength: 3, pattern: "^(?:a|b)$" },
  ],
  [oneOf("a", "b"), { type: "string", enum: ["a", "b"] }],
  [oneOf(1, 2), { type: "number", enum: [1, 2] }],
  [oneOf("a", 1), { enum: ["a", 1] }],
  [
    array(int(), { minLength: 1, maxLength: 2, default: [1] }),
    { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2, default: [1] },
  ],
  [array(bigint(), { default: [1n] }), { type: "array", items: { type: "integer" } }],
  [array(v.string()), { type: "array", items: {} }],
  [optional(named("x", int())), { type: "integer" }],
  [json(), { type: "string", contentMediaType: "application/json" }],
  [json(z.string()), { type: "string", contentMediaType: "application/json" }],
];

for (const [schema, expected] of described) {
  Deno.test(`json schema: ${JSON.stringify(expected)}`, () => {
    for (const target of ["draft-2020-12", "draft-07", "openapi-3.0"]) {
      assert.deepEqual(jsonSchemaOf(schema, "input", target), expected);
    }
    assert.doesNotThrow(() => JSON.stringify(jsonSchemaOf(schema, "output")));
  });
}

Deno.test("json schema: the output of json is what its schema yields", () => {
  assert.equal(jsonSchemaOf(json(z.object({ a: z.int() })), "output")?.type, "object");
  assert.equal(jsonSchemaOf(array(z.string()), "output")?.type, "array");
});

Deno.test("json schema: an unknown target is refused, a vendor without descriptions gives none", () => {
  assert.throws(
    () => int()["~standard"].jsonSchema?.input({ target: "draft-04" }),
    /^TypeError: JSON Schema target "draft-04" is not supported: use "draft-2020-12"$/,
  );
  assert.equal(jsonSchemaOf(int(), "input", "draft-04"), undefined);
  assert.equal(jsonSchemaOf(v.string(), "input"), undefined);
  assert.equal(jsonSchemaOf(optional(v.string()), "input"), undefined);
});

const lists: readonly [string, Schema, boolean | undefined][] = [
  ["array", array(string()), true],
  ["optional array", optional(array(int())), true],
  ["int", int(), false],
  ["oneOf mixed", oneOf("a", 1), false],
  ["zod string", z.string(), false],
  ["zod coerced number", z.coerce.number(), false],
  ["zod array", z.array(z.string()), true],
  ["zod nullable array", z.array(z.string()).nullable(), true],
  ["zod array, transformed", z.array(z.string()).transform((list) => list.length), true],
  ["zod tuple", z.tuple([z.string(), z.string()]), true],
  ["zod either", z.union([z.string(), z.array(z.string())]), undefined],
  ["zod string or number", z.union([z.string(), z.number()]), false],
  ["zod enum", z.enum(["a", "b"]), false],
  ["zod literal", z.literal("a"), false],
  ["zod named", z.array(z.string()).meta({ id: "Named" }), true],
  ["zod date", z.coerce.date(), undefined],
  ["arktype list", type("string[]"), true],
  ["arktype list or undefined", type("string[] | undefined"), true],
  ["arktype either", type("string | string[]"), undefined],
  ["arktype number", type("string.numeric.parse"), false],
  ["valibot list", v.array(v.string()), undefined],
];

for (const [name, schema, expected] of lists) {
  Deno.test(`isList: ${name}`, () => assert.equal(isList(schema), expected));
}

Deno.test("isList: references in circles and from outside end", () => {
  const schema = (document: Record<string, unknown>): Schema => ({
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value }),
      jsonSchema: { input: () => document, output: () => document },
    },
  });
  assert.equal(isList(schema({ $ref: "#" })), undefined);
  assert.equal(isList(schema({ anyOf: [{ $ref: "#" }, { $ref: "#" }] })), undefined);
  assert.equal(isList(schema({ $ref: "https://example.com/a" })), undefined);
  assert.equal(isList(schema({ $ref: "#/__proto__/x" })), undefined);
  assert.equal(isList(schema({ type: ["array", "null"] })), true);
  assert.equal(isList(schema({ allOf: [{ minItems: 1 }, { type: "array" }] })), true);
  const wide = Array.from({ length: 4 }, () => ({ $ref: "#" }));
  assert.equal(isList(schema({ anyOf: wide })), undefined);
  assert.equal(recordShape(schema({ anyOf: wide, allOf: wide, oneOf: wide })), undefined);
});

Deno.test("recordShape: which properties are lists", () => {
  const shape = (schema: Schema) => {
    const map = recordShape(schema);
    return map && Object.fromEntries([...map].map(([name, { many }]) => [name, many]));
  };
  const expected = { tags: true, limit: false };
  assert.deepEqual(
    shape(z.object({ tags: z.array(z.string()).optional(), limit: z.coerce.number() })),
    expected,
  );
  assert.deepEqual(
    shape(z.object({ tags: z.array(z.string()), limit: z.string() }).meta({ id: "Query" })),
    expected,
  );
  const Tags = z.array(z.string()).meta({ id: "Tags" });
  assert.deepEqual(shape(z.object({ tags: Tags, limit: z.string() })), expected);
  assert.deepEqual(
    shape(z.intersection(z.object({ tags: Tags }), z.object({ limit: z.string() }))),
    expected,
  );
  assert.deepEqual(shape(type({ "tags?": "string[]", limit: "string.numeric.parse" })), expected);
  assert.deepEqual(
    shape(
      z.union([z.object({ a: z.string() }), z.object({ a: z.array(z.string()), b: z.string() })]),
    ),
    { a: undefined, b: false },
  );
  assert.equal(shape(v.object({ tags: v.array(v.string()) })), undefined);
  assert.equal(shape(z.record(z.string(), z.string())), undefined);
  assert.equal(shape(z.string()), undefined);
});
