/**
 * TLS of a listener on Node: above all what Deno's `node:tls` has not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { serve } from "@pirouette/http";
import { openssl } from "../support/certificate_authority.ts";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { startOnNode } from "../support/node_runtime.ts";
import type { NodeVersion } from "../support/node_tools.ts";
import { hasPeer } from "../support/peers.ts";
import { curl, sClient } from "../support/tls_peers.ts";

const ignore = !hasPeer("openssl") || !hasPeer("curl") || !hasPeer("npm");
const program = new URL("./tls_server.ts", import.meta.url);

/** Runs `check` with the port of a listener on Node. */
async function onNode(
  tls: object,
  check: (port: number) => Promise<void>,
  version: NodeVersion = 24,
): Promise<void> {
  await using running = await startOnNode(version, program, { args: [JSON.stringify(tls)] });
  await check(Number(await running.line()));
}

/** What a client shows. */
function as({ folder }: Certificates, name: string): string[] {
  return ["-cert", `${folder}/${name}.pem`, "-key", `${folder}/${name}.key`];
}

for (const version of [20, 22, 24] as const) {
  Deno.test(`tls on Node ${version}: names, mutual TLS, HTTP/2 and new certificates`, {
    ignore,
  }, async () => {
    await withCertificates(async (certificates) => {
      const { folder, other, ca } = certificates;
      const { password } = await certificates.serverStore();
      await Deno.copyFile(`${folder}/server.p12`, `${folder}/live.p12`);
      const tls = {
        keyStore: { path: `${folder}/live.p12`, password },
        certificates: [other],
        mutualSsl: { verifyClient: "optional", cert: ca },
      };
      await onNode(tls, async (port) => {
        const trust = ["--cacert", `${folder}/ca.pem`];
        const client = ["--cert", `${folder}/client.pem`, "--key", `${folder}/client.key`];
        for (const protocol of ["--http1.1", "--http2"]) {
          const { stdout } = await curl(
            ...[...trust, ...client, protocol, `https://localhost:${port}/`],
          );
          const told = JSON.parse(stdout);
          assert.deepEqual([told.subject, told.handshake.status], ["CN=client", "passed"]);
          const wrong = ["--cert", `${folder}/server.pem`, "--key", `${folder}/server.key`];
          const refused = await curl(...trust, ...wrong, protocol, `https://localhost:${port}/`);
          assert.notEqual(refused.code, 0);
          assert.equal(refused.stdout, "");
          const to = ["--connect-to", `other.example:443:localhost:${port}`];
          const nobody = await curl(...trust, ...to, protocol, "https://other.example/");
          assert.deepEqual(JSON.parse(nobody.stdout).handshake, { status: "failed" });
        }
        await Deno.copyFile((await certificates.clientStore()).path, `${folder}/live.p12`);
        assert.match((await sClient(port, "/reload")).stdout, /reloaded/);
        assert.match((await sClient(port, "/")).stdout, /^subject=CN = client$/m);
        await Deno.writeTextFile(`${folder}/live.p12`, "nonsense");
        assert.match((await sClient(port, "/reload")).stdout, /kept: Cannot take other/);
      }, version);
    });
  });
}

Deno.test("tls on Node: only the ciphers that are listed are agreed on", { ignore }, async () => {
  await withCertificates(async ({ server }) => {
    const ciphers = ["TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"];
    await onNode({ ...server, ciphers }, async (port) => {
      const agreed = async (...args: string[]): Promise<string | undefined> =>
        /Cipher is (\S+)/.exec((await sClient(port, "/", ...args)).stdout)?.[1];
      assert.equal(await agreed("-tls1_3"), "TLS_CHACHA20_POLY1305_SHA256");
      assert.equal(await agreed("-tls1_2"), "ECDHE-ECDSA-AES256-GCM-SHA384");
      const others = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"];
      assert.equal(await agreed(...others), "(NONE)");
    });
  });
});

Deno.test("tls on Node: a cipher that does not exist is refused at start", { ignore }, async () => {
  await withCertificates(async ({ server }) => {
    const ciphers = ["TLS_AES_128_GCM_SHA256", "NO-SUCH-CIPHER"];
    await assert.rejects(
      onNode({ ...server, ciphers }, () => Promise.resolve()),
      /GenericListenerError: Cannot listen on .*cipher/,
    );
  });
});

Deno.test("tls on Node: a certificate that is revoked is refused", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { server, ca } = certificates;
    const { crl } = await certificates.revoked();
    for (const verifyClient of ["require", "optional"]) {
      await onNode({ ...server, mutualSsl: { verifyClient, cert: ca, crl } }, async (port) => {
        const client = await sClient(port, "/", ...as(certificates, "client"));
        assert.match(client.stdout, /"status":"passed"/);
        const revoked = await sClient(port, "/", ...as(certificates, "revoked"));
        assert.doesNotMatch(revoked.stdout, /HTTP\/1\.1/);
      });
    }
  });
});

