/**
 * SECURITY.md row 10: what somebody put on the prototype of all objects is no option of a listener's TLS.
 *
 * @module
 */
import assert from "node:assert/strict";
import { checkTls } from "../../src/server/listener_tls_check.ts";
import { loadTls } from "../../src/server/listener_tls_settings.ts";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";

const prototype = Object.prototype as unknown as Record<string, unknown>;

Deno.test({
  name: "security 10: options of a listener's TLS, and those within them, are its own",
  ignore: !hasPeer("openssl"),
  fn: () =>
    withCertificates(async ({ server, other, ca }) => {
      const table: readonly (readonly [name: string, value: unknown])[] = [
        ["verifyClient", "optional"],
        ["serverNames", ["evil.example"]],
        ["keyStore", { path: "/nowhere", password: "x" }],
        ["trustStore", { path: "/nowhere", password: "x" }],
        ["crl", "/nowhere"],
        ["keyPassword", "x"],
        ["ocspStapling", "/nowhere"],
        ["sessionTimeout", 1000],
        ["shareSession", false],
      ];
      for (const [name, value] of table) {
        const tls = checkTls({ ...server, certificates: [{ ...other }], mutualSsl: { cert: ca } });
        Object.defineProperty(prototype, name, { value, configurable: true, enumerable: true });
        try {
          const { clients, identities, shareSession } = await loadTls(tls, (error) => {
            throw error;
          });
          assert.equal(clients?.isRequired, true, name);
          assert.deepEqual(clients?.crl, [], name);
          assert.equal(shareSession, true, name);
          const names = identities.map(({ serverNames }) => serverNames);
          assert.deepEqual(names, [["localhost"], ["other.example"]], name);
        } finally {
          delete prototype[name];
        }
      }
    }),
});
