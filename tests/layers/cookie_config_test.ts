import assert from "node:assert/strict";
import { type CookieConfig, cookieStoreOf } from "../../src/layers/cookie_config.ts";
import { CookieStore } from "../../src/layers/cookie_store.ts";
import { Cookie } from "../../src/message/cookie.ts";

Deno.test("cookieStoreOf: true and options make a store, a store is itself", async () => {
  const store = new CookieStore();
  assert.equal(cookieStoreOf(store), store);
  assert.ok(cookieStoreOf(true) instanceof CookieStore);
  assert.notEqual(cookieStoreOf(true), cookieStoreOf(true));
  const small = cookieStoreOf({ maxCookiesPerDomain: 1, blockThirdPartyCookies: false });
  assert.ok(small instanceof CookieStore);
  for (const domain of ["y.com", "z.com"]) {
    assert.ok(await small.addCookie(new Cookie("a", "b", { domain }), "https://x.com/"));
    await small.addCookie(new Cookie("c", "d", { domain }), "https://x.com/");
    assert.equal((await small.getCookiesByDomain(domain)).length, 1);
  }
});

Deno.test("cookieStoreOf: cookies can be switched off", () => {
  assert.equal(cookieStoreOf(undefined), undefined);
  assert.equal(cookieStoreOf(false), undefined);
  assert.equal(cookieStoreOf({ enabled: false }), undefined);
  assert.ok(cookieStoreOf({ enabled: true }) instanceof CookieStore);
  assert.ok(cookieStoreOf({}) instanceof CookieStore);
});

Deno.test("cookieStoreOf: refuses what it does not know, switched off or not", () => {
  for (const enabled of [true, false]) {
    const unknown = { enabled, maxCookies: 1 } as CookieConfig;
    assert.throws(() => cookieStoreOf(unknown), {
      name: "TypeError",
      message: /^cookies has no option "maxCookies": use one of enabled, maxCookiesPerDomain/,
    });
    assert.throws(() => cookieStoreOf({ enabled, maxTotalCookieCount: 0 }), RangeError);
  }
  for (const wrong of ["yes", 1, null]) {
    assert.throws(() => cookieStoreOf(wrong as unknown as true), TypeError);
  }
  assert.throws(() => cookieStoreOf({ enabled: "no" as unknown as boolean }), TypeError);
  assert.ok(cookieStoreOf(Object.create({ enabled: false })) instanceof CookieStore);
});
