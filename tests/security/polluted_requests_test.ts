/**
 * SECURITY.md row 10 for a whole service: no part of a request pollutes a prototype, and no name
 * that every object has finds something that was not declared.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  any,
  forbidden,
  form,
  get,
  int,
  type Interceptor,
  json,
  Listener,
  optional,
  post,
  serve,
  type Service,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";
import { rawRequest, type RawResponse, sendRaw } from "../support/raw_http.ts";

const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "isPrototypeOf",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "then",
  "toJSON",
];

/** Fails if anything was added to what every object, list and function inherits. */
function assertClean(what: string): void {
  for (
    const prototype of [Object.prototype, Array.prototype, Function.prototype, String.prototype]
  ) {
    assert.deepEqual(Object.keys(prototype), [], what);
  }
  assert.ok(!("polluted" in {}), what);
}

/** Merges as careless programs do: what reaches it must not be able to pollute. */
function carelesslyMerge(target: Record<string, unknown>, source: unknown): void {
  if (typeof source !== "object" || source === null) return;
  for (const key in source) {
    const value = (source as Record<string, unknown>)[key];
    if (typeof value === "object" && value !== null) {
      carelesslyMerge((target[key] ??= {}) as Record<string, unknown>, value);
    } else {
      // Not every property can be set, as the name of a constructor.
      Reflect.set(target, key, value);
    }
  }
}

function merged(value: unknown): { keys: string[] } {
  carelesslyMerge({}, value);
  return { keys: Object.keys(value as object) };
}

const polluted = service({}, [
  post("/json", { body: json() }, ({ body }) => merged(body)),
  post("/loose", { body: z.looseObject({}) }, ({ body }) => merged(body)),
  post("/record", { body: z.record(z.string(), z.unknown()) }, ({ body }) => merged(body)),
  post("/form", { body: form() }, ({ body }) => merged(body)),
  post("/xml", { body: xml() }, ({ body }) => merged(body)),
  get("/query", { query: z.looseObject({}) }, ({ query }) => merged(query)),
  get("/query/json", { query: { x: json() } }, ({ query }) => merged(query.x)),
  get(
    "/query/names",
    {
      query: {
        ["__proto__"]: optional(string()),
        constructor: optional(string()),
        id: int({ default: 1 }),
      },
    },
    ({ query }) => {
      const record: object = query;
      return {
        plain: [Object.prototype, null].includes(Object.getPrototypeOf(record)),
        keys: Object.keys(record).filter((key) => Reflect.get(record, key) !== undefined),
      };
    },
  ),
  get("/headers", { headers: z.looseObject({}) }, ({ headers }) => merged(headers)),
  get(
    "/path/:__proto__",
    ({ path }) => ({ keys: Object.keys(path), own: Object.hasOwn(path, "__proto__") }),
  ),
  get("/path/:constructor/:prototype", { path: { constructor: int() } }, ({ path }) => ({
    keys: Object.keys(path),
  })),
  get("/matrix/:id", ({ context }) => {
    return { keys: Object.keys(context.matrixParams(context.rawPath.replaceAll(/;[^/]*/g, ""))) };
  }),
]);

async function ask(
  server: { readonly port: number },
  line: string,
  fields: readonly string[] = [],
  body = "",
): Promise<RawResponse> {
  const all = ["Host: x", ...fields, ...body === "" ? [] : [`Content-Length: ${body.length}`]];
  const response = await sendRaw(server, rawRequest(`${line} HTTP/1.1`, all, body));
  assert.ok(response, line);
  assert.ok(response.status < 500, `${line} ${body}: ${response.status} ${response.body}`);
  assertClean(`${line} ${body}`);
  return response;
}

Deno.test("security 10: polluted requests: bodies in every syntax leave the prototypes alone", async () => {
  await using server = await serve(polluted, { port: 0, host: "127.0.0.1" });
  const jsons = names.flatMap((name) => [
    `{"${name}":{"polluted":true}}`,
    `{"a":{"${name}":{"polluted":true}}}`,
    `[{"${name}":{"polluted":true}}]`,
    `{"${name}":{"${name}":{"polluted":true}}}`,
    `{"constructor":{"prototype":{"${name}":true}}}`,
    `{"${name}":"polluted"}`,
    `{"${name}":null}`,
  ]);
  for (const body of [...jsons, '{"\\u005f_proto__":{"polluted":true}}']) {
    for (const path of ["/json", "/loose", "/record"]) {
      for (const type of ["application/json", "application/vnd.x+json", "application/x"]) {
        await ask(server, `POST ${path}`, [`Content-Type: ${type}`], body);
      }
    }
  }
  const pairs = names.flatMap((name) => [
    `${name}=polluted`,
    `${name}[polluted]=true`,
    `${name}.polluted=true`,
    `a[${name}][polluted]=true`,
    `a.${name}.polluted=true`,
    `${name}=1&${name}=2`,
    `%5f%5fproto%5f%5f=polluted&${name}`,
  ]);
  for (const body of pairs) {
    await ask(server, "POST /form", ["Content-Type: application/x-www-form-urlencoded"], body);
    const query = body.replaceAll("[", "%5B").replaceAll("]", "%5D");
    await ask(server, `GET /query?${query}`);
    await ask(server, `GET /query/names?${query}`);
  }
  for (const name of names) {
    const parts = [name, `a[${name}][polluted]`, `${name}"; filename="${name}`].map((part) =>
      `--b\r\nContent-Disposition: form-data; name="${part}"\r\n\r\npolluted\r\n`
    );
    for (const part of parts) {
      const body = `${part}--b--\r\n`;
      await ask(server, "POST /form", ["Content-Type: multipart/form-data; boundary=b"], body);
    }
    for (
      const body of [
        `<${name}><polluted>true</polluted></${name}>`,
        `<a><${name}><polluted>true</polluted></${name}></a>`,
        `<a ${name}="polluted"/>`,
        `<a xmlns:${name}="polluted"/>`,
        `<${name}:${name}/>`,
      ]
    ) {
      await ask(server, "POST /xml", ["Content-Type: application/xml"], body);
    }
    for (const value of [`{"${name}":{"polluted":true}}`, `{"a":{"${name}":{"polluted":true}}}`]) {
      await ask(server, `GET /query/json?x=${encodeURIComponent(value)}`);
    }
  }
  // The careless merge does reach the constructor, which whatever runs next in this process shares.
  Reflect.deleteProperty(Object, "polluted");
});

