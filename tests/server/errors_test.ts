/**
 * Errors to replies: which status each becomes, what is said of it, which header fields it brings,
 * what of an upstream's answer is passed on, and who is told (spec 8.2).
 *
 * @module
 */
import assert from "node:assert/strict";
import * as http from "@pirouette/http";
import {
  AllLoadBalanceEndpointsFailedError,
  AllRetryAttemptsFailed,
  ApplicationResponseError,
  BadRequestError,
  ClientConnectorError,
  ClientError,
  ClientRequestError,
  ClientStatusError,
  DefaultStatusCodeError,
  FailoverAllEndpointsFailedError,
  get,
  HttpError,
  IdleTimeoutError,
  InternalServerError,
  type Layer,
  NotFoundError,
  post,
  RangeNotSatisfiableError,
  reasonPhrase,
  RemoteServerError,
  ResourceMethodNotAllowedError,
  serve,
  service,
  ServiceUnavailableError,
  StatusCodeBindingClientRequestError,
  StatusCodeBindingRemoteServerError,
  TooManyRequestsError,
  UnauthorizedError,
  UnsupportedRequestMediaTypeError,
  UpstreamServiceUnavailableError,
} from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { rawRequest, sendRaw } from "../support/raw_http.ts";

/** A service that throws or returns what it is given, and what its observer was told. */
function failing() {
  const told: unknown[] = [];
  let current: unknown;
  const it = service({ onError: (error) => told.push(error) }, [
    get("/thrown", () => {
      throw current;
    }),
    get("/rejected", () => Promise.reject(current)),
    get("/returned", () => current),
  ]);
  const answers = async (error: unknown, path = "/thrown"): Promise<Response> => {
    current = error;
    return await it.fetch(`http://localhost${path}`);
  };
  return { service: it, told, answers, set: (error: unknown) => current = error };
}

const detail = (statusCode: number, headers: HeadersInit, body?: unknown) => ({
  statusCode,
  headers: new Headers(headers),
  body,
});

/** One error of each class that this library exports. */
function everyError(): HttpError[] {
  return Object.values(http as Record<string, unknown>)
    .filter((one): one is new (message: string, ...more: unknown[]) => HttpError =>
      typeof one === "function" && one.prototype instanceof HttpError &&
      Object.hasOwn(one.prototype, "code")
    )
    .map((OneError) => new OneError("why", secondArgument(OneError.prototype)));
}

/** What the class of `prototype` takes besides a message. */
function secondArgument(prototype: HttpError): unknown {
  const answer = detail(prototype.status, {});
  for (const One of [StatusCodeBindingClientRequestError, StatusCodeBindingRemoteServerError]) {
    if (prototype === One.prototype) return { detail: answer };
  }
  if (prototype === ApplicationResponseError.prototype) return answer;
  if (prototype instanceof ApplicationResponseError) return answer;
  return prototype === ResourceMethodNotAllowedError.prototype ? ["GET"] : {};
}

Deno.test("errors: every error of this library answers with its status and its message", async () => {
  const { answers } = failing();
  const errors = everyError();
  assert.ok(errors.length > 90, `${errors.length}`);
  for (const error of errors) {
    for (const path of ["/thrown", "/rejected", "/returned"]) {
      const response = await answers(error, path);
      assert.equal(response.status, error.status, error.name);
      const { timestamp, ...payload } = await response.json();
      assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
      const { status, name } = error;
      assert.ok(status >= 400 && status < 600, name);
      assert.deepEqual(
        payload,
        { status, reason: reasonPhrase(status), message: "why", path, method: "GET" },
        name,
      );
    }
  }
});

class Odd extends HttpError {
  constructor(readonly odd: unknown) {
    super("s3cret");
    Object.defineProperty(this, "status", { value: odd });
  }
}

class OddAnswer extends ClientStatusError {
  constructor(odd: unknown) {
    super("s3cret");
    Object.defineProperty(this, "status", { value: odd });
  }
}

