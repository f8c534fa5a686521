import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpError, PayloadBindingError } from "../../src/message/errors.ts";
import { encodeForm, MAX_FORM_FIELDS, parseForm, parseMultipart } from "../../src/message/form.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

const READ: readonly (readonly [text: string, expected: Record<string, string | string[]>])[] = [
  ["name=hello%20go&team=ba%20%23ller%20%40na", { name: "hello go", team: "ba #ller @na" }],
  ["key0%261%3D2=value1&key2=value2%26value3%3Dvalue4", {
    "key0&1=2": "value1",
    key2: "value2&value3=value4",
  }],
  ["name=x&team=", { name: "x", team: "" }],
  ["name=x&=b", { name: "x" }],
  ["name", { name: "" }],
  ["a=1&a=2&b=3&a=", { a: ["1", "2", ""], b: "3" }],
  ["a+b=c+d", { "a b": "c d" }],
  ["a=1=2", { a: "1=2" }],
  ["&&a=1&&", { a: "1" }],
  ["a=%2B%e2%82%ac", { a: "+€" }],
  ["a.__proto__.b=1&a[b]=2&constructor=3&toString=4", {
    "a.__proto__.b": "1",
    "a[b]": "2",
    constructor: "3",
    toString: "4",
  }],
];

for (const [text, expected] of READ) {
  Deno.test(`parseForm: reads ${text}`, () => {
    const fields = parseForm(text);
    assert.equal(Object.getPrototypeOf(fields), null);
    assert.deepEqual({ ...fields }, expected);
  });
}

const REFUSED: readonly (readonly [text: string, message: RegExp])[] = [
  ["", /^data binding failed: String payload is null/],
  ["a=%", /malformed percent-encoding in the form field '%'$/],
  ["a=%zz", /malformed percent-encoding/],
  ["%f=1", /malformed percent-encoding/],
  ["a=%ff", /malformed percent-encoding/],
  ["a=%ed%a0%80", /malformed percent-encoding/],
  ["__proto__=1", /the field '__proto__' is not allowed/],
  ["%5f_proto__=1", /the field '__proto__' is not allowed/],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseForm: refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseForm(text), { name: "PayloadBindingError", message });
  });
}

Deno.test("parseForm: takes as many fields as the limit and no more", () => {
  const form = (count: number) => Array.from({ length: count }, (_, i) => `f${i}=1`).join("&");
  assert.equal(Object.keys(parseForm(form(MAX_FORM_FIELDS))).length, MAX_FORM_FIELDS);
  assert.throws(() => parseForm(form(MAX_FORM_FIELDS + 1)), PayloadBindingError);
});

Deno.test("parseForm: agrees with URLSearchParams on what it writes", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__proto__");
  const fields = fc.array(fc.tuple(name, fc.string({ unit: "grapheme" })), { minLength: 1 });
  fc.assert(
    fc.property(fields, (pairs) => {
      const params = new URLSearchParams(pairs);
      const record = parseForm(params.toString());
      for (const key of params.keys()) {
        const all = params.getAll(key);
        assert.deepEqual(record[key], all.length === 1 ? all[0] : all);
      }
      assert.equal(Object.keys(record).length, new Set(params.keys()).size);
      assert.deepEqual(parseForm(encodeForm(record)), record);
    }),
    PROPERTY,
  );
});

Deno.test("parseForm: any text gives a record or a PayloadBindingError", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        parseForm(text);
      } catch (error) {
        assert.ok(error instanceof PayloadBindingError);
      }
    }),
    PROPERTY,
  );
});

Deno.test("encodeForm: writes flat records", () => {
  const record = { a: "x y", n: 1, t: true, big: 10n, list: ["1", 2], none: undefined, nil: null };
  assert.equal(encodeForm(record), "a=x+y&n=1&t=true&big=10&list=1&list=2");
});

Deno.test("encodeForm: refuses what is no flat record", () => {
  for (const value of [{ a: { b: 1 } }, { a: [{ b: 1 }] }, [1], "text", { a: () => 1 }, null]) {
    assert.throws(() => encodeForm(value), (error) => {
      assert.ok(error instanceof HttpError);
      assert.equal(error.status, 500);
      assert.match(
        error.message,
        /^unsupported content for application\/x-www-form-urlencoded media type/,
      );
      return true;
    });
  }
});

async function multipart(form: FormData): Promise<[Uint8Array<ArrayBuffer>, string]> {
  const message = new Response(form);
  return [await message.bytes(), message.headers.get("content-type") ?? ""];
}

Deno.test("parseMultipart: gives text and files by name", async () => {
  const form = new FormData();
  form.append("title", "Blue Train");
  form.append("tag", "jazz");
  form.append("tag", "1957");
  form.append("cover", new File(["png"], "cover.png", { type: "image/png" }));
  const fields = await parseMultipart(...await multipart(form));
  assert.equal(Object.getPrototypeOf(fields), null);
  assert.equal(fields.title, "Blue Train");
  assert.deepEqual(fields.tag, ["jazz", "1957"]);
  assert.ok(fields.cover instanceof File);
  assert.equal(fields.cover.name, "cover.png");
  assert.equal(await fields.cover.text(), "png");
});

const part = (name: string, value = "1") =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const BAD_MULTIPART: readonly (readonly [what: string, body: string, type?: string])[] = [
  ["nothing", ""],
  ["no part", "--b--\r\n"],
  ["no closing boundary", part("a")],
  ["another boundary", part("a") + "--b--\r\n", "multipart/form-data; boundary=other"],
  ["no boundary parameter", part("a") + "--b--\r\n", "multipart/form-data"],
  ["no head", "--b\r\nx\r\n--b--\r\n"],
  ["a field __proto__", part("__proto__") + "--b--\r\n"],
  ["too many parts", part("a").repeat(MAX_FORM_FIELDS + 1) + "--b--\r\n"],
];

for (const [what, body, type = "multipart/form-data; boundary=b"] of BAD_MULTIPART) {
  Deno.test(`parseMultipart: refuses ${what}`, async () => {
    await assert.rejects(parseMultipart(new TextEncoder().encode(body), type), PayloadBindingError);
  });
}