Deno.test("security 10: polluted requests: parameters and fields named as what objects have are plain data", async () => {
  await using server = await serve(polluted, { port: 0, host: "127.0.0.1" });
  const query = await ask(server, "GET /query/names?__proto__=a&constructor=b&toString=c&id=1");
  assert.deepEqual(JSON.parse(query.body), {
    plain: true,
    keys: ["__proto__", "constructor", "id"],
  });
  const none = await ask(server, "GET /query/names?id=1");
  assert.deepEqual(JSON.parse(none.body), { plain: true, keys: ["id"] });
  const path = await ask(server, "GET /path/a");
  assert.deepEqual(JSON.parse(path.body), { keys: ["__proto__"], own: true });
  const bound = await ask(server, "GET /path/1/b");
  assert.deepEqual(JSON.parse(bound.body), { keys: ["constructor", "prototype"] });
  const matrix = await ask(server, "GET /matrix/a;__proto__=b;constructor=c;a=d");
  assert.deepEqual(JSON.parse(matrix.body), { keys: ["__proto__", "constructor", "a"] });
  const headers = await ask(server, "GET /headers", names.map((name) => `${name}: polluted`));
  assert.ok(JSON.parse(headers.body).keys.includes("constructor"));
});

Deno.test("security 10: polluted requests: methods, paths and media types are looked up in tables of their own", async () => {
  const tables = service({}, [
    get("/a", () => "a"),
    post("/text", { body: text(), consumes: ["text/plain"], produces: ["text/plain"] }, () => "a"),
    get("/checked", { responses: { 200: z.string() } }, () => "a"),
    any("/any", ({ request }) => request.method),
  ]);
  await using server = await serve(tables, { port: 0, host: "127.0.0.1" });
  for (const name of names) {
    assert.equal((await ask(server, `${name} /a`)).status, 405, name);
    assert.equal((await ask(server, `${name} /any`)).body, name);
    assert.equal((await ask(server, `GET /${name}`)).status, 404, name);
    assert.equal((await ask(server, `GET /a/${name}`)).status, 404, name);
    const type = [`Content-Type: ${name}/${name}`];
    assert.equal((await ask(server, "POST /text", type, "a")).status, 415, name);
    const accept = ["Content-Type: text/plain", `Accept: ${name}/${name}, ${name}`];
    assert.equal((await ask(server, "POST /text", accept, "a")).status, 406, name);
    const charset = [`Content-Type: text/plain; charset=${name}; ${name}=${name}`];
    assert.equal((await ask(server, "POST /text", charset, "a")).status, 415, name);
    const hosts = await sendRaw(server, rawRequest("GET /a HTTP/1.1", [`Host: ${name}`]));
    assert.ok(hosts?.status === 200 || hosts?.status === 400, name);
  }
});

Deno.test("security 10: polluted requests: a prototype that something else polluted gives no options", async () => {
  const pollution: Readonly<Record<string, unknown>> = {
    basePath: "/x",
    host: "y",
    layers: [() => () => Promise.resolve(new Response("forged"))],
    maxEntityBodySize: 1,
    mediaTypeSubtypePrefix: "forged",
    treatNilableAsOptional: false,
    laxDataBinding: true,
    path: { forged: string() },
    query: { forged: string() },
    headers: { forged: string() },
    body: json(),
    consumes: ["a/b"],
    produces: ["a/b"],
    mediaType: "a/b",
    responses: { 200: z.never() },
    port: -1,
    timeout: -1,
    server: "forged",
    requestLimits: { maxUriLength: 1 },
    maxUriLength: 1,
    maxHeaderSize: 1,
    on: { path: "/nowhere" },
    bind: { query: { forged: string() } },
    method: "PUT",
  };
  // Enumerable, as assignments through `__proto__` would make them.
  for (const [name, value] of Object.entries(pollution)) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true });
  }
  let victim: Service;
  let guarded: Service;
  let listener: Listener;
  try {
    const guard: Interceptor = { request: () => forbidden() };
    const own: Interceptor = { on: { method: "GET", path: "/guarded" }, ...guard };
    guarded = service({ interceptors: [guard] }, [get("/guarded", () => "secret")]);
    victim = service({ interceptors: [own] }, [
      get("/a", () => ({ a: 1 })),
      get("/b", {}, () => ({ a: 1 })),
    ]);
    listener = new Listener(0, { host: "127.0.0.1" }).attach(victim);
  } finally {
    for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
  }
  for (const one of [victim, guarded]) {
    assert.equal((await one.fetch("http://h/guarded")).status, 403);
  }
  await using server = await listener.start();
  for (const path of ["/a", "/b"]) {
    for (
      const response of [await victim.fetch(`http://h${path}`), await fetch(server.url + path)]
    ) {
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.headers.get("server"), null);
      assert.deepEqual(await response.json(), { a: 1 });
    }
  }
});
