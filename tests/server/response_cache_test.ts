import assert from "node:assert/strict";
import {
  accepted,
  any,
  created,
  get,
  noContent,
  NotFoundError,
  ok,
  post,
  put,
  reply,
  service,
} from "@pirouette/http";
import { z } from "zod";
import { etagOf } from "../../src/message/etag.ts";
import type { ResponseCacheConfig } from "../../src/server/response_cache.ts";
import { onBothTransports } from "../support/both_transports.ts";

const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

async function answer(
  cache: ResponseCacheConfig | boolean,
  init?: RequestInit,
  value: () => unknown = () => "hello",
): Promise<Response> {
  const cached = service({}, [any("/", { cache }, value)]);
  return await cached.fetch("http://localhost/", init);
}

const CONTROLS: [cache: ResponseCacheConfig | true, expected: string][] = [
  [true, "must-revalidate,public,max-age=3600"],
  [{}, "must-revalidate,public,max-age=3600"],
  [{ maxAge: 5 }, "must-revalidate,public,max-age=5"],
  [{ maxAge: 5, mustRevalidate: false }, "public,max-age=5"],
  [{ maxAge: 0 }, "must-revalidate,public,max-age=0"],
  [{ maxAge: 12.9 }, "must-revalidate,public,max-age=12"],
  [{ noCache: true, maxAge: -1, mustRevalidate: false }, "no-cache,public"],
  [{ isPrivate: true }, "must-revalidate,private,max-age=3600"],
  [
    {
      maxAge: 5,
      isPrivate: true,
      privateFields: ["field1", "field2"],
      noCache: true,
      noCacheFields: ["field3", "field4"],
    },
    'must-revalidate,no-cache="field3,field4",private="field1,field2",max-age=5',
  ],
  [
    { sMaxAge: -5, noStore: true, noTransform: true, proxyRevalidate: true },
    "must-revalidate,no-store,no-transform,public,proxy-revalidate,max-age=3600",
  ],
  [
    { sMaxAge: 5, noStore: true, noTransform: true, proxyRevalidate: true },
    "must-revalidate,no-store,no-transform,public,proxy-revalidate,max-age=3600,s-maxage=5",
  ],
  [
    {
      mustRevalidate: true,
      noCache: true,
      noStore: true,
      noTransform: true,
      proxyRevalidate: true,
      maxAge: 60,
      sMaxAge: 60,
    },
    "must-revalidate,no-cache,no-store,no-transform,public,proxy-revalidate,max-age=60,s-maxage=60",
  ],
];

for (const [cache, expected] of CONTROLS) {
  Deno.test(`response cache: ${JSON.stringify(cache)}`, async () => {
    const { headers } = await answer(cache);
    assert.equal(headers.get("cache-control"), expected);
    assert.equal(headers.get("etag"), etagOf("hello"));
    assert.match(headers.get("last-modified") ?? "", DATE);
  });
}

Deno.test("response cache: without a configuration nothing is said", async () => {
  const plain = service({}, [
    get("/", () => "hello"),
    get("/off", { cache: false }, () => "hello"),
  ]);
  for (const path of ["/", "/off"]) {
    const { headers } = await plain.fetch(`http://localhost${path}`);
    for (const name of ["cache-control", "etag", "last-modified"]) assert.ok(!headers.has(name));
  }
});

Deno.test("response cache: tag and date are set only if they are wanted", async () => {
  const neither = await answer({ setETag: false, setLastModified: false });
  assert.equal(neither.headers.get("etag"), null);
  assert.equal(neither.headers.get("last-modified"), null);
  assert.equal(neither.headers.get("cache-control"), "must-revalidate,public,max-age=3600");
  const { headers } = await answer({ setLastModified: false });
  assert.deepEqual([headers.has("etag"), headers.has("last-modified")], [true, false]);
});

Deno.test("response cache: the date is that of the answer", async () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const { headers } = await answer(true);
  const date = Date.parse(headers.get("last-modified") ?? "");
  assert.ok(date >= before && date <= Date.now());
});

Deno.test("response cache: the tag is that of the body as it is sent", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const values: [value: () => unknown, body: Uint8Array | string | undefined][] = [
    [() => "é", "é"],
    [() => ({ a: [1] }), '{"a":[1]}'],
    [() => 5, "5"],
    [() => null, "null"],
    [() => bytes, bytes],
    [() => bytes.buffer, bytes],
    [() => new DataView(bytes.buffer, 1, 1), bytes.subarray(1, 2)],
    [() => new URLSearchParams({ a: "b c" }), "a=b+c"],
    [() => ok({ body: "x" }), "x"],
    [() => created({ body: "x" }), "x"],
    [() => ok(), undefined],
    [() => noContent(), undefined],
    // The length of these is not known, or they are not the same twice.
    [() => new Blob(["x"]).stream(), undefined],
    [() => new Blob(["x"]), undefined],
    [() => new FormData(), undefined],
    // The tag of a part is not that of the whole.
    [() => reply(206, { body: "x", headers: { "content-range": "bytes 0-0/9" } }), undefined],
  ];
  for (const [value, body] of values) {
    const response = await answer(true, {}, value);
    const expected = body === undefined ? null : etagOf(body);
    assert.equal(response.headers.get("etag"), expected, String(value));
    assert.equal(response.headers.get("cache-control"), "must-revalidate,public,max-age=3600");
    assert.match(response.headers.get("last-modified") ?? "", DATE, String(value));
    if (body !== undefined) {
      assert.equal(etagOf(new Uint8Array(await response.arrayBuffer())), expected);
    } else await response.body?.cancel();
  }
});

