import assert from "node:assert/strict";
import fc from "fast-check";
import {
  matchesConsumes,
  negotiateMediaType,
  parseQualityList,
} from "../../src/message/negotiation.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

const LISTS: [text: string, expected: [string, number][]][] = [
  ["", []],
  [" , ,", []],
  ["gzip", [["gzip", 1]]],
  ["GZip;q=0.5, br;Q=1.0, *;q=0", [["gzip", 0.5], ["br", 1], ["*", 0]]],
  ["en-GB ; q = 0.8", [["en-gb", 0.8]]],
  ["a;q=.2, b;q=1., c;q=5", [["a", 0.2], ["b", 1], ["c", 1]]],
  ['a;q=x, b;q=, c;q=-1, d;q=1e-3, e;q, f;q=., g;q="1", h', [["e", 1], ["h", 1]]],
  [";q=1, a", [["a", 1]]],
];

for (const [text, expected] of LISTS) {
  Deno.test(`parseQualityList: reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      parseQualityList(text).map(({ value, quality }) => [value, quality]),
      expected,
    );
  });
}

Deno.test("parseQualityList: keeps the parameters before the weight, without a prototype", () => {
  const [range] = parseQualityList('text/html;Level="1, 2";__proto__=x;q=0.5;ext=1');
  assert.deepEqual(Object.entries(range?.params ?? {}), [["level", "1, 2"], ["__proto__", "x"]]);
  assert.equal(Object.getPrototypeOf(range?.params), null);
  assert.equal(range?.quality, 0.5);
});

Deno.test("parseQualityList: reads 256 members and no more", () => {
  assert.equal(parseQualityList("a,".repeat(1000)).length, 256);
  assert.equal(parseQualityList(",".repeat(256) + "a").length, 0);
});

const XML = ["text/xml", "application/xml"];
const JSON_OR_XML = ["application/json", "application/xml"];
const CHOICES: [accept: string | null, produces: string[], expected: string | undefined][] = [
  [null, XML, "text/xml"],
  ["", XML, "text/xml"],
  ["  ", XML, "text/xml"],
  ["*/*", XML, "text/xml"],
  ["*/*, text/html;q=0.7", XML, "text/xml"],
  ["*/*, text/html;Level=1;q=0.7", XML, "text/xml"],
  ["text/*;q=0.3", XML, "text/xml"],
  ["text/*;q=0.3, text/html;Level=1;q=0.7", ["text/css", "application/json"], "text/css"],
  ["multipart/*;q=0.3, text/html", XML, undefined],
  ["multipart/*;q=0.3, text/html;Level=1;q=0.7", XML, undefined],
  ["compileResult/xml, text/html", XML, undefined],
  [":,;,v567br", XML, undefined],
  [":,;,v567br, application/xml", XML, "application/xml"],
  ["application/json", ["Application/JsON"], "Application/JsON"],
  ["application/xml", ["text/xml", "application/xml "], "application/xml "],
  ["application/xml;q=0.9, application/json;q=0.8", JSON_OR_XML, "application/xml"],
  ["application/xml, application/json", JSON_OR_XML, "application/xml"],
  ["application/*", JSON_OR_XML, "application/json"],
  ["*/*, application/xml", JSON_OR_XML, "application/xml"],
  ["application/json, text/plain, */*", ["text/html", ...JSON_OR_XML], "application/json"],
  ["application/json;q=0, */*", JSON_OR_XML, "application/xml"],
  ["application/json;q=0", JSON_OR_XML, undefined],
  ["*/*;q=0", JSON_OR_XML, undefined],
  ["application/json, */*;q=0", ["text/plain"], undefined],
  ["application/*;q=0, application/xml", JSON_OR_XML, "application/xml"],
  ["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON_OR_XML, "application/json"],
  ["application/json;charset=utf-8", JSON_OR_XML, "application/json"],
  ["application/json;charset=utf-8, application/xml;q=0.1", JSON_OR_XML, "application/json"],
  ["text/html;level=1;q=0, text/html", ["text/html"], "text/html"],
  ["text/html;level=1", ["text/html;level=2"], undefined],
  ["text/html;level=2;q=0.4, text/html", ["text/html;Level=2", "text/html"], "text/html"],
  ["text/html;level=2, text/html;q=0.4", ["text/html", "text/html;level=2"], "text/html;level=2"],
  ["text/html;level=1, */*;q=0.5", ["text/plain", "text/html;level=1"], "text/html;level=1"],
  ["text/html", [], undefined],
  ["text/html", ["garbage"], undefined],
  ['text/html;x="a, application/json', JSON_OR_XML, undefined],
];

for (const [accept, produces, expected] of CHOICES) {
  Deno.test(`negotiateMediaType: ${accept} of ${produces.join(" ")} is ${expected}`, () => {
    assert.equal(negotiateMediaType(accept, produces), expected);
  });
}

Deno.test("negotiateMediaType: weighs as the example of RFC 9110 section 12.5.1", () => {
  const accept = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, " +
    "text/plain;format=fixed;q=0.4, */*;q=0.5";
  const rising = [
    "text/html",
    "text/plain;format=fixed",
    "image/jpeg",
    "text/plain",
    "text/plain;format=flowed",
  ];
  for (let count = 1; count <= rising.length; count++) {
    assert.equal(negotiateMediaType(accept, rising.slice(0, count)), rising[count - 1]);
    assert.equal(negotiateMediaType(accept, rising.slice(0, count).reverse()), rising[count - 1]);
  }
});

Deno.test("negotiateMediaType: chooses from what is offered, never what q=0 names", () => {
  const produces = ["text/html", "text/plain", "image/png"];
  const range = fc.constantFrom("text/plain", "text/*", "image/png", "*/*", "*", ":", "");
  const weight = fc.constantFrom("", ";q=0", ";q=0.5", ";q=1", ";level=1", ";q=zz");
  const ranges = fc.array(fc.tuple(range, weight).map((parts) => parts.join("")));
  fc.assert(
    fc.property(ranges, ranges, (before, after) => {
      const free = negotiateMediaType([...before, ...after].join(","), produces);
      assert(free === undefined || produces.includes(free));
      const barred = negotiateMediaType([...before, "text/html;q=0", ...after].join(","), produces);
      assert.notEqual(barred, "text/html");
      // Excluding one type changes nothing for the others.
      if (free !== undefined && free !== "text/html" && before.concat(after).join("") !== "") {
        assert.equal(barred, free);
      }
    }),
    PROPERTY,
  );
});

Deno.test("negotiateMediaType: any text is an answer or undefined", () => {
  const unit = fc.constantFrom(...'tx/*;,=q01."\\ é\0');
  fc.assert(
    fc.property(fc.string({ unit }), (accept) => {
      const chosen = negotiateMediaType(accept, ["t/x", "x/t"]);
      assert(chosen === undefined || chosen === "t/x" || chosen === "x/t");
    }),
    PROPERTY,
  );
});

const CONSUMES: [contentType: string | null, consumes: string[], expected: boolean][] = [
  ["application/xml; charset=ISO-8859-4", ["appliCation/XML"], true],
  ["APPLICATION/xml", ["application/xml "], true],
  ["text/plain ; charset=ISO-8859-4", ["application/xhtml+xml", "text/plain"], true],
  ["application/x-www-form-urlencoded;", ["application/x-www-form-urlencoded"], true],
  ["compileResult/json", ["application/xml"], false],
  [",:vhjv", ["application/xml"], false],
  ["image/png", ["image/*"], true],
  ["image/png", ["*/*"], true],
  ["image/*", ["image/png"], false],
  ["text/plain", [], true],
  [null, [], true],
  [null, ["application/json"], false],
  [null, ["application/octet-stream"], true],
  [null, ["*/*"], true],
  ["", ["*/*"], false],
];

for (const [contentType, consumes, expected] of CONSUMES) {
  const verb = expected ? "takes" : "refuses";
  Deno.test(`matchesConsumes: [${consumes}] ${verb} ${contentType}`, () => {
    assert.equal(matchesConsumes(contentType, consumes), expected);
  });
}

Deno.test("security row 7: no range takes a content type that is none", () => {
  for (const text of ["application/json garbage", "application/json, a/b", ";", "json", "\0/x"]) {
    assert.equal(matchesConsumes(text, ["application/json", "application/*", "*/*"]), false, text);
  }
});

Deno.test("security row 18: a megabyte of Accept is read in linear time", () => {
  for (const unit of [",", ";", "a/b,", "a/b;q=1,", ";q=0.1", '"', "*/*;a=b;", "en-a-"]) {
    const accept = "a" + unit.repeat(1_000_000 / unit.length);
    const start = performance.now();
    negotiateMediaType(accept, ["text/html", "application/json"]);
    assert(performance.now() - start < 3000, `slow: ${unit}`);
  }
});