Deno.test("tls on Node: sessions are resumed as long as they may be", { ignore }, async () => {
  await withCertificates(async ({ folder, server }) => {
    const session = `${folder}/session`;
    for (
      const [tls, resumes, lifetime] of [
        [{}, true, undefined],
        [{ sessionTimeout: 120_000 }, true, "120"],
        [{ shareSession: false }, false, undefined],
      ] as const
    ) {
      await onNode({ ...server, ...tls }, async (port) => {
        for (const version of ["-tls1_2", "-tls1_3"]) {
          const first = await sClient(port, "/", version, "-sess_out", session);
          if (lifetime !== undefined) {
            assert.match(first.stdout, new RegExp(`lifetime hint: ${lifetime} `));
          }
          const second = await sClient(port, "/", version, "-sess_in", session);
          assert.match(second.stdout, resumes ? /^Reused, /m : /^New, /m);
          assert.match(second.stdout, new RegExp(`"isResumed":${resumes}`));
        }
      });
    }
  });
});

Deno.test("tls on Node: an OCSP response is stapled while it is good", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder, server, other } = certificates;
    const ocspStapling = `${folder}/server.der`;
    await Deno.writeFile(ocspStapling, await certificates.ocsp("good"));
    await onNode({ ...server, certificates: [other], ocspStapling }, async (port) => {
      for (const version of ["-tls1_2", "-tls1_3"]) {
        const status = ["-status", version];
        const stapled = await sClient(port, "/", ...status, "-servername", "localhost");
        assert.match(stapled.stdout, /OCSP Response Status: successful/);
        assert.match(stapled.stdout, /Cert Status: good/);
        const none = await sClient(port, "/", ...status, "-servername", "other.example");
        assert.match(none.stdout, /OCSP response: no response sent/);
        assert.match((await sClient(port, "/", version)).stdout, /HTTP\/1\.1 200/);
      }
      await Deno.writeFile(ocspStapling, await certificates.ocsp("revoked"));
      assert.match((await sClient(port, "/reload")).stdout, /reloaded/);
      const revoked = await sClient(port, "/", "-status", "-servername", "localhost");
      assert.match(revoked.stdout, /Cert Status: revoked/);
    });
    for (
      const [bytes, message] of [
        [new Uint8Array([0x30, 3, 0x0a, 1, 6]), /is an error, of status 6/],
        [new TextEncoder().encode("nonsense"), /It is no DER/],
      ] as const
    ) {
      await Deno.writeFile(ocspStapling, bytes);
      await assert.rejects(
        onNode({ ...server, ocspStapling }, () => Promise.resolve()),
        (error) => {
          assert.match(String(error), /Cannot use tls\.ocspStapling/);
          assert.match(String(error), message);
          return true;
        },
      );
    }
  });
});

Deno.test("tls on Node: the responder that a certificate names is asked", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder, ca } = certificates;
    const asked: string[] = [];
    await using responder = await serve(async (input, init) => {
      const request = new Request(input, init);
      asked.push(`${request.method} ${request.headers.get("content-type")}`);
      await Deno.writeFile(`${folder}/asked.der`, new Uint8Array(await request.arrayBuffer()));
      // Who answers is openssl, which must understand the question.
      await Deno.writeTextFile(
        `${folder}/asked.index`,
        "V\t991231235959Z\t\t7777\tunknown\t/CN=stapled\n",
      );
      await openssl(
        folder,
        ...["ocsp", "-index", "asked.index", "-CA", "ca.pem", "-rsigner", "ca.pem"],
        ...["-rkey", "ca.key", "-reqin", "asked.der", "-respout", "answered.der", "-nmin", "60"],
      );
      return new Response(await Deno.readFile(`${folder}/answered.der`));
    }, { port: 0, host: "127.0.0.1" });
    await openssl(
      folder,
      ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"],
      ...["-keyout", "stapled.key", "-out", "stapled.csr", "-subj", "/CN=stapled"],
    );
    await Deno.writeTextFile(
      `${folder}/stapled.ext`,
      `subjectAltName=DNS:localhost\nauthorityInfoAccess=OCSP;URI:${responder.url}/ocsp\n`,
    );
    await openssl(
      folder,
      ...["x509", "-req", "-in", "stapled.csr", "-CA", "ca.pem", "-CAkey", "ca.key"],
      ...["-set_serial", "0x7777", "-out", "stapled.pem", "-extfile", "stapled.ext"],
    );
    const cert = await Deno.readTextFile(`${folder}/stapled.pem`) + ca;
    const tls = { cert, key: `${folder}/stapled.key`, ocspStapling: "auto" };
    await onNode(tls, async (port) => {
      const { stdout } = await sClient(port, "/", "-status", "-CAfile", `${folder}/ca.pem`);
      assert.match(stdout, /Cert Status: good/);
      assert.match(stdout, /HTTP\/1\.1 200/);
    });
    assert.deepEqual(asked, ["POST application/ocsp-request"]);
    // Without an answer it starts, and staples nothing.
    await responder.immediateStop();
    await onNode(tls, async (port) => {
      const { stdout } = await sClient(port, "/", "-status");
      assert.match(stdout, /OCSP response: no response sent/);
    });
  });
});
