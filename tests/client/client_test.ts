/** Calls of a client: where they go, what they send, what they give. @module */
import assert from "node:assert/strict";
import {
  any,
  type CallOptions,
  Client,
  type Fetch,
  get,
  head,
  HttpError,
  json,
  type MessageOptions,
  path,
  post,
  resource,
  service,
  stream,
  text,
  Xml,
} from "@pirouette/http";
import { serve } from "../../src/server/serve.ts";

/** What the innermost fetch was given. */
interface Sent {
  readonly url: string;
  readonly init: RequestInit | undefined;
}

/** A client whose calls are recorded and answered with 200. */
function recording(
  url = "http://api.example/v1",
  answer: () => Response = () => new Response("there"),
): { api: Client; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = (input, init) => {
    sent.push({ url: input instanceof Request ? input.url : String(input), init });
    return Promise.resolve(answer());
  };
  return { api: new Client(url, { fetch }), sent };
}

const echo = service({}, [
  any("/:rest*", { body: stream() }, async ({ request, body }) => ({
    method: request.method,
    target: request.url.replace(/^https?:\/\/[^/]*/, ""),
    headers: Object.fromEntries(request.headers),
    body: body === null ? null : await new Response(body).text(),
  })),
]);

/** What the echo got. */
interface Echoed {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

async function echoed(call: (api: Client) => Promise<Response>): Promise<Echoed> {
  const response = await call(new Client("http://api.example", { fetch: echo.fetch }));
  return await response.json();
}

Deno.test("client: each verb sends its method, a path below the base URL and no more", async () => {
  const { api, sent } = recording();
  await api.get("/albums");
  await api.head("/albums");
  await api.options("/albums");
  await api.post("/albums");
  await api.put("/albums");
  await api.patch("/albums");
  await api.delete("/albums");
  await api.execute("MOVE", "/albums");
  await api.execute("patch", "/albums");
  assert.deepEqual(sent.map(({ init }) => init?.method), [
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "MOVE",
    "PATCH",
  ]);
  for (const { url, init } of sent) {
    assert.equal(url, "http://api.example/v1/albums");
    assert.equal(init?.body, undefined);
    assert.equal(init?.headers, undefined);
  }
});

Deno.test("client: paths and the base URL", async () => {
  const table: readonly (readonly [base: string, path: string, url: string])[] = [
    ["http://h:1", "/a", "http://h:1/a"],
    ["http://h:1/", "/a", "http://h:1/a"],
    ["http://h:1/", "a", "http://h:1/a"],
    ["http://h:1", "", "http://h:1"],
    ["http://h:1/", "", "http://h:1/"],
    ["http://h:1/v1", "", "http://h:1/v1"],
    ["http://h:1/v1/", "", "http://h:1/v1/"],
    ["http://h:1/v1/", "a/b", "http://h:1/v1/a/b"],
    ["http://h:1//v1", "//a", "http://h:1/v1/a"],
    ["http://h:1/v1", "?a=b", "http://h:1/v1?a=b"],
    ["http://h:1/v1/", "?a=b", "http://h:1/v1/?a=b"],
    ["http://h:1/v1", "#a", "http://h:1/v1#a"],
    ["http://h:1/v1", "/a b ", "http://h:1/v1/a%20b"],
    ["http://h:1/v1", "/a//b", "http://h:1/v1/a/b"],
    ["http://h:1/v1", "/a/../b", "http://h:1/v1/a/../b"],
    ["http://h:1/v1", "/@b:c", "http://h:1/v1/@b:c"],
    ["http://h:1/v1", "/http://x", "http://h:1/v1/http://x"],
    ["h:1", "/a", "http://h:1/a"],
    ["example.com/v1", "/a", "http://example.com/v1/a"],
    ["HTTPS://Example.com:443/v1", "/a", "https://example.com/v1/a"],
    ["http://h:1/v1", "http://h:1/other?x", "http://h:1/other?x"],
    ["http://h:1/v1", "HTTP://H:1/other", "HTTP://H:1/other"],
  ];
  for (const [base, target, url] of table) {
    const { api, sent } = recording(base);
    await api.get(target);
    assert.equal(sent[0]?.url, url, `${base} + ${target}`);
  }
});

Deno.test("client: a call that leads elsewhere is refused before anything is sent", async () => {
  const table: readonly (readonly [path: string, message: RegExp])[] = [
    ["url", /^malformed URL specified: "url": begin a path with "\/"/],
    ["@evil.example/", /malformed URL specified/],
    [":80/", /malformed URL specified/],
    [
      "http://evil.example/x?token=secret",
      /^Cannot call http:\/\/evil\.example with this client: list it/,
    ],
    ["https://api.example/", /^Cannot call https:\/\/api\.example with/],
    ["http://api.example:81/", /^Cannot call/],
    ["http://api.example.evil/", /^Cannot call/],
    ["http://api.example@evil/", /leave out the user name/],
    ["http://user:pw@api.example/", /leave out the user name/],
    ["ftp://api.example/", /malformed URL specified/],
    ["file:///etc/passwd", /malformed URL specified/],
    ["javascript:alert(1)", /malformed URL specified/],
    ["/..", /it leads out of \/v1/],
    ["/../v2", /it leads out of \/v1/],
    ["/a/../../v10", /it leads out of \/v1/],
    ["/%2e%2E/v2", /it leads out of \/v1/],
    ["/.%2e/v2", /it leads out of \/v1/],
    ["/..\\..\\v2", /it leads out of \/v1/],
    ["/a\nb", /take out control characters/],
    ["/a\0", /take out control characters/],
    ["/\t/evil.example", /take out control characters/],
    ["http://api.example/\r\n", /take out control characters/],
  ];
  for (const [target, message] of table) {
    for (const how of ["get", "fetch"] as const) {
      const { api, sent } = recording();
      await assert.rejects(api[how](target), (error) => {
        assert(error instanceof HttpError);
        assert.equal(error.name, "InitializingOutboundRequestError", target);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret|pw/);
        return true;
      });
      assert.deepEqual(sent, []);
    }
  }
});

