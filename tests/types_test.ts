/**
 * What the type checker must know and refuse. The assertions are types: when inference regresses,
 * this file does not compile, and an unused `@ts-expect-error` fails too.
 */
import assert from "node:assert/strict";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  array,
  byMediaType,
  bytes,
  type Call,
  contextKey,
  created,
  decimal,
  type Fetch,
  get,
  int,
  type Interceptor,
  interceptor,
  json,
  named,
  notFound,
  ok,
  oneOf,
  optional,
  post,
  resource,
  service,
  string,
  text,
} from "../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only where both types are the same. */
function same<A, B>(_proof: Equal<A, B>): void {}

const Album = z.object({ id: z.string(), title: z.string() });
const Problem = z.object({ message: z.string() });

Deno.test("types: what a handler gets is inferred from template and spec", () => {
  get("/plain", ({ path, query, headers, body, request }) => {
    same<typeof path, Record<never, never>>(true);
    same<typeof query, URLSearchParams>(true);
    same<typeof headers, Headers>(true);
    same<typeof body, undefined>(true);
    same<typeof request, Request>(true);
  });
  get("/users/:id/posts/:post", { path: { id: int() } }, ({ path }) => {
    same<typeof path.id, number>(true);
    same<typeof path.post, string>(true);
  });
  get("/sum/:numbers+", { path: { numbers: array(int()) } }, ({ path }) => {
    same<typeof path.numbers, number[]>(true);
  });
  get("/files/:rest*", ({ path }) => same<typeof path.rest, readonly string[]>(true));
  get("/maybe/:page?", ({ path }) => same<typeof path.page, string | undefined>(true));
  get("/photos/:name.:ext", ({ path }) => {
    same<typeof path.name, string>(true);
    same<typeof path.ext, string>(true);
  });
  get("/orders/:id(\\d+)", ({ path }) => same<typeof path.id, string>(true));
  get("/whole/:id", { path: z.object({ id: z.coerce.number() }) }, ({ path }) => {
    same<typeof path.id, number>(true);
  });
  get("/query", {
    query: {
      limit: int({ default: 20 }),
      artist: optional(string()),
      sort: oneOf("asc", "desc"),
      price: decimal(),
      tags: array(string()),
      zod: z.coerce.number(),
      valibot: v.string(),
      arktype: type("string"),
      structured: json(Album),
    },
    headers: { rate: named("X-Rate-Limit", int()) },
  }, ({ query, headers }) => {
    same<typeof query.limit, number>(true);
    same<typeof query.artist, string | undefined>(true);
    same<typeof query.sort, "asc" | "desc">(true);
    same<typeof query.price, string>(true);
    same<typeof query.tags, string[]>(true);
    same<typeof query.zod, number>(true);
    same<typeof query.valibot, string>(true);
    same<typeof query.arktype, string>(true);
    same<typeof query.structured, { id: string; title: string }>(true);
    same<typeof headers.rate, number>(true);
  });
  get("/record", { query: z.object({ limit: z.coerce.number() }) }, ({ query }) => {
    same<typeof query, { limit: number }>(true);
  });
  post(
    "/body",
    { body: Album },
    ({ body }) => same<typeof body, { id: string; title: string }>(true),
  );
  post("/bytes", { body: bytes() }, ({ body }) => same<typeof body, Uint8Array<ArrayBuffer>>(true));
  post("/choice", { body: byMediaType(text(), bytes()) }, ({ body }) => {
    same<typeof body, string | Uint8Array<ArrayBuffer>>(true);
  });
  resource("MOVE", "/albums/:id", { headers: { destination: string() } }, (call) => {
    same<typeof call.path.id, string>(true);
    same<typeof call.headers.destination, string>(true);
  });
});

