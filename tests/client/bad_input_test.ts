/** Bad input to a client, from its program and from the service: a typed error each. */
import assert from "node:assert/strict";
import { Client, type Fetch, HttpError, json, type MessageOptions, text } from "@pirouette/http";

interface Recording {
  readonly api: Client;
  readonly sent: Request[];
}

function recording(answer: () => Response = () => new Response("there")): Recording {
  const sent: Request[] = [];
  const fetch: Fetch = (input, init) => {
    sent.push(new Request(input, init));
    return Promise.resolve(answer());
  };
  return { api: new Client("http://api.example/v1", { fetch }), sent };
}

async function refusal(call: Promise<unknown>): Promise<HttpError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof HttpError, `no error of ours: ${error}`);
  return error;
}

/** Refused before anything is sent, by an error that quotes no control character and no secret. */
async function refused(call: (api: Client) => Promise<unknown>, message: RegExp): Promise<void> {
  const { api, sent } = recording();
  const error = await refusal(call(api));
  assert.equal(error.name, "InitializingOutboundRequestError");
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /\p{Cc}|s3cret/u);
  assert.equal(sent.length, 0);
}

/** What breaks a line, ends a string, or is no text of a field at all. */
const evil = ["\r\n", "\r", "\n", "\0"];

Deno.test("bad input: header values", async () => {
  for (const end of evil) {
    for (const value of [`s3cret${end}x: y`, `a${end}s3cret`]) {
      const table: readonly MessageOptions[] = [
        { headers: { "x-one": value } },
        { headers: { "x-one": ["a", value] } },
        { headers: [["x-one", value]] },
        { headers: { cookie: `session=${value}` } },
        { headers: { authorization: `Bearer ${value}` } },
      ];
      for (const options of table) {
        await refused((api) => api.post("/", "x", options), /^Cannot send header field "/);
        await refused((api) => api.get("/", { headers: options.headers ?? {} }), /^Cannot send/);
      }
      await refused((api) => api.post("/", "x", { mediaType: value }), /its mediaType has/);
    }
  }
  await refused((api) => api.get("/", { headers: { "x-one": "s3cret…" } }), /none of Latin-1/);
  const odd = [{ a: 1 }, () => 1, Symbol("s3cret")];
  for (const value of odd) {
    const headers = { "x-one": value as unknown as string };
    await refused((api) => api.get("/", { headers }), /"x-one": its value is /);
  }
});

Deno.test("bad input: line breaks around a header value are taken away, as by the platform", async () => {
  const { api, sent } = recording();
  await api.get("/", { headers: { authorization: "Bearer t\r\n" } });
  assert.equal(sent[0]?.headers.get("authorization"), "Bearer t");
});

Deno.test("bad input: header names", async () => {
  const names = ["", " ", "a b", "a:b", "a\r\nb: c", "é", "(a)", ...evil.map((end) => `x${end}`)];
  for (const name of names) {
    await refused((api) => api.get("/", { headers: { [name]: "1" } }), /its name is no token/);
  }
  const lists: unknown[] = [["ab"], [["a"]], [["a", "b", "c"]], ["ab", "cd"], [1]];
  for (const list of lists) {
    const headers = list as [string, string][];
    await refused((api) => api.get("/", { headers }), /no pair of a name and a value/);
  }
});

Deno.test("bad input: names of a prototype are names like any other", async () => {
  const record: Record<string, string> = JSON.parse('{"__proto__":"1","constructor":"2"}');
  const { api, sent } = recording();
  await api.get("/", { headers: record, query: record });
  assert.equal(sent[0]?.url, "http://api.example/v1/?__proto__=1&constructor=2");
  assert.equal(sent[0]?.headers.get("__proto__"), "1");
  assert.equal(sent[0]?.headers.get("constructor"), "2");
  assert.equal(({} as { constructor: unknown }).constructor, Object);
  // Inherited ones are none.
  const inherited: Record<string, string> = Object.create({ "x-inherited": "1" });
  await api.get("/", { headers: inherited, query: inherited });
  assert.equal(sent[1]?.url, "http://api.example/v1/");
  assert.equal(sent[1]?.headers.has("x-inherited"), false);
});

Deno.test("bad input: methods", async () => {
  for (const method of ["G ET", "GET\r\nx: y", "GET / HTTP/1.1\r\n", "\0", "é", "a:b", "GET\t"]) {
    await refused(
      (api) => api.execute(method, "/"),
      /^Cannot send the method ".*": it is no token/,
    );
  }
  await refused((api) => api.execute("", "/"), /^HTTP Verb cannot be empty/);
});

Deno.test("bad input: paths", async () => {
  for (const end of evil) {
    for (const path of [`/a${end}b`, `/a?${end}`, `${end}/a`, `/a#${end}`, `?${end}`]) {
      await refused((api) => api.get(path), /take out control characters/);
      await refused((api) => api.fetch(path), /take out control characters/);
    }
  }
  for (const path of ["a", "@evil", ":8080/", "..", "./a", "http:", "http://", "http://[::1"]) {
    await refused((api) => api.get(path), /^malformed URL specified/);
  }
});

Deno.test("bad input: messages", async () => {
  const used = new Request("http://front/", { method: "POST", body: "x" });
  await used.text();
  await refused((api) => api.forward("/", used), /its body was read before/);
  const locked = new ReadableStream();
  const reader = locked.getReader();
  await refused((api) => api.post("/", locked), /^Cannot send the stream/);
  reader.releaseLock();
  await refused((api) => api.execute("GET", "/", "x"), /^Cannot send a message with GET/);
  await refused((api) => api.post("/", () => 1), /Cannot send a function/);
});

Deno.test("bad input: content types of answers", async () => {
  const types = [
    "garbage",
    "application/json garbage",
    "a/b/c",
    "/",
    "application/",
    ";",
    "text/ plain",
  ];
  for (const type of types) {
    const body = JSON.stringify({ a: 1 });
    const { api } = recording(() => new Response(body, { headers: { "content-type": type } }));
    for (const as of [json(), text()]) {
      const error = await refusal(api.get("/", { as }));
      assert.equal(error.name, "MediaTypeBindingError", type);
      assert.match(error.message, /^Cannot read the Content-Type "/);
      assert.equal(error.status, 500);
    }
    // Who asks for a response reads it as they like.
    assert.equal(await (await api.get("/")).text(), body);
  }
});

Deno.test("bad input: addresses of redirects", async () => {
  const table: readonly (readonly [location: string | undefined, message: RegExp])[] = [
    [undefined, /^Location header not available!/],
    ["", /^Location header not available!/],
    ["http://", /./],
    ["http://[::1", /./],
    ["http://a:99999/", /./],
    ["file:///etc/passwd", /./],
    ["data:text/plain,x", /./],
    ["javascript:alert(1)", /./],
    ["http://user:pw@api.example/", /./],
  ];
  for (const [location, message] of table) {
    let calls = 0;
    const fetch: Fetch = () => {
      calls++;
      const headers = location === undefined ? {} : { location };
      return Promise.resolve(new Response(null, { status: 302, headers }));
    };
    const api = new Client("http://api.example", { fetch, followRedirects: true });
    const error = await refusal(api.get("/", { as: text() }));
    assert.equal(error.name, "RedirectError", location);
    assert.match(error.message, message);
    assert.equal(calls, 1);
  }
});
