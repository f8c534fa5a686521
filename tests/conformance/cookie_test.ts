import assert from "node:assert/strict";
import { get } from "../../src/server/resource.ts";
import { service } from "../../src/server/service.ts";
import { cookies } from "../../src/layers/cookies.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";
import { Cookie, type CookieOptions } from "../../src/message/cookie.ts";
import { removeCookie, setCookie } from "../../src/message/cookie_fields.ts";
import { parseSetCookie } from "../../src/message/cookie_parse.ts";
import { conformance } from "./cases.ts";

const MAIL = "http://mail.google.com/";

async function count(store: CookieStore): Promise<number> {
  return (await store.getAllCookies()).length;
}

/** A client of a service that answers with the cookies it got and then does something. */
function client(answer: (headers: Headers, path: string) => void) {
  const store = new CookieStore();
  const site = service({}, [
    get("/:path*", ({ request }) => {
      const response = new Response(request.headers.get("cookie") ?? "");
      answer(response.headers, new URL(request.url).pathname);
      return response;
    }),
  ]);
  const fetch = cookies({ store })(site.fetch);
  return async (path: string) => await (await fetch(`http://localhost${path}`)).text();
}

conformance("cookie", {
  "domain match": async () => {
    const store = new CookieStore();
    assert.equal(await store.addCookie(new Cookie("a", "b", { domain: "google.com" }), MAIL), true);
    const foreign = new Cookie("a", "b", { domain: "foo.example.com" });
    assert.equal(await store.addCookie(foreign, "http://example.com/"), false);
    assert.equal(await count(store), 1);
  },
  "server removes cookie": async () => {
    const cookie = new Cookie("SID003", "31d4d96e407aad42", { path: "/" });
    const visit = client((headers, path) => {
      if (path === "/set") setCookie(headers, cookie);
      if (path === "/remove") removeCookie(headers, cookie);
    });
    assert.equal(await visit("/set"), "");
    assert.equal(await visit("/remove"), "SID003=31d4d96e407aad42");
    assert.equal(await visit("/other"), "");
  },
  "Set-Cookie parsing": async () => {
    const visit = client((headers) => {
      headers.append("set-cookie", "cookie=value;Path=/;HttpOnly");
      headers.append("set-cookie", "other=value; path=/; httponly; max-age=3600");
    });
    assert.equal(await visit("/x"), "");
    assert.equal(await visit("/y"), "cookie=value; other=value");
    for (const field of ["cookie=value;Path=/;HttpOnly", "cookie=value; path=/; httponly"]) {
      const cookie = parseSetCookie(field);
      assert.deepEqual([cookie?.path, cookie?.httpOnly], ["/", true]);
    }
  },
  "validation": () => {
    const faults: [name: string, value: string, options: CookieOptions, message: string][] = [
      ["", "v", {}, "Invalid name: Name cannot be empty"],
      ["n", "", {}, "Invalid value: Value cannot be empty"],
      ["n", "v", { domain: "" }, "Invalid domain: Domain cannot be empty"],
      ["n", "v", { path: "" }, "Invalid path: Path is not in correct format"],
      ["n", "v", { path: "sample" }, "Invalid path: Path is not in correct format"],
      ["n", "v", { path: "/sample?test=123" }, "Invalid path: Path is not in correct format"],
      [
        "n",
        "v",
        { expires: "2017 13 42 05:70:22" },
        "Invalid time: Expiry-time is not in yyyy-mm-dd hh:mm:ss format",
      ],
      ["n", "v", { maxAge: -3600 }, "Invalid max-age: Max Age can not be less than zero"],
    ];
    for (const [name, value, options, message] of faults) {
      const cookie = new Cookie(name, value, options);
      assert.equal(cookie.isValid(), false);
      assert.throws(() => cookie.check(), { name: "InvalidCookieError", message });
    }
  },
  "year 0000-0069 expiry": async () => {
    const store = new CookieStore({ now: () => Date.UTC(2026, 0, 1) });
    const cookie = new Cookie("a", "b", { expires: "Sat, 26 Jun 0050 05:46:22 GMT" });
    assert.equal(cookie.expires?.getUTCFullYear(), 2050);
    assert.equal(await store.addCookie(cookie, MAIL), true);
    assert.equal((await store.getCookies(MAIL)).length, 1);
  },
  "send order": async () => {
    const expires = "2035-06-26 05:46:22";
    const visit = client((headers, path) => {
      if (path === "/api/") setCookie(headers, new Cookie("cookie", "default", { path: "/api/" }));
      if (path === "/api/foo") {
        setCookie(headers, new Cookie("cookie", "foo", { path: "/api/foo" }));
      }
      if (path !== "/sids") return;
      setCookie(headers, new Cookie("SID001", "239d4dmnmsddd34", { expires, path: "/sids" }));
      setCookie(headers, new Cookie("SID002", "178gd4dmnmsddd34", { expires, path: "/sids" }));
      setCookie(headers, new Cookie("SID003", "895gd4dmnmsddd34", { path: "/sids" }));
    });
    await visit("/sids");
    assert.equal(
      await visit("/sids"),
      "SID003=895gd4dmnmsddd34; SID001=239d4dmnmsddd34; SID002=178gd4dmnmsddd34",
    );
    await visit("/api/");
    await visit("/api/foo");
    assert.equal(await visit("/api/foo"), "cookie=foo; cookie=default");
  },
  "third party": async () => {
    const cookie = new Cookie("a", "b", { domain: "ad.doubleclick.net" });
    const open = new CookieStore({ blockThirdPartyCookies: false });
    assert.equal(await open.addCookie(cookie, MAIL), true);
    assert.equal((await open.getCookies("http://ad.doubleclick.net/")).length, 1);
    assert.equal(await new CookieStore().addCookie(cookie, MAIL), false);
  },
  "secure": async () => {
    const store = new CookieStore();
    await store.addCookie(new Cookie("a", "b", { secure: true }), "https://google.com/");
    assert.equal((await store.getCookies("http://google.com/")).length, 0);
    assert.equal((await store.getCookies("https://google.com/")).length, 1);
  },
  "replacement": async () => {
    let now = 1000;
    const store = new CookieStore({ now: () => now });
    const options = { domain: "google.com", path: "/" };
    await store.addCookie(new Cookie("SID002", "old", options), MAIL);
    now = 5000;
    await store.addCookie(new Cookie("SID002", "new", options), MAIL);
    const [cookie, ...others] = await store.getAllCookies();
    assert.equal(others.length, 0);
    assert.deepEqual([cookie?.value, cookie?.createdTime], ["new", 1000]);
  },
}, {
  "send order": "of one name the longer path comes first (RFC 6265bis section 5.8.3)",
});
