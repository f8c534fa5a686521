/**
 * What the original library's own tests hold of where a client calls (spec 2.4.2): base URLs, paths,
 * path and query parameters, beyond the published cases.
 */
import assert from "node:assert/strict";
import {
  any,
  array,
  Client,
  float,
  get,
  type HttpError,
  int,
  named,
  optional,
  path,
  post,
  put,
  type QueryParams,
  service,
  string,
  text,
} from "@pirouette/http";
import { z } from "zod";
import { onBothTransports } from "../support/both_transports.ts";

/** Where a call goes: the request's target, as the server sees it. */
async function target(base: string, to: string, query: QueryParams = {}): Promise<string> {
  const fetch = (input: Request | URL | string): Promise<Response> => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    return Promise.resolve(new Response(pathname + search));
  };
  return await new Client(base, { fetch }).get(to, { query, as: text() });
}

const origin = "http://localhost:9521";

Deno.test("original client, paths: a path is appended to that of the base", async () => {
  const table: readonly (readonly [base: string, path: string, target: string])[] = [
    [origin, "/greeting", "/greeting"],
    [`${origin}/`, "/greeting", "/greeting"],
    [`${origin}/`, "url", "/url"],
    [`${origin}/url/`, "", "/url/"],
    [`${origin}/url`, "?abc=go&xyz=no", "/url?abc=go&xyz=no"],
    [`${origin}/url`, "#foo", "/url"],
    [`${origin}/testService_2`, "", "/testService_2"],
    // Several slashes are one, wherever they stand in the path.
    [`${origin}//url`, "//test", "/url/test"],
    [origin, "//foo", "/foo"],
    [origin, "/foo//bar///baz//", "/foo/bar/baz/"],
    [origin, "/go/http://localhost//x", "/go/http://localhost/x"],
    [origin, "/go/https://localhost", "/go/https://localhost"],
    // Those of a query are data.
    [origin, "/foo?to=a//b", "/foo?to=a//b"],
    // Spaces are encoded, those at the end are nothing.
    [origin, "/BE/a/b c/d ", "/BE/a/b%20c/d"],
    [
      origin,
      "/BE/dispatched to white_spaced expression ",
      "/BE/dispatched%20to%20white_spaced%20expression",
    ],
    [origin, "/foo?a=b c", "/foo?a=b%20c"],
    // Without a scheme it is http.
    ["localhost:9521", "/test1", "/test1"],
    ["bar.com/foo", "/test1", "/foo/test1"],
  ];
  for (const [base, to, expected] of table) {
    assert.equal(await target(base, to), expected, `${base} + ${to}`);
  }
});

Deno.test("original client, paths: a path that is none is malformed", async () => {
  for (const [base, to] of [[origin, "url"], [`${origin}/url`, "test"]] as const) {
    // The original takes the second for /urltest, which nobody means.
    await assert.rejects(target(base, to), { message: /^malformed URL specified/ });
  }
});

Deno.test("original client, paths: a base URL that is none is malformed", () => {
  for (const url of ["httpeds://bar.com/foo", "", "ftp://bar.com", "http://"]) {
    assert.throws(() => new Client(url), (error: HttpError) => {
      assert.equal(error.name, "InitializingOutboundRequestError");
      assert.ok(error.message.startsWith(`malformed URL: ${url}`), error.message);
      return true;
    });
  }
  assert.equal(new Client("bar.com/foo").url, "http://bar.com/foo");
});

Deno.test("original client, paths: parameters are written as text, lists as segments", async () => {
  const id: string | number = "2453D";
  const table: readonly (readonly [path: string, target: string])[] = [
    [path`/baz/${45.78}/foo`, "/baz/45.78/foo"],
    [path`/bar/${"false"}/${45}/${34.5}/${45.6}/${false}`, "/bar/false/45/34.5/45.6/false"],
    [path`/baz/${id}`, "/baz/2453D"],
    [path`/baz/${2453n}`, "/baz/2453"],
    [path`/${["baz", "45", "true", "34.5", "45.6d"]}`, "/baz/45/true/34.5/45.6d"],
    [path`/${[1, 2, 3, 4, 5]}`, "/1/2/3/4/5"],
    [path`/${[1.1, 2.2, 3.3]}`, "/1.1/2.2/3.3"],
    [path`/${[true, false]}`, "/true/false"],
    [path`/${["bar", "foo", 45, 34.5, true]}`, "/bar/foo/45/34.5/true"],
    // The original encodes spaces only, so that these would be other places.
    [path`/baz/${"a/b?c#d"}`, "/baz/a%2Fb%3Fc%23d"],
    [path`/baz/${"a b"}`, "/baz/a%20b"],
    [path`/baz/${"50%"}`, "/baz/50%25"],
  ];
  for (const [to, expected] of table) assert.equal(await target(origin, to), expected);
});

