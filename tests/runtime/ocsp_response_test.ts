/** What an OCSP response has to say, and who has to say it. @module */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { SslError } from "../../src/message/client_errors.ts";
import { checkOcspResponse, ocspRequest } from "../../src/runtime/tls/ocsp_response.ts";
import { type Certificates, serials, withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";

const ignore = !hasPeer("openssl");
const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
const hour = 3_600_000;

/** The bytes of the first certificate in a PEM text. */
function der(pem: string): Uint8Array<ArrayBuffer> {
  const [body = ""] = pem.replace(/^-.*-\n/, "").split("-----");
  return new Uint8Array(Buffer.from(body, "base64"));
}

function subjectOf({ server, ca }: Certificates): { certificate: Uint8Array; issuer: Uint8Array } {
  return { certificate: der(server.cert), issuer: der(ca) };
}

/** Checks that a response is refused, for a reason. */
async function refused(check: Promise<number>, said: RegExp): Promise<void> {
  await assert.rejects(check, (error) => {
    assert.ok(error instanceof SslError, String(error));
    assert.match(error.message, said);
    return true;
  });
}

const doubt = /^The server's certificate is not known to be good: /;

Deno.test({
  name: "ocsp response: what is said of the certificate, and when",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const subject = subjectOf(certificates);
      const now = Date.now();
      const good = await certificates.ocsp("good");
      const until = await checkOcspResponse(good, subject, now);
      assert.ok(Math.abs(until - now - hour) < 10_000, `${until - now}`);
      // Clocks may differ by five minutes.
      await checkOcspResponse(good, subject, now - 280_000);
      await checkOcspResponse(good, subject, now + hour + 280_000);
      await refused(checkOcspResponse(good, subject, now - hour), /of a time to come$/);
      await refused(checkOcspResponse(good, subject, now + 2 * hour), /is out of date$/);
      const revoked = await certificates.ocsp("revoked");
      await refused(checkOcspResponse(revoked, subject, now), /was revoked \(OCSP\)$/);
      await refused(checkOcspResponse(revoked, subject, now + 99 * hour), /was revoked/);
      const unknown = await certificates.ocsp("unknown");
      await refused(checkOcspResponse(unknown, subject, now), /does not know it$/);
    }),
});

Deno.test({
  name: "ocsp response: it is of this certificate, by its authority or a responder of that",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { authority, other, ca } = certificates;
      const subject = subjectOf(certificates);
      const now = Date.now();
      const good = await certificates.ocsp("good");
      const another = { certificate: der(other.cert), issuer: der(ca) };
      await refused(checkOcspResponse(good, another, now), /is of another certificate$/);
      const sameSerial = await authority.sign("twin", { serial: serials.server });
      const stranger = { certificate: der(sameSerial.cert), issuer: subject.certificate };
      await refused(checkOcspResponse(good, stranger, now), doubt);

      const by = (signer: string): Promise<Uint8Array> =>
        authority.ocsp({ serial: serials.server, name: "server" }, { status: "good", signer });
      await authority.sign("responder", { usage: "OCSPSigning" });
      await checkOcspResponse(await by("responder"), subject, now);
      await authority.sign("late", { usage: "OCSPSigning", days: -1 });
      await authority.sign("between", { isAuthority: true });
      const { Authority } = await import("../support/certificate_authority.ts");
      const below = await Authority.at(certificates.folder, "between");
      await below.sign("removed", { usage: "OCSPSigning" });
      const self = await Authority.root(certificates.folder, "self", "Test authority");
      assert.notEqual(self.cert, ca);
      // Expired, for servers, of an authority below, and one that only has the authority's name.
      for (const signer of ["late", "other", "removed", "self"]) {
        await refused(checkOcspResponse(await by(signer), subject, now), /not signed by its auth/);
      }
      // A server names its issuer itself, and could name one that it has made.
      const forged = await self.ocsp({ serial: serials.server, name: "server" }, {
        status: "good",
      });
      const claimed = { ...subject, issuer: der(self.cert) };
      await refused(checkOcspResponse(forged, claimed, now), /has not signed it$/);
    }),
});