Deno.test("errors: a status that no error can have is 500, told, and says nothing", async () => {
  const { answers, told } = failing();
  const statuses = [99, 0, -1, 600, 1000, 404.5, NaN, Infinity, "404", null, undefined, {}, 101];
  const errors: unknown[] = [
    ...statuses.flatMap((status) => [new Odd(status), new OddAnswer(status)]),
    ...[200, 204, 302, 399].map((status) => new Odd(status)),
    ...[99, 600, 200].map((status) => new ApplicationResponseError("s3cret", detail(status, {}))),
    ...[99, 600].map((status) => new DefaultStatusCodeError("s3cret", { status })),
  ];
  for (const error of errors) {
    const before = told.length;
    const response = await answers(error);
    assert.equal(response.status, 500);
    assert.equal((await response.json()).message, "Internal Server Error");
    assert.deepEqual(told.slice(before), [error]);
  }
});

Deno.test("errors: a status error may redirect, or answer without a body", async () => {
  const { answers, told } = failing();
  const found = await answers(
    new DefaultStatusCodeError("see there", { status: 303, headers: { location: "/there" } }),
  );
  assert.equal(found.status, 303);
  assert.equal(found.headers.get("location"), "/there");
  for (const status of [204, 205, 304]) {
    const bodiless = await answers(
      new DefaultStatusCodeError("nothing", { status, body: "a", headers: { etag: '"a"' } }),
    );
    assert.deepEqual([bodiless.status, bodiless.body], [status, null]);
    assert.equal(bodiless.headers.get("etag"), '"a"');
    assert.equal(bodiless.headers.get("content-type"), null);
  }
  assert.deepEqual(told, []);
});

Deno.test("errors: what was tried in vain until the time was up answers 504, else 502", async () => {
  const timeout = new IdleTimeoutError("late");
  const refused = new ClientConnectorError("refused");
  const circular = new AllRetryAttemptsFailed("a");
  Object.defineProperty(circular, "cause", { value: new Error("b", { cause: circular }) });
  let deep: Error = timeout;
  for (let level = 0; level < 100_000; level++) deep = new Error("deeper", { cause: deep });
  const table: readonly (readonly [string, HttpError, number])[] = [
    ["no connection", refused, 502],
    ["a timeout", timeout, 504],
    ["an open breaker", new UpstreamServiceUnavailableError("open", { cause: timeout }), 503],
    ["retried, then a timeout", new AllRetryAttemptsFailed("a", { cause: timeout }), 504],
    ["retried, then refused", new AllRetryAttemptsFailed("a", { cause: refused }), 502],
    ["retried, no cause", new AllRetryAttemptsFailed("a"), 502],
    [
      "failed over, all in a list, the last a timeout",
      new FailoverAllEndpointsFailedError("a", { cause: [refused, timeout] }),
      504,
    ],
    [
      "failed over, all in a list, the last refused",
      new FailoverAllEndpointsFailedError("a", { cause: [timeout, refused] }),
      502,
    ],
    [
      "all in an aggregate",
      new AllLoadBalanceEndpointsFailedError("a", {
        cause: new AggregateError([refused, new AllRetryAttemptsFailed("b", { cause: timeout })]),
      }),
      504,
    ],
    [
      "the platform's timeout",
      new AllRetryAttemptsFailed("a", { cause: new DOMException("a", "TimeoutError") }),
      504,
    ],
    [
      "the platform's abort",
      new AllRetryAttemptsFailed("a", { cause: new DOMException("a", "AbortError") }),
      502,
    ],
    ["a cause in a circle", circular, 502],
    ["a cause too deep", new AllRetryAttemptsFailed("a", { cause: deep }), 502],
    ["an empty list", new AllRetryAttemptsFailed("a", { cause: [] }), 502],
    ["a cause that is no error", new AllRetryAttemptsFailed("a", { cause: "IdleTimeout" }), 502],
    // Not every error that a timeout caused is about it.
    ["another client error", new ClientError("a", { cause: timeout }), 500],
  ];
  const { answers, told } = failing();
  for (const [what, error, status] of table) {
    const before = told.length;
    const response = await answers(error);
    assert.equal(response.status, status, what);
    assert.equal((await response.json()).status, status, what);
    assert.deepEqual(told.slice(before), [error], what);
  }
});

