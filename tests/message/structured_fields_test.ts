import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type SfBareItem,
  SfDecimal,
  SfDisplayString,
  type SfMember,
  SfToken,
} from "../../src/message/structured_field_values.ts";
import {
  parseDictionary,
  parseItem,
  parseList,
  StructuredFieldError,
} from "../../src/message/structured_fields.ts";
import {
  serializeDictionary,
  serializeItem,
  serializeList,
  StructuredFieldSerializationError,
} from "../../src/message/structured_fields_serialize.ts";

type FieldType = "item" | "list" | "dictionary";

const PARSE = { item: parseItem, list: parseList, dictionary: parseDictionary };

Deno.test("structured fields: an error says where, what was expected and what is there", () => {
  const table: [FieldType, string, string][] = [
    [
      "item",
      "",
      'item at position 0: expected a token, which begins with a letter or "*", received the end',
    ],
    ["item", "42 x", 'item at position 3: expected the end of the item, received "x"'],
    [
      "item",
      '"abc',
      "item at position 4: expected printable ASCII or the closing double quote, received the end",
    ],
    [
      "item",
      '"a\\x"',
      'item at position 3: expected a double quote or backslash after a backslash, received "x"',
    ],
    ["item", "1234567890123456", 'item at position 15: expected at most 15 digits, received "6"'],
    [
      "item",
      "1234567890123.0",
      'item at position 13: expected at most 12 digits before the point of a decimal, received "."',
    ],
    ["item", "1.", "item at position 2: expected a digit, received the end"],
    ["item", "@1.5", 'item at position 1: expected whole seconds, received "1"'],
    ["item", "?2", 'item at position 1: expected 0 or 1 after the question mark, received "2"'],
    [
      "item",
      ":YQ",
      "item at position 3: expected a character of Base64 or the closing colon, received the end",
    ],
    ["item", ":Y:", 'item at position 1: expected complete Base64, received "Y"'],
    ["item", '%"%C3"', 'item at position 3: expected a lowercase hexadecimal digit, received "C"'],
    ["item", '%"%c3"', 'item at position 2: expected percent-encoded UTF-8, received "%"'],
    [
      "item",
      "a;B=1",
      'item at position 2: expected a key, which begins with a-z or "*", received "B"',
    ],
    [
      "item",
      "😀",
      'item at position 0: expected a token, which begins with a letter or "*", received "😀"',
    ],
    ["list", "a,", "list at position 2: expected another member after the comma, received the end"],
    ["list", "a b", 'list at position 2: expected a comma or the end, received "b"'],
    ["list", '("a""b")', 'list at position 4: expected a space or ")", received "\\""'],
    [
      "list",
      "((a))",
      'list at position 1: expected a token, which begins with a letter or "*", received "("',
    ],
    [
      "dictionary",
      "a=1, __proto__=2",
      'dictionary at position 5: expected a key, which begins with a-z or "*", received "_"',
    ],
  ];
  for (const [type, text, message] of table) {
    assert.throws(() => PARSE[type](text), {
      name: "StructuredFieldError",
      code: "STRUCTURED_FIELD",
      status: 400,
      message: `Cannot parse structured field of type ${message}`,
    });
  }
});

Deno.test("structured fields: keys named like members of Object are plain data", () => {
  const text = "constructor=1;valueof=2, hasownproperty, tostring;constructor";
  const dictionary = parseDictionary(text);
  assert.deepEqual([...dictionary.keys()], ["constructor", "hasownproperty", "tostring"]);
  assert.equal(parseDictionary("a").get("constructor"), undefined);
  assert.equal(serializeDictionary(dictionary), text);
});

Deno.test("structured fields: each kind of value is told from its look-alikes", () => {
  const list = parseList(`1, 1.0, "a", a, ?1, :YQ==:, @1, %"a"`);
  const values = list.map((member) => "value" in member && member.value);
  assert.deepStrictEqual(values, [
    1,
    new SfDecimal(1),
    "a",
    new SfToken("a"),
    true,
    new Uint8Array([97]),
    new Date(1000),
    new SfDisplayString("a"),
  ]);
  assert.equal(
    `${new SfToken("gzip")} ${new SfDecimal(0.5)} ${new SfDisplayString("ü")}`,
    "gzip 0.5 ü",
  );
  assert.equal(Number(new SfDecimal(0.5)), 0.5);
});

