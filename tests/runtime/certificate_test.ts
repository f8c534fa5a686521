/**
 * Reading certificates and the names that they are for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { certificatesOfPem, readCertificate } from "../../src/runtime/tls/certificate.ts";
import { distinguishedName } from "../../src/runtime/tls/certificate_name.ts";
import { ocspEnd } from "../../src/runtime/tls/ocsp_staple.ts";
import { ServerNames } from "../../src/runtime/tls/server_names.ts";
import { Authority, openssl } from "../support/certificate_authority.ts";
import { hasPeer } from "../support/peers.ts";
import { withFolder } from "../support/temp_folder.ts";

const ignore = !hasPeer("openssl");
const parameters = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };

/** A value in DER, short. */
function der(tag: number, ...parts: readonly ArrayLike<number>[]): number[] {
  const content = parts.flatMap((part) => Array.from(part));
  return [tag, ...content.length < 128 ? [content.length] : [0x81, content.length], ...content];
}

function commonName(text: string | number[], tag = 0x0c): number[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return der(0x31, der(0x30, [0x06, 3, 0x55, 4, 3], der(tag, bytes)));
}

Deno.test("certificate: it is read as openssl reads it", { ignore }, async () => {
  await withFolder({}, async (folder) => {
    const authority = await Authority.root(folder, "ca", "Test authority");
    const names = "DNS:A.example,DNS:*.b.example,IP:10.1.2.3,IP:2001:db8::1,email:a@b.example," +
      "URI:spiffe://example/a";
    const { cert } = await authority.sign("many", { names, serial: 0xfedcba98 });
    await openssl(
      folder,
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"],
      ...["-keyout", "odd.key", "-out", "odd.pem", "-days", "9000", "-utf8"],
      ...["-subj", "/C=DE/O=Käse, Brot \\+ Söhne/OU= a=b;c /CN=odd\\/one/emailAddress=a@b.example"],
    );
    for (const pem of [cert, authority.cert, await Deno.readTextFile(`${folder}/odd.pem`)]) {
      const [leaf = new Uint8Array()] = certificatesOfPem(pem);
      const read = readCertificate(leaf);
      const platform = new X509Certificate(pem);
      assert.deepEqual(read.raw, new Uint8Array(platform.raw));
      // Deno leaves a zero at its beginning out, OpenSSL and Node do not.
      assert.equal(BigInt(`0x${read.serialNumber}`), BigInt(`0x${platform.serialNumber}`));
      assert.equal(read.serialNumber.length % 2, 0);
      assert.equal(read.validFrom.getTime(), Date.parse(platform.validFrom));
      assert.equal(read.validTo.getTime(), Date.parse(platform.validTo));
    }
    const [many = new Uint8Array()] = certificatesOfPem(cert);
    assert.deepEqual(readCertificate(many).subjectAltNames, [
      ...["DNS:A.example", "DNS:*.b.example", "IP:10.1.2.3", "IP:2001:db8::1"],
      ...["email:a@b.example", "URI:spiffe://example/a"],
    ]);
    assert.equal(readCertificate(many).issuer, "CN=Test authority");
    const [odd = new Uint8Array()] = certificatesOfPem(
      await Deno.readTextFile(`${folder}/odd.pem`),
    );
    assert.equal(
      readCertificate(odd).subject,
      "1.2.840.113549.1.9.1=#160b6140622e6578616d706c65,CN=odd/one,OU=\\ a=b\\;c\\ ," +
        "O=Käse\\, Brot \\+ Söhne,C=DE",
    );
  });
});

Deno.test("certificate: no value of a name passes for two", () => {
  const cases: readonly (readonly [content: number[], text: string])[] = [
    [commonName("a,O=b"), "CN=a\\,O=b"],
    [commonName('a"+;<>\\'), 'CN=a\\"\\+\\;\\<\\>\\\\'],
    [commonName("a\nO=b\0"), "CN=a\\0aO=b\\00"],
    [commonName("#a "), "CN=\\#a\\ "],
    [commonName(" "), "CN=\\ "],
    [commonName(""), "CN="],
    [commonName([0x00, 0x41, 0x00, 0x2c], 0x1e), "CN=A\\,"],
    [commonName([0xe9], 0x14), "CN=é"],
    [commonName([1], 0x02), "CN=#020101"],
    [[...commonName("a"), ...commonName("b")], "CN=b,CN=a"],
  ];
  for (const [content, text] of cases) {
    assert.equal(distinguishedName(Uint8Array.from(content)), text);
  }
});

Deno.test("certificate: whatever is no certificate is refused", { ignore }, async () => {
  await withFolder({}, async (folder) => {
    const authority = await Authority.root(folder, "ca", "Test authority");
    const { cert } = await authority.sign("a", { names: "DNS:a.example,IP:10.1.2.3" });
    const [leaf = new Uint8Array()] = certificatesOfPem(cert);
    const readsOrRefuses = (bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): void => {
      try {
        read(bytes);
      } catch (error) {
        assert.ok(error instanceof Error && /^(Syntax)?Error$/.test(error.name), String(error));
      }
    };
    for (let length = 0; length < leaf.length; length++) {
      assert.throws(() => readCertificate(leaf.subarray(0, length)), SyntaxError);
    }
    fc.assert(
      fc.property(fc.nat(leaf.length - 1), fc.nat(255), (at, byte) => {
        const broken = leaf.slice();
        broken[at] = byte;
        readsOrRefuses(broken, readCertificate);
      }),
      { ...parameters, numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readsOrRefuses(bytes, readCertificate);
        readsOrRefuses(bytes, ocspEnd);
        readsOrRefuses(bytes, distinguishedName);
      }),
      parameters,
    );
  });
});

Deno.test("server names: an exact name goes before a wildcard, which is for one label", () => {
  const names = new ServerNames<number>();
  names.add(["a.example", "*.example"], 1);
  names.add(["b.example", "a.example", "*.b.example", "__proto__"], 2);
  const found: readonly (readonly [name: string, value: number | undefined])[] = [
    ["a.example", 1],
    ["A.EXAMPLE", 1],
    ["b.example", 2],
    ["c.example", 1],
    ["c.b.example", 2],
    ["d.c.b.example", undefined],
    ["example", undefined],
    [".example", undefined],
    ["", undefined],
    ["*.example", 1],
    ["__proto__", 2],
    ["constructor", undefined],
  ];
  for (const [name, value] of found) assert.equal(names.find(name), value, name);
});
