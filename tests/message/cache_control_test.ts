import assert from "node:assert/strict";
import fc from "fast-check";
import {
  buildRequestCacheControl,
  buildResponseCacheControl,
  type CacheControl,
  parseCacheControl,
  type RequestCacheControl,
  type ResponseCacheControl,
} from "../../src/message/cache_control.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

const NOTHING: CacheControl = {
  noCache: false,
  noStore: false,
  noTransform: false,
  onlyIfCached: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  isPrivate: false,
  isPublic: false,
  immutable: false,
  mustUnderstand: false,
  noCacheFields: [],
  privateFields: [],
};

const READ: [value: string | null, expected: Partial<CacheControl>][] = [
  [null, {}],
  ["", {}],
  [",, ,", {}],
  ['unknown, x=1, community="UCI"', {}],
  ["no-cache, no-store, no-transform, only-if-cached, max-age=60, max-stale=120, min-fresh=6", {
    noCache: true,
    noStore: true,
    noTransform: true,
    onlyIfCached: true,
    maxAge: 60,
    maxStale: 120,
    minFresh: 6,
  }],
  ["must-revalidate,public,max-age=15", { mustRevalidate: true, isPublic: true, maxAge: 15 }],
  ["private, proxy-revalidate, s-maxage=9, immutable, must-understand", {
    isPrivate: true,
    proxyRevalidate: true,
    sMaxAge: 9,
    immutable: true,
    mustUnderstand: true,
  }],
  ["max-age=1, stale-while-revalidate=2, stale-if-error=3", {
    maxAge: 1,
    staleWhileRevalidate: 2,
    staleIfError: 3,
  }],
  ["MAX-AGE=1, No-Store", { maxAge: 1, noStore: true }],
  ["\tmax-age = 1 ,no-store ", { maxAge: 1, noStore: true }],
  ['max-age="60"', { maxAge: 60 }],
  ["max-age=007", { maxAge: 7 }],
  ["max-age=0", { maxAge: 0 }],
  ["max-age=2147483649", { maxAge: 2147483648 }],
  [`max-age=${"9".repeat(400)}`, { maxAge: 2147483648 }],
  ["max-age=5, max-age=9", { maxAge: 5 }],
  ["max-age=x, max-age=9", { maxAge: 0 }],
  ["max-age", { maxAge: 0 }],
  ["max-age=", { maxAge: 0 }],
  ["max-age=-1", { maxAge: 0 }],
  ["max-age=+1", { maxAge: 0 }],
  ["max-age=1.5", { maxAge: 0 }],
  ["max-age=60abc", { maxAge: 0 }],
  ["max-age=1e3", { maxAge: 0 }],
  ["max-age=0x10", { maxAge: 0 }],
  ["max-age='60'", { maxAge: 0 }],
  ['max-age=""', { maxAge: 0 }],
  ['max-age="60', { maxAge: 0 }],
  ['max-age="6"0', { maxAge: 0 }],
  ["s-maxage=soon", { sMaxAge: 0 }],
  ["max-stale", { maxStale: Infinity }],
  ["max-stale=", {}],
  ["max-stale=x", {}],
  ["min-fresh", {}],
  ["stale-while-revalidate, stale-if-error=x", {}],
  ['no-cache="Set-Cookie, X-A"', { noCache: true, noCacheFields: ["set-cookie", "x-a"] }],
  ["no-cache=set-cookie", { noCache: true, noCacheFields: ["set-cookie"] }],
  ['private="a,,b", private="c, A"', { isPrivate: true, privateFields: ["a", "b", "c"] }],
  ['private="a", private', { isPrivate: true }],
  ['private, private="a"', { isPrivate: true }],
  ['private="a", private=', { isPrivate: true }],
  ['private=""', { isPrivate: true }],
  ['no-cache="a b"', { noCache: true }],
  ['no-cache="a\\"b"', { noCache: true }],
  ["no-store=1, must-revalidate=no", { noStore: true, mustRevalidate: true }],
  ['x="no-store, max-age=1", public', { isPublic: true }],
  ["__proto__=1, constructor, toString=x", {}],
];

for (const [value, expected] of READ) {
  Deno.test(`parseCacheControl: reads ${JSON.stringify(value?.slice(0, 60) ?? null)}`, () => {
    assert.deepEqual(parseCacheControl(value), { ...NOTHING, ...expected });
  });
}

Deno.test("security row 16: directives that crashed or fooled peers are read restrictively", () => {
  const table: [string, Partial<CacheControl>][] = [
    ['max-age="', { maxAge: 0 }],
    ['max-age=", no-store', { maxAge: 0, noStore: true }],
    ['private=" authorization"', { isPrivate: true, privateFields: ["authorization"] }],
    ['private="\tSet-Cookie , authorization "', {
      isPrivate: true,
      privateFields: ["set-cookie", "authorization"],
    }],
    ['private="', { isPrivate: true }],
    ['private="set-cookie', { isPrivate: true }],
    ['private="set-cookie, no-store', { isPrivate: true, noStore: true }],
    ['no-cache="\\", no-store', { noCache: true, noStore: true }],
    ['public, x="y, private', { isPublic: true, isPrivate: true }],
    ["=", {}],
    ['"', {}],
    ['="', {}],
    [",=,", {}],
  ];
  for (const [value, expected] of table) {
    assert.deepEqual(parseCacheControl(value), { ...NOTHING, ...expected }, value);
  }
});

Deno.test("security row 18: a megabyte of Cache-Control is read in linear time", () => {
  for (const unit of [",", "=", '"', '",', " ", "a=b,", 'a="b,",', "\\", "private=a,", '=",']) {
    for (const head of ["", "max-age=", 'private="']) {
      const start = performance.now();
      parseCacheControl(head + unit.repeat(1_000_000 / unit.length));
      assert(performance.now() - start < 3000, `slow: ${head}${unit}`);
    }
  }
});

