/** Rows 9, 26 and 27 of SECURITY.md: cookies that lie about where they come from or what they are. */
import assert from "node:assert/strict";
import { cookies } from "../../src/layers/cookies.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";
import { Cookie, type CookieOptions } from "../../src/message/cookie.ts";
import { parseCookieDate } from "../../src/message/cookie_date.ts";
import { setCookie } from "../../src/message/cookie_fields.ts";
import { parseCookies, parseSetCookie, readCookies } from "../../src/message/cookie_parse.ts";

const BREAKERS = ["\r\n", "\n", "\r", "\0", ";", "\x7f", "\u2028", "\u{10ffff}"];
const within = (breaker: string) => `x${breaker}Set-Cookie: y=z`;

function store(): CookieStore {
  return new CookieStore({ now: () => 0 });
}

async function set(jar: CookieStore, field: string, url: string): Promise<boolean> {
  const cookie = parseSetCookie(field, 0);
  return cookie !== undefined && await jar.addCookie(cookie, url);
}

async function sent(jar: CookieStore, url: string): Promise<string> {
  return (await jar.getCookies(url)).map(({ name, value }) => `${name}=${value}`).join("; ");
}

Deno.test("security 9: nothing breaks out of a Set-Cookie field, by any part of the cookie", () => {
  for (const text of BREAKERS.map(within)) {
    const made: [string, string, CookieOptions][] = [
      [text, "v", {}],
      ["n", text, {}],
      ["n", "v", { domain: text }],
      ["n", "v", { path: `/${text}` }],
      ["n", "v", { expires: text }],
      ["n", "v", { sameSite: text as "lax" }],
      ["n", "v", { maxAge: text as unknown as number }],
    ];
    for (const [name, value, options] of made) {
      const headers = new Headers();
      const cookie = new Cookie(name, value, options);
      assert.throws(() => setCookie(headers, cookie), { name: "InvalidCookieError" });
      assert.deepEqual(headers.getSetCookie(), []);
    }
  }
});

Deno.test("security 9: only spaces and tabs are trimmed, so that no other hides a prefix", () => {
  const [pair] = parseCookies("\u00a0__Host-a=1");
  assert.equal(pair?.name, "\u00a0__Host-a");
  assert.equal(parseSetCookie("\u2000__Secure-a=1")?.name, "\u2000__Secure-a");
  assert.equal(parseSetCookie(" \t a \t = \t b \t ")?.value, "b");
});

Deno.test("security 9: a cookie named __proto__ is a cookie", async () => {
  const cookies = readCookies(new Headers({ cookie: "__proto__=a; constructor=b; toString=c" }));
  assert.deepEqual([...cookies], [["__proto__", "a"], ["constructor", "b"], ["toString", "c"]]);
  assert.equal(({} as Record<string, unknown>)["a"], undefined);
  const jar = store();
  await set(jar, "__proto__=a; __proto__=b; constructor=c", "https://x.com/");
  assert.equal(await sent(jar, "https://x.com/"), "__proto__=a");
});

Deno.test("security 9: options are read from the object itself", () => {
  const polluted = Object.create({ domain: "evil.com", secure: true });
  const cookie = new Cookie("a", "b", polluted);
  assert.deepEqual([cookie.domain, cookie.secure], [undefined, false]);
});

Deno.test("security 26: control characters do not get from a response into a request", async () => {
  for (const breaker of ["\r\n", "\n", "\r", "\0", "\x7f"]) {
    assert.equal(parseSetCookie(`a=${within(breaker)}`), undefined);
    assert.equal(parseSetCookie(`${breaker}a=b`), undefined);
    assert.equal(parseSetCookie(`a=b; path=/${breaker}`), undefined);
    assert.deepEqual(parseCookies(`a=x${breaker}y; b=c`), [{ name: "b", value: "c" }]);
    await assert.rejects(
      store().addCookie(new Cookie("a", within(breaker)), "https://x.com/"),
      { name: "CookieHandlingError" },
    );
  }
  for (
    const [name, value] of [["a=b; c", "d"], ["a", "b; c=d"], ["", "b"], ["a", "\u0100"]] as const
  ) {
    await assert.rejects(store().addCookie(new Cookie(name, value), "https://x.com/"));
  }
});

Deno.test("security 26: nothing is decoded, so that no encoded break becomes one", async () => {
  const jar = store();
  const browse = cookies({ store: jar })((input, init) => {
    const response = new Response(new Request(input, init).headers.get("cookie"));
    response.headers.append("set-cookie", "a=%0d%0aX-Evil: 1%00");
    return Promise.resolve(response);
  });
  await browse("https://x.com/");
  assert.equal(await (await browse("https://x.com/")).text(), "a=%0d%0aX-Evil: 1%00");
  assert.equal(readCookies(new Headers({ cookie: "a=%0d%0a" })).get("a"), "%0d%0a");
});

