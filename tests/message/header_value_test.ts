import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpError } from "../../src/message/errors.ts";
import {
  InvalidHeaderValueError,
  isToken,
  parseHeader,
  quote,
  trimHttp,
  unquote,
} from "../../src/message/header_value.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

/** Plain objects, since ours have no prototype and strict equality looks at it. */
function plain(text: string): [string, Record<string, string>][] {
  return parseHeader(text).map(({ value, params }) => [value, { ...params }]);
}

const READ: [text: string, expected: [string, Record<string, string>][]][] = [
  ["", [["", {}]]],
  ["  ", [["", {}]]],
  [",", []],
  ["text/plain", [["text/plain", {}]]],
  ["text/plain;a=2;b=0.9", [["text/plain", { a: "2", b: "0.9" }]]],
  ["text/plain , application/x-form", [["text/plain", {}], ["application/x-form", {}]]],
  ["application/json ; a = 2 ;    b  =    0.9", [["application/json", { a: "2", b: "0.9" }]]],
  ["application/xml;", [["application/xml", {}]]],
  ["a;;b=1;", [["a", { b: "1" }]]],
  ["text/plain;a, application/xml", [["text/plain", { a: "" }], ["application/xml", {}]]],
  ['text/plain;a="hello", b;a=2;b=0.9', [["text/plain", { a: '"hello"' }], [
    "b",
    { a: "2", b: "0.9" },
  ]]],
  [" must-revalidate,public,max-age=15", [["must-revalidate", {}], ["public", {}], [
    "max-age=15",
    {},
  ]]],
  ['private="a, b", x', [['private="a, b"', {}], ["x", {}]]],
  ['a;t="x, y; z"', [["a", { t: '"x, y; z"' }]]],
  [String.raw`a;t="say \"hi, you\""`, [["a", { t: String.raw`"say \"hi, you\""` }]]],
  ["a,,  ,b", [["a", {}], ["b", {}]]],
  ["a;X=1;x=2", [["a", { x: "1" }]]],
  ['<https://e.com/a,b;c>; rel="next", </d>; rel=last', [
    ["<https://e.com/a,b;c>", { rel: '"next"' }],
    ["</d>", { rel: "last" }],
  ]],
  ['</>; rel="self"; methods=""GET", "POST"", </users>; rel="add"; methods=""POST""', [
    ["</>", { rel: '"self"', methods: '""GET", "POST""' }],
    ["</users>", { rel: '"add"', methods: '""POST""' }],
  ]],
  ['</>; example=""foo", -1.23, ["charlie", "bennet"], {"cat": "thor"}, false", </u>', [
    ["</>", { example: '""foo", -1.23, ["charlie", "bennet"], {"cat": "thor"}, false"' }],
    ["</u>", {}],
  ]],
  ['</>; rel="self"; methods=""GET", "PO', [
    ["</>", { rel: '"self"', methods: '""GET", "PO' }],
  ]],
];

for (const [text, expected] of READ) {
  Deno.test(`parseHeader: reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(plain(text), expected);
  });
}

const REFUSED: [text: string, message: string][] = [
  [";a = 2", 'failed to parse: error InvalidHeaderValueError ("invalid header value: ;a = 2")'],
  ["x, ;a", 'failed to parse: error InvalidHeaderValueError ("invalid header value: ;a")'],
  ["x;a = ", 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: a =")'],
  ["x; = ", 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: =")'],
  ["x; = 2", 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: = 2")'],
  ["x;a=2;=", 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: =")'],
  ["x;a b=2", 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: a b=2")'],
  ['x;"a"', 'failed to parse: error InvalidHeaderParamError ("invalid header parameter: "a"")'],
  [
    'x;a="b, c',
    'failed to parse: error InvalidHeaderValueError ("invalid header value: x;a="b, c")',
  ],
  ["</a", 'failed to parse: error InvalidHeaderValueError ("invalid header value: </a")'],
  [
    "a\r\nb",
    'failed to parse: error InvalidHeaderValueError ("invalid header value: a\ufffd\ufffdb")',
  ],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseHeader: refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseHeader(text), (error: unknown) => {
      assert(error instanceof InvalidHeaderValueError && error instanceof HttpError);
      assert(error.message.startsWith(`${message}: `), error.message);
      assert.deepEqual([error.name, error.code, error.status], [
        "InvalidHeaderValueError",
        "INVALID_HEADER_VALUE",
        400,
      ]);
      return true;
    });
  });
}

Deno.test("parseHeader: a message shows at most 64 characters of the value", () => {
  assert.throws(() => parseHeader(`;${"x".repeat(100_000)}`), (error: Error) => {
    return error.message.length < 250 && error.message.includes("x…");
  });
});

Deno.test("parseHeader: parameters named as prototype members are plain entries", () => {
  const [header] = parseHeader("x;__proto__=1;constructor=2;toString=3");
  assert.deepEqual(Object.entries(header?.params ?? {}), [
    ["__proto__", "1"],
    ["constructor", "2"],
    ["tostring", "3"],
  ]);
  assert.equal(Object.getPrototypeOf(header?.params), null);
  assert.equal(parseHeader("x")[0]?.params.toString, undefined);
});

Deno.test("parseHeader: is refused or read, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab<>",;=\\ \t/*é\0') }), (text) => {
      try {
        for (const { value, params } of parseHeader(text)) {
          assert.equal(value, trimHttp(value));
          for (const name of Object.keys(params)) assert(isToken(name));
        }
      } catch (error) {
        assert(error instanceof InvalidHeaderValueError);
      }
    }),
    PROPERTY,
  );
});

Deno.test("parseHeader: gives back what was written, quoted parameters included", () => {
  const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,8}$/);
  const text = fc.string({ unit: fc.constantFrom(...'ab",;=\\<> ') });
  const member = fc.tuple(token, fc.dictionary(token, text, { maxKeys: 4 }));
  fc.assert(
    fc.property(fc.array(member, { minLength: 1 }), (members) => {
      const written = members.map(([value, params]) =>
        [value, ...Object.entries(params).map(([name, text]) => `${name}=${quote(text)}`)].join(";")
      ).join(", ");
      const read = parseHeader(written).map(({ value, params }) => [
        value,
        Object.fromEntries(Object.entries(params).map(([name, text]) => [name, unquote(text)])),
      ]);
      assert.deepEqual(
        read,
        members.map(([value, params]) => [value, Object.fromEntries(Object.entries(params))]),
      );
    }),
    PROPERTY,
  );
});

Deno.test("unquote: quotes and escapes go, half-open strings reach the end", () => {
  const table: [string, string][] = [
    ["plain", "plain"],
    ['""', ""],
    ['"a b"', "a b"],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ['"open', "open"],
    ['"a" tail', "a"],
    ['"tail\\', "tail\\"],
    ['"', ""],
    ["", ""],
  ];
  for (const [text, expected] of table) assert.equal(unquote(text), expected, text);
});

Deno.test("security row 18: parseHeader takes a megabyte of separators in linear time", () => {
  const hostile = [",", ";", "a,", "a;b,", "a;b=1;", '""', 'a;b="\\"",', "<>,", "< ", " ", "<"];
  for (const unit of hostile) {
    const text = "a" + unit.repeat(1_000_000 / unit.length);
    const start = performance.now();
    try {
      parseHeader(text);
    } catch (error) {
      assert(error instanceof InvalidHeaderValueError);
    }
    assert(performance.now() - start < 3000, `slow: ${unit}`);
  }
});
