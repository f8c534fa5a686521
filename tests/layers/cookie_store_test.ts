import assert from "node:assert/strict";
import fc from "fast-check";
import { CookieHandlingError } from "../../src/message/client_errors.ts";
import { Cookie, type CookieOptions } from "../../src/message/cookie.ts";
import { parseSetCookie } from "../../src/message/cookie_parse.ts";
import type { PersistentCookieHandler } from "../../src/layers/cookie_handler.ts";
import { CookieStore, type CookieStoreOptions } from "../../src/layers/cookie_store.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 };
const DAY = 24 * 3_600_000;

function setUp(options: CookieStoreOptions = {}) {
  const time = { now: 1_000_000 };
  const store = new CookieStore({ now: () => time.now, ...options });
  const set = async (field: string, url = "https://a.example.com/x/y") => {
    const cookie = parseSetCookie(field, time.now);
    return cookie === undefined ? false : await store.addCookie(cookie, url);
  };
  const sent = async (url = "https://a.example.com/x/y", path = "") =>
    (await store.getCookies(url, path)).map(({ name, value }) => `${name}=${value}`).join("; ");
  return { time, store, set, sent };
}

/** A handler in memory that can fail. */
class Shelf implements PersistentCookieHandler {
  cookies: Cookie[] = [];
  failure: Error | undefined;
  reads = 0;
  storeCookie(cookie: Cookie) {
    this.#check();
    this.cookies = this.cookies.filter((one) =>
      one.name !== cookie.name || one.domain !== cookie.domain || one.path !== cookie.path ||
      one.hostOnly !== cookie.hostOnly
    );
    this.cookies.push(cookie);
  }
  async getAllCookies() {
    this.reads++;
    await Promise.resolve();
    this.#check();
    return this.cookies;
  }
  removeCookie(name: string, domain: string, path: string) {
    this.#check();
    this.cookies = this.cookies.filter((one) =>
      one.name !== name || one.domain !== domain || one.path !== path
    );
  }
  removeAllCookies() {
    this.#check();
    this.cookies = [];
  }
  #check() {
    if (this.failure !== undefined) throw this.failure;
  }
}

const MATCHES: [field: string, from: string, to: string, isSent: boolean][] = [
  ["a=b", "https://x.com/", "https://x.com/", true],
  ["a=b", "https://x.com/", "https://y.x.com/", false],
  ["a=b", "https://X.com/", "https://x.COM:8443/", true],
  ["a=b; domain=x.com", "https://x.com/", "https://y.x.com/", true],
  ["a=b; domain=x.com", "https://y.x.com/", "https://z.x.com/", true],
  ["a=b; domain=x.com", "https://y.x.com/", "https://zx.com/", false],
  ["a=b; domain=y.x.com", "https://x.com/", "https://y.x.com/", false],
  ["a=b; domain=0.0.1", "https://127.0.0.1/", "https://127.0.0.1/", false],
  ["a=b; domain=127.0.0.1", "https://127.0.0.1/", "https://127.0.0.1/", true],
  ["a=b", "https://[::1]/", "https://[::1]/", true],
  ["a=b; domain=localhost", "http://localhost:9090/", "http://localhost:8080/", true],
  ["a=b; domain=bücher.example", "https://bücher.example/", "https://a.bücher.example/", true],
  ["a=b", "https://x.com/p/q", "https://x.com/p", true],
  ["a=b", "https://x.com/p/q", "https://x.com/pq", false],
  ["a=b; path=/p", "https://x.com/", "https://x.com/p/q", true],
  ["a=b; path=/p", "https://x.com/", "https://x.com/pq", false],
  ["a=b; path=/p/", "https://x.com/", "https://x.com/p", false],
  ["a=b; secure", "https://x.com/", "https://x.com/", true],
  ["a=b; secure", "https://x.com/", "wss://x.com/", true],
  ["a=b; secure", "https://x.com/", "http://x.com/", false],
  ["a=b; secure", "http://x.com/", "https://x.com/", false],
  ["a=b; httponly", "http://x.com/", "http://x.com/", true],
  ["a=b; samesite=none", "https://x.com/", "https://x.com/", false],
  ["a=b; samesite=none; secure", "https://x.com/", "https://x.com/", true],
  ["a=b; partitioned", "https://x.com/", "https://x.com/", false],
  ["a=b; partitioned; secure", "https://x.com/", "https://x.com/", true],
  ["__Secure-a=b", "https://x.com/", "https://x.com/", false],
  ["__Secure-a=b; secure", "https://x.com/", "https://x.com/", true],
  ["__Host-a=b; secure; path=/", "https://x.com/", "https://x.com/", true],
  ["__Host-a=b; secure", "https://x.com/", "https://x.com/", false],
  ["__Host-a=b; secure; path=/; domain=x.com", "https://x.com/", "https://x.com/", false],
];