Deno.test("errors: header fields come with the error, those of another body do not", async () => {
  class NeedsProof extends UnsupportedRequestMediaTypeError {
    readonly headers = { "accept-encoding": "gzip, br", "accept-post": ["a/b", "c/d"] };
  }
  const table: readonly (readonly [HttpError, Record<string, string>])[] = [
    [new TooManyRequestsError("slow down", { headers: { "Retry-After": 30 } }), {
      "retry-after": "30",
    }],
    [new ServiceUnavailableError("later", { headers: [["retry-after", "60"]] }), {
      "retry-after": "60",
    }],
    [
      new UnauthorizedError("who?", {
        headers: { "WWW-Authenticate": ["Basic realm=a", "Bearer"] },
      }),
      { "www-authenticate": "Basic realm=a, Bearer" },
    ],
    [new ResourceMethodNotAllowedError("no", ["GET", "PUT"]), { allow: "GET, PUT" }],
    [
      new RangeNotSatisfiableError("no", {
        headers: new Headers({ "content-range": "bytes */9" }),
      }),
      { "content-range": "bytes */9" },
    ],
    [new NeedsProof("no"), { "accept-encoding": "gzip, br", "accept-post": "a/b, c/d" }],
    [
      new BadRequestError("no", {
        mediaType: "text/html",
        headers: {
          "content-type": "text/html",
          "content-length": 1,
          "content-encoding": "gzip",
          "transfer-encoding": "chunked",
          "x-a": true,
        },
      }),
      { "x-a": "true", "content-type": "application/json" },
    ],
  ];
  const { service: it, set } = failing();
  await onBothTransports(it, async (ask) => {
    for (const [error, fields] of table) {
      set(error);
      const response = await ask("/thrown");
      assert.equal(response.status, error.status);
      for (const [name, value] of Object.entries(fields)) {
        assert.equal(response.headers.get(name), value, name);
      }
      assert.equal(response.headers.get("content-encoding"), null);
      assert.equal((await response.json()).message, error.message);
    }
  });
});

Deno.test("errors: a body of its own is sent as any reply's, with its header fields", async () => {
  const { answers, told } = failing();
  const table: readonly (readonly [unknown, string | undefined, string, string])[] = [
    ["text", undefined, "text/plain;charset=UTF-8", "text"],
    [{ a: 1 }, undefined, "application/json", '{"a":1}'],
    [null, undefined, "application/json", "null"],
    [0, undefined, "application/json", "0"],
    [new Uint8Array([65]), undefined, "application/octet-stream", "A"],
    ["<p>", "text/html", "text/html", "<p>"],
    [{ a: "b" }, "application/xml", "application/xml", "<root><a>b</a></root>"],
  ];
  for (const [body, mediaType, contentType, text] of table) {
    const options = mediaType === undefined ? { body } : { body, mediaType };
    const response = await answers(new NotFoundError("not told", options));
    assert.deepEqual(
      [response.status, response.headers.get("content-type"), await response.text()],
      [404, contentType, text],
    );
  }
  assert.deepEqual(told, []);
});

Deno.test("errors: a reply that cannot be sent is a 500, and the log learns why", async () => {
  const { answers, told } = failing();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const locked = new Response("a").body;
  locked?.getReader();
  const table: Readonly<Record<string, HttpError>> = {
    "a circle": new NotFoundError("a", { body: circle }),
    "a locked stream": new NotFoundError("a", { body: locked }),
    "a bad header": new NotFoundError("a", { headers: { a: "b\nc" } }),
    "a bad header beside a body": new NotFoundError("a", { body: "a", headers: { "a b": "c" } }),
    "a bad media type": new NotFoundError("a", { body: "a", mediaType: "a\x01" }),
    "a bad header of an upstream": Object.assign(
      new ClientRequestError("a", detail(404, {}, "a")),
      {
        detail: { statusCode: 404, headers: { a: "b\nc" }, body: "a" },
      },
    ),
    "no detail": Object.assign(new ClientRequestError("a", detail(404, {})), { detail: undefined }),
  };
  for (const [what, error] of Object.entries(table)) {
    const before = told.length;
    const response = await answers(error);
    assert.equal(response.status, 500, what);
    assert.equal((await response.json()).message, "Internal Server Error", what);
    assert.equal(told.length, before + 1, what);
    assert.ok(told.at(-1) instanceof Error && told.at(-1) !== error, what);
  }
});

