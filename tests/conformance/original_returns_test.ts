/**
 * What the original library's own tests hold of what handlers answer with (spec 2.3.5, 8.2): errors
 * that are returned, thrown or given to a caller, what an upstream has said, and content types;
 * beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  any,
  ApplicationResponseError,
  ClientConnectorError,
  ClientRequestError,
  GenericListenerError,
  get,
  gone,
  HttpError,
  Listener,
  NoContentError,
  ok,
  RemoteServerError,
  service,
  Xml,
} from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { ask, expectAnswer, expectError, expectPayload, read } from "./ask.ts";

const quiet = { onError: () => {} };

const upstream = (statusCode: number, body: unknown, fields: HeadersInit = {}) => ({
  statusCode,
  headers: new Headers(fields),
  body,
});

/** What a handler returns, or gives its caller, and what is answered then. */
const returned: Readonly<
  Record<string, readonly [make: () => unknown, status: number, message: string]>
> = {
  "an error of this library": [
    () => new GenericListenerError("Don't panic. This is to test the error!"),
    500,
    "Don't panic. This is to test the error!",
  ],
  // There its text is sent (docs/differences.md).
  "any other error": [() => new Error("Some random error"), 500, "Internal Server Error"],
  "no content where some was needed": [() => new NoContentError("No content"), 500, "No content"],
  "a connection that failed": [
    () => new ClientConnectorError("Cannot connect"),
    502,
    "Cannot connect",
  ],
  "a connection that failed, and why": [
    () =>
      new ClientConnectorError("Cannot connect", {
        cause: new ClientConnectorError("No address", { cause: new HttpError("No such name") }),
      }),
    502,
    "Cannot connect: No address: No such name",
  ],
  "a connection that failed, and what the platform says": [
    () => new ClientConnectorError("Cannot connect", { cause: new TypeError("os error 111") }),
    502,
    "Cannot connect",
  ],
  "an upstream's error without a body": [
    () => new ClientRequestError("Not Found", upstream(404, undefined)),
    404,
    "Not Found",
  ],
};

for (const [what, [make, status, message]] of Object.entries(returned)) {
  Deno.test(`returns of the original: ${what}, returned, thrown or given to a caller`, async () => {
    const answering = service(quiet, [
      any("/returned", make),
      any("/thrown", () => {
        throw make();
      }),
      any("/caller", ({ caller }) => caller.respond(make())),
    ]);
    const listener = new Listener(0, { host: "127.0.0.1" }).attach(answering);
    await using server = await listener.start();
    for (const whom of [answering, server]) {
      for (const line of ["GET /returned", "POST /returned", "GET /thrown", "GET /caller"]) {
        const response = await ask(whom, line);
        assert.equal(response.headers.get("content-type"), "application/json");
        assert.equal(response.status, status, line);
        const [method, path] = line.split(" ");
        const body = await read(response) as { message: string };
        assert.equal(body.message, message);
        expectPayload(body, { status, message, path, method });
      }
    }
  });
}

Deno.test("returns of the original: an upstream's answer is passed on, whatever its body is", async () => {
  const answers: readonly (readonly [number, unknown, string, unknown])[] = [
    [404, { reason: "gone" }, "application/json", { reason: "gone" }],
    [400, "no text", "text/plain", "no text"],
    [503, new Xml("<test>down</test>"), "application/xml", "<test>down</test>"],
    [500, new Uint8Array([111, 107]), "application/octet-stream", "ok"],
  ];
  for (const [status, body, type, expected] of answers) {
    const detail = upstream(status, body, { "content-type": type, "x-upstream": "yes" });
    for (const OneError of [ApplicationResponseError, ClientRequestError, RemoteServerError]) {
      const passing = service(quiet, [any("/", () => new OneError("not told", detail))]);
      const response = await ask(passing, "POST /");
      assert.equal(response.status, status);
      assert.equal(response.headers.get("x-upstream"), "yes");
      assert.equal(response.headers.get("content-type")?.split(";")[0], type);
      assert.deepEqual(await read(response), expected);
    }
  }
});

Deno.test("returns of the original: a response that was sent cannot be sent again", async () => {
  const told: unknown[] = [];
  const kept = new Response("once");
  const twice = service({ onError: (error) => told.push(error) }, [
    get("/", ({ caller }) => caller.respond(kept)),
  ]);
  await using server = await new Listener(0, { host: "127.0.0.1" }).attach(twice).start();
  await expectAnswer(server, "GET /", "once");
  await expectError(server, "GET /", 500, /its body was read or sent before/);
  assert.equal(told.length, 1);
});

Deno.test("returns of the original: what decides the content type of an answer", async () => {
  const html = { "Content-Type": "text/html; charset=UTF-8" };
  const typed = service({}, [
    get("/fields", () => ok({ body: "<h1>HI</h1>", headers: html })),
    get("/declared", { mediaType: "text/declared" }, () => ok({ body: "HI", headers: html })),
    get(
      "/reply",
      { mediaType: "text/declared" },
      () => gone({ body: "HI", mediaType: "text/own" }),
    ),
    get("/text", { mediaType: "application/custom+json" }, () => "hello"),
    get("/record", { mediaType: "text/plain" }, () => ({ name: "Monica", age: 10 })),
    get("/response", { mediaType: "text/declared" }, () => Response.json({ jh: "hello" })),
    // There the declared type is set where a response has none; here it is passed as it is.
    get("/untyped", { mediaType: "text/declared" }, () => new Response(new Uint8Array([72, 73]))),
  ]);
  const cases: readonly (readonly [string, number, string | null, string])[] = [
    ["/fields", 200, "text/html; charset=UTF-8", "<h1>HI</h1>"],
    ["/declared", 200, "text/declared", "HI"],
    ["/reply", 410, "text/own", "HI"],
    ["/text", 200, "application/custom+json", "hello"],
    ["/record", 200, "text/plain", '{"name":"Monica","age":10}'],
    ["/response", 200, "application/json", '{"jh":"hello"}'],
    ["/untyped", 200, null, "HI"],
  ];
  await onBothTransports(typed, async (asked) => {
    for (const [path, status, type, body] of cases) {
      const response = await asked(path);
      assert.equal(response.status, status, path);
      assert.equal(response.headers.get("content-type"), type, path);
      assert.equal(await response.text(), body);
    }
  });
});
