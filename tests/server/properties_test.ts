/**
 * Whatever a client sends, a service whose own code is right never answers 5xx, never throws, and
 * never pollutes a prototype: random methods, paths, queries, header fields and bodies against
 * resources of every kind. fast-check prints the seed of a failure; `FC_SEED` repeats it.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  any,
  array,
  bigint,
  boolean,
  byMediaType,
  bytes,
  decimal,
  del,
  float,
  form,
  get,
  int,
  json,
  oneOf,
  optional,
  patch,
  post,
  put,
  resource,
  service,
  string,
  text,
  xml,
} from "@pirouette/http";
import { z } from "zod";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
const faults: unknown[] = [];

const Album = z.object({
  id: z.string(),
  year: z.number().int().optional(),
  tags: z.array(z.string()).default([]),
});

/** Hands back what was bound; what cannot be sent as JSON becomes text. */
function echo(
  call: { readonly path: unknown; readonly query: unknown; readonly body: unknown },
): unknown {
  const { path, body } = call;
  const query = call.query instanceof URLSearchParams ? [...call.query] : call.query;
  return { path, query, body: body instanceof Uint8Array ? body.length : body };
}

const varied = service({ basePath: "/v1", onError: (error) => faults.push(error) }, [
  get("/", echo),
  get("/albums", {
    query: {
      artist: optional(string({ maxLength: 20 })),
      limit: int({ default: 20, min: 0, max: 100 }),
      sort: optional(oneOf("title", "year")),
      tags: optional(array(string())),
      filter: optional(json()),
    },
  }, echo),
  get("/albums/:id", { path: { id: int() }, headers: { ifMatch: optional(string()) } }, echo),
  put("/albums/:id", { body: Album, maxEntityBodySize: 1_000 }, echo),
  patch("/albums/:id", { body: json(z.record(z.string(), z.unknown())) }, echo),
  del("/albums/:id", echo),
  post("/albums", { body: Album, consumes: ["application/json", "application/xml"] }, echo),
  post("/text", { body: text(), maxEntityBodySize: 40 }, echo),
  post("/bytes", { body: bytes() }, echo),
  post("/form", { body: form() }, ({ body }) => Object.keys(body)),
  post("/xml", { body: xml() }, echo),
  post("/either", { body: byMediaType(json(), xml(), text()) }, echo),
  get("/numbers/:i/:f/:b/:d", {
    path: { i: int(), f: float(), b: bigint(), d: decimal() },
    query: { flag: boolean() },
  }, echo),
  get("/whole/:a/:b", {
    path: z.object({ a: z.string(), b: z.coerce.number() }),
    query: z.looseObject({ a: z.array(z.string()).optional() }),
    headers: z.looseObject({ accept: z.string().optional() }),
  }, echo),
  get("/rest/:rest*", { path: { rest: array(int()) } }, echo),
  get("/rest/x/:rest+", echo),
  get("/pattern/:year(\\d{4})-:month(\\d\\d)", echo),
  get("/optional/:a?/:b?", echo),
  get("/star/*", echo),
  get("/produces", { produces: ["application/json", "text/plain"] }, () => "produced"),
  resource("MOVE", "/albums/:id", echo),
  any("/any/:rest*", echo),
  get("/matrix/:a/:b", ({ context }) => {
    return [context.matrixParams("/v1/matrix"), context.rawPath, context.extraPathInfo];
  }),
]);

const words = [
  "v1",
  "albums",
  "text",
  "bytes",
  "form",
  "xml",
  "either",
  "numbers",
  "whole",
  "rest",
  "x",
  "pattern",
  "2024-01",
  "optional",
  "star",
  "produces",
  "any",
  "matrix",
  "1",
  "-1.5e3",
  "true",
  "__proto__",
  "constructor",
  "..",
  ".",
  "%2e%2e",
  "%2F",
  "%00",
  "%",
  "%ff",
  "%E2%82%AC",
  ";a=b",
  ";a",
  "a;b=c;d=e",
  "",
];

const oddText = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ unit: "binary", maxLength: 20 }).map((one) => one.toWellFormed()),
  fc.webFragments(),
  fc.integer().map(String),
  fc.json({ maxDepth: 3 }),
);

