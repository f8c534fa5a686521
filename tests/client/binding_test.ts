/** Binding of responses: by media type, then by schema. @module */
import assert from "node:assert/strict";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  boolean,
  byMediaType,
  bytes,
  Client,
  type ClientConfiguration,
  ClientRequestError,
  events,
  float,
  form,
  HttpError,
  int,
  json,
  named,
  optional,
  RemoteServerError,
  type Schema,
  stream,
  string,
  text,
  xml,
} from "@pirouette/http";

/** A client whose every call is answered with `body` of a type. */
function answering(
  body: BodyInit | null,
  contentType: string | null,
  init: ResponseInit = {},
  config: ClientConfiguration = {},
): Client {
  const fetch = (): Promise<Response> => {
    const response = new Response(body, init);
    if (contentType === null) response.headers.delete("content-type");
    else response.headers.set("content-type", contentType);
    return Promise.resolve(response);
  };
  return new Client("http://h", { fetch, ...config });
}

const Album = z.object({ title: z.string(), year: z.int().min(1900) });
const albumText = `{"title":"Blue Train","year":1957}`;
const album = { title: "Blue Train", year: 1957 };

Deno.test("binding: a body by its media type and the declared kind", async () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0]);
  const table: readonly (readonly [BodyInit, string | null, Schema, unknown])[] = [
    [albumText, "application/json", Album, album],
    [albumText, "application/json; charset=utf-8", Album, album],
    [albumText, "application/vnd.x+json", Album, album],
    [albumText, null, Album, album],
    [albumText, "application/octet-stream2", Album, album],
    [albumText, "application/json", v.object({ title: v.string(), year: v.number() }), album],
    [albumText, "application/json", type({ title: "string", year: "number" }), album],
    [albumText, "application/json", json(Album), album],
    [albumText, "application/json", json(), album],
    [`"a"`, "application/json", text(), "a"],
    ["[1,2]", "application/json", bytes(), new Uint8Array([1, 2])],
    ["5", "application/json", int(), 5],
    ["5.5", "application/json", float(), 5.5],
    ["true", "application/json", boolean(), true],
    ["[1,2]", "application/json", array(int()), [1, 2]],
    ["null", "application/json", json(), null],
    ["a", "text/plain", text(), "a"],
    ["a", "text/html; charset=utf-8", string(), "a"],
    ["a", "text/plain", z.string(), "a"],
    [utf16, "text/plain;charset=utf-16le", text(), "a"],
    ["a", null, text(), "a"],
    ["a", "text/plain", bytes(), new TextEncoder().encode("a")],
    ["a", "application/octet-stream", bytes(), new TextEncoder().encode("a")],
    ["a", "image/png", bytes(), new TextEncoder().encode("a")],
    ["a=1&b=2", "application/x-www-form-urlencoded", form(), { a: "1", b: "2" }],
    ["a=1&b=2", "application/x-www-form-urlencoded", text(), "a=1&b=2"],
    ["<a><b>1</b></a>", "application/xml", xml(), { a: { b: "1" } }],
    ["<a>1</a>", "text/xml", byMediaType(json(), xml()), { a: "1" }],
    [`{"a":"1"}`, "application/json", byMediaType(json(), xml()), { a: "1" }],
    ["a", "text/plain", byMediaType(json(), text()), "a"],
  ];
  for (const [body, contentType, as, expected] of table) {
    const got = await answering(body, contentType).get("/", { as });
    assert.deepEqual(plain(got), expected, `${contentType}: ${body}`);
  }
});

