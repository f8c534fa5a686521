/**
 * Mutual TLS of a listener, against curl and `openssl s_client`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  get,
  type ListenerConfiguration,
  type RunningServer,
  serve,
  service,
} from "@pirouette/http";
import { clientCertificate, clientCertificateKey } from "../../src/server/client_certificate.ts";
import { Authority } from "../support/certificate_authority.ts";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { curl, type PeerRun, sClient } from "../support/tls_peers.ts";
import { serveTold } from "../support/tls_service.ts";

const ignore = !hasPeer("openssl") || !hasPeer("curl");
const protocols = ["--http1.1", "--http2"] as const;

/** Asks as somebody, by the files of a certificate; as nobody without. */
function askAs(
  { folder }: Certificates,
  { url }: RunningServer,
  name: string | undefined,
  ...args: string[]
): Promise<PeerRun> {
  const shown = name === undefined
    ? []
    : ["--cert", `${folder}/${name}.pem`, "--key", `${folder}/${name}.key`];
  const [path = "/", ...others] = args;
  return curl("--cacert", `${folder}/ca.pem`, ...shown, ...others, `${url}${path}`);
}

/** A certificate for clients of an authority that nobody trusts: `stranger.pem`. */
async function addStranger({ folder }: Certificates): Promise<Authority> {
  const authority = await Authority.root(folder, "elsewhere", "Another authority");
  await authority.sign("stranger", { names: "DNS:client.example", usage: "clientAuth" });
  return authority;
}

Deno.test(
  "mutual TLS: who must show a certificate is refused without one",
  { ignore },
  async () => {
    await withCertificates(async (certificates) => {
      const { server, ca } = certificates;
      await addStranger(certificates);
      await using running = await serveTold({ ...server, mutualSsl: { cert: ca } });
      for (const protocol of protocols) {
        for (const name of [undefined, "stranger", "server"]) {
          const { code, stdout } = await askAs(certificates, running, name, "/", protocol);
          assert.notEqual(code, 0, `${protocol} as ${name}`);
          assert.equal(stdout, "");
        }
        const { stdout, stderr } = await askAs(certificates, running, "client", "/", protocol);
        assert.equal(stderr, "");
        const told = JSON.parse(stdout);
        assert.equal(told.clientVerified, true);
        assert.equal(told.subject, "CN=client");
        assert.deepEqual(told.names, ["DNS:client.example"]);
        assert.equal(told.handshake.status, "passed");
        const pem = certificates.client.cert.replaceAll(/-----.*-----|\n/g, "");
        assert.equal(told.handshake.base64EncodedCert, pem);
        assert.match(told.fingerprint, /^[0-9a-f]{64}$/);
      }
    });
  },
);

Deno.test("mutual TLS: an optional certificate may be missing, but not untrusted", {
  ignore,
}, async () => {
  await withCertificates(async (certificates) => {
    const { server, other } = certificates;
    await addStranger(certificates);
    const { path, password } = await certificates.trustStore();
    const trustStore = { path, password };
    await using running = await serveTold({
      ...server,
      certificates: [other],
      mutualSsl: { verifyClient: "optional", trustStore },
    });
    for (const protocol of protocols) {
      const nobody = JSON.parse(
        (await askAs(certificates, running, undefined, "/", protocol)).stdout,
      );
      assert.deepEqual([nobody.clientVerified, nobody.handshake], [false, { status: "failed" }]);
      assert.equal(nobody.subject, undefined);
      const client = JSON.parse(
        (await askAs(certificates, running, "client", "/", protocol)).stdout,
      );
      assert.equal(client.handshake.status, "passed");
      const stranger = await askAs(certificates, running, "stranger", "/", protocol);
      assert.notEqual(stranger.code, 0);
      assert.equal(stranger.stdout, "");
      // Another certificate for another name is no way around.
      const elsewhere = ["-k", "--connect-to", `other.example:443:127.0.0.1:${running.port}`];
      const { code, stdout } = await curl(
        ...[...elsewhere, protocol, "https://other.example/"],
        ...["--cert", `${certificates.folder}/stranger.pem`],
        ...["--key", `${certificates.folder}/stranger.key`],
      );
      assert.notEqual(code, 0);
      assert.equal(stdout, "");
    }
  });
});

const versions = ["-tls1_2", "-tls1_3"] as const;

