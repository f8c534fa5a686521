/** SECURITY.md row 10: no payload changes a prototype or stands in for what every object has. */
import assert from "node:assert/strict";
import { parseForm } from "../../src/message/form.ts";
import { parseJson } from "../../src/message/json.ts";
import type { BodyKind } from "../../src/message/body_kind.ts";
import { decodePayload } from "../../src/message/payload_decode.ts";

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const MULTIPART_TYPE = "multipart/form-data; boundary=b";
const part = (name: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\ntrue\r\n--b--\r\n`;

function decode(body: string, contentType: string, kind: BodyKind = "any"): Promise<unknown> {
  const headers = { "content-type": contentType };
  const message = new Request("http://localhost/", { method: "POST", body, headers });
  return decodePayload(message, { kind, limit: 10_000 });
}

/** The merge that every vulnerable program has somewhere. */
function merge(target: Record<string, unknown>, source: unknown): void {
  if (typeof source !== "object" || source === null) return;
  for (const [key, value] of Object.entries(source)) {
    const inner = target[key];
    if (typeof inner === "object" && inner !== null) merge(inner as typeof target, value);
    else target[key] = value;
  }
}

const REFUSED: readonly (readonly [contentType: string, body: string])[] = [
  [JSON_TYPE, '{"__proto__":{"polluted":true}}'],
  [JSON_TYPE, '{"__proto__":1}'],
  [JSON_TYPE, '{"\\u005f_proto__":{"polluted":true}}'],
  [JSON_TYPE, '{"\\u005F\\u005f\\u0070roto\\u005f_":{"polluted":true}}'],
  [JSON_TYPE, '[{"a":[{"b":{"__proto__":{"polluted":true}}}]}]'],
  [JSON_TYPE, '{"constructor":{"prototype":{"polluted":true}}}'],
  [JSON_TYPE, '{"a":{"constr\\u0075ctor":{"prototype":{"polluted":true}}}}'],
  ["application/abc", '{"__proto__":{"polluted":true}}'],
  [FORM_TYPE, "__proto__=polluted"],
  [FORM_TYPE, "%5F%5Fproto%5f%5f=polluted"],
  [MULTIPART_TYPE, part("__proto__")],
  ["application/xml", "<__proto__><polluted>true</polluted></__proto__>"],
  ["application/xml", "<a><__proto__/></a>"],
  ["application/xml", "<a><__proto__ polluted='true'>x</__proto__></a>"],
];

for (const [contentType, body] of REFUSED) {
  Deno.test(`security 10: prototype pollution: refused with 400: ${body.replaceAll("\r\n", " ")}`, async () => {
    await assert.rejects(decode(body, contentType), { name: "PayloadBindingError", status: 400 });
    assert.equal("polluted" in {}, false);
  });
}

const PLAIN_DATA: readonly (readonly [contentType: string, body: string])[] = [
  [JSON_TYPE, '{"constructor":"x","prototype":{"polluted":true},"toString":1}'],
  [JSON_TYPE, '{"constructor":{"name":"Ferrari"}}'],
  [JSON_TYPE, '{"text":"__proto__ constructor prototype"}'],
  [
    FORM_TYPE,
    "a.__proto__.polluted=true&a[__proto__][polluted]=true&constructor.prototype.polluted=1",
  ],
  [FORM_TYPE, "constructor=1&prototype=2&toString=3&hasOwnProperty=4"],
  [MULTIPART_TYPE, part("a.__proto__.polluted")],
  [MULTIPART_TYPE, part("constructor[prototype][polluted]")],
  [
    "application/xml",
    "<constructor><prototype><polluted>true</polluted></prototype></constructor>",
  ],
  ["application/xml", "<toString __proto__='polluted' constructor='x'><valueOf/></toString>"],
];

for (const [contentType, body] of PLAIN_DATA) {
  Deno.test(`security 10: prototype pollution: plain data: ${body.replaceAll("\r\n", " ")}`, async () => {
    const value = await decode(body, contentType);
    assert.equal("polluted" in {}, false);
    assert.equal("polluted" in Object, false);
    if (contentType === "application/xml") return;
    merge({}, value);
    assert.equal("polluted" in {}, false);
  });
}

Deno.test("security 10: prototype pollution: records of fields have no prototype to shadow or to reach", async () => {
  const forms = [
    parseForm("a=1"),
    await decode(part("a"), MULTIPART_TYPE),
    await decode("<a/>", "application/xml"),
  ];
  for (const record of forms) assert.equal(Object.getPrototypeOf(record), null);
  assert.equal(parseForm("a=1").toString, undefined);
});

Deno.test("security 10: prototype pollution: a value that came through JSON keeps every prototype as it was", () => {
  const value = parseJson('{"a":[{}],"constructor":"x"}') as { a: object[] };
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(Object.getPrototypeOf(value.a[0]), Object.prototype);
});