Deno.test("client: other origins are called where the configuration lists them", async () => {
  const fetch: Fetch = (input) => Promise.resolve(new Response(String(input)));
  const api = new Client("http://h", { fetch, origins: ["https://cdn.example"] });
  assert.equal(await api.get("https://cdn.example/a", { as: text() }), "https://cdn.example/a");
  await assert.rejects(api.get("https://cdn.example:8443/a"), { message: /list it in origins/ });
  const free = new Client("http://h", { fetch, origins: ["*"] });
  assert.equal(await free.get("https://any.example/a", { as: text() }), "https://any.example/a");
  await assert.rejects(free.get("file:///a"), { message: /malformed URL specified/ });
  for (const origin of ["cdn.example", "https://cdn.example/path", "https://a@b", "ftp://x", ""]) {
    assert.throws(() => new Client("http://h", { origins: [origin] }), TypeError, origin);
  }
});

Deno.test("client: a base URL that cannot be one is refused", () => {
  const table: readonly (readonly [url: string, message: RegExp])[] = [
    ["", /malformed URL: /],
    ["http://", /malformed URL: /],
    ["ftp://h", /name an http or https URL/],
    ["http://user:secret@h/", /leave out the user name/],
    ["http://h/?a", /leave out query and fragment/],
    ["http://h/#a", /leave out query and fragment/],
    ["http://us er:secret@h:99999/", /malformed URL: /],
  ];
  for (const [url, message] of table) {
    assert.throws(() => new Client(url), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("client: what a configuration or a call cannot have is refused, and says what there is", async () => {
  const { api } = recording();
  const extra = { retries: 3 } as CallOptions;
  await assert.rejects(api.get("/", extra), {
    message: /^A call has no option "retries": use one/,
  });
  const typed = { mediaType: "text/plain" } as CallOptions;
  await assert.rejects(api.get("/", typed), { message: /no option "mediaType"/ });
  await assert.rejects(api.head("/", { as: text() } as CallOptions), { message: /no option "as"/ });
  await assert.rejects(api.delete("/", { as: text() }), {
    message: /pass options after the message/,
  });
  assert.throws(() => new Client("http://h", { retires: 3 } as object), {
    message: /^Client has no option "retires"/,
  });
  assert.throws(() => new Client("http://h", { queryLists: "both" as "comma" }), TypeError);
});

Deno.test("client: query parameters go on where the path has begun a query", async () => {
  const api = new Client("http://h", { fetch: echo.fetch });
  const table = [
    ["/a?", "/a?b=1"],
    ["/a?c", "/a?c&b=1"],
    ["/a?c&", "/a?c&b=1"],
    ["/a#?", "/a?b=1#?"],
  ] as const;
  for (const [path, target] of table) {
    const got: Echoed = await (await api.get(path, { query: { b: 1 } })).json();
    assert.equal(got.target, target);
  }
});

Deno.test("client: a query, header fields and a request that are none are refused", async () => {
  const api = new Client("http://h", { fetch: echo.fetch });
  const list = { query: { a: [1, 2] }, queryLists: "csv" };
  const odd: readonly (readonly [Promise<unknown>, RegExp])[] = [
    ...["a=1", null, [["a", "1"]], new Map([["a", 1]])].map((query) =>
      [api.get("/", { query } as object), /^Cannot send the query: pass a record/] as const
    ),
    ...["a: b", null, 1].map((headers) =>
      [api.get("/", { headers } as object), /^Cannot send header fields: /] as const
    ),
    [api.get("/", list as object), /needs "comma" or "repeat" for queryLists/],
    [api.forward("/", undefined as unknown as Request), /^forward passes a received Request on/],
  ];
  for (const [call, message] of odd) await assert.rejects(call, { message });
});

Deno.test("client: query parameters", async () => {
  const table: readonly (readonly [query: CallOptions["query"], text: string])[] = [
    [{ names: ["John", 4, true, 5.64] }, "?names=John,4,true,5.64"],
    [{ a: 1, b: "x y", c: false, d: 10n }, "?a=1&b=x%20y&c=false&d=10"],
    [{ a: null, b: undefined, c: [], d: [null, undefined] }, ""],
    [{ a: ["1", null, "2"] }, "?a=1,2"],
    [{ a: "1,2", b: ["3,4", "5"] }, "?a=1%2C2&b=3%2C4,5"],
    [{ "a&b=c": "d&e=f#g+h" }, "?a%26b%3Dc=d%26e%3Df%23g%2Bh"],
    [{ a: "" }, "?a="],
    [{ "ü": "ß" }, "?%C3%BC=%C3%9F"],
    [new URLSearchParams([["a", "1"], ["a", "2"]]), "?a=1&a=2"],
    [JSON.parse(`{"__proto__":"x"}`), "?__proto__=x"],
    [{}, ""],
  ];
  for (const [query, expected] of table) {
    const { api, sent } = recording("http://h");
    await api.get("/", query === undefined ? {} : { query });
    assert.equal(sent[0]?.url, `http://h/${expected}`);
  }
  const { api, sent } = recording("http://h");
  await api.get("/a?x=1#f", { query: { y: 2 } });
  await api.get("/a#f?", { query: { y: 2 } });
  await api.get("", { query: { y: 2 } });
  await api.get("/", { query: { y: ["a", "b,c"] }, queryLists: "repeat" });
  assert.deepEqual(sent.map(({ url }) => url), [
    "http://h/a?x=1&y=2#f",
    "http://h/a?y=2#f?",
    "http://h?y=2",
    "http://h/?y=a&y=b%2Cc",
  ]);
  const odd: unknown[] = [{ a: {} }, { a: () => 1 }, { a: [["b"]] }, { a: Symbol() }, {
    a: "\ud800",
  }];
  for (const query of odd) {
    await assert.rejects(api.get("/", { query: query as { a: string } }), {
      name: "InitializingOutboundRequestError",
      message: /^Cannot send query parameter "a"/,
    });
  }
});

Deno.test("client: a message is sent by its type, its content type as the caller says", async () => {
  const form = new FormData();
  form.append("a", "1");
  const bytes = new TextEncoder().encode("b");
  const table: readonly (readonly [message: unknown, type: string | undefined, body: string])[] = [
    [undefined, undefined, ""],
    ["t", "text/plain;charset=UTF-8", "t"],
    [{ a: 1 }, "application/json", `{"a":1}`],
    [[1], "application/json", "[1]"],
    [5, "application/json", "5"],
    [null, "application/json", "null"],
    [true, "application/json", "true"],
    [new Xml({ a: { b: "1" } }), "application/xml", "<a><b>1</b></a>"],
    [bytes, "application/octet-stream", "b"],
    [new Blob(["c"], { type: "image/x" }), "image/x", "c"],
    [ReadableStream.from([bytes]), "application/octet-stream", "b"],
    [new URLSearchParams({ a: "b c" }), "application/x-www-form-urlencoded;charset=UTF-8", "a=b+c"],
  ];
  for (const [message, type, body] of table) {
    const got = await echoed((api) => api.post("/e", message));
    assert.equal(got.headers["content-type"], type);
    assert.equal(got.body ?? "", body);
  }
  const multipart = await echoed((api) =>
    api.post("/e", form, { headers: { "Content-Type": "x/y" } })
  );
  assert.match(multipart.headers["content-type"] ?? "", /^multipart\/form-data; ?boundary=/);
});

Deno.test("client: mediaType wins over the header field, and that over the message's default", async () => {
  const field = { "Content-TYPE": "application/vnd.field+json" };
  const both = { headers: field, mediaType: "application/vnd.arg+json" };
  const table: readonly (readonly [MessageOptions, string])[] = [
    [{}, "application/json"],
    [{ headers: field }, "application/vnd.field+json"],
    [both, "application/vnd.arg+json"],
  ];
  for (const [options, type] of table) {
    const got = await echoed((api) => api.post("/e", { a: 1 }, options));
    assert.equal(got.headers["content-type"], type);
  }
  const form = "application/x-www-form-urlencoded";
  const ways: MessageOptions[] = [{ mediaType: form }, { headers: { "content-type": form } }];
  for (const options of ways) {
    const got = await echoed((api) => api.put("/e", { key1: "a b", key2: "c" }, options));
    assert.equal(got.body, "key1=a+b&key2=c");
  }
  const text = await echoed((api) => api.post("/e", "{}", { mediaType: "application/json" }));
  assert.equal(text.headers["content-type"], "application/json");
  assert.equal(text.body, "{}");
});

Deno.test("client: header fields are sent as they are given, nil ones are not", async () => {
  const given = { "X-One": "1", "x-list": ["a", "b"], "x-number": 5, "x-nil": null, "x-none": [] };
  const got = await echoed((api) => api.get("/e", { headers: given }));
  assert.equal(got.headers["x-one"], "1");
  assert.equal(got.headers["x-list"], "a, b");
  assert.equal(got.headers["x-number"], "5");
  assert(!("x-nil" in got.headers) && !("x-none" in got.headers));
  for (const headers of [new Headers({ a: "1" }), [["a", "1"]] as [string, string][], { a: "1" }]) {
    assert.equal((await echoed((api) => api.get("/e", { headers }))).headers["a"], "1");
  }
});

Deno.test("client: what cannot be sent is a client's error", async () => {
  const { api, sent } = recording();
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  for (const message of [() => 1, Symbol("x"), circular]) {
    await assert.rejects(api.post("/e", message), { name: "InitializingOutboundRequestError" });
  }
  const nested = { a: { b: 1 } };
  await assert.rejects(api.post("/", nested, { mediaType: "application/x-www-form-urlencoded" }), {
    message: /unsupported content for application\/x-www-form-urlencoded media type/,
  });
  assert.deepEqual(sent, []);
});

Deno.test("client: a received request is passed on as it came, but for its connection", async () => {
  const api = new Client("http://backend", { fetch: echo.fetch });
  const gateway = service({}, [
    any("/in", ({ request }) => api.forward("/out?x=1", request)),
    post("/message", ({ request }) => api.put("/out", request, { headers: { "x-own": "2" } })),
  ]);
  const headers = {
    "content-type": "text/x",
    "x-own": "1",
    connection: "x-hop",
    "x-hop": "1",
    "accept-encoding": "br",
    te: "trailers",
  };
  const response = await gateway.fetch("http://front/in", { method: "PURGE", body: "b", headers });
  const got: Echoed = await response.json();
  assert.equal(got.method, "PURGE");
  assert.equal(got.target, "/out?x=1");
  assert.equal(got.body, "b");
  assert.equal(got.headers["content-type"], "text/x");
  assert.equal(got.headers["x-own"], "1");
  for (const name of ["connection", "x-hop", "te"]) assert(!(name in got.headers), name);
  assert.notEqual(got.headers["accept-encoding"], "br");
  const message = await gateway.fetch("http://front/message", {
    method: "POST",
    body: "b",
    headers,
  });
  const sent: Echoed = await message.json();
  assert.equal(sent.method, "PUT");
  assert.equal(sent.headers["x-own"], "2");
  assert.equal(sent.body, "b");
});

Deno.test("client: redirects are given to the caller unless it is configured to follow them", async () => {
  const moved = service({}, [
    get("/old", () => new Response(null, { status: 302, headers: { location: "/new" } })),
    get("/new", () => "there"),
  ]);
  await using server = await serve(moved, { port: 0 });
  const plain = new Client(server.url);
  for (const response of [await plain.get("/old"), await plain.fetch("/old")]) {
    assert.equal(response.status, 302);
    await response.body?.cancel();
  }
  const request = await plain.fetch(new Request(new URL("/old", server.url)));
  assert.equal(request.status, 302);
  await request.body?.cancel();
  const following = new Client(server.url, { followRedirects: true });
  assert.equal(await following.get("/old", { as: text() }), "there");
  assert.equal(await (await following.fetch("/old")).text(), "there");
  const response = await following.forward("/old", new Request("http://front/"));
  assert.equal(response.status, 302);
  await response.body?.cancel();
});

Deno.test("client: layers see each call once, with its whole URL and the client's header fields", async () => {
  const seen: string[] = [];
  const api = new Client("http://h/v1", {
    fetch: echo.fetch,
    layers: [
      (next) => (input, init) => {
        seen.push(`outer ${input}`);
        return next(input, init);
      },
      (next) => (input, init) => {
        seen.push(`inner ${input}`);
        return next(input, init);
      },
    ],
  });
  await api.get("/a");
  assert.deepEqual(seen, ["outer http://h/v1/a", "inner http://h/v1/a"]);
});

Deno.test("client: its fetch takes what every fetch takes", async () => {
  const api = new Client("http://h", { fetch: echo.fetch });
  const { fetch } = api;
  for (const input of ["/a", "http://h/a", new URL("http://h/a"), new Request("http://h/a")]) {
    const got: Echoed = await (await fetch(input)).json();
    assert.equal(got.target, "/a");
  }
  await assert.rejects(fetch(new Request("http://evil/a")), { message: /list it in origins/ });
  await assert.rejects(fetch(new URL("http://evil/a")), { message: /list it in origins/ });
});

Deno.test("client: a caller's signal aborts the call with its own reason", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const never: Fetch = (_, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const api = new Client("http://h", { fetch: never });
  const call = api.get("/", { signal: controller.signal, as: json() });
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
});

Deno.test("client: an abort while the response is read gives the signal's reason too", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const halfway: Fetch = (_, init) => {
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode("{"));
        init?.signal?.addEventListener("abort", () => stream.error(init.signal?.reason));
      },
    });
    const headers = { "content-type": "application/json" };
    queueMicrotask(() => queueMicrotask(() => controller.abort(reason)));
    return Promise.resolve(new Response(body, { headers }));
  };
  const api = new Client("http://h", { fetch: halfway });
  const { signal } = controller;
  await assert.rejects(api.get("/", { signal, as: json() }), (error) => error === reason);
});