Deno.test("response cache: applied to plain values and 2xx replies, to nothing else", async () => {
  const values: [value: () => unknown, status: number, isCached: boolean][] = [
    [() => "x", 200, true],
    [() => accepted({ body: "x" }), 202, true],
    [() => noContent(), 204, true],
    [() => new Response("x"), 200, false],
    [() => new Response(null, { status: 204 }), 204, false],
    [() => undefined, 202, false],
    [() => reply(301, { headers: { location: "/" } }), 301, false],
    [() => reply(404, { body: "x" }), 404, false],
    [() => reply(500, { body: "x" }), 500, false],
    [() => new NotFoundError("x"), 404, false],
    [() => Promise.reject(new NotFoundError("x")), 404, false],
  ];
  for (const [value, status, isCached] of values) {
    const response = await answer(true, {}, value);
    assert.equal(response.status, status, String(value));
    for (const name of ["cache-control", "last-modified"]) {
      assert.equal(response.headers.has(name), isCached, `${value}: ${name}`);
    }
    await response.body?.cancel();
  }
});

Deno.test("response cache: fields of the handler stay", async () => {
  const own = {
    "Cache-Control": "no-store",
    ETag: '"mine"',
    "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
    vary: "Cookie",
  };
  const { headers } = await answer(true, {}, () => ok({ body: "x", headers: own }));
  for (const [name, value] of Object.entries(own)) assert.equal(headers.get(name), value);
});

Deno.test("response cache: what the client has already is not sent again", async () => {
  const cached = service({}, [
    get("/", { cache: { maxAge: 5 } }, () => ({ a: 1 })),
    get("/later", { cache: true }, async () => await Promise.resolve("hello")),
  ]);
  await onBothTransports(cached, async (ask) => {
    for (const path of ["/", "/later"]) {
      const first = await ask(path);
      const etag = first.headers.get("etag") ?? "";
      await first.body?.cancel();
      const second = await ask(path, { headers: { "if-none-match": etag } });
      assert.deepEqual([second.status, await second.text()], [304, ""]);
      assert.equal(second.headers.get("etag"), etag);
      assert.equal(second.headers.get("cache-control"), first.headers.get("cache-control"));
      const other = await ask(path, { headers: { "if-none-match": '"other"' } });
      assert.equal(other.status, 200);
      await other.body?.cancel();
      const stale = await ask(path, { headers: { "if-match": '"other"' } });
      assert.equal(stale.status, 412);
      assert.equal(stale.headers.get("cache-control"), null);
      await stale.body?.cancel();
      const headed = await ask(path, { method: "HEAD" });
      assert.equal(headed.headers.get("etag"), etag);
    }
  });
});

