/** Binding of responses by their status: what a call gives, and what it refuses. @module */
import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import {
  ApplicationResponseError,
  byMediaType,
  bytes,
  Client,
  type ClientConfiguration,
  type Fetch,
  get,
  HeaderBindingError,
  HttpError,
  int,
  json,
  NoContentError,
  optional,
  PayloadBindingError,
  PayloadValidationError,
  ReadingInboundResponseBodyError,
  RemoteServerError,
  service,
  stream,
  string,
  text,
  xml,
} from "@pirouette/http";
import type { Responses, StatusAnswer } from "../../src/client/status_responses.ts";
import {
  StatusCodeBindingClientRequestError,
  StatusCodeBindingRemoteServerError,
  StatusCodeResponseBindingError,
} from "../../src/message/status_binding_errors.ts";

const Album = z.object({ id: z.string(), year: z.number().max(2000) });
const album = { id: "1", year: 1973 };

/** A client that is given one response, and told whether its body was cancelled. */
function given(
  body: BodyInit | null,
  init: ResponseInit & { readonly type?: string } = {},
  config: ClientConfiguration = {},
): Client {
  const { type = "application/json", ...rest } = init;
  const fetch: Fetch = () => {
    const headers = new Headers(init.headers);
    if (type !== "") headers.set("content-type", type);
    return Promise.resolve(new Response(body, { ...rest, headers }));
  };
  return new Client("http://api.example", { ...config, fetch });
}

function call(api: Client, responses: unknown): Promise<StatusAnswer> {
  return api.get("/", { responses: responses as Responses });
}

async function refusal(call: Promise<unknown>): Promise<Error> {
  const error = await call.then((value) => assert.fail(`gave ${value}`), (thrown) => thrown);
  assert.ok(error instanceof Error);
  return error;
}

const albumText = JSON.stringify(album);

Deno.test("status binding: an entry binds the body as `as` does", async () => {
  const Described = v.object({ id: v.string(), year: v.number() });
  const rows: readonly (readonly [entry: unknown, type: string, sent: string, body: unknown])[] = [
    [Album, "application/json", albumText, album],
    [{ body: Described }, "application/json", albumText, album],
    [json(Album), "application/vnd.album+json", albumText, album],
    [text(), "text/plain", "hi", "hi"],
    [string(), "text/plain", "hi", "hi"],
    [int(), "application/json", "7", 7],
    [bytes(), "image/png", "hi", new TextEncoder().encode("hi")],
    [byMediaType(json(), text()), "text/plain", "hi", "hi"],
    [byMediaType(json(), text()), "application/json", "[1]", [1]],
    [optional(Album), "application/json", albumText, album],
    [optional(Album), "application/json", "", undefined],
    [xml(), "application/xml", "<a>1</a>", Object.assign(Object.create(null), { a: "1" })],
  ];
  for (const [entry, type, sent, body] of rows) {
    const answer = await call(given(sent, { type }), { 200: entry });
    assert.deepEqual([answer.status, answer.body, answer.mediaType], [200, body, type]);
  }
});

Deno.test("status binding: a body that is not declared is what its media type gives", async () => {
  const hi = new TextEncoder().encode("hi");
  const rows: readonly (readonly [type: string, sent: string | null, body: unknown])[] = [
    ["application/json", albumText, album],
    ["application/problem+json; charset=utf-8", "{}", {}],
    ["text/html", "<p>", "<p>"],
    ["application/x-www-form-urlencoded", "a=1", Object.assign(Object.create(null), { a: "1" })],
    ["application/octet-stream", "hi", hi],
    ["application/pdf", "hi", hi],
    ["image/png", "hi", hi],
    ["application/json", "", undefined],
    ["application/json", null, undefined],
  ];
  for (const [type, sent, body] of rows) {
    const answer = await call(given(sent, { type }), { 200: {} });
    assert.deepEqual([answer.body, answer.mediaType], [body, type]);
  }
  const bare = await call(given(hi, { type: "" }), { default: {} });
  assert.deepEqual([bare.body, bare.mediaType], [hi, undefined]);
  const events = await call(given("data: 1\n\n", { type: "text/event-stream" }), { 200: {} });
  const seen = [];
  for await (const event of events.body as ReadableStream<{ data?: string }>) seen.push(event.data);
  assert.deepEqual(seen, ["1"]);
});

Deno.test("status binding: a stream is handed over unread", async () => {
  const answer = await call(given("hi", { type: "text/plain" }), { 200: { body: stream() } });
  assert.equal(await new Response(answer.body as ReadableStream).text(), "hi");
});

