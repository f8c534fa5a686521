// SECURITY.md rows 16 and 18: no shared cache is told to keep one client's answer for others, and
// the fields that conditions and ranges come in are read in linear time.
import assert from "node:assert/strict";
import { get, type Interceptor, ok, service } from "@pirouette/http";
import { parseRange } from "../../src/message/byte_range.ts";
import { listMatches } from "../../src/message/etag.ts";
import { parseHttpDate } from "../../src/message/http_date.ts";
import type { ResponseCacheConfig } from "../../src/server/response_cache.ts";
import { onBothTransports } from "../support/both_transports.ts";

const authorization = "Bearer secret";

Deno.test("security 16: an answer to an authorised request is private unless said to be public", async () => {
  const table: [cache: ResponseCacheConfig | true, expected: string][] = [
    [true, "must-revalidate,private,max-age=3600"],
    [{ maxAge: 5, sMaxAge: 10 }, "must-revalidate,private,max-age=5"],
    [{ isPrivate: true }, "must-revalidate,private,max-age=3600"],
    [{ isPrivate: false }, "must-revalidate,public,max-age=3600"],
    // Restricted to some fields, private would let the rest be kept.
    [{ isPrivate: true, privateFields: ["x-a"] }, "must-revalidate,private,max-age=3600"],
  ];
  for (const [cache, expected] of table) {
    const cached = service({}, [get("/", { cache }, () => "mine")]);
    await onBothTransports(cached, async (ask) => {
      const response = await ask("/", { headers: { authorization } });
      assert.equal(response.headers.get("cache-control"), expected);
      const etag = response.headers.get("etag") ?? "";
      await response.body?.cancel();
      // The 304 must not make public what the 200 was not.
      const again = await ask("/", { headers: { authorization, "if-none-match": etag } });
      assert.deepEqual([again.status, again.headers.get("cache-control")], [304, expected]);
      const part = await ask("/", { headers: { authorization, range: "bytes=0-0" } });
      assert.deepEqual([part.status, part.headers.get("cache-control")], [206, expected]);
      await part.body?.cancel();
    });
  }
});

Deno.test("security 16: an answer that sets a cookie is always private", async () => {
  for (const cache of [true, { isPrivate: false }, { sMaxAge: 5 }]) {
    const cached = service({}, [
      get("/", { cache }, () => ok({ body: "a", headers: { "Set-Cookie": "id=1" } })),
    ]);
    const { headers } = await cached.fetch("http://localhost/");
    assert.equal(headers.get("cache-control"), "must-revalidate,private,max-age=3600");
  }
});

Deno.test("security 16: interceptors make no public answer of a private one", async () => {
  const strips: Interceptor = {
    request({ request, context }) {
      const headers = new Headers(request.headers);
      headers.delete("authorization");
      return context.next(new Request(request, { headers }));
    },
  };
  const setsCookie: Interceptor = {
    on: { path: "/session" },
    response({ response, context }) {
      response.headers.append("set-cookie", "id=1");
      return context.next();
    },
  };
  const cached = service({ interceptors: [strips, setsCookie] }, [
    get("/", { cache: true }, () => "mine"),
    get("/session", { cache: { isPrivate: false } }, () => ok({ body: "mine" })),
    get("/own", { cache: true }, () => ok({ headers: { "cache-control": "public" } })),
  ]);
  const expected = "must-revalidate,private,max-age=3600";
  await onBothTransports(cached, async (ask) => {
    const control = async (path: string, headers = {}) => {
      const response = await ask(path, { headers });
      await response.body?.cancel();
      return response.headers.get("cache-control");
    };
    assert.equal(await control("/", { authorization }), expected);
    assert.equal(await control("/"), "must-revalidate,public,max-age=3600");
    assert.equal(await control("/session"), expected);
    assert.equal(await control("/session", { "if-none-match": "*" }), expected);
    assert.equal(await control("/own"), "public");
  });
});

