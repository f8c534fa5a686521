import assert from "node:assert/strict";
import fc from "fast-check";
import { PayloadBindingError } from "../../src/message/errors.ts";
import { MAX_JSON_DEPTH, parseJson } from "../../src/message/json.ts";
import { describeJsonError } from "../../src/message/json_error.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 1_000,
  verbose: true,
};

const FAULTS: readonly (readonly [text: string, message: string])[] = [
  ["WSO2", "unrecognized token 'WSO2': at line 1, column 1"],
  ["[WSO2]", "unrecognized token 'WSO2': at line 1, column 2"],
  ['{"a":\n  tru, "b":1}', "unrecognized token 'tru': at line 2, column 3"],
  ['{"a":1,}', "unrecognized token '}': at line 1, column 8"],
  ['{"a" 1}', "unrecognized token '1': at line 1, column 6"],
  ['{"a"1', "unrecognized token '1': at line 1, column 5"],
  ["{a:1}", "unrecognized token 'a': at line 1, column 2"],
  ["{1:1}", "unrecognized token '1': at line 1, column 2"],
  ["[1,]", "unrecognized token ']': at line 1, column 4"],
  ["[,1]", "unrecognized token ',': at line 1, column 2"],
  ["[1}", "unrecognized token '}': at line 1, column 3"],
  ["[1 2]", "unrecognized token '2': at line 1, column 4"],
  ["1 2", "unrecognized token '2': at line 1, column 3"],
  ["{}{}", "unrecognized token '{': at line 1, column 3"],
  ["]", "unrecognized token ']': at line 1, column 1"],
  ["01", "unrecognized token '01': at line 1, column 1"],
  ["+1", "unrecognized token '+1': at line 1, column 1"],
  ["1.", "unrecognized token '1.': at line 1, column 1"],
  ["NaN", "unrecognized token 'NaN': at line 1, column 1"],
  ["\u00a01", "unrecognized token '\u00a01': at line 1, column 1"],
  ["nul", "unrecognized token 'nul': at line 1, column 1"],
  ['["\\x"]', "unrecognized token '\"': at line 1, column 2"],
  ['["a\nb"]', "unrecognized token '\"': at line 1, column 2"],
  ['["\\u12g4"]', "unrecognized token '\"': at line 1, column 2"],
  ["", "unexpected end of the JSON payload"],
  [" \n", "unexpected end of the JSON payload"],
  ['{"a":', "unexpected end of the JSON payload"],
  ["[1,", "unexpected end of the JSON payload"],
  ['"abc', "unexpected end of the JSON payload"],
  ["W".repeat(100), `unrecognized token '${"W".repeat(40)}…': at line 1, column 1`],
];

for (const [text, message] of FAULTS) {
  Deno.test(`parseJson: explains ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => parseJson(text), (error) => {
      assert.ok(error instanceof PayloadBindingError);
      assert.equal(error.message, `data binding failed: ${message}`);
      assert.equal(error.status, 400);
      assert.ok(error.cause instanceof SyntaxError);
      return true;
    });
  });
}

Deno.test("parseJson: yields what JSON.parse yields", () => {
  // A key that is refused comes up by chance, and has tests of its own.
  const value = fc.jsonValue({ depthSize: "large" })
    .filter((tree) => !/"(?:__proto__|constructor)"/.test(JSON.stringify(tree)));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (tree, space) => {
      const text = JSON.stringify(tree, undefined, space);
      assert.deepEqual(parseJson(text), JSON.parse(text));
    }),
    PROPERTY,
  );
});

Deno.test("parseJson: any text gives a value or a PayloadBindingError", () => {
  const pieces = fc.array(
    fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "a", "1", "-", "\\", "null", " ", "\n", "e"),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), pieces.map((all) => all.join(""))),
      (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) return void parseJson(text);
        assert.throws(() => parseJson(text), PayloadBindingError);
        assert.match(
          describeJsonError(text),
          /^un(?:recognized token '[^]+': at line|expected end)/,
        );
      },
    ),
    PROPERTY,
  );
});

Deno.test("parseJson: nests as deep as the limit and no deeper", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const objects = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  for (const text of [nested(MAX_JSON_DEPTH), objects(MAX_JSON_DEPTH)]) parseJson(text);
  for (const depth of [MAX_JSON_DEPTH + 1, 100_000]) {
    for (const text of [nested(depth), objects(depth)]) {
      assert.throws(() => parseJson(text), {
        name: "PayloadBindingError",
        message: "data binding failed: the JSON payload nests too deep: send at most 512 levels",
      });
    }
  }
});

Deno.test("parseJson: unclosed brackets of any depth are explained", () => {
  assert.throws(() => parseJson("[".repeat(1_000_000)), PayloadBindingError);
  assert.throws(() => parseJson('{"a":'.repeat(1_000_000)), PayloadBindingError);
});
