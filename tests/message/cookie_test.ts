import assert from "node:assert/strict";
import fc from "fast-check";
import { Cookie, type CookieOptions } from "../../src/message/cookie.ts";
import { formatCookies, removeCookie, setCookie } from "../../src/message/cookie_fields.ts";
import { parseCookies, parseSetCookie, readCookies } from "../../src/message/cookie_parse.ts";
import { InvalidCookieError } from "../../src/message/listener_errors.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

Deno.test("Cookie: what is not said is not there", () => {
  const cookie = new Cookie(" sid ", " 31d4 ", { createdTime: 5 });
  assert.equal(cookie.name, "sid");
  assert.equal(cookie.value, "31d4");
  const { name: _name, value: _value, ...rest } = cookie;
  assert.deepEqual(rest, {
    path: undefined,
    domain: undefined,
    expires: undefined,
    maxAge: undefined,
    httpOnly: false,
    secure: false,
    sameSite: undefined,
    partitioned: false,
    createdTime: 5,
    lastAccessedTime: 5,
    hostOnly: false,
  });
});

Deno.test("Cookie: an unknown option is refused", () => {
  const options = { httponly: true } as CookieOptions;
  assert.throws(() => new Cookie("a", "b", options), /Cookie has no option "httponly"/);
});

const TEXTS: [options: CookieOptions, text: string][] = [
  [{}, "a=b"],
  [{ domain: ".Example.COM", path: "/x" }, "a=b; Domain=example.com; Path=/x"],
  [{ expires: "2030-06-26 05:46:22" }, "a=b; Expires=Wed, 26 Jun 2030 05:46:22 GMT"],
  [{ expires: "Wed, 26-Jun-30 05:46:22 GMT" }, "a=b; Expires=Wed, 26 Jun 2030 05:46:22 GMT"],
  [{ expires: new Date(0) }, "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  [{ maxAge: 0 }, "a=b; Max-Age=0"],
  [{ maxAge: 3600, httpOnly: true, secure: true }, "a=b; Max-Age=3600; HttpOnly; Secure"],
  [
    { sameSite: "none", secure: true, partitioned: true },
    "a=b; Secure; SameSite=None; Partitioned",
  ],
];

for (const [options, text] of TEXTS) {
  Deno.test(`Cookie: toStringValue is ${text}`, () => {
    const cookie = new Cookie("a", "b", options);
    assert.equal(cookie.toStringValue(), text);
    assert.equal(cookie.isValid(), true);
    assert.equal(parseSetCookie(text)?.toStringValue(), text);
  });
}

Deno.test("Cookie: isPersistent", () => {
  const isPersistent = (options: CookieOptions) => new Cookie("a", "b", options).isPersistent();
  assert.equal(isPersistent({}), false);
  assert.equal(isPersistent({ maxAge: 0 }), false);
  assert.equal(isPersistent({ maxAge: 1 }), true);
  assert.equal(isPersistent({ expires: new Date() }), true);
});

const FAULTS: [name: string, value: string, options: CookieOptions, message: RegExp][] = [
  ["", "b", {}, /^Invalid name: Name cannot be empty$/],
  [" ", "b", {}, /^Invalid name: Name cannot be empty$/],
  ["a b", "b", {}, /^Invalid name/],
  ["a=", "b", {}, /^Invalid name/],
  ["é", "b", {}, /^Invalid name/],
  ["a", "", {}, /^Invalid value: Value cannot be empty$/],
  ["a", "x;y", {}, /^Invalid value/],
  ["a", "x y", {}, /^Invalid value/],
  ["a", "é", {}, /^Invalid value/],
  ["a", "x".repeat(4096), {}, /^Invalid value: .* 4096/],
  ["a", "b", { domain: " " }, /^Invalid domain: Domain cannot be empty$/],
  ["a", "b", { domain: "a..b" }, /^Invalid domain/],
  ["a", "b", { domain: "a:80" }, /^Invalid domain/],
  ["a", "b", { path: "" }, /^Invalid path: Path is not in correct format$/],
  ["a", "b", { path: "x" }, /^Invalid path: Path is not in correct format$/],
  ["a", "b", { path: "/x?y" }, /^Invalid path: Path is not in correct format$/],
  ["a", "b", { path: "/" + "x".repeat(1024) }, /^Invalid path/],
  ["a", "b", { expires: "tomorrow" }, /^Invalid time: .* yyyy-mm-dd hh:mm:ss format$/],
  ["a", "b", { expires: new Date(NaN) }, /^Invalid time/],
  ["a", "b", { maxAge: -1 }, /^Invalid max-age: Max Age can not be less than zero$/],
  ["a", "b", { maxAge: 0.5 }, /^Invalid max-age/],
  ["a", "b", { maxAge: NaN }, /^Invalid max-age/],
  ["a", "b", { sameSite: "none" }, /^Invalid same-site/],
  ["a", "b", { sameSite: "Lax; Domain=x" as "lax" }, /^Invalid same-site/],
  ["a", "b", { partitioned: true }, /^Invalid partitioned/],
  ["__Secure-a", "b", {}, /^Invalid name: __Secure-/],
  ["__Host-a", "b", { secure: true }, /^Invalid name: __Secure-/],
  ["__HOST-a", "b", { secure: true, path: "/", domain: "x.y" }, /^Invalid name: __Secure-/],
];

for (const [name, value, options, message] of FAULTS) {
  const text = JSON.stringify([name, value, options]).slice(0, 60);
  Deno.test(`Cookie: ${text} is not valid`, () => {
    const cookie = new Cookie(name, value, options);
    assert.equal(cookie.isValid(), false);
    assert.throws(
      () => cookie.toStringValue(),
      (error) => error instanceof InvalidCookieError && message.test(error.message),
    );
  });
}

Deno.test("setCookie, removeCookie: a field each", () => {
  const headers = new Headers();
  const cookie = new Cookie("sid", "secret", { path: "/x", domain: "a.test", httpOnly: true });
  setCookie(headers, cookie);
  removeCookie(headers, cookie);
  assert.deepEqual(headers.getSetCookie(), [
    "sid=secret; Domain=a.test; Path=/x; HttpOnly",
    "sid=; Domain=a.test; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly",
  ]);
});

Deno.test("parseSetCookie: attributes in any case and spacing, the last of a name counts", () => {
  const cookie = parseSetCookie(
    "a=b;PATH=/x;  domain = .A.test ;max-age=5;Max-Age=x;SECURE;httponly;samesite=STRICT;Partitioned",
    7,
  );
  assert.ok(cookie);
  assert.equal(cookie.path, "/x");
  assert.equal(cookie.domain, "a.test");
  assert.equal(cookie.maxAge, 5);
  assert.equal(cookie.sameSite, "strict");
  assert.ok(cookie.secure && cookie.httpOnly && cookie.partitioned);
  assert.equal(cookie.createdTime, 7);
});

Deno.test("parseSetCookie: too long is no cookie, a too long attribute is none", () => {
  assert.equal(parseSetCookie(`a=${"x".repeat(4095)}`)?.value.length, 4095);
  assert.equal(parseSetCookie(`a=${"x".repeat(4096)}`), undefined);
  assert.equal(parseSetCookie(`a=b; path=/${"x".repeat(1023)}`)?.path?.length, 1024);
  assert.equal(parseSetCookie(`a=b; path=/${"x".repeat(1024)}`)?.path, undefined);
});

Deno.test("parseCookies: every pair in order; readCookies: the first of each name", () => {
  const text = 'a=1; b="2"; nameless; =x; a=3;c=;  d = 4=5 ;';
  assert.deepEqual(parseCookies(text).map(({ name, value }) => [name, value]), [
    ["a", "1"],
    ["b", '"2"'],
    ["a", "3"],
    ["c", ""],
    ["d", "4=5"],
  ]);
  const cookies = readCookies(new Headers({ cookie: text }));
  assert.deepEqual([...cookies.keys()], ["a", "b", "c", "d"]);
  assert.equal(cookies.get("a"), "1");
  assert.equal(readCookies(new Headers()).size, 0);
});

Deno.test("cookies: what a server may send is read as it was", () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
  const value = fc.stringMatching(/^[!-:<-~]{1,40}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value), { maxLength: 8 }), (given) => {
      const cookies = given.map(([name, text]) => new Cookie(name, text));
      for (const cookie of cookies) {
        if (!cookie.isValid()) continue;
        const read = parseSetCookie(cookie.toStringValue());
        assert.deepEqual([read?.name, read?.value], [cookie.name, cookie.value]);
      }
      assert.deepEqual(
        parseCookies(formatCookies(cookies)).map((pair) => [pair.name, pair.value]),
        given,
      );
    }),
    settings,
  );
});

Deno.test("cookies: no text makes the parsers throw, or gives a name or value with a delimiter", () => {
  const nasty = fc.string({ unit: fc.constantFrom(...'=; \t,\r\n\0a"Päth-domain'.split("")) });
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string()), (text) => {
      const cookie = parseSetCookie(text);
      for (const { name, value } of [...parseCookies(text), ...(cookie ? [cookie] : [])]) {
        assert.ok(name !== "" && !/[=;\r\n\0]/.test(name) && !/[;\r\n\0]/.test(value));
      }
    }),
    settings,
  );
});