for (const [field, from, to, isSent] of MATCHES) {
  Deno.test(`CookieStore: ${field} of ${from} ${isSent ? "goes" : "does not go"} to ${to}`, async () => {
    const { set, sent } = setUp();
    await set(field, from);
    assert.equal(await sent(to) !== "", isSent);
  });
}

Deno.test("CookieStore: a path is below that of the URL, without its query", async () => {
  const { set, sent } = setUp();
  await set("a=b; path=/v1/albums", "https://x.com/v1");
  assert.equal(await sent("https://x.com/v1", "/albums?x=/y"), "a=b");
  assert.equal(await sent("https://x.com/v1/", "albums/1"), "a=b");
  assert.equal(await sent("https://x.com/v1", "/songs"), "");
  await assert.rejects(sent("x.com"), TypeError);
});

Deno.test("CookieStore: the same cookie is replaced and keeps its time of creation", async () => {
  const { time, store, set } = setUp();
  await set("a=1");
  time.now += 5;
  await set("a=2");
  const [cookie, ...others] = await store.getAllCookies();
  assert.equal(others.length, 0);
  assert.deepEqual([cookie?.value, cookie?.createdTime, cookie?.lastAccessedTime], [
    "2",
    1_000_000,
    1_000_005,
  ]);
  time.now += 5;
  const [read] = await store.getCookies("https://a.example.com/x/y");
  assert.equal(read?.lastAccessedTime, 1_000_010);
});

Deno.test("CookieStore: expiry, the cap of 400 days, removal", async () => {
  const { time, store, set, sent } = setUp();
  await set("age=1; max-age=10; expires=Thu, 01 Jan 1970 00:00:00 GMT");
  await set("date=1; expires=Thu, 01 Jan 1970 01:00:00 GMT");
  await set("long=1; max-age=99999999999999999999");
  await set("session=1");
  assert.equal(await sent(), "session=1; age=1; date=1; long=1");
  time.now += 9_999;
  assert.equal(await sent(), "session=1; age=1; date=1; long=1");
  time.now += 1;
  assert.equal(await sent(), "session=1; date=1; long=1");
  assert.equal((await store.getAllCookies()).length, 4);
  await store.removeExpiredCookies();
  assert.equal((await store.getAllCookies()).length, 3);
  time.now += 400 * DAY;
  assert.equal(await sent(), "session=1");
  assert.equal(await set("session=; max-age=0"), true);
  assert.equal(await set("session=; max-age=0"), false);
  assert.equal(await sent(), "");
});

Deno.test("CookieStore: found and removed by name and domain", async () => {
  const { store, set } = setUp();
  await set("a=1");
  await set("a=2; path=/");
  await set("b=3; domain=example.com");
  assert.equal((await store.getCookiesByName("a")).length, 2);
  assert.equal((await store.getCookiesByDomain("a.example.com")).length, 2);
  assert.equal((await store.getCookiesByDomain("Example.com")).length, 1);
  await store.removeCookie("a", "a.example.com", "/x");
  await assert.rejects(
    store.removeCookie("a", "a.example.com", "/x"),
    (error) =>
      error instanceof CookieHandlingError &&
      error.message === "Error in removing cookie: No such cookie to remove",
  );
  await store.removeCookiesByDomain("example.com");
  assert.deepEqual((await store.getAllCookies()).map(({ value }) => value), ["2"]);
  await store.removeAllCookies();
  assert.deepEqual(await store.getAllCookies(), []);
});