Deno.test("security 16: an answer that Accept chose says so", async () => {
  const produces = ["application/json", "application/xml"];
  const cached = service({}, [get("/", { cache: true, produces }, () => ({ a: { b: 1 } }))]);
  const etags = new Set<string | null>();
  for (const accept of produces) {
    const { headers } = await cached.fetch("http://localhost/", { headers: { accept } });
    assert.equal(headers.get("vary"), "Accept");
    etags.add(headers.get("etag"));
  }
  assert.equal(etags.size, 2);
});

Deno.test("security 16: an error is never told to be kept", async () => {
  const failing = service({ onError: () => {} }, [
    get("/", { cache: true }, () => {
      throw new Error("broken");
    }),
  ]);
  const response = await failing.fetch("http://localhost/");
  assert.equal(response.status, 500);
  for (const name of ["cache-control", "etag", "last-modified"]) {
    assert.equal(response.headers.get(name), null);
  }
});

Deno.test("security 16: an If-None-Match that was never given out learns nothing", async () => {
  const cached = service({}, [get("/", { cache: true }, () => "mine")]);
  for (const known of ['"', '""', 'W/""', '"4-"', ",", "4"]) {
    const { status } = await cached.fetch("http://localhost/", {
      headers: { "if-none-match": known },
    });
    assert.equal(status, 200, known);
  }
});

/** Far above what linear time takes, far below what quadratic time does. */
const enough = 250;
const length = 60_000;

function takes(name: string, run: () => void): void {
  const start = performance.now();
  run();
  const time = performance.now() - start;
  assert.ok(time < enough, `${name} took ${time.toFixed(0)} ms`);
}

Deno.test("security 18: lists of tags, ranges and dates are read in linear time", () => {
  for (const piece of ['"', '""', '"a",', "W/", 'W/"', ",", " ", "a", '"a" ', "\t,"]) {
    const list = piece.repeat(length / piece.length);
    takes(`a list of ${JSON.stringify(piece)}`, () => {
      listMatches(list, '"v1"', "weak");
      listMatches(list, '"v1"', "strong");
    });
  }
  for (const piece of ["0", "9", "-", ",", "0-0,", "0-,", " ", "9-9", "-9,"]) {
    const list = piece.repeat(length / piece.length);
    takes(`ranges of ${JSON.stringify(piece)}`, () => {
      parseRange(`bytes=${list}`, 1000);
      parseRange(`bytes=${list}-${list}`, 1000);
      parseRange(`bytes=-${list}`, 1000);
    });
  }
  takes("dates", () => {
    for (const piece of [" ", "0", "S", "Sun, "]) {
      parseHttpDate(piece.repeat(length / piece.length));
    }
  });
});

Deno.test("security 18: a request for many parts gets no more bytes than the whole has", async () => {
  const body = "x".repeat(1000);
  const cached = service({}, [get("/", { cache: true }, () => body)]);
  const ask = async (ranges: readonly string[]) => {
    const headers = { range: `bytes=${ranges.join(",")}` };
    const response = await cached.fetch("http://localhost/", { headers });
    return { status: response.status, size: (await response.text()).length };
  };
  const overlapping = Array.from({ length: 1000 }, (_, index) => `${index}-`);
  assert.deepEqual(await ask(overlapping), { status: 200, size: 1000 });
  assert.deepEqual(await ask(Array(32).fill("0-")), { status: 206, size: 1000 });
  const apart = Array.from({ length: 1300 }, (_, index) => `${index * 2}-${index * 2}`);
  assert.deepEqual(await ask(apart), { status: 200, size: 1000 });
  const few = await ask(apart.slice(0, 32));
  assert.equal(few.status, 206);
  // What the parts say of themselves is all that is added.
  assert.ok(few.size < 32 * 200, String(few.size));
});

Deno.test("security 18: a boundary cannot be guessed", async () => {
  const cached = service({}, [get("/", { cache: true }, () => "0123456789")]);
  const boundaries = new Set<string | null>();
  for (let time = 0; time < 100; time++) {
    const response = await cached.fetch("http://localhost/", {
      headers: { range: "bytes=0-0,5-5" },
    });
    boundaries.add(response.headers.get("content-type"));
    await response.body?.cancel();
  }
  assert.equal(boundaries.size, 100);
});
