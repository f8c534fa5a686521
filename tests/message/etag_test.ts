import assert from "node:assert/strict";
import fc from "fast-check";
import { etagOf, listMatches, strongMatch, weaken, weakMatch } from "../../src/message/etag.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

// The vectors that other implementations of MurmurHash3 (x86, 128 bits, seed 0) agree on.
const TAGS: [body: string, etag: string][] = [
  ["", '"0-00000000000000000000000000000000"'],
  ["hello", '"5-2b2444a0db91def79adb31b69adb31b6"'],
  [
    "The quick brown fox jumps over the lazy dog",
    '"17-2f1583c3ecee2c675d7bf66ce5e91d2c"',
  ],
];

for (const [body, etag] of TAGS) {
  Deno.test(`etagOf: ${JSON.stringify(body)}`, () => assert.equal(etagOf(body), etag));
}

Deno.test("etagOf: a text has the tag of its bytes, wherever they lie in their buffer", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), fc.nat(17), (text, offset) => {
      const bytes = new TextEncoder().encode(text);
      const buffer = new Uint8Array(bytes.length + offset + 1);
      buffer.set(bytes, offset);
      const etag = etagOf(text);
      assert.match(etag, /^"[0-9a-z]+-[0-9a-f]{32}"$/);
      assert.equal(etagOf(bytes), etag);
      assert.equal(etagOf(buffer.subarray(offset, offset + bytes.length)), etag);
    }),
    PROPERTY,
  );
});

Deno.test("etagOf: one bit changes half of the hash, wherever it is", () => {
  for (const length of [1, 15, 16, 17, 31, 32, 33, 1000]) {
    const bytes = new Uint8Array(length);
    const before = hashBits(etagOf(bytes));
    let least = 128;
    for (let bit = 0; bit < length * 8; bit += 7) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const after = hashBits(etagOf(bytes));
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      least = Math.min(least, ones(before ^ after));
    }
    // Fewer than three 32-bit words hold anything of a body this short.
    assert.ok(least >= (length < 16 ? 8 : 30), `${length} bytes: ${least} bits`);
  }
});

Deno.test("etagOf: bodies that differ little have tags that differ", () => {
  const tags = new Set<string>();
  for (let index = 0; index < 50_000; index++) {
    tags.add(etagOf(`{"id":${index},"title":"Blue Train"}`));
    tags.add(etagOf(" ".repeat(index % 500) + index));
  }
  assert.equal(tags.size, 100_000);
});

Deno.test("tags: strong comparison wants two strong ones, weak takes any", () => {
  // The table of RFC 9110 section 8.8.3.2.
  const table: [string, string, strong: boolean, weak: boolean][] = [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ];
  for (const [one, other, strong, weak] of table) {
    assert.equal(strongMatch(one, other), strong);
    assert.equal(strongMatch(other, one), strong);
    assert.equal(weakMatch(one, other), weak);
    assert.equal(weakMatch(other, one), weak);
  }
  assert.equal(weaken('"1"'), 'W/"1"');
  assert.equal(weaken('W/"1"'), 'W/"1"');
});

const LISTS: [list: string, etag: string, weak: boolean, strong: boolean][] = [
  ["*", '"1"', true, true],
  [" * ", '"1"', true, true],
  ['"1", *', '"2"', false, false],
  ["**", '"1"', false, false],
  ['"1"', '"1"', true, true],
  ['W/"1"', '"1"', true, false],
  ['"1"', 'W/"1"', true, false],
  ['w/"1"', '"1"', false, false],
  ['"0","1"', '"1"', true, true],
  [' , "0" ,\t"1" ,', '"1"', true, true],
  ['"a,b"', '"a,b"', true, true],
  ['"a,b", "c"', '"c"', true, true],
  ['"a, "b", c"', '"b"', false, false],
  ['"a', '"a', false, false],
  ['"a", "b', '"a"', true, true],
  ['"b, "a"', '"a"', false, false],
  ['"a"x, "b"', '"a"', false, false],
  ['"a"x, "b"', '"b"', true, true],
  ['"a" "b"', '"b"', false, false],
  ['"\\", "b"', '"b"', true, true],
  ["v1", '"v1"', false, false],
  ["v1", "v1", true, true],
  ["v0,  v1 ", "v1", true, true],
  ["W/v1", "v1", true, false],
  ['""', '""', true, true],
  ["", '"1"', false, false],
  [" , ,", '"1"', false, false],
];

for (const [list, etag, weak, strong] of LISTS) {
  Deno.test(`listMatches: ${JSON.stringify(list)} and ${etag}`, () => {
    assert.equal(listMatches(list, etag, "weak"), weak);
    assert.equal(listMatches(list, etag, "strong"), strong);
  });
}

Deno.test("listMatches: finds a tag among any others, and what matches strongly matches weakly", () => {
  const tag = fc.string({ unit: fc.constantFrom(..."a1,/*W é") }).map((text) => `"${text}"`);
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 5 }), tag, fc.nat(5), (others, etag, at) => {
      assert.equal(
        listMatches(others.join(", "), etag, "strong"),
        others.includes(etag),
      );
      assert.ok(listMatches(others.toSpliced(at, 0, etag).join(","), etag, "strong"));
      assert.ok(listMatches(others.toSpliced(at, 0, weaken(etag)).join(","), etag, "weak"));
    }),
    PROPERTY,
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a",/*W \t') }), (list) => {
      if (listMatches(list, '"a"', "strong")) assert.ok(listMatches(list, '"a"', "weak"));
    }),
    PROPERTY,
  );
});

function hashBits(etag: string): bigint {
  return BigInt(`0x${etag.slice(etag.indexOf("-") + 1, -1)}`);
}

function ones(bits: bigint): number {
  return bits.toString(2).replaceAll("0", "").length;
}