Deno.test("original client, queries: values are written as text, lists with commas", async () => {
  const table: readonly (readonly [path: string, query: QueryParams, target: string])[] = [
    ["/foo", { id: 1234 }, "/foo?id=1234"],
    ["/foo", { id: 4321, name: "James" }, "/foo?id=4321&name=James"],
    ["/foo", { names: ["John", "James", "Howard"] }, "/foo?names=John,James,Howard"],
    ["/foo", { names: ["John", 4, true, 5.64] }, "/foo?names=John,4,true,5.64"],
    ["/foo?a=b", { c: "d" }, "/foo?a=b&c=d"],
    ["/foo", {}, "/foo"],
    [
      "/foo",
      { "first-name": "Jhon", table: "10", age: 29 },
      "/foo?first-name=Jhon&table=10&age=29",
    ],
    // The original encodes spaces only; a quote in a list was lost.
    ["/foo", { a: "b c", d: "e&f=g#h" }, "/foo?a=b%20c&d=e%26f%3Dg%23h"],
    ["/foo", { a: ['say "x"', "y"] }, "/foo?a=say%20%22x%22,y"],
    // Nil is not sent; an empty list was an empty value.
    ["/foo", { a: undefined, b: null, c: [], d: 1 }, "/foo?d=1"],
  ];
  for (const [to, query, expected] of table) {
    assert.equal(await target(origin, to, query), expected);
  }
});

const Person = z.object({ name: z.string(), age: z.number() });

/** The service of the original's tests of calls with parameters. */
const people = service({}, [
  get("/foo/:path", {
    headers: { name: named("x-name", optional(string())) },
    query: { id: optional(int()) },
  }, ({ path: { path }, headers: { name }, query: { id } }) => {
    if (name !== undefined) return `Greetings! from GET ${path} to ${name}`;
    return `Greetings! from GET ${path}${id === undefined ? "" : ` to user id : ${id}`}`;
  }),
  post(
    "/foo/person",
    {
      body: Person,
      headers: { greeting: named("x-header", optional(string())) },
      query: { id: int() },
    },
    ({ body, headers: { greeting = "Greetings!" }, query }) =>
      `${greeting} from POST person to ${body.name} with id : ${query.id}`,
  ),
  put(
    "/foo/:path",
    {
      body: text(),
      query: { names: optional(array(string(), { separator: "," })) },
    },
    ({ body, path: { path }, query: { names } }) =>
      (names ?? [""]).map((name) => `${body} from PUT ${path}${name && ` to ${name}`}`).join(", "),
  ),
  any(
    "/delete/:path",
    {
      body: optional(text()),
      headers: { names: named("x-names", array(string())) },
    },
    ({ body = "Hi", path: { path }, headers, request: { method } }) =>
      headers.names.map((name) => `${body} from ${method} ${path} to ${name}`).join(", "),
  ),
  get("/numbers/:i/:f", { path: { i: int(), f: float() } }, ({ path: { i, f } }) => ({ i, f })),
  get(
    "/query/bar",
    { query: { name: named("first-name", string()), age: int() } },
    ({ query }) => `${query.name}, ${query.age}`,
  ),
]);

Deno.test("original client, calls: what is sent arrives where it is bound", async () => {
  await onBothTransports(people, async (ask) => {
    const api = new Client("http://people", {
      fetch: (input, init) => ask(String(input).replace("http://people", ""), init),
    });
    const as = text();
    const paths = ["foo", "baz"];
    const henry = { name: "Henry", age: 35 };
    const headers = { "x-name": "James" };
    const table: readonly (readonly [call: Promise<string>, answer: string])[] = [
      [api.get("/foo/bar", { as }), "Greetings! from GET bar"],
      [api.get(path`/${"foo"}/bar`, { as, headers }), "Greetings! from GET bar to James"],
      [
        api.get(path`/${paths}`, { as, query: { id: 1234 } }),
        "Greetings! from GET baz to user id : 1234",
      ],
      [api.get("/foo/bar", { as, headers, query: { id: 1 } }), "Greetings! from GET bar to James"],
      [
        api.post("/foo/person", henry, { as, query: { id: 1234 } }),
        "Greetings! from POST person to Henry with id : 1234",
      ],
      [
        api.post("/foo/person", henry, { as, query: { id: 1 }, headers: { "x-header": "Hello" } }),
        "Hello from POST person to Henry with id : 1",
      ],
      [api.put("/foo/baz", "Howdy!", { as }), "Howdy! from PUT baz"],
      [
        api.put("/foo/baz", "Hello", { as, query: { names: ["John", 4, true, 5.64] } }),
        "Hello from PUT baz to John, Hello from PUT baz to 4, Hello from PUT baz to true, " +
        "Hello from PUT baz to 5.64",
      ],
      [
        api.delete("/delete/bar", undefined, { as, headers: { "x-names": ["John", "James"] } }),
        "Hi from DELETE bar to John, Hi from DELETE bar to James",
      ],
      [
        api.delete("/delete/bar", "Hello", { as, headers: { "x-names": ["John", "James"] } }),
        "Hello from DELETE bar to John, Hello from DELETE bar to James",
      ],
      [
        api.options("/delete/bar", { as, headers: { "x-names": "John" } }),
        "Hi from OPTIONS bar to John",
      ],
      [
        api.get("/query/bar", { as, query: { "first-name": "Jhon", age: 29 } }),
        "Jhon, 29",
      ],
    ];
    for (const [call, answer] of table) assert.equal(await call, answer);
    const response = await api.head("/foo/bar", { query: { id: 5 } });
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    assert.deepEqual(
      await api.get(path`/numbers/${45}/${34.5}`, { as: z.object({ i: z.int(), f: z.number() }) }),
      { i: 45, f: 34.5 },
    );
    // A name that the service does not know is one it was not given.
    const wrong = await api.get("/query/bar", { query: { firstName: "Ron", age: 29 } });
    assert.equal(wrong.status, 400);
    assert.match((await wrong.json()).message, /^no query param value found for 'first-name'/);
  });
});