Deno.test("structured fields: a bare value or an object literal is enough to serialize", () => {
  assert.equal(serializeItem(new SfToken("a")), "a");
  assert.equal(serializeItem({ value: 1 }), "1");
  assert.equal(serializeItem({ value: true, parameters: { a: false } }), "?1;a=?0");
  assert.equal(
    serializeList(["a", { items: [1, { value: 2 }], parameters: new Map([["b", true]]) }]),
    '"a", (1 2);b',
  );
  assert.equal(serializeDictionary({ u: 2, i: true, n: false }), "u=2, i, n=?0");
  assert.equal(
    serializeDictionary(new Map([["a", { value: true, parameters: new Map([["b", 1]]) }]])),
    "a;b=1",
  );
  assert.equal(serializeList([]) + serializeDictionary(new Map()), "");
});

Deno.test("structured fields: decimals round the digits that were written, ties to even", () => {
  const table: [number, string][] = [
    [0, "0.0"],
    [-0, "0.0"],
    [1, "1.0"],
    [-0.0001, "0.0"],
    [1e-7, "0.0"],
    [0.0005, "0.0"],
    [0.00051, "0.001"],
    [1.0015, "1.002"],
    [1.0005, "1.0"],
    [1.00050001, "1.001"],
    [-1.0015, "-1.002"],
    [2.675, "2.675"],
    [0.1 + 0.2, "0.3"],
    [999999999999.999, "999999999999.999"],
    [123456789012.12, "123456789012.12"],
  ];
  for (const [value, expected] of table) {
    assert.equal(serializeItem(new SfDecimal(value)), expected, `${value}`);
  }
});

Deno.test("structured fields: what the grammar cannot hold is refused when serializing", () => {
  const table: [SfBareItem, RegExp][] = [
    [0.5, /^Cannot serialize 0.5 as structured field integer: .* new SfDecimal/],
    [NaN, /NaN/],
    [Infinity, /Infinity/],
    [1e15, /at most 15 digits/],
    [new SfDecimal(1e12), /at most 12 digits/],
    [new SfDecimal(999999999999.9996), /at most 12 digits/],
    [new SfDecimal(1e300), /at most 12 digits/],
    [new SfDecimal(NaN), /NaN/],
    [new SfDecimal(-Infinity), /-Infinity/],
    ["é", /SfDisplayString/],
    ["a\r\nset-cookie: b=c", /"a\\r\\nset-cookie/],
    ["\0".repeat(1000), /^.{1,600}$/],
    [new SfToken(""), /token/],
    [new SfToken("a, b"), /token/],
    [new SfToken("a\n"), /token/],
    [new SfToken("1a"), /token/],
    [new SfDisplayString("\ud800"), /lone surrogate/],
    [new Date(NaN), /Invalid Date/],
    [undefined as unknown as SfBareItem, /undefined/],
    [null as unknown as SfBareItem, /an object/],
  ];
  for (const [value, message] of table) {
    const expected = { name: "StructuredFieldSerializationError", status: 500, message };
    assert.throws(() => serializeItem(value), expected);
    assert.throws(() => serializeItem({ value: 1, parameters: new Map([["a", value]]) }), expected);
  }
  for (const key of ["", "A", "1", "a b", "a\n", "a=", "__proto__"]) {
    assert.throws(() => serializeDictionary({ [key]: 1 }), StructuredFieldSerializationError);
    assert.throws(() => serializeDictionary({ [key]: true }), StructuredFieldSerializationError);
  }
});

Deno.test("structured fields: a date loses its milliseconds towards the past", () => {
  assert.equal(serializeItem(new Date(1659578233999)), "@1659578233");
  assert.equal(serializeItem(new Date(-1)), "@-1");
  const last = parseItem("@8640000000000").value;
  assert.equal(last instanceof Date && last.getTime(), 8.64e15);
});

const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,9}$/);
const bareItem: fc.Arbitrary<SfBareItem> = fc.oneof(
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
  fc.integer({ min: -999_999_999, max: 999_999_999 }).map((n) => new SfDecimal(n / 1000)),
  fc.string({ unit: "grapheme-ascii" }),
  fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,9}$/).map((t) => new SfToken(t)),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
  fc.boolean(),
  fc.integer({ min: -62135596800, max: 253402214400 }).map((n) => new Date(n * 1000)),
  fc.string({ unit: "binary" }).map((text) => new SfDisplayString(text)),
);
const parameters = fc.array(fc.tuple(key, bareItem), { maxLength: 4 })
  .map((entries) => new Map(entries));