Deno.test("types: what a spec or a handler may not say does not compile", () => {
  const refused = () => {
    // @ts-expect-error the template has no such parameter
    get("/plain/:x", { path: { y: int() } }, () => 1);
    // @ts-expect-error nor beside one that it has
    get("/plain/:x", { path: { x: int(), y: int() } }, () => 1);
    // @ts-expect-error nor has the call
    get("/plain/:x", ({ path }) => path.y);
    // @ts-expect-error a spec has no such field
    get("/plain", { querry: { limit: int() } }, () => 1);
    // @ts-expect-error a schema is required
    get("/plain", { query: { limit: "int" } }, () => 1);
    // @ts-expect-error the body has no such field
    post("/albums", { body: Album }, ({ body }) => body.artist);
    // @ts-expect-error no body is declared
    post("/albums", ({ body }) => body.title);
    // @ts-expect-error the query is not text
    get("/albums", { query: { limit: int() } }, ({ query }) => query.limit.trim());
    // @ts-expect-error the body of 200 is missing a field
    get("/albums/:id", { responses: { 200: Album } }, () => ({ id: "1" }));
    // @ts-expect-error 404 is not declared
    get("/albums/:id", { responses: { 200: Album } }, () => notFound({ body: { message: "no" } }));
    const both = { 200: Album, 404: Problem };
    // @ts-expect-error the body of 404 is of another shape
    get("/a", { responses: both }, () => notFound({ body: { text: "no" } }));
    // @ts-expect-error a promise of the wrong body is no better
    get("/a", { responses: { 200: Album } }, async () => await Promise.resolve({ id: 1 }));
    // @ts-expect-error an endpoint without a handler is not a resource
    service({}, [get("/albums", { responses: { 200: Album } })]);
    // @ts-expect-error a default is of the type
    int({ default: "20" });
    // @ts-expect-error a service has no such option
    service({ basepath: "/v1" }, []);
    // @ts-expect-error nothing that merely looks like a reply is one
    get("/a", { responses: { 201: Album } }, () => ({ status: 201, body: { id: "1", title: "" } }));
  };
  void refused;
});

Deno.test("types: declared replies and plain bodies of default statuses are accepted", () => {
  const albums = service({ basePath: "/v1" }, [
    get("/albums", { responses: { 200: z.array(Album) } }, () => [{ id: "1", title: "t" }]),
    get("/albums/:id", { responses: { 200: Album, 404: Problem } }, async ({ path }) => {
      await Promise.resolve();
      return path.id === "1"
        ? { id: "1", title: "t" }
        : notFound({ body: { message: "no such album" } });
    }),
    post(
      "/albums",
      { body: Album, responses: { 201: Album, 200: Album } },
      ({ body }) => body.id === "1" ? ok({ body }) : created({ body }),
    ),
  ]);
  same<typeof albums.fetch, Fetch>(true);
  const asFetch: Fetch = fetch;
  void asFetch;
});

Deno.test("types: a handler can be written apart from its resource", () => {
  const read = ({ path }: Call<"/albums/:id", unknown>) => path.id;
  get("/albums/:id", read);
});

Deno.test("types: a request hook gets what its interceptor binds", () => {
  interceptor({
    on: { method: "POST", path: "/tenants/:tenant/:rest*" },
    bind: {
      path: { tenant: int() },
      query: { page: int({ default: 1 }), sort: optional(string()) },
      headers: { "x-user": string() },
      body: Album,
    },
    request({ path, query, headers, body, request, context }) {
      same<typeof path.tenant, number>(true);
      same<typeof path.rest, readonly string[]>(true);
      same<typeof query.page, number>(true);
      same<typeof query.sort, string | undefined>(true);
      same<(typeof headers)["x-user"], string>(true);
      same<typeof body, { id: string; title: string }>(true);
      same<typeof request, Request>(true);
      return context.next(request);
    },
    response({ response, path }) {
      same<typeof response, Response>(true);
      same<typeof path.tenant, string>(true);
    },
    responseError({ error, response }) {
      same<typeof error, Error>(true);
      same<typeof response, Response>(true);
    },
  });
  interceptor({
    // @ts-expect-error the template has no such parameter
    bind: { path: { other: int() } },
    on: { path: "/tenants/:tenant" },
    request: ({ context }) => context.next(),
  });
  assert.throws(() =>
    interceptor({
      // @ts-expect-error no such part can be bound
      bind: { produces: ["text/plain"] },
      request: ({ context }) => context.next(),
    })
  );
  const plain: Interceptor = {
    // @ts-expect-error only an error hook has an error
    response: ({ error }) => error,
    requestError: ({ error, context }) => error instanceof TypeError ? context.next() : undefined,
  };
  service({ interceptors: [plain, { request: ({ context }) => context.next() }] }, []);
});

Deno.test("types: a key of the context carries the type of its value", () => {
  const count = contextKey("count", (request: Request) => request.url.length);
  const tenant = contextKey<string>("tenant");
  get("/", ({ context }) => {
    same<ReturnType<typeof context.get<number>>, number | undefined>(true);
    const length: number | undefined = context.get(count);
    // @ts-expect-error the key is for text
    context.set(tenant, 1);
    const album = context.getWithType(tenant, Album);
    same<typeof album, { id: string; title: string }>(true);
    return length;
  });
});
