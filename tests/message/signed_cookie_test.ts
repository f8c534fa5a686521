import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { Cookie } from "../../src/message/cookie.ts";
import { formatCookies, setCookie } from "../../src/message/cookie_fields.ts";
import { parseSetCookie } from "../../src/message/cookie_parse.ts";
import { type CookieKey, CookieSigner } from "../../src/message/signed_cookie.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 100 };
const NEW = "n".repeat(32);
const OLD = new Uint8Array(64).fill(7);

Deno.test("CookieSigner: what is signed is verified", async () => {
  const signer = new CookieSigner(NEW);
  const session = new Cookie("sid", "31d4.96e", { path: "/", secure: true, createdTime: 0 });
  const signed = await signer.sign(session);
  const mac = createHmac("sha256", NEW).update("cookie\0sid\x0031d4.96e").digest("base64url");
  assert.equal(signed.value, `31d4.96e.${mac}`);
  assert.deepEqual(signed.attributes(), session.attributes());
  assert.deepEqual(await signer.verify("sid", signed.value), {
    value: "31d4.96e",
    needsRenewal: false,
  });
});

Deno.test("CookieSigner: goes through a response and a request", async () => {
  const signer = new CookieSigner(NEW);
  const response = new Headers();
  setCookie(response, await signer.sign(new Cookie("sid", "ada", { httpOnly: true })));
  const received = parseSetCookie(response.getSetCookie()[0] ?? "");
  assert.ok(received?.httpOnly);
  const request = new Headers({ cookie: `theme=dark; ${formatCookies([received])}` });
  assert.equal((await signer.read(request, "sid"))?.value, "ada");
  assert.equal(await signer.read(request, "theme"), undefined);
  assert.equal(await signer.read(request, "other"), undefined);
  assert.equal(await signer.read(new Headers(), "sid"), undefined);
});

Deno.test("CookieSigner: the first key signs, all verify", async () => {
  const cookie = new Cookie("sid", "ada");
  const [before, during, after] = [
    new CookieSigner(OLD),
    new CookieSigner([NEW, OLD]),
    new CookieSigner(NEW),
  ];
  const old = (await before.sign(cookie)).value;
  const renewed = (await during.sign(cookie)).value;
  assert.notEqual(old, renewed);
  assert.deepEqual(await during.verify("sid", old), { value: "ada", needsRenewal: true });
  assert.deepEqual(await during.verify("sid", renewed), { value: "ada", needsRenewal: false });
  assert.deepEqual(await after.verify("sid", renewed), { value: "ada", needsRenewal: false });
  assert.equal(await after.verify("sid", old), undefined);
  assert.equal(await before.verify("sid", renewed), undefined);
});

Deno.test("CookieSigner: a key that is changed afterwards changes nothing", async () => {
  const key = new Uint8Array(32).fill(1);
  const signer = new CookieSigner(key);
  key.fill(2);
  const { value } = await signer.sign(new Cookie("a", "b"));
  assert.ok(await new CookieSigner(new Uint8Array(32).fill(1)).verify("a", value));
});

const BAD_KEYS: [given: unknown, error: typeof TypeError | typeof RangeError, message: RegExp][] = [
  [[], TypeError, /^Cannot sign cookies without a key: give one or several$/],
  [undefined, TypeError, /without a key/],
  ["short secret", RangeError, /^Cannot sign cookies with a key of 12 bytes: give 32 random ones/],
  [["x".repeat(32), "short secret"], RangeError, /a key of 12 bytes/],
  [new Uint8Array(31), RangeError, /a key of 31 bytes/],
  [[1], TypeError, /neither text nor bytes/],
];

for (const [given, error, message] of BAD_KEYS) {
  Deno.test(`CookieSigner: refuses the key ${JSON.stringify(given)}`, () => {
    assert.throws(() => new CookieSigner(given as CookieKey), (thrown: Error) => {
      assert.ok(thrown instanceof error);
      assert.match(thrown.message, message);
      assert.doesNotMatch(thrown.message, /secret/);
      return true;
    });
  });
}

Deno.test("CookieSigner: signs no cookie that cannot be sent", async () => {
  const signer = new CookieSigner(NEW);
  const attempts = [
    new Cookie("a", "b c"),
    new Cookie("a", ""),
    new Cookie("a b", "c"),
    new Cookie("__Host-a", "b"),
    new Cookie("a", "x".repeat(4090)),
  ];
  for (const cookie of attempts) {
    await assert.rejects(signer.sign(cookie), { name: "InvalidCookieError" });
  }
});

Deno.test("CookieSigner: verifies what was signed and nothing else", async () => {
  const signer = new CookieSigner([NEW, OLD]);
  const name = fc.stringMatching(/^[\w-]{1,8}$/);
  const value = fc.stringMatching(/^[\x21-\x3a\x3c-\x7e]{1,40}$/);
  await fc.assert(
    fc.asyncProperty(name, value, fc.nat(), fc.string(), async (name, value, at, noise) => {
      const signed = (await signer.sign(new Cookie(name, value))).value;
      assert.equal((await signer.verify(name, signed))?.value, value);
      const place = at % signed.length;
      const changed = signed.slice(0, place) + noise + signed.slice(place + 1);
      if (changed !== signed) assert.equal(await signer.verify(name, changed), undefined);
      assert.equal(await signer.verify(`${name}x`, signed), undefined);
      assert.equal(await signer.verify(name, noise), undefined);
    }),
    settings,
  );
});
