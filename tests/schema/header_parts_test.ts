/** What header fields say to schemas, of both sides. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { array, int, oneOf, type Schema, string } from "@pirouette/http";
import { field } from "../../src/schema/field.ts";
import { headerParts, headerRecord } from "../../src/schema/header_parts.ts";
import { recordShape } from "../../src/schema/json_schema.ts";

Deno.test("header parts: a list is taken apart, text stays whole, of others the first counts", () => {
  const table: readonly (readonly [Schema, string, string | readonly string[]])[] = [
    [string(), "a, b", "a, b"],
    [z.string(), "a, b", "a, b"],
    [oneOf("a", "b"), "a", "a"],
    [int(), "1", "1"],
    [int(), "1, 2", "1"],
    [int(), " , ", ""],
    [array(string()), "", []],
    [array(string()), "a", ["a"]],
    [array(string()), " a ,,\tb,", ["a", "b"]],
    [array(string()), 'a, "b, c";q="\\",", d', ["a", '"b, c";q="\\","', "d"]],
    // A quote that is not closed hides the rest, but takes nothing away.
    [array(string()), 'a, "b, c', ["a", '"b, c']],
    [array(string()), 'a, "b\\', ["a", '"b\\']],
    [array(string()), "\u00a0a", ["\u00a0a"]],
    [z.array(z.string()), "a, b", ["a", "b"]],
  ];
  for (const [schema, value, parts] of table) {
    assert.deepEqual(headerParts(field("a", schema), value), parts, value);
  }
});

Deno.test("header parts: members of any lists come back", () => {
  const member = fc.string({ unit: fc.constantFrom(..."ab;=\t "), minLength: 1 })
    .map((text) => `x${text}x`);
  fc.assert(
    fc.property(fc.array(member), (members) => {
      assert.deepEqual(headerParts(field("a", array(string())), members.join(", ")), members);
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 },
  );
});

Deno.test("header record: all fields, those of the schema by its names and as it says", () => {
  const shape = recordShape(
    z.object({ "X-List": z.array(z.string()), "no name": z.string().optional(), other: z.int() }),
  );
  const headers = new Headers({ "x-list": "a, b", "x-more": "c, d", ["__proto__"]: "e" });
  const record = headerRecord(headers, shape);
  assert.deepEqual(record["X-List"], ["a", "b"]);
  assert.equal(record["x-list"], "a, b");
  assert.equal(record["x-more"], "c, d");
  assert.equal(Object.getOwnPropertyDescriptor(record, "__proto__")?.value, "e");
  assert.equal(Object.getPrototypeOf(record), Object.prototype);
  assert.ok(!("no name" in record) && !("other" in record));
});