const resources = varied.resources.map(({ method, pathname }) => ({
  method: method === "*" ? "TRACK" : method,
  path: `/v1${pathname.replaceAll(/:\w+(?:\([^)]*\))?[?*+]?|\*/g, "1")}`,
}));
const methods = "GET HEAD POST PUT PATCH DELETE OPTIONS MOVE PROPFIND get __proto__ constructor"
  .split(" ");
const paths = fc.oneof(
  fc.tuple(fc.constantFrom(...resources), oddText).map(([{ path }, odd]) => `${path}/${odd}`),
  fc.array(oddText, { maxLength: 6 }).map((list) => `/${list.join("/")}`),
  fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((list) => `/v1/${list.join("/")}`),
);
/** Half of the requests go where there is something, or they would all end at the router. */
const target = fc.oneof(
  fc.constantFrom(...resources),
  fc.record({ method: fc.constantFrom(...methods), path: paths }),
);

const query = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(
        "artist",
        "limit",
        "sort",
        "tags",
        "filter",
        "flag",
        "a",
        "__proto__",
        "%61rtist",
      ),
      oddText,
    ),
    fc.constantFrom("=", "", "=="),
    oddText,
  ),
  { maxLength: 6 },
).map((pairs) => pairs.map((pair) => pair.join("")).join("&"));

const mediaType = fc.oneof(
  fc.constantFrom(
    "application/json",
    "application/vnd.x+json",
    "application/xml",
    "text/plain",
    "text/plain; charset=utf-16",
    "text/plain; charset=unknown",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/octet-stream",
    "image/png",
    "application/json garbage",
    "*/*;q=0.1, a/b;q=x",
  ),
  fc.string({ maxLength: 20 }),
);

const fieldValue = fc.oneof(
  mediaType,
  fc.string({ maxLength: 30 }),
  fc.constantFrom('"a", W/"b"', "*", ",,;=", '"'),
);
const headers = fc.array(
  fc.tuple(
    fc.constantFrom(
      ..."content-type accept if-match if-none-match if-modified-since host x-a content-length"
        .split(" "),
      "content-encoding",
      "__proto__",
    ),
    fieldValue,
  ),
  { maxLength: 4 },
);

const body = fc.oneof(
  fc.constant(undefined),
  fc.json(),
  fc.record({ id: fc.string(), year: fc.integer(), tags: fc.array(fc.string()) }).map((one) =>
    JSON.stringify(one)
  ),
  fc.constantFrom(
    "<a><b>1</b></a>",
    "<a",
    "a=1&b=2&a=3",
    "a=%zz",
    "[".repeat(2_000),
    '{"__proto__":{"a":1}}',
  ),
  fc.constantFrom('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', "--b--"),
  fc.uint8Array({ maxLength: 50 }).map((one) => Uint8Array.from(one)),
  fc.string({ unit: "binary", maxLength: 2_000 }),
);

interface Sent {
  readonly target: { readonly method: string; readonly path: string };
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** The request, or none where the platform itself refuses to make it. */
function toRequest({ target: { method, path }, query, headers, body }: Sent): Request | undefined {
  try {
    const takesBody = method !== "GET" && method !== "HEAD" && body !== undefined;
    return new Request(`http://localhost${path}?${query}`, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      ...(takesBody ? { body } : {}),
    });
  } catch {
    return undefined;
  }
}

Deno.test("service: no request makes it fail, throw or pollute a prototype", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.record({ target, query, headers, body }), async (sent) => {
      const request = toRequest(sent);
      if (request === undefined) return;
      const response = await varied.fetch(request);
      const content = await response.text();
      assert.ok(response.status < 500, `${response.status} ${content} ${faults.map(String)}`);
      assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
      if (response.status >= 400 && sent.target.method !== "HEAD") {
        const payload = JSON.parse(content);
        assert.equal(payload.status, response.status);
        assert.ok(!/node_modules|\.ts:\d/.test(payload.message), payload.message);
      }
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }),
    { seed, verbose: true, numRuns: 6_000 },
  );
  assert.deepEqual(faults, []);
  // Random input that only ever meets 404 would prove nothing.
  for (const status of [200, 201, 204, 400, 404, 405, 406, 413, 415]) {
    assert.ok(statuses.has(status), `no ${status} in ${JSON.stringify([...statuses])}`);
  }
});
