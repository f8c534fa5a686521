/**
 * The cases of binding by status (spec 2.4.1.9), and what the original library's own tests hold beyond
 * them, over real sockets.
 */
import assert from "node:assert/strict";
import {
  any,
  array,
  boolean,
  ClientRequestError,
  get,
  HeaderBindingError,
  HeaderNotFoundError,
  HeaderValidationError,
  int,
  MediaTypeBindingError,
  MediaTypeValidationError,
  named,
  oneOf,
  optional,
  PayloadBindingError,
  PayloadValidationError,
  reply,
  serve,
  service,
  string,
} from "@pirouette/http";
import { z } from "zod";
import { StatusCodeClient } from "../../src/client/status_code_client.ts";
import type { Responses, StatusAnswer } from "../../src/client/status_responses.ts";
import {
  StatusCodeBindingClientRequestError,
  StatusCodeBindingRemoteServerError,
  StatusCodeResponseBindingError,
} from "../../src/message/status_binding_errors.ts";
import { conformance } from "./cases.ts";

const albums = {
  1: {
    id: "1",
    name: "The Dark Side of the Moon",
    artist: "Pink Floyd",
    genre: "Progressive Rock",
  },
  2: { id: "2", name: "Back in Black", artist: "AC/DC", genre: "Hard Rock" },
};
const notFound = { albumId: "4", message: "Album not found" };

const Album = z.strictObject({
  id: z.string(),
  name: z.string(),
  artist: z.string(),
  genre: z.string(),
});
const MockAlbum = Album.extend({ type: z.string().default("mock") });
const NotFound = z.strictObject({ albumId: z.string(), message: z.string() });
const headers = { "user-id": string(), "req-id": int() };
const sent = { "user-id": "user-1", "req-id": 1 };

const Found = { body: Album, headers };
const Missing = { body: NotFound, headers };

const backend = service({}, [
  get(
    "/albums/:id",
    ({ path: { id } }) =>
      id === "1" || id === "2"
        ? reply(200, { body: albums[id], headers: sent })
        : reply(404, { body: { ...notFound, albumId: id }, headers: sent }),
  ),
  any("/status/:code", { path: { code: int() } }, ({ path: { code } }) => {
    const headers = { "x-error": `status ${code}` };
    if (bodiless.has(code)) return reply(code, { headers });
    return reply(code, { headers, body: { msg: `${code}` }, mediaType: "application/org+json" });
  }),
]);
const bodiless = new Set([204, 205, 304]);

/** Runs a check with a client of the backend. */
function asking(check: (api: StatusCodeClient) => Promise<void>): () => Promise<void> {
  return async () => {
    await using server = await serve(backend, { port: 0, host: "127.0.0.1" });
    await check(new StatusCodeClient(server.url));
  };
}