/** A copy with ordinary prototypes: what is decoded from a message has none. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? value : structuredClone(value);
}

Deno.test("binding: what a media type cannot give names both", async () => {
  const table: readonly (readonly [string, string | null, Schema, RegExp])[] = [
    ["{}", "application/json", xml(), /^incompatible xml found for 'application\/json' mime type/],
    ["{}", "application/json; charset=utf-8", xml(), /found for 'application\/json' mime type/],
    ["<a/>", "application/xml", json(), /^incompatible json found for 'application\/xml' mime/],
    ["<a/>", "application/xml", text(), /^incompatible string found/],
    ["a", "text/plain", int(), /^incompatible int found for 'text\/plain' mime type/],
    ["a", "text/plain", Album, /^incompatible record found for 'text\/plain' mime type/],
    ["a", "text/plain", xml(), /^incompatible xml found for 'text\/plain'/],
    ["a", "application/octet-stream", text(), /^incompatible string found/],
    ["a=1", "application/x-www-form-urlencoded", xml(), /^incompatible xml found/],
    [
      "a",
      "text/plain",
      byMediaType(json(), xml()),
      /^incompatible json\|xml found for 'text\/plain'/,
    ],
    ["a", "text/plain", events(), /^invalid payload target type\. The response is not of text\/ev/],
    ["a", null, events(), /^invalid payload target type/],
  ];
  for (const [body, contentType, as, message] of table) {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body));
      },
      pull: (controller) => controller.close(),
      cancel() {
        cancelled = true;
      },
    }, { highWaterMark: 0 });
    await assert.rejects(answering(source, contentType).get("/", { as }), (error) => {
      assert(error instanceof HttpError);
      assert.equal(error.name, "PayloadBindingError");
      assert.equal(error.status, 500);
      assert.match(error.message, message);
      return true;
    });
    assert(cancelled || source.locked, `the body of ${contentType} is left unread`);
  }
});

Deno.test("binding: a body that is not what its type says, or does not fit the schema", async () => {
  const table: readonly (readonly [BodyInit, string, Schema, string, RegExp])[] = [
    ["{", "application/json", Album, "PayloadBindingError", /^data binding failed/],
    [`{"title":1}`, "application/json", Album, "PayloadBindingError", /^Payload binding failed: /],
    [
      "[]",
      "application/json",
      int(),
      "PayloadBindingError",
      /^Payload binding failed: expected int/,
    ],
    ["<a>", "application/xml", xml(), "PayloadBindingError", /./],
    [new Uint8Array([0xff]), "text/plain", text(), "PayloadBindingError", /not valid utf-8/],
    ["a", "text/plain;charset=nope", text(), "PayloadBindingError", /charset "nope"/],
    ["{}", "application", text(), "MediaTypeBindingError", /Content-Type "application"/],
    [
      `{"title":"a","year":1}`,
      "application/json",
      Album,
      "PayloadValidationError",
      /^payload validation failed: Validation failed for '\$\.year:too_small' constraint/,
    ],
  ];
  for (const [body, contentType, as, name, message] of table) {
    await assert.rejects(answering(body, contentType).get("/", { as }), (error) => {
      assert(error instanceof HttpError);
      assert.equal(error.name, name);
      assert.equal(error.status, 500);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("binding: no content is nil where that may be, else an error", async () => {
  const nilable: readonly Schema[] = [
    optional(json()),
    optional(text()),
    optional(xml()),
    optional(bytes()),
    optional(form()),
    optional(Album),
    optional(int()),
    Album.optional(),
  ];
  const kinds: readonly Schema[] = [json(), text(), xml(), bytes(), form(), Album, int(), string()];
  const empty: readonly (readonly [BodyInit | null, string | null, number])[] = [
    [null, null, 204],
    [null, null, 200],
    ["", null, 200],
  ];
  for (const [body, contentType, status] of empty) {
    const api = answering(body, contentType, { status });
    for (const as of nilable) assert.equal(await api.get("/", { as }), undefined);
    for (const as of kinds) {
      await assert.rejects(api.get("/", { as }), { name: "NoContentError", message: "No content" });
    }
    assert.equal(await api.get("/", { as: Album.nullable() }), null);
    assert.equal(await api.get("/", { as: int({ default: 3 }) }), 3);
  }
  await assert.rejects(answering("", "application/json").get("/", { as: json() }), {
    name: "NoContentError",
  });
  assert.equal(await answering("", "text/plain").get("/", { as: optional(text()) }), undefined);
});

Deno.test("binding: a stream is handed over, events come as they are sent", async () => {
  const body = await answering("abc", "text/plain").get("/", { as: stream() });
  assert(body !== null);
  assert.equal(await new Response(body).text(), "abc");
  assert.equal(await answering(null, null, { status: 204 }).get("/", { as: stream() }), null);
  const api = answering("data: a\n\ndata: b\n\n", "text/event-stream;charset=utf-8");
  const received = await Array.fromAsync(await api.get("/", { as: events() }));
  assert.deepEqual(received.map(({ data }) => data), ["a", "b"]);
  assert.throws(() => byMediaType(events(), json()), TypeError);
});

Deno.test("binding: 4xx and 5xx are errors with the answer as their detail", async () => {
  const table: readonly (readonly [BodyInit | null, string | null, number, unknown])[] = [
    [`{"a":1}`, "application/json", 404, { a: 1 }],
    [`{"a":1}`, "application/problem+json", 400, { a: 1 }],
    ["<a>1</a>", "application/xml", 500, { a: "1" }],
    ["no such album", "text/plain", 410, "no such album"],
    ["<p>no", "text/html", 502, "<p>no"],
    ["a", "application/octet-stream", 599, new TextEncoder().encode("a")],
    ["a=1", "application/x-www-form-urlencoded", 400, "a=1"],
    ["what?", null, 400, "what?"],
    ["what?", "nonsense", 400, "what?"],
    [null, null, 401, undefined],
    ["", "application/json", 401, undefined],
  ];
  for (const [body, contentType, status, expected] of table) {
    const api = answering(body, contentType, { status, headers: { "x-a": "1" } });
    await assert.rejects(api.post("/", "x", { as: Album }), (error) => {
      assert(error instanceof (status < 500 ? ClientRequestError : RemoteServerError));
      assert.equal(error.detail.statusCode, status);
      assert.equal(error.status, status);
      assert.equal(error.detail.headers.get("x-a"), "1");
      assert.deepEqual(plain(error.detail.body), expected);
      return true;
    });
  }
  const named = answering(null, null, { status: 404, statusText: "Nothing Here" });
  await assert.rejects(named.get("/", { as: text() }), { message: "Nothing Here" });
  const unnamed = answering(null, null, { status: 404 });
  await assert.rejects(unnamed.get("/", { as: text() }), { message: "Not Found" });
  assert.equal((await unnamed.get("/")).status, 404);
  await assert.rejects(
    answering("{", "application/json", { status: 503 }).get("/", { as: text() }),
    {
      name: "PayloadBindingError",
      message:
        /^http:ApplicationResponseError creation failed: 503 response payload extraction failed/,
    },
  );
});

Deno.test("binding: validation and lax binding can be chosen", async () => {
  const early = `{"title":"a","year":1}`;
  const loose = answering(early, "application/json", {}, { validation: false });
  assert.deepEqual(plain(await loose.get("/", { as: Album })), { title: "a", year: 1 });
  const wrong = answering(`{"title":1}`, "application/json", {}, { validation: false });
  await assert.rejects(wrong.get("/", { as: Album }), { name: "PayloadBindingError" });
  const Loose = z.object({ title: z.string(), note: z.string().optional() });
  const nulled = `{"title":"a","note":null}`;
  await assert.rejects(answering(nulled, "application/json").get("/", { as: Loose }));
  const lax = answering(nulled, "application/json", {}, { laxDataBinding: true });
  assert.deepEqual(plain(await lax.get("/", { as: Loose })), { title: "a" });
});

Deno.test("binding: a body that breaks off is the client's error", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    pull: () => Promise.reject(new TypeError("reset")),
  }, { highWaterMark: 0 });
  await assert.rejects(answering(broken, "application/json").get("/", { as: json() }), {
    name: "ReadingInboundResponseBodyError",
  });
});

Deno.test("binding: what is no schema is refused before anything is sent", async () => {
  let calls = 0;
  const api = new Client("http://h", { fetch: () => Promise.resolve(new Response(`${++calls}`)) });
  for (const as of [{}, "text", 5, null]) {
    await assert.rejects(api.get("/", { as: as as unknown as Schema }), TypeError);
  }
  assert.equal(calls, 0);
  assert.equal(await api.get("/", { as: named("x", text()) }), "1");
});