Deno.test("status binding: every verb takes responses", async () => {
  const methods: string[] = [];
  const api = new Client("http://api.example", {
    fetch: (_, init) => {
      methods.push(String(init?.method));
      return Promise.resolve(Response.json(album));
    },
  });
  const options = { responses: { 200: Album } } as const;
  const answers = [
    await api.get("/", options),
    await api.options("/", options),
    await api.post("/", {}, options),
    await api.put("/", {}, options),
    await api.patch("/", {}, options),
    await api.delete("/", undefined, options),
    await api.execute("MOVE", "/", undefined, options),
    await api.forward("/", new Request("http://here.example"), options),
  ];
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, album]);
  assert.deepEqual(methods, ["GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "MOVE", "GET"]);
});

Deno.test("status binding: what is declared wrongly is refused before anything is sent", async () => {
  const api = new Client("http://api.example", { fetch: () => assert.fail("was sent") });
  const rows: readonly (readonly [responses: unknown, message: RegExp])[] = [
    [{}, /^responses declares nothing: name the statuses to expect, or default$/],
    [{ 99: Album }, /^responses has no status "99": use 100 to 599, or default$/],
    [{ 600: Album }, /has no status "600"/],
    [{ "2xx": Album }, /has no status "2xx"/],
    [{ " 200": Album }, /has no status " 200"/],
    [{ "2e2": Album }, /has no status "2e2"/],
    [{ "0xc": Album }, /has no status "0xc"/],
    [{ "200.0": Album }, /has no status "200.0"/],
    [{ 200.5: Album }, /has no status "200.5"/],
    [{ defualt: Album }, /has no status "defualt"/],
    [{ ["9".repeat(500)]: Album }, /has no status "9{40}"/],
    [Album, /^responses needs a record by status, as \{ 200: Album, 404: Problem \}$/],
    [null, /^responses needs a record/],
    ["200", /^responses needs a record/],
    [{ 200: undefined }, /^responses\[200\] needs a schema, or an object with body, headers or/],
    [{ 200: null }, /^responses\[200\] needs a schema/],
    [{ default: 5 }, /^responses\[default\] needs a schema/],
    [{ 200: [Album] }, /^responses\[200\] needs a schema/],
    [
      { 200: { boddy: Album } },
      /^responses\[200\] has no option "boddy": use one of body, headers/,
    ],
    [{ 200: { body: {} } }, /^responses\[200\] needs a schema for body$/],
    [{ 204: Album }, /^responses\[204\] has a body, which no response of that status has: leave/],
    [{ 304: { body: Album } }, /^responses\[304\] has a body/],
    [{ 200: { headers: { id: 1 } } }, /^responses\[200\]: Field "id" takes a schema/],
    [
      { 200: { headers: { "a b": int() } } },
      /^responses\[200\]: No header field can be called "a b"/,
    ],
    [{ 200: { mediaType: "json" } }, /^responses\[200\]: mediaType takes no "json": name a media/],
    [{ 200: { mediaType: "text/*" } }, /mediaType takes no "text\/\*"/],
    [{ 200: { mediaType: [] } }, /mediaType needs one media type at least/],
    [{ 200: { mediaType: [5] } }, /mediaType takes no number/],
  ];
  for (const [responses, message] of rows) {
    const error = await refusal(call(api, responses));
    assert.ok(error instanceof TypeError, `${error}`);
    assert.match(error.message, message);
    assert.ok(!error.message.endsWith("."));
  }
  const both = { as: Album, responses: { 200: Album } } as never;
  assert.match((await refusal(api.get("/", both))).message, /^A call takes as or responses, not/);
  const misplaced = await refusal(api.post("/", { responses: { 200: Album } }));
  assert.match(misplaced.message, /^The message of a call has a schema in it/);
  const head = await refusal(api.head("/", { responses: { 200: {} } } as never));
  assert.match(head.message, /^A call has no option "responses"/);
});

Deno.test("status binding: a message may have responses of its own", async () => {
  const sent: unknown[] = [];
  const api = new Client("http://api.example", {
    fetch: (_, init) => {
      sent.push(init?.body);
      return Promise.resolve(new Response());
    },
  });
  await api.post("/", { responses: [1] });
  await api.post("/", { responses: null });
  assert.deepEqual(sent, ['{"responses":[1]}', '{"responses":null}']);
});

Deno.test("status binding: a schema is read once, however often it is declared", async () => {
  let asked = 0;
  const counting = z.unknown().superRefine((value, context) => {
    if (value !== undefined) return;
    asked++;
    context.addIssue("required");
  });
  const api = given(albumText, { headers: { n: "1" } });
  for (let round = 0; round < 4; round++) await call(api, { 200: counting, 404: counting });
  const kept = { 200: counting };
  for (let round = 0; round < 4; round++) await call(api, kept);
  assert.equal(asked, 1);
  const spec = { 200: { headers: { n: counting } } };
  for (let round = 0; round < 4; round++) await call(api, spec);
  assert.equal(asked, 2);
});

