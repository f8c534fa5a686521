import assert from "node:assert/strict";
import fc from "fast-check";
import { maxRequestedHeaders, parseFieldNames } from "../../src/layers/cors_names.ts";
import { CorsPolicy } from "../../src/layers/cors_policy.ts";
import { isToken } from "../../src/message/header_value.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

const tokenChar = fc.constantFrom(..."!#$%&'*+-.^_`|~azAZ09");
const name = fc.array(tokenChar, { minLength: 1, maxLength: 12 }).map((chars) => chars.join(""));
const space = fc.constantFrom("", " ", "\t", " \t ");

for (
  const [text, expected] of [
    ["", []],
    [" , ,", []],
    ["x-one", ["x-one"]],
    ["X-One,x-two", ["X-One", "x-two"]],
    [" x-one ,\tx-two, ", ["x-one", "x-two"]],
    ["x one", undefined],
    ['"x-one"', undefined],
    ["x-one;q=1", undefined],
    ["x-ä", undefined],
    ["x-one, , x:two", undefined],
    ["a".repeat(maxRequestedHeaders), ["a".repeat(maxRequestedHeaders)]],
    ["a".repeat(maxRequestedHeaders + 1), undefined],
  ] as const
) {
  Deno.test(`parseFieldNames: reads ${JSON.stringify(text.slice(0, 30))} (${text.length})`, () => {
    assert.deepEqual(parseFieldNames(text), expected);
  });
}

Deno.test("parseFieldNames: finds the names of every list, whatever space is around them", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(space, name, space), { maxLength: 40 }), (members) => {
      const text = members.map((member) => member.join("")).join(",");
      assert.deepEqual(parseFieldNames(text), members.map(([, name]) => name));
    }),
    settings,
  );
});

Deno.test("parseFieldNames: gives tokens or nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const name of parseFieldNames(text) ?? []) assert.ok(isToken(name));
    }),
    settings,
  );
});

Deno.test("CorsPolicy: allows fields exactly where each of them is listed, in any case", () => {
  const origin = "https://app.example";
  fc.assert(
    fc.property(fc.array(name), fc.array(name, { minLength: 1 }), (listed, asked) => {
      const allowHeaders = listed.filter((one) => one !== "*");
      const request = new Request("http://localhost/", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PUT",
          "access-control-request-headers": asked.join(","),
        },
      });
      const lower = new Set(allowHeaders.map((one) => one.toLowerCase()));
      const response = new CorsPolicy({ allowHeaders }).preflight(request);
      assert.equal(
        response?.headers.get("access-control-allow-headers"),
        asked.every((one) => lower.has(one.toLowerCase())) ? asked.join(", ") : undefined,
      );
    }),
    settings,
  );
});