Deno.test("client: a base URL without a scheme is http, or https where there are TLS options", () => {
  assert.equal(new Client("h:1").url, "http://h:1");
  using api = new Client("h:1", { transport: { tls: {} } });
  assert.equal(api.url, "https://h:1");
});

Deno.test("client: over a socket, every verb arrives", async () => {
  await using server = await serve(
    service({}, [
      any(
        "/:rest*",
        { body: stream() },
        async ({ request, body }) =>
          `${request.method} ${body === null ? "" : await new Response(body).text()}`,
      ),
      head("/h", () => new Response(null, { headers: { "x-head": "1" } })),
      resource("MOVE", "/m", () => "moved"),
    ]),
    { port: 0 },
  );
  const api = new Client(server.url);
  const as = text();
  assert.equal(await api.get("/x", { as }), "GET ");
  assert.equal(await api.options("/x", { as }), "OPTIONS ");
  assert.equal(await api.post("/x", "a", { as }), "POST a");
  assert.equal(await api.put("/x", "a", { as }), "PUT a");
  assert.equal(await api.patch("/x", "a", { as }), "PATCH a");
  assert.equal(await api.delete("/x", undefined, { as }), "DELETE ");
  assert.equal(await api.delete(path`/x/${1}`, "a", { as }), "DELETE a");
  assert.equal(await api.execute("MOVE", "/m", undefined, { as }), "moved");
  const response = await api.head("/h");
  assert.equal(response.headers.get("x-head"), "1");
});
