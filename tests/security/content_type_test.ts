/**
 * SECURITY.md row 7: no spelling of a Content-Type gets a payload past the schema it is declared
 * with, past `consumes`, or past the parser.
 *
 * @module
 */
import assert from "node:assert/strict";
import { byMediaType, form, json, post, serve, service, text, xml } from "@pirouette/http";
import { z } from "zod";
import { rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

const User = z.strictObject({ name: z.string(), admin: z.literal(false) });

/** Spellings, most of them of `application/json`. `undefined` sends none. */
const spellings: readonly (string | undefined)[] = [
  undefined,
  "",
  " ",
  "application/json",
  "APPLICATION/JSON",
  "Application/Json; charset=utf-8",
  " application/json",
  "\tapplication/json",
  "application/json ",
  "application/json;",
  "application/json ;",
  "application/json;;;;",
  "application/json; ;x",
  "application/json; charset",
  "application/json; charset=",
  'application/json; charset="',
  'application/json; charset="utf-8',
  'application/json; charset="\\',
  "application/json; charset=utf-8; charset=utf-16",
  "application/json; =x",
  "application/json garbage",
  "application/json\tgarbage",
  "application/json, text/plain",
  "application/json,application/json",
  "text/plain, application/json",
  "application/json\xa0",
  "application/json\xff",
  "application/ json",
  "application /json",
  "application//json",
  "application/json/",
  "application\\json",
  "application/json+",
  "application/+json",
  "application/x+json",
  "application/json+xml",
  "application/xml+json",
  "application/jsonx",
  "xapplication/json",
  "application/*",
  "*/*",
  "/",
  ";",
  ",",
  "=",
  "json",
  "text/plain",
  "text/json",
  "text/xml",
  "application/xml",
  "application/x-www-form-urlencoded",
  "application/x-www-form-urlencoded garbage",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "multipart/form-data; boundary=b",
  'multipart/form-data; boundary="',
  "multipart/mixed; boundary=b",
  "multipart/",
  "application/octet-stream",
  "__proto__",
  "__proto__/__proto__",
  "constructor/prototype",
  "application/json; __proto__=x; constructor=y",
  "application/json; charset=__proto__",
  "application/json; charset=unknown-8bit",
  "application/json; charset=utf-7",
  "application/json; charset=utf-16le",
  "application/json; charset=iso-2022-jp",
  "application/json; charset=replacement",
  `application/json; ${"a=b; ".repeat(2_000)}`,
  `application/json; a="${"\\a".repeat(5_000)}`,
  `application/json${" ".repeat(10_000)}`,
  `${" ".repeat(10_000)}application/json`,
  "a".repeat(10_000),
  "a/".repeat(5_000),
];

/** The same user in each of the syntaxes; the last two ones are not to be let in. */
const good = '{"name":"Ada","admin":false}';
const bad: readonly string[] = [
  '{"name":"Ada","admin":true}',
  '{"name":"Ada","admin":false,"role":"root"}',
  '"Ada"',
  "admin",
  "name=Ada&admin=true",
  "name=Ada&admin=false",
  "<user><name>Ada</name><admin>true</admin></user>",
  "<name>Ada</name>",
  '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda\r\n--b--\r\n',
  "",
];

function request(path: string, contentType: string | undefined, body: string): string {
  const fields = ["Host: x", `Content-Length: ${body.length}`];
  if (contentType !== undefined) fields.push(`Content-Type: ${contentType}`);
  return rawRequest(`POST ${path} HTTP/1.1`, fields, body);
}

Deno.test("security 7: content type: none lets a payload past its schema", async () => {
  const users = service({}, [
    post("/user", { body: User }, ({ body }) => ({ seen: body })),
    post("/json", { body: json(User) }, ({ body }) => ({ seen: body })),
    post("/form", { body: form(User) }, ({ body }) => ({ seen: body })),
    post("/xml", { body: xml(User) }, ({ body }) => ({ seen: body })),
    post(
      "/choice",
      { body: byMediaType(json(User), form(User), xml(User)) },
      ({ body }) => ({ seen: body }),
    ),
    post(
      "/consumes",
      { body: User, consumes: ["application/json"] },
      ({ body }) => ({ seen: body }),
    ),
  ]);
  await using server = await serve(users, { port: 0, host: "127.0.0.1" });
  for (const { pathname } of users.resources) {
    for (const contentType of spellings) {
      for (const body of [good, ...bad]) {
        const response = await sendRaw(server, request(pathname, contentType, body));
        const what = `${pathname} ${contentType?.slice(0, 60)} ${body}: ${response?.body}`;
        assert.ok(response !== undefined && response.status < 500, what);
        if (response.status >= 400) continue;
        assert.equal(body, good, what);
        assert.deepEqual(JSON.parse(response.body), { seen: { name: "Ada", admin: false } }, what);
      }
    }
  }
});

Deno.test("security 7: content type: only what `consumes` lists is taken", async (t) => {
  const strict = service({}, [
    post("/", { consumes: ["application/json"] }, () => "taken"),
    post("/wild", { consumes: ["application/*"] }, () => "taken"),
  ]);
  await using server = await serve(strict, { port: 0, host: "127.0.0.1" });
  const taken = [
    "application/json",
    "APPLICATION/JSON",
    " application/json",
    "application/json ",
    "application/json;",
    "application/json ;",
    "application/json; charset=utf-8",
    "Application/Json; charset=utf-8",
  ];
  for (const contentType of taken) {
    await t.step(`taken: ${JSON.stringify(contentType)}`, async () => {
      const response = await sendRaw(server, request("/", contentType, "{}"));
      assert.equal(response?.status, 201);
    });
  }
  const refused = [
    undefined,
    "",
    "application/json garbage",
    "application/json\tgarbage",
    "application/json, text/plain",
    "text/plain, application/json",
    "application/jsonx",
    "application/json+",
    "application/x+json",
    "application//json",
    "application/ json",
    "application/json/",
    "application/*",
    "*/*",
    "text/plain; application/json",
    "text/plain;x=application/json",
    "application/json\xa0",
    "json",
    ";",
  ];
  for (const contentType of refused) {
    await t.step(`refused: ${JSON.stringify(contentType)}`, async () => {
      const response = await sendRaw(server, request("/", contentType, "{}"));
      assert.equal(response?.status, 415);
    });
  }
  for (
    const contentType of [
      "application/",
      "application",
      "applications/json",
      "application/json garbage",
    ]
  ) {
    await t.step(`refused by a wildcard: ${contentType}`, async () => {
      const response = await sendRaw(server, request("/wild", contentType, "{}"));
      assert.equal(response?.status, 415);
    });
  }
});

Deno.test("security 7: content type: two of them are refused where it matters which one counts", async () => {
  const users = service({}, [
    post("/user", { body: User }, ({ body }) => ({ seen: body })),
    post("/consumes", { body: text(), consumes: ["text/plain"] }, () => "taken"),
  ]);
  await using server = await serve(users, { port: 0, host: "127.0.0.1" });
  const twice = async (
    path: string,
    first: string,
    second: string,
    body: string,
  ): Promise<RawResponse> => {
    const fields = [`Content-Type: ${first}`, `Content-Type: ${second}`];
    const length = `Content-Length: ${body.length}`;
    const bytes = rawRequest(`POST ${path} HTTP/1.1`, ["Host: x", ...fields, length], body);
    return await sendRaw(server, bytes) as RawResponse;
  };
  for (
    const [first, second] of [["text/plain", "application/json"], [
      "application/json",
      "text/plain",
    ]] as const
  ) {
    assert.ok((await twice("/user", first, second, bad[0] as string)).status >= 400);
    assert.equal((await twice("/consumes", first, second, "a")).status, 415);
  }
});
