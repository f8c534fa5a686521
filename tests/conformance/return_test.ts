/** The return table: statuses, content types and errors of answers (spec 2.3.5, 8.2). */
import assert from "node:assert/strict";
import * as http from "@pirouette/http";
import {
  any,
  ApplicationResponseError,
  BadGatewayError,
  BadRequestError,
  ClientConnectorError,
  ClientRequestError,
  ConflictError,
  created,
  DefaultStatusCodeError,
  del,
  GenericListenerError,
  get,
  head,
  HttpError,
  ok,
  options,
  patch,
  post,
  put,
  RemoteServerError,
  resource,
  serve,
  service,
  StatusCodeError,
  Xml,
} from "@pirouette/http";
import { ask, expectAnswer, expectError, read } from "./ask.ts";
import { conformance } from "./cases.ts";

/** Nobody needs to see on the console what these tests make fail. */
const quiet = { onError: () => {} };

/** A service whose only resource answers with a value, or throws it. */
function returning(make: () => unknown) {
  return service(quiet, [
    get("/", make),
    post("/", make),
    get("/thrown", () => {
      throw make();
    }),
  ]);
}

/** Every error of this library that answers with one status of its own. */
function statusErrors(): (new (message?: string) => StatusCodeError)[] {
  return Object.values(http as Record<string, unknown>).filter((value) =>
    typeof value === "function" && value.prototype instanceof StatusCodeError &&
    Object.hasOwn(value.prototype, "status") && value !== DefaultStatusCodeError
  ) as (new (message?: string) => StatusCodeError)[];
}

async function expectContentType(
  whom: { fetch: http.Fetch },
  line: string,
  type: string | null,
): Promise<void> {
  const response = await ask(whom, line);
  await response.body?.cancel();
  const got = response.headers.get("content-type");
  // A charset may follow; the platform adds it to text.
  assert.equal(got?.replace(/;\s*charset=utf-8$/i, "") ?? null, type, line);
}