const REQUESTS: [control: RequestCacheControl, expected: string][] = [
  [
    {
      noCache: true,
      noStore: true,
      noTransform: true,
      onlyIfCached: true,
      maxAge: 60,
      maxStale: 120,
      minFresh: 6,
    },
    "no-cache, no-store, no-transform, only-if-cached, max-age=60, max-stale=120, min-fresh=6",
  ],
  [{}, ""],
  [{ noCache: false, maxAge: -1, maxStale: -1, minFresh: -1 }, ""],
  [{ maxStale: Infinity }, "max-stale"],
  [{ maxAge: 0 }, "max-age=0"],
  [{ maxAge: 1.9, minFresh: 0.5 }, "max-age=1, min-fresh=0"],
  [{ maxAge: 1e21, minFresh: Infinity }, "max-age=2147483648, min-fresh=2147483648"],
  [{ staleIfError: 9 }, "stale-if-error=9"],
];

for (const [control, expected] of REQUESTS) {
  Deno.test(`buildRequestCacheControl: writes ${JSON.stringify(expected)}`, () => {
    assert.equal(buildRequestCacheControl(control), expected);
  });
}

const ALL: ResponseCacheControl = {
  mustRevalidate: true,
  noCache: true,
  noStore: true,
  noTransform: true,
  proxyRevalidate: true,
  maxAge: 60,
  sMaxAge: 60,
};

const RESPONSES: [control: ResponseCacheControl, expected: string][] = [
  [
    ALL,
    "must-revalidate, no-cache, no-store, no-transform, public, proxy-revalidate, max-age=60, s-maxage=60",
  ],
  [
    { ...ALL, isPrivate: true },
    "must-revalidate, no-cache, no-store, no-transform, private, proxy-revalidate, max-age=60, s-maxage=60",
  ],
  [{}, "public"],
  [{ isPublic: false }, ""],
  [{ isPrivate: true, isPublic: true }, "private"],
  [{ noCache: true, noCacheFields: ["a", "b"] }, 'no-cache="a, b", public'],
  [{ isPrivate: true, privateFields: ["set-cookie"] }, 'private="set-cookie"'],
  [{ noCacheFields: ["a"], privateFields: ["b"] }, "public"],
  [{ mustRevalidate: true, maxAge: 5, sMaxAge: -1 }, "must-revalidate, public, max-age=5"],
  [
    { staleWhileRevalidate: 1, staleIfError: 2, immutable: true, mustUnderstand: true },
    "public, stale-while-revalidate=1, stale-if-error=2, immutable, must-understand",
  ],
];

for (const [control, expected] of RESPONSES) {
  Deno.test(`buildResponseCacheControl: writes ${JSON.stringify(expected)}`, () => {
    assert.equal(buildResponseCacheControl(control), expected);
  });
}

Deno.test("buildRequestCacheControl: a time that is NaN is a TypeError", () => {
  assert.throws(() => buildRequestCacheControl({ maxAge: NaN }), {
    name: "TypeError",
    message: "Cannot write Cache-Control: max-age is NaN, give it a number of seconds",
  });
});

Deno.test("security row 13: field names cannot smuggle directives or lines", () => {
  for (const field of ['a", public', "a\r\nx: y", "", "a b", "é", "a,b"]) {
    for (
      const control of [{ noCache: true, noCacheFields: [field] }, {
        isPrivate: true,
        privateFields: ["ok", field],
      }]
    ) {
      assert.throws(() => buildResponseCacheControl(control), TypeError, field);
    }
  }
});

const SECONDS = fc.nat(2 ** 31 - 1);
const FIELDS = fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,6}$/), { maxLength: 3 });

Deno.test("parseCacheControl: reads back every response control that was written", () => {
  const control = fc.record({
    mustRevalidate: fc.boolean(),
    noCache: fc.boolean(),
    noStore: fc.boolean(),
    noTransform: fc.boolean(),
    isPrivate: fc.boolean(),
    proxyRevalidate: fc.boolean(),
    immutable: fc.boolean(),
    mustUnderstand: fc.boolean(),
    noCacheFields: FIELDS,
    privateFields: FIELDS,
    maxAge: SECONDS,
    sMaxAge: SECONDS,
    staleWhileRevalidate: SECONDS,
    staleIfError: SECONDS,
  });
  fc.assert(
    fc.property(control, (written) => {
      assert.deepEqual(parseCacheControl(buildResponseCacheControl(written)), {
        ...written,
        onlyIfCached: false,
        isPublic: !written.isPrivate,
        noCacheFields: written.noCache ? written.noCacheFields : [],
        privateFields: written.isPrivate ? written.privateFields : [],
      });
    }),
    PROPERTY,
  );
});

Deno.test("parseCacheControl: never fails, and what it read survives being written", () => {
  const words = fc.constantFrom(
    ...'max-age= private= no-cache no-store " , = 60 a \\ public \0 é max-stale s-maxage='.split(
      " ",
    ),
    " ",
  );
  fc.assert(
    fc.property(fc.array(words), (parts) => {
      const control = parseCacheControl(parts.join(""));
      const again = parseCacheControl(buildResponseCacheControl(control));
      // A private response is not public, whatever else it says; maxStale and minFresh are a request's.
      const { maxStale: _, minFresh: __, ...expected } = control;
      assert.deepEqual(again, {
        ...expected,
        isPublic: control.isPublic && !control.isPrivate,
        onlyIfCached: false,
      });
    }),
    PROPERTY,
  );
});
