import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpError } from "../../src/message/errors.ts";
import { type EncodeOptions, encodePayload } from "../../src/message/payload_encode.ts";
import { Xml } from "../../src/message/xml.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

/** What a receiver gets. */
async function sent(value: unknown, options?: EncodeOptions): Promise<[string | null, string]> {
  const { body, contentType } = encodePayload(value, options);
  const headers: HeadersInit = contentType === undefined ? {} : { "content-type": contentType };
  const response = new Response(body, { headers });
  return [response.headers.get("content-type"), await response.text()];
}

async function* letters(): AsyncGenerator<Uint8Array> {
  for (const code of [0x61, 0x62]) yield await Promise.resolve(new Uint8Array([code]));
}

const JSON_TYPE = "application/json";
const OCTETS = "application/octet-stream";

type Case = readonly [what: string, value: () => unknown, type: string | null, text: string];

const BY_VALUE: readonly Case[] = [
  ["undefined", () => undefined, null, ""],
  ["a string", () => "é", "text/plain;charset=UTF-8", "é"],
  ["an empty string", () => "", "text/plain;charset=UTF-8", ""],
  ["null", () => null, JSON_TYPE, "null"],
  ["a number", () => 1.5, JSON_TYPE, "1.5"],
  ["a boolean", () => false, JSON_TYPE, "false"],
  ["a bigint", () => 2n ** 70n, JSON_TYPE, "1180591620717411303424"],
  ["an object", () => ({ a: 1 }), JSON_TYPE, '{"a":1}'],
  ["an array", () => [1, "2"], JSON_TYPE, '[1,"2"]'],
  ["bigints inside", () => ({ a: [9007199254740993n] }), JSON_TYPE, '{"a":[9007199254740993]}'],
  ["a Date", () => new Date(0), JSON_TYPE, '"1970-01-01T00:00:00.000Z"'],
  ["Xml", () => new Xml({ a: 1 }), "application/xml", "<a>1</a>"],
  ["bytes", () => new Uint8Array([0x61]), OCTETS, "a"],
  ["a view", () => new DataView(new ArrayBuffer(1)), OCTETS, "\0"],
  ["a buffer", () => new ArrayBuffer(1), OCTETS, "\0"],
  ["a stream", () => new Response("x").body, OCTETS, "x"],
  ["an async iterable", letters, OCTETS, "ab"],
  ["a Blob", () => new Blob(["x"]), OCTETS, "x"],
  ["a File with a type", () => new File(["x"], "f", { type: "image/png" }), "image/png", "x"],
  [
    "URLSearchParams",
    () => new URLSearchParams({ a: "1 2" }),
    "application/x-www-form-urlencoded;charset=UTF-8",
    "a=1+2",
  ],
];

for (const [what, value, type, text] of BY_VALUE) {
  Deno.test(`encodePayload: ${what} is sent as ${type ?? "nothing"}`, async () => {
    assert.deepEqual(await sent(value()), [type, text]);
  });
}

Deno.test("encodePayload: FormData keeps its boundary, whatever the media type", async () => {
  const form = new FormData();
  form.append("a", "1");
  const [type, text] = await sent(form, { mediaType: "multipart/form-data" });
  const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(type ?? "")?.[1];
  assert.ok(boundary !== undefined && text.includes(boundary));
});

const FORM_TYPE = "application/x-www-form-urlencoded";

const BY_TYPE: readonly (readonly [mediaType: string, value: () => unknown, text: string])[] = [
  ["text/plain+id", () => "x", "x"],
  ["text/plain", () => 42, "42"],
  ["text/plain", () => true, "true"],
  ["text/plain", () => 10n, "10"],
  ["application/json", () => "x", "x"],
  ["application/person+json", () => ({ a: 1 }), '{"a":1}'],
  ["application/problem+json; charset=utf-8", () => null, "null"],
  [FORM_TYPE, () => ({ a: "1 2", b: [1, 2] }), "a=1+2&b=1&b=2"],
  ["application/xml", () => ({ a: { b: 1 } }), "<a><b>1</b></a>"],
  ["application/xml", () => ({ a: 1, b: 2 }), "<root><a>1</a><b>2</b></root>"],
  ["application/xml", () => ({ a: 1, b: undefined }), "<root><a>1</a></root>"],
  ["text/xml", () => [1, 2], "<root><item>1</item><item>2</item></root>"],
  ["text/xml", () => ({}), "<root/>"],
  ["image/svg+xml", () => new Xml("<svg/>"), "<svg/>"],
  ["text/csv", () => new Uint8Array([0x61]), "a"],
  ["image/gif", () => new Blob(["x"], { type: "image/png" }), "x"],
  ["text/plain", () => ({ a: 1 }), '{"a":1}'],
];