conformance("return", {
  "status code error with body and headers": async () => {
    const failing = returning(() =>
      new DefaultStatusCodeError("not told", {
        status: 600 - 1,
        body: "verbatim",
        headers: { "x-why": "because", "x-many": ["1", "2"] },
      })
    );
    for (const line of ["POST /", "GET /", "GET /thrown"]) {
      const response = await ask(failing, line);
      assert.equal(response.status, 599);
      assert.equal(response.headers.get("x-why"), "because");
      assert.equal(response.headers.get("x-many"), "1, 2");
      assert.equal(await read(response), "verbatim");
    }
    const json = returning(() => new ConflictError("m", { body: { taken: true } }));
    await expectAnswer(json, "POST /", { taken: true }, { status: 409 });
    const typed = returning(() =>
      new BadRequestError("m", { body: { a: 1 }, mediaType: "application/problem+json" })
    );
    await expectAnswer(typed, "POST /", { a: 1 }, { status: 400 });
    await expectContentType(typed, "POST /", "application/problem+json");
    const headers = returning(() => new ConflictError("taken", { headers: { "x-a": "b" } }));
    await expectError(headers, "GET /thrown", 409, "taken");
    assert.equal((await ask(headers, "GET /")).headers.get("x-a"), "b");
    await expectAnswer(returning(() => new ConflictError("m", { body: null })), "GET /", null, {
      status: 409,
    });
  },

  "respond twice": async () => {
    const used = "Couldn't complete the respond operation as the response has been already used.";
    const second: unknown[] = [];
    const twice = service(quiet, [
      get("/", async ({ caller }) => {
        await caller.respond("first");
        await caller.respond("second").catch((error) => second.push(error));
        await caller.redirect(302, "/x").catch((error) => second.push(error));
      }),
      get("/unhandled", async ({ caller }) => {
        await caller.respond("first");
        await caller.respond("second");
      }),
      get("/returned", async ({ caller }) => {
        await caller.respond("first");
        return "second";
      }),
      get("/thrown", async ({ caller }) => {
        await caller.respond("first");
        throw new Error("too late");
      }),
    ]);
    await expectAnswer(twice, "GET /", "first");
    await expectAnswer(twice, "GET /unhandled", "first");
    await expectAnswer(twice, "GET /returned", "first");
    await expectAnswer(twice, "GET /thrown", "first");
    assert.equal(second.length, 2);
    for (const error of second) {
      assert.ok(error instanceof GenericListenerError);
      assert.equal(error.message, used);
    }
  },

  "status code errors": async () => {
    const classes = statusErrors();
    const statuses = new Set<number>();
    for (const ErrorOfStatus of classes) {
      const { status, name } = new ErrorOfStatus();
      assert.match(name, /Error$/);
      statuses.add(status);
      const failing = returning(() => new ErrorOfStatus(`why ${status}`));
      await expectError(failing, "GET /", status, `why ${status}`);
      await expectError(failing, "GET /thrown?a=b", status, `why ${status}`);
    }
    const expected = [
      ...range(400, 417),
      ...range(421, 426),
      428,
      429,
      431,
      451,
      ...range(500, 508),
      510,
      511,
    ];
    assert.deepEqual([...statuses].toSorted((a, b) => a - b), expected);
    assert.equal(classes.length, expected.length);
    const rejecting = service(quiet, [
      get("/", () => Promise.reject(new BadGatewayError("why"))),
      // The words of an error that is not ours are for the log alone.
      get("/plain", () => Promise.reject(new Error("secret"))),
      get("/returned", () => new Error("secret")),
      get("/text", () => Promise.reject("secret")),
      get("/nothing", () => Promise.reject(undefined)),
      get("/alike", () => Promise.reject({ status: 418, message: "secret", body: "secret" })),
    ]);
    await expectError(rejecting, "GET /", 502, "why");
    for (const path of ["/plain", "/returned", "/text", "/nothing", "/alike"]) {
      await expectError(rejecting, `GET ${path}`, 500, /^Internal Server Error$/);
    }
  },

  "upstream client error passthrough": async () => {
    const errors = {
      404: ClientRequestError,
      503: RemoteServerError,
      418: ApplicationResponseError,
    };
    for (const [status, ErrorOfAnswer] of Object.entries(errors)) {
      const detail = {
        statusCode: Number(status),
        headers: new Headers({
          "x-upstream": "yes",
          "content-type": "application/problem+json",
          "content-length": "999",
          "transfer-encoding": "chunked",
          "connection": "x-hop",
          "x-hop": "1",
        }),
        body: { title: "nope" },
      };
      const passing = returning(() => new ErrorOfAnswer("not told", detail));
      for (const line of ["GET /", "GET /thrown", "POST /"]) {
        const response = await ask(passing, line);
        assert.equal(response.status, Number(status));
        assert.equal(response.headers.get("x-upstream"), "yes");
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        // What belongs to the other connection is not passed on.
        for (const name of ["content-length", "transfer-encoding", "connection", "x-hop"]) {
          assert.equal(response.headers.get(name), null, name);
        }
        assert.deepEqual(await read(response), { title: "nope" });
      }
    }
    const text = { statusCode: 500, headers: new Headers(), body: "broken" };
    await using server = await serve(returning(() => new RemoteServerError("m", text)), {
      port: 0,
      host: "127.0.0.1",
    });
    await expectAnswer(server, "GET /", "broken", { status: 500 });
  },

  "connection failure returned from resource": async () => {
    const message = "Cannot connect to http://localhost:1: connection refused";
    const failing = returning(() =>
      new ClientConnectorError(message, { cause: new TypeError("os error 111") })
    );
    await expectError(failing, "GET /", 502, new RegExp(`^${message}$`));
    await expectError(failing, "GET /thrown", 502, message);
    await expectError(failing, "POST /", 502, message);
  },

  "payload annotation overrides content type": async () => {
    const typed = service({}, [
      get("/string", { mediaType: "text/plain+id" }, () => "hello"),
      get("/int", { mediaType: "text/plain" }, () => 5),
      get("/json", { mediaType: "application/person+json" }, () => ({ name: "Kim" })),
      get("/bytes", { mediaType: "image/png" }, () => new Uint8Array([1])),
      post("/form", { mediaType: "application/x-www-form-urlencoded" }, () => ({ a: "b c" })),
      get("/xml", { mediaType: "application/person+xml" }, () => ({ person: { name: "Kim" } })),
      get("/own", { mediaType: "text/plain" }, () => ok({ body: "x", mediaType: "text/own" })),
    ]);
    await expectContentType(typed, "GET /string", "text/plain+id");
    await expectContentType(typed, "GET /int", "text/plain");
    await expectContentType(typed, "GET /json", "application/person+json");
    await expectContentType(typed, "GET /bytes", "image/png");
    await expectContentType(typed, "GET /own", "text/own");
    await expectContentType(typed, "GET /xml", "application/person+xml");
    await expectAnswer(typed, "GET /int", "5");
    await expectAnswer(typed, "GET /json", { name: "Kim" });
    await expectAnswer(typed, "POST /form", "a=b+c", { status: 201 });
    assert.match(
      await (await ask(typed, "GET /xml")).text(),
      /<person><name>Kim<\/name><\/person>/,
    );
    const prefixed = service({ mediaTypeSubtypePrefix: "vnd.test" }, [
      get("/string", () => "hello"),
      get("/json", () => ({ name: "Kim" })),
      get("/bytes", () => new Uint8Array([1])),
      get("/xml", () => new Xml({ a: "b" })),
      get("/typed", { mediaType: "text/plain" }, () => "hello"),
      post("/reply", () => created({ body: { a: 1 } })),
    ]);
    await expectContentType(prefixed, "GET /string", "text/vnd.test+plain");
    await expectContentType(prefixed, "GET /json", "application/vnd.test+json");
    await expectContentType(prefixed, "GET /bytes", "application/vnd.test+octet-stream");
    await expectContentType(prefixed, "GET /xml", "application/vnd.test+xml");
    await expectContentType(prefixed, "GET /typed", "text/plain");
    await expectContentType(prefixed, "POST /reply", "application/vnd.test+json");
  },

  "automatic 304": async () => {
    const modified = "Wed, 21 Oct 2015 07:28:00 GMT";
    const cached = service({}, [
      get("/etag", () => ok({ body: "hello", headers: { etag: '"v1"' } })),
      get("/weak", () => ok({ body: "hello", headers: { etag: 'W/"v1"' } })),
      get("/dated", () => ok({ body: "hello", headers: { "last-modified": modified } })),
      get("/response", () => new Response("hello", { headers: { etag: '"v1"', "x-a": "b" } })),
      get("/none", () => "hello"),
      get("/created", () => created({ body: "hello", headers: { etag: '"v1"' } })),
      post("/etag", () => ok({ body: "hello", headers: { etag: '"v1"' } })),
    ]);
    await using server = await serve(cached, { port: 0, host: "127.0.0.1" });
    const status = async (line: string, headers: Record<string, string>) => {
      const response = await ask(server, line, { headers });
      const body = await response.text();
      assert.equal(body, response.status === 304 || line.startsWith("HEAD") ? "" : "hello");
      return response.status;
    };
    for (const known of ['"v1"', 'W/"v1"', '"v0", "v1"', '"v0",W/"v1"', "*"]) {
      for (const path of ["/etag", "/weak", "/response"]) {
        assert.equal(await status(`GET ${path}`, { "if-none-match": known }), 304, known);
        assert.equal(await status(`HEAD ${path}`, { "if-none-match": known }), 304, known);
      }
      assert.equal(await status("POST /etag", { "if-none-match": known }), 200);
      assert.equal(await status("GET /none", { "if-none-match": known }), 200);
      assert.equal(await status("GET /created", { "if-none-match": known }), 201);
    }
    for (const known of ['"v2"', "v1", '"v11"', '""']) {
      assert.equal(await status("GET /etag", { "if-none-match": known }), 200, known);
    }
    const later = "Wed, 21 Oct 2015 07:28:01 GMT";
    const earlier = "Wed, 21 Oct 2015 07:27:59 GMT";
    assert.equal(await status("GET /dated", { "if-modified-since": modified }), 304);
    assert.equal(await status("GET /dated", { "if-modified-since": later }), 304);
    assert.equal(await status("GET /dated", { "if-modified-since": earlier }), 200);
    assert.equal(await status("GET /dated", { "if-modified-since": "yesterday" }), 200);
    // If-None-Match goes before If-Modified-Since (RFC 9110 section 13.2.2).
    const both = { "if-none-match": '"v2"', "if-modified-since": modified };
    assert.equal(await status("GET /dated", both), 200);
    const response = await ask(server, "GET /response", { headers: { "if-none-match": '"v1"' } });
    assert.equal(response.headers.get("etag"), '"v1"');
    assert.equal(response.headers.get("x-a"), "b");
    assert.equal(response.headers.get("content-type"), null);
  },

  "default statuses": async () => {
    const answer = () => "value";
    const all = service({}, [
      get("/", answer),
      post("/", answer),
      put("/", answer),
      patch("/", answer),
      del("/", answer),
      head("/head", answer),
      options("/", answer),
      resource("MOVE", "/", answer),
      any("/any", answer),
      post("/falsy/:kind", ({ path }) => ({ zero: 0, no: false, nil: null, text: "" })[path.kind]),
    ]);
    const statuses = { GET: 200, POST: 201, PUT: 200, PATCH: 200, DELETE: 200, OPTIONS: 200 };
    for (const [method, status] of Object.entries({ ...statuses, MOVE: 200 })) {
      await expectAnswer(all, `${method} /`, "value", { status });
      await expectAnswer(all, `${method} /any`, "value");
    }
    for (const path of ["/", "/head", "/any"]) await expectAnswer(all, `HEAD ${path}`, "");
    // What is there is an answer, however little it is.
    await expectAnswer(all, "POST /falsy/zero", 0, { status: 201 });
    await expectAnswer(all, "POST /falsy/no", false, { status: 201 });
    await expectAnswer(all, "POST /falsy/nil", null, { status: 201 });
    await expectAnswer(all, "POST /falsy/text", "", { status: 201 });

    const nothing = service(quiet, [
      any("/nothing", () => {}),
      any("/later", () => Promise.resolve()),
      any("/silent", ({ caller }) => void caller),
      any("/silent/later", async ({ caller }) => {
        await Promise.resolve(caller);
      }),
      post("/caller", ({ caller }) => caller.respond("value")),
      get("/caller", ({ caller }) => caller.respond("value")),
      get("/caller/empty", ({ caller }) => caller.respond()),
      get("/caller/created", ({ caller }) => caller.respond(created({ body: "value" }))),
      get("/caller/error", ({ caller }) => caller.respond(new ConflictError("why"))),
      get("/caller/redirect", ({ caller }) => caller.redirect(307, ["/a", "/b"])),
    ]);
    for (const method of ["GET", "POST", "DELETE"]) {
      for (const path of ["/nothing", "/later"]) {
        await expectAnswer(nothing, `${method} ${path}`, "", { status: 202 });
      }
      for (const path of ["/silent", "/silent/later"]) {
        await expectAnswer(nothing, `${method} ${path}`, "", { status: 500 });
      }
    }
    await expectAnswer(nothing, "POST /caller", "value", { status: 201 });
    await expectAnswer(nothing, "GET /caller", "value");
    await expectAnswer(nothing, "GET /caller/empty", "");
    await expectAnswer(nothing, "GET /caller/created", "value", { status: 201 });
    await expectError(nothing, "GET /caller/error", 409, "why");
    const redirected = await ask(nothing, "GET /caller/redirect");
    assert.equal(redirected.status, 307);
    assert.equal(redirected.headers.get("location"), "/a,/b");
  },

  "content types": async () => {
    const values: Record<string, readonly [type: string | null, make: () => unknown]> = {
      string: ["text/plain", () => "text"],
      empty: ["text/plain", () => ""],
      json: ["application/json", () => ({ a: [1, null] })],
      list: ["application/json", () => [{ a: 1 }]],
      xml: ["application/xml", () => new Xml({ a: "b" })],
      bytes: ["application/octet-stream", () => new Uint8Array([1, 2])],
      buffer: ["application/octet-stream", () => new Uint8Array([1, 2]).buffer],
      stream: ["application/octet-stream", () => new Blob(["x"]).stream()],
      blob: ["image/png", () => new Blob(["x"], { type: "image/png" })],
      int: ["application/json", () => 5],
      float: ["application/json", () => 5.5],
      bigint: ["application/json", () => 9007199254740993n],
      boolean: ["application/json", () => true],
      null: ["application/json", () => null],
      date: ["application/json", () => new Date(0)],
      form: ["application/x-www-form-urlencoded", () => new URLSearchParams({ a: "b" })],
      nothing: [null, () => undefined],
    };
    const all = service({}, [
      get("/plain/:kind", ({ path }) => values[path.kind]?.[1]()),
      post("/reply/:kind", ({ path }) => ok({ body: values[path.kind]?.[1]() })),
      put("/caller/:kind", ({ path, caller }) => caller.respond(values[path.kind]?.[1]())),
    ]);
    for (const [kind, [type]] of Object.entries(values)) {
      await expectContentType(all, `GET /plain/${kind}`, type);
      await expectContentType(all, `POST /reply/${kind}`, type);
      await expectContentType(all, `PUT /caller/${kind}`, type);
    }
    assert.equal(await (await ask(all, "GET /plain/bigint")).text(), "9007199254740993");
    assert.match(await (await ask(all, "GET /plain/xml")).text(), /<a>b<\/a>/);
    const response = await ask(all, "GET /plain/bytes");
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [1, 2]);
  },

  "default status code error inherits its cause status": async () => {
    const cases: readonly (readonly [unknown, number])[] = [
      [new BadRequestError("secret"), 400],
      [new Error("secret"), 500],
      [undefined, 500],
      ["secret", 500],
      [{ status: 418 }, 500],
      [new ConflictError("secret", { body: "secret" }), 409],
      [new ClientConnectorError("secret"), 502],
      [new DefaultStatusCodeError("secret", { cause: new ConflictError("secret") }), 409],
    ];
    for (const [cause, status] of cases) {
      const failing = returning(() => new DefaultStatusCodeError("told", { cause }));
      await expectError(failing, "GET /", status, /^told$/);
      await expectError(failing, "GET /thrown", status, /^told$/);
      assert.ok(new DefaultStatusCodeError("told", { cause }) instanceof HttpError);
    }
    const own = returning(() =>
      new DefaultStatusCodeError("told", { status: 503, cause: new BadRequestError("secret") })
    );
    await expectError(own, "GET /", 503, "told");
  },
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