Deno.test("security 27: a public suffix gets no cookie, however it is written", async () => {
  const jar = store();
  const attempts = [
    ["co.uk", "https://evil.co.uk/"],
    ["CO.UK", "https://evil.co.uk/"],
    [".co.uk", "https://evil.co.uk/"],
    ["co.UK", "https://evil.CO.UK/"],
    ["co.uk.", "https://evil.co.uk./"],
    ["com", "https://evil.com/"],
    ["github.io", "https://evil.github.io/"],
    ["公司.cn", "https://evil.公司.cn/"],
    ["xn--55qx5d.cn", "https://evil.公司.cn/"],
    ["XN--55QX5D.cn", "https://evil.公司.cn/"],
    ["co%2euk", "https://evil.co.uk/"],
  ] as const;
  for (const [domain, url] of attempts) {
    assert.equal(await set(jar, `a=b; domain=${domain}`, url), false, domain);
  }
  assert.equal(await set(jar, "a=b; domain=co.uk", "https://co.uk/"), true);
  assert.equal(await sent(jar, "https://evil.co.uk/"), "");
  const open = new CookieStore({ blockThirdPartyCookies: false });
  assert.equal(await set(open, "a=b; domain=co.uk", "https://evil.co.uk/"), false);
});

Deno.test("security 27: a plain connection does not touch secure cookies", async () => {
  const jar = store();
  await set(jar, "sid=secret; secure; path=/login; domain=x.com", "https://x.com/");
  for (
    const [field, url] of [
      ["sid=evil; path=/login; domain=x.com", "http://x.com/"],
      ["sid=evil; path=/login/deep", "http://x.com/"],
      ["sid=evil; path=/login", "http://sub.x.com/"],
      ["sid=; path=/login; domain=x.com; max-age=0", "http://x.com/"],
      ["sid=evil; secure; path=/login; domain=x.com", "http://x.com/"],
    ] as const
  ) {
    assert.equal(await set(jar, field, url), false, field);
  }
  assert.equal(await set(jar, "sid=other; path=/", "http://x.com/"), true);
  assert.equal(await sent(jar, "https://x.com/login"), "sid=secret; sid=other");
  assert.equal(await sent(jar, "http://x.com/login"), "sid=other");
});

Deno.test("security 27: a flood of plain cookies does not push out secure ones", async () => {
  const jar = new CookieStore({ maxCookiesPerDomain: 3, maxTotalCookieCount: 5, now: () => 0 });
  await set(jar, "sid=secret; secure; domain=x.com", "https://x.com/");
  for (let index = 0; index < 20; index++) {
    await set(jar, `flood${index}=1; domain=x.com`, "http://x.com/");
    await set(jar, `flood=1`, `http://s${index}.x.com/`);
  }
  assert.match(await sent(jar, "https://x.com/"), /^sid=secret/);
  assert.equal((await jar.getAllCookies()).length, 5);
});

Deno.test("security 27: a sub-domain cannot toss a cookie over a host's own", async () => {
  const jar = store();
  await set(jar, "sid=own; path=/", "https://x.com/");
  await set(jar, "sid=tossed; path=/; domain=x.com", "https://evil.x.com/");
  assert.equal(await sent(jar, "https://x.com/"), "sid=own; sid=tossed");
  for (const name of ["__Host-sid", "__HOST-sid", "__host-sid"]) {
    const field = `${name}=tossed; path=/; secure; domain=x.com`;
    assert.equal(await set(jar, field, "https://evil.x.com/"), false);
  }
  assert.equal(await set(jar, "=__Host-sid=tossed", "https://x.com/"), false);
  assert.equal(await set(jar, "__Host-sid", "https://x.com/"), false);
});

Deno.test("security 27: SameSite is a whole word, and none needs a secure cookie", async () => {
  for (const text of ["nonestrict", "strictnone", "no", "None Lax", '"none"', ""]) {
    assert.equal(parseSetCookie(`a=b; samesite=${text}`)?.sameSite, undefined, text);
  }
  assert.equal(parseSetCookie("a=b; samesite=none; samesite=strict")?.sameSite, "strict");
  assert.equal(await set(store(), "a=b; samesite=none", "https://x.com/"), false);
});

Deno.test("security 27: a cookie of an address or a host with a port stays there", async () => {
  const jar = store();
  assert.equal(await set(jar, "a=b; domain=0.0.1", "http://127.0.0.1/"), false);
  assert.equal(await set(jar, "a=b; domain=1", "http://127.0.0.1/"), false);
  assert.equal(await set(jar, "a=b; domain=x.com:80", "http://x.com/"), false);
  assert.equal(await set(jar, "a=b; domain=x.com@evil.com", "http://evil.com/"), false);
  assert.deepEqual(await jar.getAllCookies(), []);
});

Deno.test("security 18: cookies and their dates are read in linear time", () => {
  const start = performance.now();
  const long = 200_000;
  for (const unit of ["a=b;", ";", "=", " ", "\t;", "a", ";path=", "; expires=1"]) {
    const text = unit.repeat(long);
    parseSetCookie(`a=b;${text}`);
    parseSetCookie(text);
    parseCookies(text);
  }
  for (const unit of ["1:", "-", "1-", "jan ", "::", " "]) parseCookieDate(unit.repeat(long));
  assert.ok(performance.now() - start < 5_000);
});
