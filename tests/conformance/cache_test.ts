/**
 * The cache table (spec 4.6): what a service tells caches. What a client does with it belongs to
 * the client's cache; here its cases hold the answers to what such a cache needs.
 */
import assert from "node:assert/strict";
import {
  any,
  buildRequestCacheControl,
  buildResponseCacheControl,
  get,
  internalServerError,
  ok,
  parseCacheControl,
  serve,
  type Service,
  service,
} from "@pirouette/http";
import { etagOf } from "../../src/message/etag.ts";
import { ask } from "./ask.ts";
import { conformance } from "./cases.ts";

/** Compares what an answer tells caches, in process and over a socket. */
async function expectCached(
  service: Service,
  line: string,
  expected: { readonly control: string | null; readonly body: string; readonly status?: number },
): Promise<void> {
  await using server = await serve(service, { port: 0, host: "127.0.0.1" });
  for (const whom of [service, server]) {
    const response = await ask(whom, line);
    const { status = 200, control, body } = expected;
    assert.equal(response.status, status);
    assert.equal(response.headers.get("cache-control"), control);
    assert.equal(response.headers.get("etag"), control === null ? null : etagOf(body));
    assert.equal(response.headers.has("last-modified"), control !== null);
    assert.equal(await response.text(), body);
  }
}

/** Answers with each value in turn, and with the last one from then on. */
function inTurn(...values: readonly unknown[]): () => unknown {
  let count = 0;
  return () => values[Math.min(count++, values.length - 1)];
}

const clientIsLater = "the client's cache is not there yet: this is what the service tells it";

