import assert from "node:assert/strict";
import { type BodyKind, chooseKind, isPlainJson } from "../../src/message/body_kind.ts";
import { type DecodeOptions, decodePayload } from "../../src/message/payload_decode.ts";

function request(body: BodyInit | null, contentType?: string): Request {
  const message = new Request("http://localhost/", { method: "POST", body });
  message.headers.delete("content-type");
  if (contentType !== undefined) message.headers.set("content-type", contentType);
  return message;
}

async function decode(
  body: BodyInit | null,
  contentType: string | undefined,
  kind: BodyKind,
  options: Partial<DecodeOptions> = {},
): Promise<unknown> {
  const value = await decodePayload(request(body, contentType), { kind, limit: 1_000, ...options });
  // Ours have no prototype, and strict equality looks at it.
  return value instanceof Uint8Array || typeof value !== "object"
    ? value
    : JSON.parse(JSON.stringify(value));
}

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const OCTETS = "application/octet-stream";
const bytes = (...values: number[]) => new Uint8Array(values);

const GIVEN: readonly (readonly [string | undefined, BodyKind, BodyInit, unknown])[] = [
  [JSON_TYPE, "any", '{"a":1}', { a: 1 }],
  [JSON_TYPE, "json", "[1]", [1]],
  [JSON_TYPE, "json", "null", null],
  [JSON_TYPE, "text", '"x"', "x"],
  [JSON_TYPE, "bytes", "[0,255]", bytes(0, 255)],
  ["application/JSON; charset=utf-8", "json", '"é"', "é"],
  ["application/json; charset=utf-8", "any", '"é"', "é"],
  ["application/json;charset=utf-8", "text", '"é"', "é"],
  ["application/json;charset=UTF-8", "json", '"é"', "é"],
  ["application/vnd.acme+json", "any", "1", 1],
  ["application/json;charset=iso-8859-1", "json", bytes(0x22, 0xe9, 0x22), "é"],
  ["application/xml", "any", "<a>1</a>", { a: "1" }],
  ["text/xml", "xml", "<a/>", { a: "" }],
  ["image/svg+xml", "any", "<svg/>", { svg: "" }],
  [
    "application/xml",
    "xml",
    new Uint8Array([
      ...new TextEncoder().encode('<?xml version="1.0" encoding="latin1"?><a>'),
      0xe9,
      ...new TextEncoder().encode("</a>"),
    ]),
    { a: "é" },
  ],
  [FORM_TYPE, "any", "a=1&a=2&b=", { a: ["1", "2"], b: "" }],
  [FORM_TYPE, "form", "a=1", { a: "1" }],
  [`${FORM_TYPE}; charset=UTF-8`, "form", "a=1", { a: "1" }],
  [`${FORM_TYPE};`, "form", "a=1", { a: "1" }],
  [FORM_TYPE, "text", "a=%20", "a=%20"],
  ["text/plain", "any", "x", "x"],
  ["text/csv", "text", "1,2", "1,2"],
  ["text/plain;charset=iso-8859-1", "text", bytes(0xe9), "é"],
  ["text/plain", "bytes", "x", bytes(0x78)],
  ["text/plain", "text", "", ""],
  [OCTETS, "any", bytes(1, 2), bytes(1, 2)],
  [OCTETS, "bytes", "", bytes()],
  ["image/png", "any", bytes(0x89), bytes(0x89)],
  ["image/png", "bytes", bytes(0x89), bytes(0x89)],
  ["application/abc", "json", "[1]", [1]],
  ["application/abc", "any", "1", 1],
  ["application/abc", "text", "[1]", "[1]"],
  ["application/abc", "xml", "<a/>", { a: "" }],
  ["application/abc", "form", "a=1", { a: "1" }],
  ["application/abc", "bytes", "x", bytes(0x78)],
  [undefined, "any", "[1]", [1]],
  [undefined, "json", "[1]", [1]],
  [undefined, "text", "x", "x"],
];

for (const [contentType, kind, body, expected] of GIVEN) {
  Deno.test(`decodePayload: ${contentType ?? "no type"} gives ${kind}: ${body}`, async () => {
    assert.deepEqual(await decode(body, contentType, kind), expected);
  });
}

const INCOMPATIBLE: readonly (readonly [string, BodyKind, BodyInit, string])[] = [
  [JSON_TYPE, "xml", "<a/>", "xml"],
  [JSON_TYPE, "form", "a=1", "map<string>"],
  [JSON_TYPE, "text", "1", "string"],
  [JSON_TYPE, "bytes", "[256]", "byte[]"],
  [JSON_TYPE, "bytes", "[1.5]", "byte[]"],
  [JSON_TYPE, "bytes", '["1"]', "byte[]"],
  [JSON_TYPE, "bytes", "{}", "byte[]"],
  ["application/xml", "json", "1", "json"],
  ["application/xml", "text", "<a/>", "string"],
  ["application/xml", "bytes", "<a/>", "byte[]"],
  ["text/xml", "text", "<a/>", "string"],
  [FORM_TYPE, "json", "a=1", "json"],
  [FORM_TYPE, "bytes", "a=1", "byte[]"],
  ["text/plain", "json", "1", "json"],
  ["text/plain", "xml", "<a/>", "xml"],
  ["text/plain", "form", "a=1", "map<string>"],
  [OCTETS, "text", "x", "string"],
  [OCTETS, "json", "1", "json"],
];

