import assert from "node:assert/strict";
import fc from "fast-check";
import {
  extractMediaType,
  isForm,
  isJson,
  isText,
  isXml,
  mediaTypeEssence,
  mediaTypeMatches,
  parseMediaType,
  serializeMediaType,
} from "../../src/message/media_type.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 1000,
  verbose: true,
};

/** The cases of a web-platform-tests file, without the strings that head its sections. */
function casesOf<Case>(file: string): Case[] {
  try {
    const list: (Case | string)[] = JSON.parse(Deno.readTextFileSync(new URL(file, DATA)));
    return list.filter((entry): entry is Case => typeof entry !== "string");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`skipped: no ../shared/data/${file}`);
    return [];
  }
}

type ParseCase = { input: string; output: string | null };

for (const file of ["mimesniff/mime-types.json", "mimesniff/generated-mime-types.json"]) {
  Deno.test(`parseMediaType: every case of ${file}`, () => {
    for (const { input, output } of casesOf<ParseCase>(file)) {
      const parsed = parseMediaType(input);
      const written = parsed === undefined ? null : serializeMediaType(parsed);
      assert.equal(written, output, JSON.stringify(input));
      assert.equal(mediaTypeEssence(input), parsed?.essence ?? "", JSON.stringify(input));
    }
  });
}

Deno.test("extractMediaType: every case of fetch-content-type/content-types.json", () => {
  type Case = { contentType: string[]; mimeType: string };
  for (const { contentType, mimeType } of casesOf<Case>("fetch-content-type/content-types.json")) {
    const parsed = extractMediaType(contentType.join(", "));
    assert.equal(parsed && serializeMediaType(parsed), mimeType, contentType.join(", "));
  }
});

Deno.test("isJson, isXml: agree with the groups of mimesniff/mime-groups.json", () => {
  type Case = { input: string; groups: string[] };
  for (const { input, groups } of casesOf<Case>("mimesniff/mime-groups.json")) {
    const essence = mediaTypeEssence(input);
    assert.equal(isJson(essence), groups.includes("JSON"), input);
    assert.equal(isXml(essence), groups.includes("XML"), input);
  }
});

Deno.test("isForm, isText: look at the essence", () => {
  assert(isForm(mediaTypeEssence("Application/X-WWW-Form-Urlencoded;")));
  assert(!isForm("multipart/form-data"));
  assert(isText("text/csv") && !isText("application/text") && !isText(""));
});

Deno.test("extractMediaType: nothing comes of nothing", () => {
  for (const text of [null, "", ",", "*/*", "garbage", '"', "a/b c, d"]) {
    assert.equal(extractMediaType(text), undefined, String(text));
  }
});

const ESSENCES: [contentType: string, essence: string][] = [
  ["application/json", "application/json"],
  ["application/json; charset=utf-8", "application/json"],
  ["APPLICATION/Json", "application/json"],
  ["  text/plain \t; x=y", "text/plain"],
  ["application/vnd.api+json;version=1", "application/vnd.api+json"],
  ["text/html;", "text/html"],
];

for (const [contentType, essence] of ESSENCES) {
  Deno.test(`mediaTypeEssence: ${JSON.stringify(contentType)} is ${essence}`, () => {
    assert.equal(mediaTypeEssence(contentType), essence);
  });
}

/** Inputs by which peers were led past validation, or made to crash, and what we make of them. */
const HOSTILE: [contentType: string, essence: string][] = [
  ["application/json garbage", ""],
  ["application/json\tgarbage", ""],
  ["application/json, text/plain", ""],
  ["application/json,", ""],
  ["application/json/", ""],
  ["application /json", ""],
  ["application/ json", ""],
  [" application/json", "application/json"],
  ["application/json ", "application/json"],
  ["\u00a0application/json", ""],
  ["application/json\u00a0", ""],
  ["application/json\0", ""],
  ["application/json;", "application/json"],
  ["application/json;;;", "application/json"],
  ["application/json; garbage", "application/json"],
  ['application/json; charset="', "application/json"],
  ['application/json; foo="\\', "application/json"],
  ["ApPlIcAtIoN/JsOn; a=b", "application/json"],
  ["application/\u212aml", ""],
  ["", ""],
  [";", ""],
  ["/", ""],
  ["application/", ""],
  ["/json", ""],
  ["json", ""],
  [" ", ""],
  [";application/json", ""],
  ["a/b/c", ""],
  ["text/\ud800", ""],
];

Deno.test("security row 7: content types that fooled or crashed peers have one reading", () => {
  for (const [contentType, essence] of HOSTILE) {
    assert.equal(mediaTypeEssence(contentType), essence, JSON.stringify(contentType));
    assert.equal(parseMediaType(contentType)?.essence ?? "", essence, JSON.stringify(contentType));
  }
});

Deno.test("security row 10: parameters named as prototype members are plain entries", () => {
  const params = parseMediaType("a/b;__proto__=1;constructor=2")?.params ?? {};
  assert.deepEqual(Object.entries(params), [["__proto__", "1"], ["constructor", "2"]]);
  assert.equal(Object.getPrototypeOf(params), null);
  assert.equal(parseMediaType("a/b")?.params.constructor, undefined);
});

const MATCHES: [range: string, type: string, expected: boolean][] = [
  ["*/*", "image/png", true],
  ["image/*", "image/png", true],
  ["image/*", "imagery/png", false],
  ["image/*;q=0.3", "IMAGE/PNG;x=y", true],
  ["appliCation/XML", "application/xml; charset=ISO-8859-4", true],
  ["application/xml ", "application/xml", true],
  ["image/png", "image/*", false],
  ["text/plain", "text/html", false],
  ["*/*", "garbage", false],
  ["", "text/plain", false],
  ["*", "text/plain", false],
];

for (const [range, type, expected] of MATCHES) {
  Deno.test(`mediaTypeMatches: ${range} ${expected ? "covers" : "does not cover"} ${type}`, () => {
    assert.equal(mediaTypeMatches(range, type), expected);
  });
}

const ANY_TEXT = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ/;=" \t\\*+.é\0\u00a0') }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(...HOSTILE.map(([text]) => text)),
);

Deno.test("mediaTypeEssence: agrees with parseMediaType on any text", () => {
  fc.assert(
    fc.property(ANY_TEXT, (text) => {
      const parsed = parseMediaType(text);
      assert.equal(mediaTypeEssence(text), parsed?.essence ?? "");
      if (parsed !== undefined) assert.equal(`${parsed.type}/${parsed.subtype}`, parsed.essence);
    }),
    PROPERTY,
  );
});

Deno.test("serializeMediaType: what it writes is read as the same", () => {
  fc.assert(
    fc.property(ANY_TEXT, ANY_TEXT, (type, rest) => {
      for (const text of [type, `a/b;${rest}`, `a/b;x=${rest}`]) {
        const parsed = parseMediaType(text);
        if (parsed) assert.deepEqual(parseMediaType(serializeMediaType(parsed)), parsed);
      }
    }),
    PROPERTY,
  );
});

Deno.test("security row 18: a megabyte of content type is read in linear time", () => {
  for (const unit of [";", "a", " ", "/", ";a=b", ';a="', "\\", ',"', "a/b,", ";a=\t"]) {
    const text = "text/html;x=" + unit.repeat(1_000_000 / unit.length);
    const start = performance.now();
    parseMediaType(text);
    mediaTypeEssence(text);
    extractMediaType(text);
    assert(performance.now() - start < 3000, `slow: ${unit}`);
  }
});