Deno.test("response cache: the date it sets proves nothing about the version", async () => {
  const dates = [new Date().toUTCString(), "Fri, 01 Jan 2100 00:00:00 GMT"];
  for (const cache of [true, { setETag: false }]) {
    for (const date of dates) {
      const since = await answer(cache, { headers: { "if-modified-since": date } });
      assert.equal(since.status, 200);
      const old = "Wed, 21 Oct 2015 07:28:00 GMT";
      const unmodified = await answer(cache, { headers: { "if-unmodified-since": old } });
      assert.equal(unmodified.status, 200);
    }
  }
  const value = () =>
    ok({ body: "x", headers: { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" } });
  const known = await answer(true, { headers: { "if-modified-since": dates[0] ?? "" } }, value);
  assert.equal(known.status, 304);
});

Deno.test("response cache: a body with a tag is sent in parts too", async () => {
  const cached = service({}, [
    get("/", { cache: true }, () => "0123456789"),
    get("/untagged", { cache: { setETag: false } }, () => "0123456789"),
  ]);
  await onBothTransports(cached, async (ask) => {
    const part = await ask("/", { headers: { range: "bytes=2-3" } });
    assert.deepEqual([part.status, await part.text()], [206, "23"]);
    assert.equal(part.headers.get("etag"), etagOf("0123456789"));
    assert.equal(part.headers.get("cache-control"), "must-revalidate,public,max-age=3600");
    const rest = await ask("/", {
      headers: { range: "bytes=8-", "if-range": etagOf("0123456789") },
    });
    assert.deepEqual([rest.status, await rest.text()], [206, "89"]);
    const changed = await ask("/", { headers: { range: "bytes=8-", "if-range": etagOf("") } });
    assert.deepEqual([changed.status, await changed.text()], [200, "0123456789"]);
    const beyond = await ask("/", { headers: { range: "bytes=10-" } });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get("cache-control"), null);
    await beyond.body?.cancel();
    const whole = await ask("/untagged", { headers: { range: "bytes=2-3" } });
    assert.deepEqual([whole.status, await whole.text()], [200, "0123456789"]);
  });
});

Deno.test("response cache: only GET and HEAD get validators", async () => {
  const cached = service({}, [
    post("/", { cache: true }, () => "x"),
    put("/", { cache: true }, () => "x"),
  ]);
  for (const method of ["POST", "PUT"]) {
    const { headers, status } = await cached.fetch("http://localhost/", {
      method,
      headers: { "if-none-match": etagOf("x"), range: "bytes=0-0" },
    });
    assert.equal(status, method === "POST" ? 201 : 200);
    assert.equal(headers.get("cache-control"), "must-revalidate,public,max-age=3600");
    assert.deepEqual([headers.has("etag"), headers.has("last-modified")], [false, false]);
  }
});

Deno.test("response cache: what Accept chooses is told to caches", async () => {
  const vary = async (produces: string[], headers: Record<string, string>) => {
    const spec = { cache: true, produces };
    const cached = service({}, [get("/", spec, () => ok({ body: { a: 1 }, headers }))]);
    return (await cached.fetch("http://localhost/")).headers.get("vary");
  };
  const both = ["application/json", "application/xml"];
  assert.equal(await vary(both, {}), "Accept");
  assert.equal(await vary(both, { vary: "Cookie" }), "Cookie, Accept");
  assert.equal(await vary(both, { vary: "Cookie,ACCEPT" }), "Cookie,ACCEPT");
  assert.equal(await vary(both, { vary: "*" }), "*");
  assert.equal(await vary(["application/json"], {}), null);
});

Deno.test("response cache: a caller's answer and checked bodies are no exceptions", async () => {
  const responses = { 200: z.object({ a: z.number() }) };
  const later = { 200: z.object({ a: z.number() }).refine(() => Promise.resolve(true)) };
  const cached = service({}, [
    get("/caller", { cache: true }, async ({ caller }) => await caller.respond({ a: 1 })),
    get("/checked", { cache: true, responses }, () => ({ a: 1, b: 2 })),
    get("/later", { cache: true, responses: later }, () => ok({ body: { a: 1 } })),
  ]);
  for (const path of ["/caller", "/checked", "/later"]) {
    const etag = etagOf('{"a":1}');
    const init = { headers: { "if-none-match": etag } };
    const { headers, status } = await cached.fetch(`http://localhost${path}`, init);
    assert.deepEqual([status, headers.get("etag")], [304, etag], path);
  }
});

Deno.test("response cache: what says nothing or is nonsense is refused", () => {
  const table: [cache: unknown, message: string][] = [
    [
      { maxage: 5 },
      'The cache of GET /x has no option "maxage": use one of mustRevalidate, noCache',
    ],
    [
      { noCacheFields: ["a"] },
      'Cannot cache GET /x with "noCacheFields": it restricts what noCache says, set noCache: true',
    ],
    [
      { privateFields: ["a"], isPrivate: false },
      'Cannot cache GET /x with "privateFields": it restricts what isPrivate says, set isPrivate',
    ],
    [{ isPrivate: true, sMaxAge: 5 }, 'Cannot cache GET /x with "sMaxAge": isPrivate keeps'],
    [{ maxAge: NaN }, 'Cannot cache GET /x with "maxAge": it is NaN, give seconds'],
    [
      { maxAge: "5" },
      'Cannot cache GET /x with "maxAge": expected a number of seconds, received string',
    ],
    [{ setETag: 1 }, 'Cannot cache GET /x with "setETag": expected true or false, received number'],
    [{ noCache: true, noCacheFields: "a" }, 'Cannot cache GET /x with "noCacheFields": expected a'],
    [{ noCache: true, noCacheFields: ["a b"] }, "Cannot write Cache-Control: "],
  ];
  for (const [cache, message] of table) {
    assert.throws(
      () => service({}, [get("/x", { cache: cache as ResponseCacheConfig }, () => "x")]),
      (error: Error) =>
        error instanceof TypeError && error.message.startsWith(message) &&
        !error.message.endsWith("."),
      message,
    );
  }
  service({}, [get("/x", { cache: { noCacheFields: [], privateFields: [] } }, () => "x")]);
});