for (const [contentType, kind, body, name] of INCOMPATIBLE) {
  Deno.test(`decodePayload: ${contentType} does not give ${kind} of ${body}`, async () => {
    await assert.rejects(decode(body, contentType, kind), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.name, "PayloadBindingError");
      assert.ok(
        error.message.startsWith(`data binding failed: incompatible type found: '${name}': `),
        error.message,
      );
      return true;
    });
  });
}

Deno.test("decodePayload: names the declared type where it knows it", async () => {
  await assert.rejects(
    decode("ballerina", "text/plain", "json", { typeName: "Person" }),
    /^PayloadBindingError: data binding failed: incompatible type found: 'Person': /,
  );
});

Deno.test("decodePayload: bytes of application/json must be JSON", async () => {
  await assert.rejects(
    decode("WSO2", JSON_TYPE, "bytes"),
    /^PayloadBindingError: data binding failed: unrecognized token 'WSO2'/,
  );
});

const EMPTY: readonly (readonly [string | undefined, BodyKind, RegExp])[] = [
  [JSON_TYPE, "json", /data binding failed: the payload is empty/],
  [JSON_TYPE, "text", /data binding failed: the payload is empty/],
  ["application/xml", "xml", /data binding failed: the payload is empty/],
  [FORM_TYPE, "form", /data binding failed: String payload is null/],
  [
    "multipart/form-data; boundary=b",
    "form",
    /data binding failed: the multipart payload is empty/,
  ],
  [undefined, "any", /data binding failed: the payload is empty/],
];

for (const [contentType, kind, message] of EMPTY) {
  Deno.test(`decodePayload: an empty ${contentType ?? "body"} is no ${kind}`, async () => {
    await assert.rejects(decode("", contentType, kind), message);
    await assert.rejects(decode(null, contentType, kind), message);
    assert.equal(await decode("", contentType, kind, { nilable: true }), undefined);
  });
}

Deno.test("decodePayload: an empty text or bytes is nil where nil is allowed", async () => {
  assert.equal(await decode("", "text/plain", "text", { nilable: true }), undefined);
  assert.equal(await decode("", OCTETS, "bytes", { nilable: true }), undefined);
  assert.equal(await decode("x", "text/plain", "text", { nilable: true }), "x");
});

Deno.test("decodePayload: multipart/form-data gives a record with files", async () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("f", new File(["x"], "f.txt"));
  const message = new Request("http://localhost/", { method: "POST", body: form });
  const value = await decodePayload(message, { kind: "any", limit: 1_000 });
  assert.ok(typeof value === "object" && value !== null && "a" in value && "f" in value);
  assert.equal(value.a, "1");
  assert.ok(value.f instanceof File);
});

Deno.test("decodePayload: a stream is handed over unread, under no limit", async () => {
  const message = request("x".repeat(2_000), "application/json garbage");
  const stream = await decodePayload(message, { kind: "stream", limit: 1 });
  assert.ok(stream instanceof ReadableStream);
  assert.equal((await new Response(stream).text()).length, 2_000);
  assert.equal(await decodePayload(request(null), { kind: "stream", limit: 1 }), null);
});

for (
  const type of ["application/json garbage", "json", "application/", "a/b, c/d", "/json", "\t;"]
) {
  Deno.test(`decodePayload: the type ${JSON.stringify(type)} passes for nothing`, async () => {
    for (const kind of ["any", "json", "text", "bytes"] as const) {
      await assert.rejects(decode("{}", type, kind), {
        name: "MediaTypeBindingError",
        status: 400,
      });
    }
  });
}

Deno.test("decodePayload: an unknown charset is 415, bytes that are none in it 400", async () => {
  await assert.rejects(decode("1", "application/json;charset=utf-7", "json"), { status: 415 });
  await assert.rejects(decode(bytes(0x22, 0xff, 0x22), JSON_TYPE, "json"), { status: 400 });
  await assert.rejects(decode(bytes(0xff), "text/plain", "text"), { status: 400 });
  await assert.rejects(decode(bytes(0xff), FORM_TYPE, "form"), { status: 400 });
  await assert.rejects(decode(bytes(0x3c, 0x61, 0xff), "application/xml", "xml"), { status: 400 });
});

Deno.test("decodePayload: every kind but a stream is held to the limit", async () => {
  const types: [string, BodyKind][] = [
    [JSON_TYPE, "json"],
    ["text/plain", "text"],
    [FORM_TYPE, "form"],
    ["application/xml", "xml"],
    [OCTETS, "bytes"],
    ["multipart/form-data; boundary=b", "form"],
  ];
  for (const [type, kind] of types) {
    await assert.rejects(decode("x".repeat(1_001), type, kind), { status: 413 });
  }
});

Deno.test("chooseKind: takes what the media type gives best", () => {
  assert.equal(chooseKind("application/json", ["xml", "text", "json"]), "json");
  assert.equal(chooseKind("application/xml", ["json", "xml"]), "xml");
  assert.equal(chooseKind("application/xml", ["json", "text"]), undefined);
  assert.equal(chooseKind("text/plain", ["xml", "text"]), "text");
  assert.equal(chooseKind("application/abc", ["xml", "json"]), "xml");
  assert.equal(chooseKind(null, ["json", "xml"]), "json");
});

Deno.test("isPlainJson: knows what nearly everybody writes, and nothing that is not JSON in UTF-8", () => {
  for (const type of ["application/json", "application/json; charset=utf-8"]) {
    assert.equal(isPlainJson(type), true, type);
  }
  for (const type of [null, "", "application/json; charset=latin1", "application/json-seq"]) {
    assert.equal(isPlainJson(type), false, String(type));
  }
});
