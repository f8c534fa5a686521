/** The parseheader table: values with parameters (spec 7.1). */
import assert from "node:assert/strict";
import { InvalidHeaderValueError, parseHeader } from "@pirouette/http";
import { conformance } from "./cases.ts";

type Parsed = readonly (readonly [value: string, params: Readonly<Record<string, string>>])[];

const parsed: readonly (readonly [header: string, expected: Parsed])[] = [
  ["text/plain", [["text/plain", {}]]],
  ["text/plain;a=2;b=0.9", [["text/plain", { a: "2", b: "0.9" }]]],
  [" text/plain ; a = 2 ; b = 0.9 ", [["text/plain", { a: "2", b: "0.9" }]]],
  ["text/plain;level=1, application/xml;q=0.5", [
    ["text/plain", { level: "1" }],
    ["application/xml", { q: "0.5" }],
  ]],
  ["a,b , c", [["a", {}], ["b", {}], ["c", {}]]],
  ['"a, b",c', [['"a, b"', {}], ["c", {}]]],
  ['form-data;name="a;b,c";x=1', [["form-data", { name: '"a;b,c"', x: "1" }]]],
  ['form-data;name="say \\"hi, you\\""', [["form-data", { name: '"say \\"hi, you\\""' }]]],
  ['<http://a/b?c=1,2;d>; rel="next prev"; title="x, y", </e>; rel=last', [
    ["<http://a/b?c=1,2;d>", { rel: '"next prev"', title: '"x, y"' }],
    ["</e>", { rel: "last" }],
  ]],
  ["no-cache;attribute", [["no-cache", { attribute: "" }]]],
  ["text/plain;", [["text/plain", {}]]],
  ["gzip;Q=1.0", [["gzip", { q: "1.0" }]]],
  ["respond-async;__proto__=1", [["respond-async", JSON.parse('{"__proto__":"1"}')]]],
  ["", [["", {}]]],
  ["   ", [["", {}]]],
];

const malformed = [";a=2", "text/plain;a=", "text/plain;=2", 'text/plain;a="x', "a,;b=1", "<x"];

conformance("parseheader", {
  "values and params": () => {
    for (const [header, expected] of parsed) {
      const values = parseHeader(header).map(({ value, params }) => [
        value,
        Object.entries(params),
      ]);
      const wanted = expected.map(([value, params]) => [value, Object.entries(params)]);
      assert.deepEqual(values, wanted, header);
    }
    for (const header of malformed) {
      assert.throws(() => parseHeader(header), (error) => {
        assert.ok(error instanceof InvalidHeaderValueError, header);
        assert.match(error.message, /^failed to parse: error InvalidHeader/);
        return true;
      });
    }
  },
});