Deno.test("CookieStore: what it gave can be put back, and is the host's alone as before", async () => {
  const { store, set, sent } = setUp();
  await set("a=1");
  const [cookie] = await store.getAllCookies();
  await store.removeAllCookies();
  assert.equal(await store.addCookie(cookie!, "https://a.example.com/"), true);
  assert.equal(await sent("https://b.a.example.com/x"), "");
  assert.equal(await sent(), "a=1");
  assert.equal(await store.addCookie(cookie!, "https://other.com/"), false);
});

Deno.test("CookieStore: over a limit the expired go, then plain ones, then the least used", async () => {
  const { time, store, set, sent } = setUp({ maxCookiesPerDomain: 3, maxTotalCookieCount: 5 });
  await set("secure=1; secure");
  await set("expired=1; max-age=1");
  await set("plain=1");
  time.now += 1000;
  await set("new=1");
  assert.equal(await sent(), "secure=1; plain=1; new=1");
  time.now++;
  await set("newer=1");
  assert.equal(await sent(), "secure=1; new=1; newer=1");
  time.now++;
  for (const host of ["b", "c", "d"]) await set("a=1", `https://${host}.example.com/`);
  assert.equal((await store.getAllCookies()).length, 5);
  assert.equal(await sent(), "secure=1; newer=1");
});

Deno.test("CookieStore: a page of another site", async () => {
  const { store } = setUp();
  const url = "https://a.example.com/";
  const inside = { site: "https://b.example.com/" };
  const outside = { site: "https://other.co.uk/" };
  const add = (field: string, context: { site: string }) =>
    store.addCookie(parseSetCookie(field)!, url, "", context);
  for (const [name, attributes] of [["s", "strict"], ["l", "lax"], ["n", "none; secure"]]) {
    assert.equal(await add(`${name}=1; samesite=${attributes}`, inside), true);
    assert.equal(await add(`${name}x=1; samesite=${attributes}`, outside), name === "n");
  }
  assert.equal(await add("p=in; secure; samesite=none; partitioned", inside), true);
  assert.equal(await add("p=out; secure; samesite=none; partitioned", outside), true);
  const sent = async (context: { site?: string }) =>
    (await store.getCookies(url, "", context)).map(({ name, value }) => `${name}=${value}`);
  assert.deepEqual(await sent(inside), ["s=1", "l=1", "n=1", "nx=1", "p=in"]);
  assert.deepEqual(await sent({}), ["s=1", "l=1", "n=1", "nx=1", "p=in"]);
  assert.deepEqual(await sent(outside), ["n=1", "nx=1", "p=out"]);
  assert.deepEqual(await sent({ site: "http://a.example.com/" }), ["n=1", "nx=1"]);
});

Deno.test("CookieStore: persistent cookies are kept by the handler and taken over from it", async () => {
  const handler = new Shelf();
  const { time, set, sent } = setUp({ persistentCookieHandler: handler });
  await set("session=1");
  await set("kept=1; max-age=60");
  time.now += 30_000;
  await set("kept=2; max-age=60");
  await set("gone=1; max-age=60");
  await set("gone=1");
  assert.deepEqual(handler.cookies.map(({ name, value }) => `${name}=${value}`), ["kept=2"]);
  assert.equal(handler.cookies[0]?.createdTime, 1_000_000);
  assert.equal(handler.reads, 1);

  const next = setUp({ persistentCookieHandler: handler });
  next.time.now = time.now + 59_999;
  assert.equal(await next.sent(), "kept=2");
  next.time.now++;
  assert.equal(await next.sent(), "");
  await next.store.removeExpiredCookies();
  assert.deepEqual(handler.cookies, []);
  assert.equal(await sent(), "session=1; kept=2; gone=1");
});

