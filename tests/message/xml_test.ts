import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpError, PayloadBindingError } from "../../src/message/errors.ts";
import { serializeXml, Xml } from "../../src/message/xml.ts";
import { parseXml } from "../../src/message/xml_parse.ts";
import { isXmlText, xmlEncoding } from "../../src/message/xml_text.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

/** The same tree with ordinary prototypes: strict equality looks at them. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const READ: readonly (readonly [text: string, expected: unknown])[] = [
  ["<a/>", { a: "" }],
  ["<a></a >", { a: "" }],
  ['<?xml version="1.0" encoding="UTF-8"?>\n<a>x</a>\n', { a: "x" }],
  ["\uFEFF<a>x</a>", { a: "x" }],
  ['<album id="7"><title>Blue &amp; Train</title></album>', {
    album: { "@id": "7", title: "Blue & Train" },
  }],
  ["<l><i>1</i><j/><i>2</i><i/></l>", { l: { i: ["1", "2", ""], j: "" } }],
  ["<p>a <b>c</b> d<!-- x --></p>", { p: { b: "c", "#text": "a  d" } }],
  ["<p>\n  <b>c</b>\n</p>", { p: { b: "c" } }],
  ["<p>  </p>", { p: "  " }],
  ["<n>007</n>", { n: "007" }],
  ["<n a='1'>true</n>", { n: { "@a": "1", "#text": "true" } }],
  ["<p><![CDATA[<b>&amp;]]></p>", { p: "<b>&amp;" }],
  ["<p><b/><![CDATA[ ]]></p>", { p: { b: "", "#text": " " } }],
  ["<a>&#65;&#x1F600;&lt;&#x26;lt;&apos;&quot;&gt;</a>", { a: "A😀<&lt;'\">" }],
  ['<a b="&lt;&#10;&quot;\n\ty"/>', { a: { "@b": '<\n"  y' } }],
  ["<a>x\r\ny\rz</a>", { a: "x\ny\nz" }],
  ["<?a it's?><a>x<?b 'y?>z</a><?c?>", { a: "xz" }],
  ['<x:a xmlns:x="urn:a" x:b="1"><x:c/></x:a>', {
    "x:a": { "@xmlns:x": "urn:a", "@x:b": "1", "x:c": "" },
  }],
  ["<constructor toString='1'><prototype/><toString>x</toString></constructor>", {
    constructor: { "@toString": "1", prototype: "", toString: "x" },
  }],
  ["<a><!-- <!DOCTYPE b> --><![CDATA[<!DOCTYPE c>]]></a>", { a: "<!DOCTYPE c>" }],
];

for (const [text, expected] of READ) {
  Deno.test(`parseXml: reads ${JSON.stringify(text)}`, async () => {
    const tree = await parseXml(text);
    assert.equal(Object.getPrototypeOf(tree), null);
    assert.deepEqual(plain(tree), expected);
  });
}

const MALFORMED: readonly string[] = [
  "",
  "  ",
  "text",
  "<a>",
  "<a><b></a></b>",
  "<a></b>",
  "</a>",
  "<a></a></a>",
  "<a/><b/>",
  "<a></a><b></b>",
  "<a/>x",
  "x<a/>",
  "<a/><![CDATA[x]]>",
  "<a/><!-- x",
  "<a><![CDATA[x</a>",
  "<a/><?xml version='1.0'?>",
  "<>",
  "< a/>",
  "<1a/>",
  "<a b=1/>",
  "<a b/>",
  '<a b="1" b="2"/>',
  '<a b="1"c="2"/>',
  '<a b="<"/>',
  '<a b="x/>',
  "<a <!-- x --> b='1'/>",
  "<a>x & y</a>",
  "<a>&foo;</a>",
  "<a b='&foo;'/>",
  "<a>&#0;</a>",
  "<a>&#xD800;</a>",
  "<a>&#x110000;</a>",
  "<a>&#99999999999999999999;</a>",
  "<a>\0</a>",
  "<a>\uFFFF</a>",
  "<!foo><a/>",
];

for (const text of MALFORMED) {
  Deno.test(`parseXml: refuses ${JSON.stringify(text)}`, async () => {
    await assert.rejects(parseXml(text), (error) => {
      assert.ok(error instanceof PayloadBindingError);
      assert.match(error.message, /^data binding failed: malformed XML: /);
      return true;
    });
  });
}

const WRITTEN: readonly (readonly [tree: object, text: string])[] = [
  [{ a: "" }, "<a/>"],
  [{ a: null, b: undefined }, "<a/>"],
  [{ a: 1 }, "<a>1</a>"],
  [
    { a: { "@b": '<"\n', c: ["x", undefined, { d: true }], "#text": "<&>" } },
    '<a b="&lt;&quot;&#10;"><c>x</c><c><d>true</d></c>&lt;&amp;&gt;</a>',
  ],
  [
    { a: { at: new Date(0), big: 10n, none: [] } },
    "<a><at>1970-01-01T00:00:00.000Z</at><big>10</big></a>",
  ],
];

for (const [tree, text] of WRITTEN) {
  Deno.test(`serializeXml: writes ${text}`, () => {
    assert.equal(serializeXml(tree), text);
    assert.equal(String(new Xml(tree)), text);
  });
}

Deno.test("Xml: keeps source text as it is", () => {
  assert.equal(String(new Xml("<a >x</a>")), "<a >x</a>");
});

const UNWRITABLE: readonly (readonly [what: string, tree: object])[] = [
  ["no root", {}],
  ["two roots", { a: 1, b: 2 }],
  ["an array of roots", { a: [1, 2] }],
  ["an array", [1]],
  ["a name that is none", { "a b": 1 }],
  ["a name with markup", { a: { "x><script": 1 } }],
  ["an attribute name that is none", { a: { '@x="1" y': 1 } }],
  ["a control character", { a: "\0" }],
  ["half a surrogate pair", { a: "\ud800" }],
  ["a function", { a: () => 1 }],
  ["an array in an array", { a: { b: [[1]] } }],
];

for (const [what, tree] of UNWRITABLE) {
  Deno.test(`serializeXml: refuses ${what}`, () => {
    assert.throws(() => serializeXml(tree), (error) => {
      assert.ok(error instanceof HttpError);
      assert.match(error.message, /^Cannot write the value as XML: /);
      return true;
    });
  });
}

Deno.test("serializeXml: refuses an object inside itself", () => {
  const node: Record<string, unknown> = {};
  node.a = node;
  assert.throws(() => serializeXml(node), /nest deeper than 512 levels/);
});

Deno.test("parseXml: reads back what serializeXml writes", async () => {
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_.-]{0,8}$/).filter((n) => n !== "__proto__");
  const text = fc.string({ unit: "binary" }).filter((value) =>
    isXmlText(value) && value.trim() !== ""
  );
  const { node } = fc.letrec<{ node: string | object }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      text,
      fc.dictionary(name, tie("node"), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(name, node, name, text, async (root, value, attribute, attributeText) => {
      const tree = {
        [root]: { [`@${attribute}`]: attributeText, child: value, list: [value, "", value] },
      };
      assert.deepEqual(plain(await parseXml(serializeXml(tree))), plain(tree));
    }),
    PROPERTY,
  );
});

Deno.test("parseXml: any text gives a tree or a PayloadBindingError", async () => {
  const pieces = fc.array(
    fc.constantFrom(
      "<a>",
      "</a>",
      "<a",
      ">",
      "/>",
      " b='",
      "'",
      '"',
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?",
      "?>",
      "&",
      "&amp;",
      "&#",
      ";",
      "x",
      " ",
      "<",
      "=",
      "__proto__",
      "<!DOCTYPE",
    ),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(pieces, async (all) => {
      try {
        await parseXml(`<r>${all.join("")}</r>`);
      } catch (error) {
        assert.ok(error instanceof PayloadBindingError, String(error));
      }
    }),
    PROPERTY,
  );
});

Deno.test("xmlEncoding: reads the byte order mark and the declaration", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(xmlEncoding(new Uint8Array([0xff, 0xfe, 0x3c, 0])), "utf-16le");
  assert.equal(xmlEncoding(new Uint8Array([0xfe, 0xff, 0, 0x3c])), "utf-16be");
  assert.equal(xmlEncoding(bytes('<?xml version="1.0" encoding="ISO-8859-1"?><a/>')), "ISO-8859-1");
  assert.equal(xmlEncoding(bytes("<?xml version='1.0'?><a encoding='x'/>")), undefined);
  assert.equal(xmlEncoding(bytes("<a/>")), undefined);
  assert.equal(xmlEncoding(new Uint8Array(0)), undefined);
});