Deno.test("status binding: a status that is not declared is an error by its class", async () => {
  const rows = [
    [200, StatusCodeResponseBindingError, 500],
    [302, StatusCodeResponseBindingError, 500],
    [404, StatusCodeBindingClientRequestError, 404],
    [503, StatusCodeBindingRemoteServerError, 503],
  ] as const;
  for (const [status, errorClass, answers] of rows) {
    const error = await refusal(call(given(albumText, { status }), { 201: Album, 202: {} }));
    assert.ok(error instanceof StatusCodeResponseBindingError);
    assert.equal(error.constructor, errorClass);
    assert.equal(error.name, errorClass.name);
    assert.equal(error.status, answers);
    assert.equal(
      error.message,
      `incompatible type: 201|202 found for the response with status code: ${status}`,
    );
    const { headers, ...detail } = error.detail;
    assert.deepEqual(detail, {
      statusCode: status,
      body: album,
      fromDefaultStatusCodeMapping: false,
    });
    assert.equal(headers.get("content-type"), "application/json");
  }
});

Deno.test("status binding: the body of an error is decoded by its media type", async () => {
  const rows: readonly (readonly [type: string, sent: string | null, body: unknown])[] = [
    ["application/json", albumText, album],
    ["text/plain", "gone", "gone"],
    ["application/octet-stream", "hi", new TextEncoder().encode("hi")],
    ["text/plain", null, undefined],
    // It may go on for ever.
    ["text/event-stream", "data: 1\n\n", undefined],
  ];
  for (const [type, sent, body] of rows) {
    const error = await refusal(call(given(sent, { type, status: 410 }), { 200: {} }));
    assert.ok(error instanceof StatusCodeResponseBindingError);
    assert.deepEqual(error.detail.body, body);
  }
});

Deno.test("status binding: where the body of an error cannot be read, an error says so", async () => {
  const error = await refusal(call(given("{", { status: 500 }), { 200: Album }));
  assert.ok(error instanceof PayloadBindingError);
  assert.equal(
    error.message,
    "http:StatusCodeBindingError creation failed: 500 response payload extraction failed",
  );
  assert.ok(error.cause instanceof RemoteServerError);
  assert.ok(error.cause instanceof StatusCodeBindingRemoteServerError);
  assert.equal(error.cause.detail.body, undefined);
  assert.ok(error.cause.cause instanceof HttpError);
});

Deno.test("status binding: a payload that does not fit is an error of its kind, with the response", async () => {
  const rows: readonly (readonly [
    entry: unknown,
    sent: string,
    errorClass: typeof PayloadBindingError | typeof NoContentError,
    message: RegExp,
  ])[] = [
    [Album, '{"id":1,"year":1}', PayloadBindingError, /^Payload binding failed: \$\.id: /],
    [Album, '{"id":"1","year":2001}', PayloadValidationError, /^payload validation failed: /],
    [xml(), "{}", PayloadBindingError, /^incompatible xml found for 'application\/json' mime/],
    [Album, "{", PayloadBindingError, /./],
    [Album, "", NoContentError, /^No content$/],
  ];
  for (const [entry, sent, errorClass, message] of rows) {
    for (const key of ["404", "default"]) {
      const error = await refusal(call(given(sent, { status: 404 }), { [key]: entry }));
      assert.ok(error instanceof StatusCodeResponseBindingError);
      assert.ok(error instanceof errorClass);
      assert.equal(error.constructor, errorClass);
      assert.match(error.message, message);
      // It is not the client of this program that did something wrong.
      assert.equal(error.status, 500);
      assert.equal(error.detail.statusCode, 404);
      assert.equal(error.detail.fromDefaultStatusCodeMapping, key === "default");
      assert.equal(error instanceof ApplicationResponseError, false);
    }
  }
});

Deno.test("status binding: without validation, constraints are not held to", async () => {
  const api = given('{"id":"1","year":2001}', { headers: { n: "20" } }, { validation: false });
  const mediaType = string({ maxLength: 3 });
  const headers = { n: int({ max: 10 }) };
  const answer = await call(api, { 200: { body: Album, headers, mediaType } });
  assert.deepEqual(answer, {
    status: 200,
    body: { id: "1", year: 2001 },
    headers: { n: 20 },
    mediaType: "application/json",
  });
});