Deno.test("CookieStore: a host's cookie and its domain's are two, for the handler too", async () => {
  const handler = new Shelf();
  const { store, set } = setUp({ persistentCookieHandler: handler });
  await set("a=host; max-age=60; path=/");
  await set("a=domain; max-age=60; path=/; domain=a.example.com");
  assert.equal(handler.cookies.length, 2);
  await set("a=; max-age=0; path=/");
  assert.deepEqual(handler.cookies.map(({ value }) => value), ["domain"]);
  await store.removeAllCookies();
  assert.equal(handler.cookies.length, 0);
});

Deno.test("CookieStore: a handler that fails is told of, and asked again", async () => {
  const handler = new Shelf();
  const { store, set, sent } = setUp({ persistentCookieHandler: handler });
  handler.failure = new Error("disk full");
  await assert.rejects(sent(), { name: "CookieHandlingError" });
  handler.failure = undefined;
  assert.equal(await sent(), "");
  handler.failure = new Error("disk full");
  await assert.rejects(
    set("a=1; max-age=5"),
    (error: Error) => error.message === "Error in adding persistent cookies" && !!error.cause,
  );
  assert.equal(await sent(), "a=1");
  handler.failure = undefined;
  await set("a=2; max-age=5");
  assert.equal(handler.cookies[0]?.value, "2");
  assert.equal((await store.getAllCookies()).length, 1);
});

Deno.test("CookieStore: what a handler gives is not trusted to be sound", async () => {
  const handler = new Shelf();
  handler.cookies = [
    new Cookie("a", "x\r\ny: z", { domain: "a.example.com", path: "/", maxAge: 60 }),
    new Cookie("b", "c", {
      domain: "a.example.com",
      path: "/",
      createdTime: 1_000_000,
      maxAge: 60,
    }),
  ];
  assert.equal(await setUp({ persistentCookieHandler: handler }).sent(), "b=c");
});

Deno.test("CookieStore: options are checked", () => {
  assert.throws(() => new CookieStore({ max: 1 } as CookieStoreOptions), /no option "max"/);
  for (const limit of [0, -1, 1.5, NaN]) {
    assert.throws(() => new CookieStore({ maxTotalCookieCount: limit }), RangeError);
  }
});

Deno.test("CookieStore: the limits hold, and only what matches is sent, whatever comes", async () => {
  const host = fc.constantFrom("a.com", "b.a.com", "c.b.a.com", "d.org");
  const step = fc.record({
    name: fc.constantFrom("p", "q", "r", "s"),
    host,
    domain: fc.option(host, { nil: undefined }),
    path: fc.constantFrom("/", "/x", "/x/y"),
    secure: fc.boolean(),
    maxAge: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    https: fc.boolean(),
    wait: fc.nat(1500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { time, store } = setUp({ maxCookiesPerDomain: 4, maxTotalCookieCount: 7 });
      for (const { name, host, domain, path, secure, maxAge, https, wait } of steps) {
        const options: CookieOptions = { domain, path, secure, maxAge };
        const url = `${https ? "https" : "http"}://${host}/x/y`;
        await store.addCookie(new Cookie(name, "v", options), url);
        time.now += wait;
        const all = await store.getAllCookies();
        assert.ok(all.length <= 7);
        for (const one of ["a.com", "b.a.com", "c.b.a.com", "d.org"]) {
          assert.ok(all.filter((cookie) => cookie.domain === one).length <= 4);
        }
        for (const cookie of await store.getCookies(url)) {
          assert.ok(https || !cookie.secure);
          assert.ok(
            host === cookie.domain || !cookie.hostOnly && host.endsWith(`.${cookie.domain}`),
          );
          const { maxAge: age, lastAccessedTime } = cookie;
          assert.ok(age === undefined || age > 0);
          assert.equal(lastAccessedTime, time.now);
        }
      }
    }),
    settings,
  );
});