for (const [mediaType, value, text] of BY_TYPE) {
  Deno.test(`encodePayload: a media type decides: ${mediaType}: ${text}`, async () => {
    assert.deepEqual(await sent(value(), { mediaType }), [mediaType, text]);
  });
}

Deno.test("encodePayload: a subtype prefix goes into types that the value decides", async () => {
  const subtypePrefix = "vnd.acme";
  const types: [unknown, string][] = [
    ["x", "text/vnd.acme+plain"],
    [{}, "application/vnd.acme+json"],
    [1, "application/vnd.acme+json"],
    [new Xml("<a/>"), "application/vnd.acme+xml"],
    [new Uint8Array(1), "application/vnd.acme+octet-stream"],
  ];
  for (const [value, type] of types) assert.equal((await sent(value, { subtypePrefix }))[0], type);
  assert.equal((await sent({}, { subtypePrefix, mediaType: "a/b" }))[0], "a/b");
});

Deno.test("encodePayload: a string is quoted as JSON only where that is asked for", async () => {
  const quoted = { mediaType: JSON_TYPE, quoteStrings: true };
  assert.deepEqual(await sent('x"', quoted), [JSON_TYPE, '"x\\""']);
  assert.deepEqual(await sent("x", { ...quoted, mediaType: "text/html" }), ["text/html", "x"]);
});

const circular: Record<string, unknown> = { secretField: 1 };
circular.self = circular;

const REFUSED: readonly (readonly [what: string, value: unknown, mediaType?: string])[] = [
  ["a function", () => 1],
  ["a symbol", Symbol("x")],
  ["an object that contains itself", circular],
  ["an object whose toJSON fails", {
    toJSON: () => {
      throw new Error("secretField");
    },
  }],
  ["an object whose toJSON gives nothing", { toJSON: () => undefined }],
  ["a nested record as a form", { a: { b: 1 } }, FORM_TYPE],
  ["an array inside itself as XML", [circular], "application/xml"],
  ["an object as multipart", { a: 1 }, "multipart/form-data"],
];

for (const [what, value, mediaType] of REFUSED) {
  Deno.test(`encodePayload: refuses ${what}, without the program's names`, () => {
    assert.throws(() => encodePayload(value, { mediaType }), (error) => {
      assert.ok(error instanceof HttpError);
      assert.equal(error.status, 500);
      assert.doesNotMatch(error.message, /secretField/);
      return true;
    });
  });
}

Deno.test("encodePayload: what looks like a reply, a response or XML is data", async () => {
  const lookalikes: object[] = [
    {
      status: 302,
      headers: { location: "https://evil.example" },
      body: "x",
      mediaType: "text/html",
    },
    { body: null, contentType: "text/html" },
    { constructor: { name: "Response" }, ok: true, status: 200, redirected: false },
    { toString: "x", content: "<a/>" },
    { type: "image/png", size: 1, stream: "x", arrayBuffer: "y" },
    { "Symbol(Symbol.asyncIterator)": "x", "@@asyncIterator": "x", next: "x" },
  ];
  for (const value of lookalikes) {
    assert.deepEqual(await sent(JSON.parse(JSON.stringify(value))), [
      JSON_TYPE,
      JSON.stringify(value),
    ]);
  }
});

Deno.test("encodePayload: any JSON value is sent as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue().filter((value) => typeof value !== "string"), (value) => {
      const { body, contentType } = encodePayload(value);
      assert.deepEqual([body, contentType], [JSON.stringify(value), JSON_TYPE]);
    }),
    PROPERTY,
  );
});
