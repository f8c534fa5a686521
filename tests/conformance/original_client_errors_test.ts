/**
 * What the original library's own tests hold of the errors that a client's calls end with (spec
 * 2.4.3): those of 4xx and 5xx and where they go, constraints and lax binding, beyond the published
 * cases.
 */
import assert from "node:assert/strict";
import {
  Client,
  ClientRequestError,
  form,
  get,
  json,
  notFound,
  path,
  PayloadBindingError,
  PayloadValidationError,
  post,
  RemoteServerError,
  service,
  text,
  Xml,
} from "@pirouette/http";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";
import { type Answer, answering, plain, refusal } from "./answering.ts";

const formText = "first%20Name=WS%20O2&tea%24%2Am=Bal%40Dance";
const formType = "application/x-www-form-urlencoded";
const odd = "type2/subtype2";
const wso2 = [87, 83, 79, 50];

Deno.test("original client, errors: 4xx and 5xx carry status, fields and body", async () => {
  const table: readonly (readonly [Answer, name: string, message: string, body: unknown])[] = [
    [
      { status: 501, body: "failed-with-501", type: "text/plain" },
      "RemoteServerError",
      "Not Implemented",
      "failed-with-501",
    ],
    [{ status: 400, body: "bad", type: "text/plain" }, "ClientRequestError", "Bad Request", "bad"],
    [
      { status: 404, body: "<test>Bad</test>", type: "application/xml" },
      "ClientRequestError",
      "Not Found",
      { test: "Bad" },
    ],
    [
      { status: 500, body: '{"id":"hello"}', type: "application/json" },
      "RemoteServerError",
      "Internal Server Error",
      { id: "hello" },
    ],
    [
      { status: 500, body: '{"id":"hello"}', type: "Application/JSON" },
      "RemoteServerError",
      "Internal Server Error",
      { id: "hello" },
    ],
    [
      { status: 503, body: "WSO2", type: "application/octet-stream" },
      "RemoteServerError",
      "Service Unavailable",
      wso2,
    ],
    [
      { status: 400, body: formText, type: formType },
      "ClientRequestError",
      "Bad Request",
      formText,
    ],
    [{ status: 400, body: "plain" }, "ClientRequestError", "Bad Request", "plain"],
    [{ status: 400, body: "plain", type: "garbage" }, "ClientRequestError", "Bad Request", "plain"],
    [{ status: 599, body: "x", type: odd }, "RemoteServerError", "", "x"],
    [{ status: 404 }, "ClientRequestError", "Not Found", undefined],
    [
      { status: 404, body: "", type: "application/json" },
      "ClientRequestError",
      "Not Found",
      undefined,
    ],
  ];
  for (const [answer, name, message, body] of table) {
    const error = await refusal(answering(answer).get("/", { as: json() }));
    assert.ok(error instanceof ClientRequestError || error instanceof RemoteServerError);
    assert.equal(error.name, name);
    if (message !== "") assert.equal(error.message, message);
    assert.equal(error.detail.statusCode, answer.status);
    assert.equal(error.status, answer.status);
    assert.deepEqual(plain(error.detail.body), body);
    assert.equal(error.detail.headers.get("content-type"), answer.type ?? null);
    // Who asks for a response gets it, whatever its status.
    const response = await answering(answer).get("/");
    assert.equal(response.status, answer.status);
    await response.body?.cancel();
  }
});

Deno.test("original client, errors: a body that is not what it says it is", async () => {
  for (
    const [body, type] of [['{"name":"hello"}', "application/xml"], [
      "{",
      "application/json",
    ]] as const
  ) {
    const error = await refusal(answering({ status: 400, body, type }).get("/", { as: text() }));
    assert.ok(error instanceof PayloadBindingError);
    assert.equal(
      error.message,
      "http:ApplicationResponseError creation failed: 400 response payload extraction failed",
    );
    assert.ok(error.cause instanceof ClientRequestError);
  }
});

/** Answers what the original's backend does. */
const backend = service({ basePath: "/backend" }, [
  get("/xmltype", () => notFound({ body: new Xml({ test: "Bad Request" }) })),
  post(
    "/get5XX",
    () =>
      new Response("data-binding-failed-with-501", { status: 501, headers: { "X-Type": "test" } }),
  ),
  get("/get4XX", () => new Response("bad", { status: 400 })),
  get("/empty", () => new Response("", { headers: { "content-type": formType } })),
]);