Deno.test("errors: an upstream's answer is passed on without what is not for this client", async () => {
  const { service: it, set } = failing();
  const dropped = {
    "connection": "x-hop, close, bad name, \x7f",
    "x-hop": "1",
    "keep-alive": "timeout=5",
    "proxy-authenticate": "Basic",
    "proxy-connection": "close",
    "te": "trailers",
    "trailer": "x-a",
    "transfer-encoding": "chunked",
    "upgrade": "h2c",
    "content-length": "3",
    "content-encoding": "br",
    "content-md5": "Q2hlY2sgSW50ZWdyaXR5IQ==",
    "content-digest": "sha-256=:a:",
    "repr-digest": "sha-256=:a:",
    "set-cookie": "session=theirs",
    "access-control-allow-origin": "*",
    "access-control-allow-credentials": "true",
    "strict-transport-security": "max-age=1; includeSubDomains",
    "clear-site-data": '"*"',
    "alt-svc": 'h3=":443"',
    "server": "upstream/1.2.3",
  };
  const kept = {
    "x-upstream": "yes",
    "retry-after": "5",
    "www-authenticate": "Bearer",
    "cache-control": "no-store",
    "vary": "Accept-Language",
    "content-language": "de",
    "link": "</a>; rel=help",
  };
  const errors = [
    new ClientRequestError("not told", detail(409, { ...dropped, ...kept }, { taken: true })),
    new ClientRequestError("Conflict", detail(409, { ...dropped, ...kept, "content-type": "a/b" })),
  ];
  await onBothTransports(it, async (ask) => {
    for (const error of errors) {
      set(error);
      for (const path of ["/thrown", "/rejected", "/returned"]) {
        const response = await ask(path);
        assert.equal(response.status, 409);
        assert.equal(response.headers.get("content-type"), "application/json");
        for (const [name, value] of Object.entries(kept)) {
          if (name !== "vary") assert.equal(response.headers.get(name), value, name);
        }
        const body = await response.json();
        if (error.detail.body === undefined) assert.equal(body.message, "Conflict");
        else assert.deepEqual(body, { taken: true });
        for (const [name, value] of Object.entries(dropped)) {
          assert.notEqual(response.headers.get(name), value, name);
        }
      }
    }
  });
});

Deno.test("errors: an upstream's body is written anew, and its type says how", async () => {
  const form = new FormData();
  form.set("a", "b");
  const { answers, told } = failing();
  const table:
    readonly (readonly [unknown, string | undefined, string | RegExp, string | RegExp])[] = [
      ["text", undefined, "text/plain;charset=UTF-8", "text"],
      ["grün", "text/plain; charset=iso-8859-1", "text/plain;charset=utf-8", "grün"],
      ["grün", "text/plain; charset=UTF-8", "text/plain; charset=UTF-8", "grün"],
      ["text", "application/json", "application/json", '"text"'],
      ["text", "application/problem+json", "application/problem+json", '"text"'],
      [null, "application/json", "application/json", "null"],
      [{ a: { b: "c" } }, "application/xml", "application/xml", /<a><b>c<\/b><\/a>/],
      [{ a: "b c" }, "application/x-www-form-urlencoded", /^application\/x-www-form/, "a=b+c"],
      [{ a: "b" }, "multipart/form-data; boundary=x", "application/json", '{"a":"b"}'],
      [form, "multipart/form-data; boundary=x", /boundary=(?!x)/, /name="a"/],
      [new Uint8Array([65]), "image/png", "image/png", "A"],
      ["text", "not a type", "not a type", "text"],
    ];
  for (const [body, type, contentType, text] of table) {
    const headers = type === undefined ? {} : { "content-type": type };
    const response = await answers(new ClientRequestError("a", detail(422, headers, body)));
    assert.equal(response.status, 422);
    expect(response.headers.get("content-type"), contentType);
    expect(await response.text(), text);
  }
  assert.deepEqual(told, []);
});

function expect(found: string | null, expected: string | RegExp): void {
  if (typeof expected === "string") assert.equal(found, expected);
  else assert.match(found ?? "", expected);
}