Deno.test("mutual TLS: a session that another listener agreed on lets nobody in", {
  ignore,
}, async () => {
  await withCertificates(async (certificates) => {
    const { server, ca, folder } = certificates;
    const elsewhere = await addStranger(certificates);
    // Deno has one key for the session tickets of all listeners.
    await using open = await serveTold(server, { transport: "node" });
    await using theirs = await serveTold({ ...server, mutualSsl: { cert: elsewhere.cert } });
    await using ours = await serveTold({ ...server, mutualSsl: { cert: ca } });
    const stranger = ["-cert", `${folder}/stranger.pem`, "-key", `${folder}/stranger.key`];
    for (const version of versions) {
      const session = `${folder}/session${version}`;
      const first = await sClient(theirs.port, "/", version, "-sess_out", session, ...stranger);
      assert.match(first.stdout, /"clientVerified":true/);
      const second = await sClient(ours.port, "/", version, "-sess_in", session, ...stranger);
      assert.doesNotMatch(second.stdout, /HTTP\/1\.1/);

      const plain = await sClient(open.port, "/", version, "-sess_out", session);
      assert.match(plain.stdout, /HTTP\/1\.1 200/);
      const without = await sClient(ours.port, "/", version, "-sess_in", session);
      assert.doesNotMatch(without.stdout, /HTTP\/1\.1/);
    }
  });
});

Deno.test(
  "mutual TLS: who was verified resumes, until others are trusted",
  { ignore },
  async () => {
    await withCertificates(async (certificates) => {
      const { server, folder } = certificates;
      const elsewhere = await addStranger(certificates);
      const trusted = `${folder}/trusted.pem`;
      await Deno.copyFile(`${folder}/ca.pem`, trusted);
      await using running = await serveTold({ ...server, mutualSsl: { cert: trusted } });
      const client = ["-cert", `${folder}/client.pem`, "-key", `${folder}/client.key`];
      const resume = async (version: string, ...shown: string[]): Promise<string> => {
        const session = ["-sess_in", `${folder}/session${version}`];
        return (await sClient(running.port, "/", version, ...session, ...shown)).stdout;
      };
      for (const version of versions) {
        const { stdout } = await sClient(
          ...[running.port, "/", version, "-sess_out", `${folder}/session${version}`, ...client],
        );
        assert.match(stdout, /"isResumed":false,"clientVerified":true/);
        assert.match(await resume(version), /"isResumed":true,"clientVerified":true/);
      }
      await running.reloadCertificates();
      // Node has new keys for its tickets then, so that whoever comes again is verified again.
      const shown = "Deno" in globalThis ? [] : client;
      for (const version of versions) {
        assert.match(await resume(version, ...shown), /"clientVerified":true/);
      }
      await Deno.writeTextFile(trusted, elsewhere.cert);
      await running.reloadCertificates();
      for (const version of versions) {
        assert.doesNotMatch(await resume(version), /HTTP\/1\.1/);
      }
      assert.notEqual((await askAs(certificates, running, "client")).code, 0);
      assert.equal((await askAs(certificates, running, "stranger")).code, 0);
    });
  },
);

Deno.test("mutual TLS: a certificate entitles to what its names say", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { server, ca, authority, folder } = certificates;
    await authority.sign("admin", { names: "URI:spiffe://example/admin", usage: "clientAuth" });
    const admins = clientCertificate({
      on: { path: "/admin/:rest*" },
      scopes: ["admin", "root"],
      scopesOf: ({ subjectAltNames }) =>
        Promise.resolve(subjectAltNames.includes("URI:spiffe://example/admin") ? ["admin"] : []),
    });
    const known = clientCertificate({ on: { path: "/who" } });
    const shop = service({ interceptors: [admins, known] }, [
      get("/admin/stock", () => 7),
      get("/who", ({ context }) => context.getWithType(clientCertificateKey).subject),
      get("/open", () => "anybody"),
    ]);
    const tls: ListenerConfiguration["tls"] = {
      ...server,
      mutualSsl: { verifyClient: "optional", cert: `${folder}/ca.pem` },
    };
    await using running = await serve(shop, { port: 0, host: "127.0.0.1", tls });
    assert.ok(ca);
    const answers: readonly (readonly [name: string | undefined, path: string, status: string])[] =
      [
        ["admin", "/admin/stock", "7 200"],
        ["client", "/admin/stock", "403"],
        [undefined, "/admin/stock", "401"],
        ["client", "/who", "CN=client 200"],
        [undefined, "/who", "401"],
        [undefined, "/open", "anybody 200"],
      ];
    for (const [name, path, expected] of answers) {
      const { stdout } = await askAs(certificates, running, name, path, "-w", " %{http_code}");
      if (expected.length > 3) assert.equal(stdout, expected, `${name} at ${path}`);
      else assert.ok(stdout.endsWith(` ${expected}`), `${name} at ${path}: ${stdout}`);
    }
    // In process nobody shows anything.
    const inProcess = await shop.fetch("http://localhost/who");
    assert.equal(inProcess.status, 401);
    await inProcess.body?.cancel();
  });
});

Deno.test("mutual TLS: scopes without a rule for them are refused", () => {
  assert.throws(() => clientCertificate({ scopes: "admin" }), /scopes without scopesOf/);
  assert.throws(() => clientCertificate({ scopesOf: () => [] }), /scopesOf without scopes/);
  assert.throws(() => clientCertificate({ scopes: [], scopesOf: () => [] }), /no scope in scopes/);
  assert.throws(() => clientCertificate({ scope: "a" } as object), /no option "scope"/);
});