Deno.test({
  name: "ocsp response: one that was changed anywhere is refused, or says the same",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const subject = subjectOf(certificates);
      const now = Date.now();
      const good = await certificates.ocsp("good");
      const revoked = await certificates.ocsp("revoked");
      const until = await checkOcspResponse(good, subject, now);
      const parameters = { numRuns: 150, seed };
      const change = fc.record({
        isGood: fc.boolean(),
        at: fc.nat(good.length - 1),
        bit: fc.nat(7),
        length: fc.option(fc.nat(good.length)),
      });
      await fc.assert(
        fc.asyncProperty(change, async ({ isGood, at, bit, length }) => {
          const changed = (isGood ? good : revoked).slice(0, length ?? undefined);
          if (at < changed.length) changed[at]! ^= 1 << bit;
          try {
            assert.equal(await checkOcspResponse(changed, subject, now), until);
            assert.ok(isGood, "a revoked certificate was taken");
          } catch (error) {
            assert.ok(error instanceof SslError, String(error));
          }
        }),
        parameters,
      );
    }),
});

Deno.test({
  name: "ocsp response: bytes that are none are refused, quickly",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const subject = subjectOf(certificates);
      const now = Date.now();
      const check = (bytes: Uint8Array): Promise<number> => checkOcspResponse(bytes, subject, now);
      // "Try later", RFC 6960 section 4.2.1.
      await refused(check(Uint8Array.of(0x30, 3, 0x0a, 1, 3)), /gives no answer \(status 3\)$/);
      await refused(check(new Uint8Array(65_537)), /is too long$/);
      const started = performance.now();
      const nested = new Uint8Array(65_536).map((_, index) => index % 2 === 0 ? 0x30 : 0x80);
      const empties = new Uint8Array(65_536).map((_, index) => index % 2 === 0 ? 5 : 0);
      empties.set([0x30, 0x83, 0, 0xff, 0xfb]);
      for (const bytes of [new Uint8Array(), Uint8Array.of(0x30), nested, empties]) {
        await refused(check(bytes), doubt);
      }
      assert.ok(performance.now() - started < 5_000);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 99 }), (bytes) => refused(check(bytes), doubt)),
        { numRuns: 100, seed },
      );
    }),
});

Deno.test({
  name: "ocsp request: openssl answers it, and the responder is the one by http: that is named",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { authority, ca, folder } = certificates;
      const names = "DNS:localhost";
      const access = (...urls: string[]): string => {
        const listed = urls.map((url) => `OCSP;URI:${url}`).join(",");
        return `serverAuth\nauthorityInfoAccess=caIssuers;URI:http://ca.example/,${listed}`;
      };
      const cases: [string, string | undefined][] = [
        [access("https://a.example/", "http://b.example/x"), "http://b.example/x"],
        [access("ldap://a.example/", "file:///etc/passwd"), undefined],
        ["serverAuth", undefined],
      ];
      for (const [index, [usage, expected]] of cases.entries()) {
        const { cert } = await authority.sign(`named${index}`, { names, usage });
        const { url } = await ocspRequest({ certificate: der(cert), issuer: der(ca) });
        assert.equal(url?.href, expected);
      }
      const { body } = await ocspRequest(subjectOf(certificates));
      await certificates.ocsp("good");
      await Deno.writeFile(`${folder}/own.req`, body);
      const { stdout, stderr } = await new Deno.Command("openssl", {
        args: [
          ...["ocsp", "-index", `ca-${serials.server}-good-ca.index`, "-CA", "ca.pem"],
          ...["-rsigner", "ca.pem", "-rkey", "ca.key", "-reqin", "own.req"],
          ...["-respout", "own.der", "-text"],
        ],
        cwd: folder,
      }).output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.match(said, /Cert Status: good/);
      const answer = await Deno.readFile(`${folder}/own.der`);
      const noMore = await checkOcspResponse(answer, subjectOf(certificates), Date.now());
      // It does not say when there is a newer one: it holds for a day.
      assert.ok(noMore > Date.now() + 23 * hour);
      const later = Date.now() + 25 * hour;
      await refused(checkOcspResponse(answer, subjectOf(certificates), later), /out of date$/);
    }),
});