Deno.test("errors: an upstream's 5xx is passed on and told", async () => {
  const { answers, told } = failing();
  const error = new RemoteServerError("Service Unavailable", detail(503, { "x-a": "b" }, "down"));
  const response = await answers(error);
  assert.deepEqual([response.status, await response.text()], [503, "down"]);
  assert.deepEqual(told, [error]);
  const wrapped = await answers(new DefaultStatusCodeError("ours", { cause: error }));
  assert.deepEqual([wrapped.status, (await wrapped.json()).message], [503, "ours"]);
});

Deno.test("errors: a message is cut at 8192 characters, never within one", async () => {
  const { answers } = failing();
  const message = async (text: string): Promise<string> =>
    (await (await answers(new BadRequestError(text))).json()).message;
  assert.equal(await message("a".repeat(8192)), "a".repeat(8192));
  assert.equal(await message("a".repeat(8193)), `${"a".repeat(8191)}…`);
  assert.equal(await message("a".repeat(1 << 20)), `${"a".repeat(8191)}…`);
  assert.equal(await message(`${"a".repeat(8190)}${"😀".repeat(9)}`), `${"a".repeat(8190)}…`);
  assert.equal(await message("\0\x1b[31m\r\n\x7f\u2028\ud800"), "\0\x1b[31m\r\n\x7f\u2028\ud800");
  assert.equal(await message(""), "Bad Request");
});

Deno.test("errors: a message that is no text is none", async () => {
  const { answers } = failing();
  for (const message of [undefined, null, 42, { secret: 1 }, ["s"], Symbol("s"), () => "s"]) {
    const error = new BadRequestError("a");
    Object.defineProperty(error, "message", { value: message });
    assert.equal((await (await answers(error)).json()).message, "Bad Request");
  }
});

Deno.test("errors: a frozen one is as good as any", async () => {
  const { answers } = failing();
  const frozen = Object.freeze(new NotFoundError("none", { headers: { "x-a": "b" } }));
  for (const path of ["/thrown", "/rejected", "/returned"]) {
    const response = await answers(frozen, path);
    assert.deepEqual([response.status, response.headers.get("x-a")], [404, "b"]);
  }
});

Deno.test("errors: HEAD is answered without a body, whatever fails", async () => {
  const errors = [
    new NotFoundError("none"),
    new NotFoundError("none", { body: "a body" }),
    new ClientRequestError("none", detail(404, {}, "a body")),
    new Error("other"),
    new NotFoundError("none", { headers: { a: "b\nc" } }),
  ];
  const { service: it, set } = failing();
  await using server = await serve(it, { port: 0, host: "127.0.0.1" });
  for (const error of errors) {
    set(error);
    const response = await sendRaw(
      server,
      rawRequest("HEAD /thrown HTTP/1.1", ["Host: x", "Connection: close"]),
      { head: true },
    );
    const got = await it.fetch("http://localhost/thrown");
    await got.body?.cancel();
    assert.equal(response?.status, got.status);
    assert.equal((await it.fetch("http://localhost/thrown", { method: "HEAD" })).body, null);
  }
});

Deno.test("errors: wherever it is thrown, a status error is its reply", async () => {
  const error = new NotFoundError("none", { body: { none: true }, headers: { "x-a": "b" } });
  const fail = (): never => {
    throw error;
  };
  const schema = {
    "~standard": { version: 1, vendor: "test", validate: fail },
  } as const;
  const layer: Layer = () => fail;
  const rejecting: Layer = () => () => Promise.reject(error);
  const places = {
    "a layer": service({ layers: [layer] }, [get("/", () => "a")]),
    "a layer, later": service({ layers: [rejecting] }, [get("/", () => "a")]),
    "a schema of the query": service({}, [get("/", { query: schema }, () => "a")]),
    "a schema of headers": service({}, [get("/", { headers: schema }, () => "a")]),
  };
  for (const [where, it] of Object.entries(places)) {
    await onBothTransports(it, async (ask, transport) => {
      const response = await ask("/");
      assert.equal(response.status, 404, `${where} ${transport}`);
      assert.equal(response.headers.get("x-a"), "b", where);
      assert.deepEqual(await response.json(), { none: true }, where);
    });
  }
  const body = service({}, [
    post("/schema", { body: schema }, () => "a"),
    post("/stream", async ({ request }) => await request.text()),
  ]);
  for (const path of ["/schema", "/stream"]) {
    const stream = path === "/schema" ? '"a"' : ReadableStream.from((async function* () {
      yield new Uint8Array(1);
      fail();
    })());
    const request = new Request(`http://localhost${path}`, {
      method: "POST",
      body: stream,
      headers: { "content-type": "application/json" },
    });
    const response = await body.fetch(request);
    assert.deepEqual([response.status, await response.json()], [404, { none: true }], path);
  }
  await using server = await serve(fail, { port: 0, host: "127.0.0.1" });
  const response = await fetch(server.url);
  assert.deepEqual([response.status, await response.json()], [404, { none: true }]);
});