conformance("cache", {
  "directive builders": () => {
    assert.equal(
      buildRequestCacheControl({
        noCache: true,
        noStore: true,
        noTransform: true,
        onlyIfCached: true,
        maxAge: 60,
        maxStale: 120,
        minFresh: 6,
      }),
      "no-cache, no-store, no-transform, only-if-cached, max-age=60, max-stale=120, min-fresh=6",
    );
    assert.equal(
      buildResponseCacheControl({
        mustRevalidate: true,
        noCache: true,
        noStore: true,
        noTransform: true,
        isPrivate: false,
        proxyRevalidate: true,
        maxAge: 60,
        sMaxAge: 60,
      }),
      "must-revalidate, no-cache, no-store, no-transform, public, proxy-revalidate, max-age=60, " +
        "s-maxage=60",
    );
    assert.equal(buildResponseCacheControl({ isPrivate: true }), "private");
    assert.equal(buildResponseCacheControl({}), "public");
    assert.equal(buildResponseCacheControl({ maxAge: -1, sMaxAge: 5.5 }), "public, s-maxage=5");
    assert.equal(
      buildResponseCacheControl({
        noCache: true,
        noCacheFields: ["a", "b"],
        isPrivate: true,
        privateFields: ["c"],
      }),
      'no-cache="a, b", private="c"',
    );
  },

  "cache annotation not applied to error statuses": async () => {
    const cache = { noCache: true, maxAge: -1, mustRevalidate: false };
    const value = inTurn(
      ok({ body: "Hello, World!" }),
      ok({ body: "Hello, World!" }),
      internalServerError({ body: "Error" }),
    );
    const failing = service({}, [get("/status", { cache }, value)]);
    const expected = { control: "no-cache,public", body: "Hello, World!" };
    await expectCached(failing, "GET /status", expected);
    await expectCached(failing, "GET /status", { control: null, body: "Error", status: 500 });
  },

  "no-cache always revalidates": async () => {
    const cache = { noCache: true, maxAge: -1, mustRevalidate: false };
    const [first, second] = [{ message: "1st response" }, { message: "2nd response" }];
    const changing = service({}, [any("/nocache", { cache }, inTurn(first, second))]);
    const [one, two, three] = [
      await ask(changing, "GET /nocache"),
      await ask(changing, "GET /nocache", {
        headers: { "if-none-match": etagOf(JSON.stringify(first)) },
      }),
      await ask(changing, "GET /nocache", {
        headers: { "if-none-match": etagOf(JSON.stringify(second)) },
      }),
    ];
    for (const { headers } of [one, two, three]) {
      assert.equal(headers.get("cache-control"), "no-cache,public");
    }
    assert.deepEqual([one.status, await one.json()], [200, first]);
    assert.deepEqual([two.status, await two.json()], [200, second]);
    assert.deepEqual([three.status, await three.text()], [304, ""]);
  },

  "fresh hit": async () => {
    const cache = { maxAge: 60, mustRevalidate: false };
    const fresh = service({}, [any("/fresh", { cache }, () => "hello")]);
    await expectCached(fresh, "GET /fresh", { control: "public,max-age=60", body: "hello" });
    const response = await ask(fresh, "GET /fresh");
    assert.equal(parseCacheControl(response.headers.get("cache-control")).maxAge, 60);
  },

  "must-revalidate after expiry": async () => {
    const hello = service({}, [
      get("/must", { cache: { maxAge: 5 } }, () => "Hello, World!"),
      get("/bytes", { cache: { maxAge: 5 } }, () => new TextEncoder().encode("Hello, New World!")),
      get("/default", { cache: true }, () => "Hello, World!"),
    ]);
    const control = "must-revalidate,public,max-age=5";
    await expectCached(hello, "GET /must", { control, body: "Hello, World!" });
    await expectCached(hello, "GET /bytes", { control, body: "Hello, New World!" });
    const defaults = "must-revalidate,public,max-age=3600";
    await expectCached(hello, "GET /default", { control: defaults, body: "Hello, World!" });
  },

  "default policy needs validators": async () => {
    const cache = { maxAge: 5, setETag: false, setLastModified: false };
    const bare = service({}, [
      get("/bare", { cache }, () => "hello"),
      get("/dated", { cache: { ...cache, setLastModified: true } }, () => "hello"),
    ]);
    const { headers } = await ask(bare, "GET /bare");
    assert.equal(headers.get("cache-control"), "must-revalidate,public,max-age=5");
    assert.deepEqual([headers.has("etag"), headers.has("last-modified")], [false, false]);
    const dated = await ask(bare, "GET /dated");
    assert.deepEqual([dated.headers.has("etag"), dated.headers.has("last-modified")], [
      false,
      true,
    ]);
  },

  "storage rules": async () => {
    const stored = service({}, [
      get("/no", { cache: { noStore: true } }, () => "hello"),
      get("/private", { cache: { isPrivate: true } }, () => "hello"),
    ]);
    const no = await ask(stored, "GET /no");
    assert.ok(parseCacheControl(no.headers.get("cache-control")).noStore);
    const own = await ask(stored, "GET /private");
    const control = parseCacheControl(own.headers.get("cache-control"));
    assert.deepEqual([control.isPrivate, control.isPublic], [true, false]);
  },

  "stale serving": async () => {
    const cache = { maxAge: 5, mustRevalidate: false };
    const stale = service({}, [get("/stale", { cache }, () => "hello")]);
    const { headers } = await ask(stale, "GET /stale");
    const control = parseCacheControl(headers.get("cache-control"));
    assert.deepEqual(
      [control.mustRevalidate, control.proxyRevalidate, control.noCache, control.sMaxAge],
      [false, false, false, undefined],
    );
  },
}, {
  "default policy needs validators": clientIsLater,
  "fresh hit": clientIsLater,
  "must-revalidate after expiry": clientIsLater,
  "no-cache always revalidates": clientIsLater,
  "stale serving": clientIsLater,
  "storage rules": clientIsLater,
});

Deno.test("cache: vendor types are cached like all others", async () => {
  const typed = service({ mediaTypeSubtypePrefix: "vnd.socialMedia" }, [
    get("/users", { cache: { maxAge: 10 } }, () => [{ id: 1 }]),
  ]);
  const response = await ask(typed, "GET /users");
  assert.equal(response.headers.get("cache-control"), "must-revalidate,public,max-age=10");
  assert.equal(response.headers.get("content-type"), "application/vnd.socialMedia+json");
  assert.equal(response.headers.get("etag"), etagOf('[{"id":1}]'));
  assert.ok(response.headers.has("last-modified"));
});