const item = fc.record({ value: bareItem, parameters }, { noNullPrototype: true });
const innerList = fc.record({ items: fc.array(item, { maxLength: 4 }), parameters }, {
  noNullPrototype: true,
});
const member: fc.Arbitrary<SfMember> = fc.oneof(item, innerList);

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 1000 };

Deno.test("structured fields: what is serialized parses to the same value", () => {
  fc.assert(
    fc.property(item, fc.array(member), fc.array(fc.tuple(key, member)), (one, list, entries) => {
      const dictionary = new Map(entries);
      assert.deepStrictEqual(plainZero(parseItem(serializeItem(one))), plainZero(one));
      assert.deepStrictEqual(plainZero(parseList(serializeList(list))), plainZero(list));
      const parsed = parseDictionary(serializeDictionary(dictionary));
      assert.deepStrictEqual(plainZero([...parsed]), plainZero([...dictionary]));
    }),
    SETTINGS,
  );
});

Deno.test("structured fields: any text parses or fails with StructuredFieldError, and is stable", () => {
  const fragments = fc.constantFrom(
    ...[
      "a",
      "*",
      "=",
      ";",
      ",",
      " ",
      "\t",
      "(",
      ")",
      '"',
      "\\",
      "%",
      '%"',
      "%c3%bc",
      ":",
      "::",
      ":YQ==:",
    ],
    ...[
      "?",
      "?0",
      "?1",
      "@",
      "@1",
      "-",
      "1",
      "0.5",
      ".",
      "\n",
      "\0",
      "é",
      "\ud800",
      "__proto__",
      "A/b",
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fragments, maxLength: 20 }),
  );
  fc.assert(
    fc.property(text, fc.constantFrom<FieldType>("item", "list", "dictionary"), (input, type) => {
      let first: string;
      try {
        first = reserialize(type, input);
      } catch (error) {
        return assert.ok(isParseError(error), String(error));
      }
      assert.equal(reserialize(type, first), first);
    }),
    { ...SETTINGS, numRuns: 20_000 },
  );
});

Deno.test("structured fields: a megabyte of anything is parsed or refused in linear time", () => {
  const units = [
    ...'a1"\\%:?@-.;,=( \t*)',
    ...[
      '""',
      "a,",
      "a=1,",
      "a;",
      "a;b",
      "a;a=a",
      ";",
      "()",
      "(),",
      "(a ",
      '("" ',
      "::,",
      ":YQ==:,",
    ],
    ...['%"",', '%"%61",', '%"a', '"\\"', "1.5,", "@1,", "?1,", "a \t", "a, \t"],
  ];
  const types: FieldType[] = ["item", "list", "dictionary"];
  for (const unit of units) {
    for (const start of ["", '"', '%"', ":", "(", "a=", "a;"]) {
      for (const type of types) {
        const short = duration(type, start, unit, 125_000);
        const long = duration(type, start, unit, 1_000_000);
        // Quadratic work would take 64 times as long or, at a nanosecond a step, a quarter of an
        // hour; the constant allows for collecting garbage on a busy machine.
        const bound = 2_000 + 32 * short;
        assert.ok(long < bound, `${type} ${start + unit}…: ${short} ms, then ${long} ms`);
      }
    }
  }
});

function duration(
  type: FieldType,
  start: string,
  unit: string,
  size: number,
): number {
  const text = start + unit.repeat(Math.ceil(size / unit.length));
  const began = performance.now();
  try {
    PARSE[type](text);
  } catch (error) {
    assert.ok(isParseError(error), String(error));
  }
  return performance.now() - began;
}

/** The value with 0 for -0 and entries for maps, whose order then counts too. */
function plainZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (value instanceof SfDecimal) return new SfDecimal(value.value + 0);
  if (value instanceof Map) return [...value].map(plainZero);
  if (Array.isArray(value)) return value.map(plainZero);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.entries(value).map(plainZero);
}

function reserialize(type: FieldType, text: string): string {
  if (type === "item") return serializeItem(parseItem(text));
  if (type === "list") return serializeList(parseList(text));
  return serializeDictionary(parseDictionary(text));
}

function isParseError(error: unknown): boolean {
  return error instanceof StructuredFieldError &&
    /^Cannot parse structured field of type \w+ at position \d+: expected .+, received .+$/.test(
      error.message,
    );
}
