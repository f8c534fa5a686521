import assert from "node:assert/strict";
import { Cookie } from "../../src/message/cookie.ts";
import { CookieSigner } from "../../src/message/signed_cookie.ts";

const KEY = crypto.getRandomValues(new Uint8Array(32));
const OLD_KEY = crypto.getRandomValues(new Uint8Array(32));

async function signed(name: string, value: string, key: Uint8Array = KEY): Promise<string> {
  return (await new CookieSigner(key).sign(new Cookie(name, value))).value;
}

Deno.test("security 9: a signature is of no use to another cookie or value", async () => {
  const signer = new CookieSigner(KEY);
  const role = await signed("role", "user");
  assert.equal((await signer.verify("role", role))?.value, "user");
  const signature = role.slice("user.".length);
  const moved: [name: string, value: string][] = [
    ["session", role],
    ["Role", role],
    ["__proto__", role],
    ["role", `admin.${signature}`],
    ["role", `.${signature}`],
    ["role", signature],
    ["role", "user"],
    ["role", "user."],
    ["role", `user.${signature}.`],
    ["role", `user..${signature}`],
    ["rol", `e\0user.${signature}`],
    ["role\0u", `ser.${signature}`],
    ["", role],
  ];
  for (const [name, value] of moved) {
    assert.equal(await signer.verify(name, value), undefined, `${name}=${value}`);
  }
});

Deno.test("security 9: a signature has one spelling", async () => {
  const signer = new CookieSigner(KEY);
  for (let index = 0; index < 20; index++) {
    const value = await signed("a", `${index}`);
    const last = value.charCodeAt(value.length - 1);
    const spellings = [
      `${value}=`,
      `${value} `,
      `"${value}"`,
      value.replaceAll("-", "+").replaceAll("_", "/") + "=",
      // The last two bits of the last character belong to no byte.
      ...[1, 2, 3].map((bit) => value.slice(0, -1) + String.fromCharCode(last + bit)),
      encodeURIComponent(value).replace(".", "%2e"),
    ];
    for (const spelling of spellings) {
      assert.equal(await signer.verify("a", spelling), undefined, spelling);
    }
  }
});

Deno.test("security 9: a bad signature stays bad while keys are changed", async () => {
  const during = new CookieSigner([KEY, OLD_KEY]);
  const old = await signed("sid", "ada", OLD_KEY);
  assert.deepEqual(await during.verify("sid", old), { value: "ada", needsRenewal: true });
  const unknown = crypto.getRandomValues(new Uint8Array(32));
  for (
    const forged of [
      await signed("sid", "eve", unknown),
      `eve.${old.slice("ada.".length)}`,
      // A signature of the old key and one of the new do not make one together.
      `${old}.${(await signed("sid", "ada")).slice("ada.".length)}`,
    ]
  ) assert.equal(await during.verify("sid", forged), undefined);
  assert.equal(await new CookieSigner(KEY).verify("sid", old), undefined, "after the change");
});

Deno.test("security 9: whatever a client sends is no error, and not much work", async () => {
  const signer = new CookieSigner([KEY, OLD_KEY]);
  const hostile = ["", ".", "..", "\0", "\ud800.", "é".repeat(50), "a.".repeat(100_000)];
  for (const size of [42, 43, 44, 4096, 1_000_000]) {
    hostile.push("A".repeat(size), `.${"A".repeat(size)}`, `a.${"_".repeat(size)}`);
  }
  const start = performance.now();
  for (const value of hostile) assert.equal(await signer.verify("a", value), undefined);
  const many = Array.from({ length: 2_000 }, () => `a=b.${"A".repeat(43)}`).join("; ");
  assert.equal(await signer.read(new Headers({ cookie: many }), "a"), undefined);
  assert.ok(performance.now() - start < 2_000);
});

Deno.test("security 27: a cookie that a sub-domain tossed in does not hide the signed one", async () => {
  const signer = new CookieSigner(KEY);
  const own = await signed("sid", "ada");
  for (const cookie of [`sid=tossed; sid=${own}`, `sid=${own}; sid=tossed`, `sid=; sid=${own}`]) {
    assert.equal((await signer.read(new Headers({ cookie }), "sid"))?.value, "ada");
  }
});