Deno.test("status binding: with lax binding, null and absent fields stand for each other", async () => {
  const Titled = z.object({ id: z.string(), title: z.string().optional() });
  const api = given('{"id":"1","title":null}', {}, { laxDataBinding: true });
  assert.deepEqual((await call(api, { 200: Titled })).body, { id: "1" });
});

/** A response whose body says whether it was cancelled, and of which nothing ever comes. */
function endless(init: ResponseInit): { api: Client; cancelled: () => boolean } {
  let cancelled = false;
  const body = () =>
    new ReadableStream({ cancel: () => void (cancelled = true) }, { highWaterMark: 0 });
  const fetch: Fetch = () => Promise.resolve(new Response(body(), init));
  return { api: new Client("http://api.example", { fetch }), cancelled: () => cancelled };
}

Deno.test("status binding: a body that nobody reads is freed", async () => {
  const events = { headers: { "content-type": "text/event-stream" } };
  const undeclared = endless({ ...events, status: 503 });
  await refusal(call(undeclared.api, { 200: Album }));
  assert.ok(undeclared.cancelled());
  const unfit = endless(events);
  await refusal(call(unfit.api, { 200: { headers: { missing: int() } } }));
  assert.ok(unfit.cancelled());
  const failing = endless(events);
  const broken = { "~standard": { version: 1, vendor: "x", validate: () => assert.fail("bug") } };
  await refusal(call(failing.api, { 200: { mediaType: broken } }));
  assert.ok(failing.cancelled());
  const incompatible = endless(events);
  await refusal(call(incompatible.api, { 200: xml() }));
  assert.ok(incompatible.cancelled());
});

Deno.test("status binding: a body that breaks off is the client's error", async () => {
  const broken = (): ReadableStream =>
    new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const fetch: Fetch = () => Promise.resolve(new Response(broken(), { status: 200 }));
  const error = await refusal(call(new Client("http://api.example", { fetch }), { 200: json() }));
  assert.ok(error instanceof ReadingInboundResponseBodyError);
  assert.equal(error instanceof StatusCodeResponseBindingError, false);
});

Deno.test("status binding: what fails while sending is the client's error", async () => {
  const fetch: Fetch = () => Promise.reject(new TypeError("no route"));
  const api = new Client("http://api.example", { fetch });
  const plain = await refusal(api.get("/"));
  const bound = await refusal(call(api, { default: {} }));
  assert.deepEqual([bound.name, bound.message], [plain.name, plain.message]);
  assert.equal(bound instanceof StatusCodeResponseBindingError, false);
});

Deno.test("status binding: only what is declared counts, not what a prototype says", async () => {
  const inherited = Object.assign(Object.create({ 500: Album }), { 200: Album });
  const error = await refusal(call(given("{}", { status: 500 }), inherited));
  assert.match(error.message, /^incompatible type: 200 found/);
});

Deno.test("status binding: instanceof takes no other error for one", () => {
  class Own extends StatusCodeResponseBindingError {}
  const detail = {
    statusCode: 404,
    headers: new Headers(),
    body: undefined,
    fromDefaultStatusCodeMapping: false,
  };
  const own = new Own("what", { detail, cause: 1 });
  assert.ok(own instanceof Own && own instanceof StatusCodeResponseBindingError);
  assert.deepEqual([own.detail, own.cause, own.status], [detail, 1, 500]);
  const request = new StatusCodeBindingClientRequestError("what", { detail });
  assert.ok(request instanceof StatusCodeResponseBindingError);
  assert.equal(request instanceof Own, false);
  const others = [new HeaderBindingError("x"), new Error("x"), null, undefined, 1, "x", {}, detail];
  for (const other of others) assert.equal(other instanceof StatusCodeResponseBindingError, false);
  const forged = { name: "StatusCodeResponseBindingError", code: request.code, detail };
  assert.equal(forged instanceof StatusCodeResponseBindingError, false);
  assert.deepEqual(Object.keys(own), []);
});

Deno.test("status binding: an error that nobody caught passes a 4xx on, and answers 500 else", async () => {
  const ask = async (status: number, responses: unknown): Promise<Response> => {
    const api = given(albumText, { status });
    const gateway = service({ onError: () => {} }, [get("/", () => call(api, responses))]);
    return await gateway.fetch("http://gateway.example/");
  };
  const passed = await ask(404, { 200: Album });
  assert.deepEqual([passed.status, await passed.json()], [404, album]);
  for (const [status, responses] of [[200, { 404: {} }], [404, { 404: xml() }]] as const) {
    const failed = await ask(status, responses);
    await failed.body?.cancel();
    assert.equal(failed.status, 500);
  }
});
