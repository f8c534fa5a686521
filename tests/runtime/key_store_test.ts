/** PKCS#12 files of `openssl`'s: what is taken out of them, and what is refused. @module */
import assert from "node:assert/strict";
import { SslError } from "../../src/message/client_errors.ts";
import { openKeyStore } from "../../src/runtime/tls/key_store.ts";
import { openssl } from "../support/certificate_authority.ts";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";

const ignore = !hasPeer("openssl");
const name = "tls.keyStore";

/** Makes a PKCS#12 file in a folder. */
async function store(folder: string, password: string, ...args: string[]): Promise<Uint8Array> {
  await openssl(
    folder,
    ...["pkcs12", "-export", "-out", "made.p12", "-passout", `pass:${password}`, ...args],
  );
  return await Deno.readFile(`${folder}/made.p12`);
}

Deno.test({
  name: "key store: a key comes with its certificate and those above it, in their order",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { folder, ca, other } = certificates;
      const { leaf, between, key } = await certificates.chained();
      await Deno.writeTextFile(`${folder}/leaf.pem`, leaf);
      // The others in a wrong order, and one that has nothing to do with them.
      await Deno.writeTextFile(`${folder}/others.pem`, other.cert + ca + between);
      const own = ["-in", "leaf.pem", "-inkey", "chained.key", "-certfile", "others.pem"];
      for (const password of ["secret", "pässwörd €", ""]) {
        const bytes = await store(folder, password, ...own);
        const { identity, certificates: all } = await openKeyStore({ name, bytes, password });
        assert.deepEqual(identity, { cert: leaf + between + ca, key });
        assert.deepEqual(new Set(all), new Set([leaf, between, ca, other.cert]));
      }
    }),
});

Deno.test({
  name: "key store: RSA keys, ciphers of PBES2, and digests",
  ignore,
  fn: () =>
    withCertificates(async ({ folder }) => {
      await openssl(
        folder,
        ...["req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=rsa", "-days", "1"],
        ...["-keyout", "rsa.key", "-out", "rsa.pem"],
      );
      const own = ["-in", "rsa.pem", "-inkey", "rsa.key"];
      const key = await Deno.readTextFile(`${folder}/rsa.key`);
      const ways = [
        ["-macalg", "sha1"],
        ["-macalg", "sha512"],
        ["-keypbe", "AES-128-CBC", "-certpbe", "AES-192-CBC"],
        ["-certpbe", "NONE"],
        ["-keypbe", "NONE", "-certpbe", "NONE"],
      ];
      for (const way of ways) {
        const bytes = await store(folder, "secret", ...own, ...way);
        const { identity } = await openKeyStore({ name, bytes, password: "secret" });
        assert.equal(identity?.key, key, way.join(" "));
      }
    }),
});

Deno.test({
  name: "key store: what cannot be used is refused, and no password is shown",
  ignore,
  fn: () =>
    withCertificates(async ({ folder, ca }) => {
      const own = ["-in", "client.pem", "-inkey", "client.key"];
      const good = await store(folder, "secret", ...own);
      const old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
      const cases: [Uint8Array, string, RegExp][] = [
        [good, "secret2", /^Cannot open tls\.keyStore: its password is wrong/],
        [await store(folder, "secret", ...own, "-nomac"), "secret", /^Cannot open tls\.keyStore/],
        [
          await store(folder, "secret", ...own, ...old),
          "secret",
          /or its encryption is older than/,
        ],
        [
          await store(folder, "secret", "-in", "ca.pem", "-inkey", "ca.key", "-nocerts"),
          "secret",
          /^Cannot use tls\.keyStore: it has no certificate of its key$/,
        ],
        [new TextEncoder().encode(ca), "secret", /it is no PKCS#12 file/],
        [new Uint8Array(), "secret", /it is no PKCS#12 file/],
      ];
      for (let length = 1; length < good.length; length += 97) {
        cases.push([good.slice(0, length), "secret", /^Cannot open tls\.keyStore/]);
      }
      for (const [bytes, password, said] of cases) {
        await assert.rejects(openKeyStore({ name, bytes, password }), (error) => {
          assert.ok(error instanceof SslError, String(error));
          assert.match(error.message, said);
          assert.doesNotMatch(`${error.message} ${error.cause}`, /secret/);
          return true;
        });
      }
    }),
});