/** What a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<StatusCodeResponseBindingError> {
  const error = await call.then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof StatusCodeResponseBindingError, `${error}`);
  return error;
}

conformance("statuscodeclient", {
  "header and media type binding": asking(async ({ get }) => {
    const missing = { ...headers, "x-content-type": string() };
    const error = await refusal(get("/albums/1", { responses: { 200: { headers: missing } } }));
    assert.ok(error instanceof HeaderBindingError);
    assert.equal(error.message, "header binding failed");
    assert.ok(error.cause instanceof HeaderNotFoundError);
    assert.equal(error.cause.message, "no header value found for 'x-content-type'");

    const xml = { 200: { mediaType: "application/xml" } } as const;
    const wrong = await refusal(get("/albums/1", { responses: xml }));
    assert.ok(wrong instanceof MediaTypeBindingError);
    assert.equal(wrong.message, "media-type binding failed");
  }),
  "DefaultStatusCodeResponse catches the rest": asking(async ({ get }) => {
    const found = await get("/albums/1", { responses: { 404: Missing, default: Found } });
    assert.equal(found.status, 200);
    assert.deepEqual([found.body, found.headers], [albums[1], sent]);
    const missing = await get("/albums/4", { responses: { 200: Found, default: Missing } });
    assert.equal(missing.status, 404);
    assert.deepEqual(missing.body, notFound);
    // The member of the status wins, wherever it stands.
    const both = await get("/albums/4", { responses: { default: {}, 200: Found, 404: Missing } });
    assert.equal(both.status, 404);
    assert.deepEqual([both.body, both.headers], [notFound, sent]);
  }),
});

Deno.test(
  "statuscodeclient, original: body, header fields and media type of a declared status",
  asking(async ({ get }) => {
    const answer = await get("/albums/1", { responses: { 200: Found, 404: Missing } });
    assert.deepEqual(answer, {
      status: 200,
      body: albums[1],
      headers: sent,
      mediaType: "application/json",
    });
    const missing = await get("/albums/4", { responses: { 200: Found, 404: Missing } });
    assert.deepEqual(missing, {
      status: 404,
      body: notFound,
      headers: sent,
      mediaType: "application/json",
    });
    const generic = await get("/albums/1", { responses: { default: {} } });
    assert.deepEqual(generic.body, albums[1]);
    assert.equal(generic.headers.get("req-id"), "1");
  }),
);

Deno.test(
  "statuscodeclient, original: a status that is not declared, with the response in the error",
  asking(async ({ get }) => {
    const success = await refusal(get("/albums/1", { responses: { 404: Missing } }));
    assert.equal(success.constructor, StatusCodeResponseBindingError);
    assert.equal(
      success.message,
      "incompatible type: 404 found for the response with status code: 200",
    );
    const error = await refusal(get("/albums/4", { responses: { 200: Found, 201: Found } }));
    assert.ok(error instanceof ClientRequestError);
    assert.ok(error instanceof StatusCodeBindingClientRequestError);
    assert.equal(
      error.message,
      "incompatible type: 200|201 found for the response with status code: 404",
    );
    const { statusCode, body, headers, fromDefaultStatusCodeMapping } = error.detail;
    assert.deepEqual([statusCode, body, headers.get("user-id")], [404, notFound, "user-1"]);
    assert.equal(fromDefaultStatusCodeMapping, false);
    const remote = await refusal(get("/status/503", { responses: { 200: Found } }));
    assert.ok(remote instanceof StatusCodeBindingRemoteServerError);
  }),
);

Deno.test(
  "statuscodeclient, original: unions of bodies take the first that fits",
  asking(async ({ get }) => {
    const first = z.union([Album, MockAlbum]);
    const plain = await get("/albums/1", { responses: { 200: first, 404: NotFound } });
    assert.deepEqual(plain.body, albums[1]);
    const mock = await get("/albums/1", { responses: { 200: z.union([MockAlbum, Album]) } });
    assert.deepEqual(mock.body, { ...albums[1], type: "mock" });
    const invalid = Album.extend({ invalidField: z.string() });
    const error = await refusal(get("/albums/1", { responses: { 200: invalid, 404: NotFound } }));
    assert.ok(error instanceof PayloadBindingError);
    assert.match(error.message, /^Payload binding failed: .*invalidField/);
  }),
);

Deno.test(
  "statuscodeclient, original: header fields of different types",
  asking(async ({ get }) => {
    const bound = async (headers: Readonly<Record<string, ReturnType<typeof string>>>) =>
      (await get("/albums/1", { responses: { 200: { headers } } })).headers;
    const fits: readonly (readonly [declared: object, bound: object])[] = [
      [{ "user-id": array(string()), "req-id": array(int()) }, {
        "user-id": ["user-1"],
        "req-id": [1],
      }],
      [{ "user-id": oneOf("user-1", "user-2"), "req-id": int() }, sent],
      [{ ...headers, "content-type": string() }, { ...sent, "content-type": "application/json" }],
      [{ ...headers, "x-content-type": optional(string()) }, {
        ...sent,
        "x-content-type": undefined,
      }],
      [{ userId: named("user-id", string()), reqId: named("Req-Id", int()) }, {
        userId: "user-1",
        reqId: 1,
      }],
    ];
    for (const [declared, expected] of fits) {
      assert.deepEqual(await bound(declared as never), expected);
    }
    for (const unfit of [int(), boolean()]) {
      const error = await refusal(bound({ ...headers, "user-id": unfit } as never));
      assert.ok(error instanceof HeaderBindingError);
      assert.equal(error.message, "header binding failed for parameter: 'user-id'");
    }
  }),
);

Deno.test(
  "statuscodeclient, original: media types",
  asking(async ({ get }) => {
    const types = ["application/json", ["application/xml", "application/json"]] as const;
    for (const mediaType of types) {
      const answer = await get("/albums/1", { responses: { 200: { mediaType } } });
      assert.equal(answer.mediaType, "application/json");
      assert.deepEqual(answer.body, albums[1]);
      assert.equal(answer.headers.get("user-id"), "user-1");
    }
  }),
);

Deno.test(
  "statuscodeclient, original: constraints of body, header fields and media type",
  asking(async ({ get }) => {
    const good = {
      body: Album.extend({ genre: z.string().regex(/^(?:Hard Rock|Progressive Rock)$/) }),
      headers: { "user-id": string({ minLength: 1, maxLength: 10 }), "req-id": int({ max: 10 }) },
      mediaType: string({ pattern: /application\/(?:json|xml)/ }),
    };
    const answer = await get("/albums/2", { responses: { 200: good } });
    assert.deepEqual(answer, {
      status: 200,
      body: albums[2],
      headers: sent,
      mediaType: "application/json",
    });
    const refused = async (entry: object): Promise<Error> =>
      await refusal(get("/albums/2", { responses: { 200: { ...good, ...entry } } }));

    const body = await refused({ body: Album.extend({ genre: z.string().max(4) }) });
    assert.ok(body instanceof PayloadValidationError);
    assert.match(
      body.message,
      /^payload validation failed: Validation failed for '\$\.genre:too_big' constraint\(s\)\./,
    );
    const field = await refused({ headers: { ...good.headers, "req-id": int({ min: 10 }) } });
    assert.ok(field instanceof HeaderValidationError);
    assert.match(
      field.message,
      /^header binding failed: Validation failed for '\$\.req-id:min\w*' constraint\(s\)\./,
    );
    const type = await refused({ mediaType: string({ pattern: /application\/xml/ }) });
    assert.ok(type instanceof MediaTypeValidationError);
    assert.match(
      type.message,
      /^media-type binding failed: Validation failed for '\$:pattern' constraint\(s\)\./,
    );
  }),
);

// Deno.serve cannot send 1xx, and 101 to 103 are no answers.
const codes = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226]
  .concat([300, 301, 302, 303, 304, 305, 307, 308])
  .concat([
    400,
    401,
    402,
    403,
    404,
    405,
    406,
    407,
    408,
    409,
    410,
    411,
    412,
    413,
    414,
    415,
    416,
    417,
  ])
  .concat([421, 422, 423, 424, 425, 426, 428, 429, 431, 451])
  .concat([500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511]);

Deno.test(
  "statuscodeclient, original: every status, by itself and among all",
  asking(async ({ get, client }) => {
    const all: Responses = Object.fromEntries(codes.map((code) => [code, {}]));
    for (const code of codes) {
      for (const responses of [{ [code]: {} }, all, { default: {} }]) {
        const answer: StatusAnswer = await client.get(`/status/${code}`, { responses });
        assert.equal(answer.status, code);
        assert.equal(answer.headers.get("x-error"), `status ${code}`);
        assert.deepEqual(answer.body, bodiless.has(code) ? undefined : { msg: `${code}` });
        if (!bodiless.has(code)) assert.equal(answer.mediaType, "application/org+json");
      }
    }
    await refusal(get("/status/418", { responses: all }));
  }),
);