Deno.test("errors: of many, one is told once, with its cause", async () => {
  const cause = new Error("why");
  const ours = new InternalServerError("sorry", { cause });
  const table: readonly (readonly [string, unknown])[] = [
    ["a plain error", new Error("a", { cause })],
    ["a status error with a cause", ours],
    ["an aggregate", new AggregateError([ours, cause], "a")],
    ["a suppressed one", new SuppressedError(ours, cause, "a")],
    ["undefined", undefined],
  ];
  const told: unknown[] = [];
  let current: unknown;
  const pass: Layer = (next) => (input, init) => next(input, init);
  const onError = (error: unknown): void => void told.push(error);
  const fail = (): never => {
    throw current;
  };
  const services = [
    service({ onError }, [get("/", fail)]),
    service({ onError, layers: [pass, pass] }, [get("/", fail)]),
    service({ onError }, [get("/", () => Promise.reject(current))]),
    service({ onError, layers: [() => fail] }, []),
  ];
  for (const it of services) {
    await onBothTransports(it, async (ask) => {
      for (const [what, error] of table) {
        told.length = 0;
        current = error;
        const response = await ask("/");
        assert.equal(response.status, 500, what);
        const { message } = await response.json();
        assert.equal(message, error === ours ? "sorry" : "Internal Server Error");
        assert.deepEqual(told, [error], what);
      }
    });
  }
});

Deno.test("errors: a client's fault, and a 5xx that is meant, are not told", async () => {
  const { answers, told } = failing();
  const meant = [
    new NotFoundError("a", { cause: new Error("b") }),
    new ServiceUnavailableError("closed for today"),
    new ClientRequestError("a", detail(404, {}, "a")),
  ];
  for (const error of meant) await (await answers(error)).body?.cancel();
  assert.deepEqual(told, []);
});

Deno.test("errors: what fails because the client has gone is nobody's fault", async (t) => {
  const told: unknown[] = [];
  let seen: ((reason: unknown) => unknown) | undefined;
  const waiting = service({ onError: (error) => told.push(error) }, [
    get("/", ({ request }) =>
      new Promise((_, reject) => {
        const { signal } = request;
        signal.addEventListener("abort", () => reject(seen?.(signal.reason)), { once: true });
      })),
  ]);
  const table: readonly (readonly [string, (reason: unknown) => unknown, unknown, number])[] = [
    ["the reason", (reason) => reason, undefined, 0],
    ["an abort", () => new DOMException("a", "AbortError"), undefined, 0],
    ["a reason of the caller's", (reason) => reason, new Error("tired"), 0],
    ["something else", () => new Error("bug"), undefined, 1],
    ["a timeout", (reason) => reason, new DOMException("a", "TimeoutError"), 1],
    ["nothing", () => undefined, undefined, 1],
  ];
  for (const [what, error, reason, count] of table) {
    await t.step(what, async () => {
      told.length = 0;
      seen = error;
      const controller = new AbortController();
      const request = new Request("http://localhost/", { signal: controller.signal });
      const answer = waiting.fetch(request);
      controller.abort(reason);
      assert.equal((await answer).status, 500);
      assert.equal(told.length, count);
    });
  }
  await t.step("an abort while the client is there", async () => {
    const { answers, told } = failing();
    const error = new DOMException("a", "AbortError");
    await (await answers(error)).body?.cancel();
    assert.deepEqual(told, [error]);
  });
});