Deno.test("original client, errors: one that a resource does not deal with is passed on", async () => {
  const api = new Client("http://backend/backend", { fetch: backend.fetch });
  const front = service({ basePath: "/passthrough", onError: () => {} }, [
    get("/500", () => api.post("/get5XX", "want 500", { as: json() })),
    get("/404/:name", ({ path: { name } }) => api.post(path`/${name}`, "want", { as: json() })),
    get("/xml", () => api.get("/xmltype", { as: json() })),
    get("/empty", () => api.get("/empty", { as: form() })),
    get("/handled", async () => {
      const error = await refusal(api.post("/get5XX", "want 500", { as: json() }));
      assert.ok(error instanceof RemoteServerError);
      const { statusCode, headers, body } = error.detail;
      return new Response(String(body), {
        status: statusCode,
        headers: { "x-type": headers.get("x-type") ?? "" },
      });
    }),
  ]);
  await onBothTransports(front, async (ask) => {
    for (const to of ["/passthrough/500", "/passthrough/handled"]) {
      const response = await ask(to);
      assert.equal(response.status, 501);
      assert.equal(response.headers.get("x-type"), "test");
      assert.equal(await response.text(), "data-binding-failed-with-501");
    }
    const unknown = await ask("/passthrough/404/handle");
    assert.equal(unknown.status, 404);
    const payload = await unknown.json();
    assert.match(payload.message, /^no matching resource found for path/);
    assert.deepEqual([payload.path, payload.method], ["/backend/handle", "POST"]);
    const method = await ask("/passthrough/404/get4XX");
    assert.equal(method.status, 405);
    assert.match((await method.json()).message, /^Method not allowed/);
    const bad = await ask("/passthrough/xml");
    assert.equal(bad.status, 404);
    assert.equal(await bad.text(), "<test>Bad Request</test>");
    const empty = await ask("/passthrough/empty");
    assert.equal(empty.status, 500);
    const { message, path: where, method: how } = await empty.json();
    assert.deepEqual([message, where, how], ["No content", "/passthrough/empty", "GET"]);
  });
});

const Constrained = z.object({ name: z.string().min(2).max(5), age: z.number().gt(5) });
const Price = z.number().min(5.2);
const Item = z.object({ weight: z.array(z.number()).length(2) });

Deno.test("original client, validation: constraints hold, unless they are switched off", async () => {
  const table: readonly (readonly [body: unknown, z.ZodType, where: readonly string[]])[] = [
    [{ name: "wso2", age: 15 }, Constrained, []],
    [{ name: "a", age: 15 }, Constrained, ["$.name"]],
    [{ name: "ballerina", age: 15 }, Constrained, ["$.name"]],
    [{ name: "ballerina", age: 5 }, Constrained, ["$.age", "$.name"]],
    [7.4, Price, []],
    [5.1, Price, ["$"]],
    [{ weight: [2.3, 5.4] }, Item, []],
    [{ weight: [2.3, 5.4, 6.7] }, Item, ["$.weight"]],
  ];
  for (const [value, as, where] of table) {
    const answer = { body: JSON.stringify(value), type: "application/json" };
    assert.deepEqual(await answering(answer, { validation: false }).get("/", { as }), value);
    const call = answering(answer).get("/", { as });
    if (where.length === 0) assert.deepEqual(await call, value);
    else {
      const error = await refusal(call);
      assert.ok(error instanceof PayloadValidationError);
      assert.ok(error.message.startsWith("payload validation failed: Validation failed for "));
      for (const place of where) assert.ok(error.message.includes(`'${place}:`), error.message);
      assert.equal(error.status, 500);
    }
  }
  // What is of another type is refused all the same.
  const wrong = { body: '{"name":5,"age":15}', type: "application/json" };
  for (const validation of [true, false]) {
    const error = await refusal(answering(wrong, { validation }).get("/", { as: Constrained }));
    assert.match(error.message, /^Payload binding failed: /);
  }
});

Deno.test("original client, lax binding: null and absent stand for each other", async () => {
  const Citizen = z.object({ id: z.number(), name: z.string(), address: z.string().optional() });
  const Teacher = z.object({ id: z.number(), name: z.string(), subject: z.string().nullable() });
  const table: readonly (readonly [body: unknown, z.ZodType, unknown])[] = [
    [{ id: 1, name: "S", address: null }, Citizen, { id: 1, name: "S" }],
    [{ id: 1, name: "S" }, Citizen, { id: 1, name: "S" }],
    [{ id: 1, name: "S", rank: "1" }, Citizen, { id: 1, name: "S" }],
    [{ id: 1, name: "A" }, Teacher, { id: 1, name: "A", subject: null }],
    [{ id: 1, name: "A", subject: null }, Teacher, { id: 1, name: "A", subject: null }],
  ];
  for (const [value, as, expected] of table) {
    const answer = { body: JSON.stringify(value), type: "application/json" };
    assert.deepEqual(
      await answering(answer, { laxDataBinding: true }).get("/", { as }),
      expected,
      JSON.stringify(value),
    );
  }
  for (
    const [value, as] of [[{ id: 1, name: "S", address: null }, Citizen], [
      { id: 1, name: "A" },
      Teacher,
    ]] as const
  ) {
    const answer = { body: JSON.stringify(value), type: "application/json" };
    await refusal(answering(answer).get("/", { as }));
  }
});
