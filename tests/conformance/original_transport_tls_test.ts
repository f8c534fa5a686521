/**
 * What the original library's own tests hold of TLS (spec 9.2): key and trust stores, client
 * certificates, host names, versions, and what becomes of a listener that stops.
 */
import assert from "node:assert/strict";
import {
  Client,
  ClientConnectorError,
  ClientError,
  get,
  type ListenerConfiguration,
  type RunningServer,
  serve,
  service,
  SslError,
  transport,
  type TransportOptions,
} from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { runOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";

type ClientTls = NonNullable<TransportOptions["tls"]>;

const ignore = !hasPeer("openssl");

/** Answers as the original does: what a client has shown decides. */
function hello(certificate?: string): ReturnType<typeof service> {
  return service({}, [
    get("/", ({ caller }) => {
      const { status, base64EncodedCert } = caller.mutualSslHandshake ?? {};
      if (status !== "passed") return "Nothing was shown";
      return base64EncodedCert === certificate ? "Response received" : "Expected cert not found";
    }),
    get("/version", ({ caller }) => `Version: ${caller.httpVersion}`),
  ]);
}

function start(
  tls: ListenerConfiguration["tls"] & object,
  config: ListenerConfiguration & { readonly certificate?: string } = {},
): Promise<RunningServer> {
  const { certificate, ...others } = config;
  return serve(hello(certificate), { port: 0, host: "127.0.0.1", tls, ...others });
}

/** Asks once, with connections of its own. */
async function ask(url: string, tls: ClientTls, options: TransportOptions = {}): Promise<string> {
  await using connections = transport({ ...options, tls });
  const api = new Client(url, { transport: connections });
  return await (await api.get("/")).text();
}

async function refused(asking: Promise<string>, why: RegExp): Promise<void> {
  await assert.rejects(asking, (error) => {
    assert.ok(error instanceof SslError, String(error));
    assert.match(error.message, /^SSL connection failed: /);
    assert.match(error.message, why);
    return true;
  });
}

/** The certificate as the original tells it. */
function base64({ client }: Certificates): string {
  return client.cert.replaceAll(/-----.*-----|\n/g, "");
}

const untrusted = /of no authority that is trusted/;

Deno.test("original tls: both show certificates, out of stores", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const keyStore = await certificates.serverStore();
    const trustStore = await certificates.trustStore();
    const stores = { keyStore: await certificates.clientStore(), trustStore };
    await using server = await start(
      {
        keyStore: named(keyStore),
        mutualSsl: { verifyClient: "require", trustStore: named(trustStore) },
        ...{ versions: ["TLSv1.2"], handshakeTimeout: 20_000 },
      },
      { certificate: base64(certificates) },
    );
    assert.equal(server.transport, "node_http");
    const clientStore = named(stores.keyStore);
    for (const httpVersion of ["1.1", "2"] as const) {
      const own = { keyStore: clientStore, trustStore: named(trustStore) };
      assert.equal(await ask(server.url, own, { httpVersion }), "Response received");
      await refused(ask(server.url, { keyStore: clientStore }, { httpVersion }), untrusted);
      await assert.rejects(ask(server.url, { trustStore: named(trustStore) }, { httpVersion }));
    }
  });
});

/** A store as the options take it. */
function named(
  { path, password }: { readonly path: string; readonly password: string },
): { readonly path: string; readonly password: string } {
  return { path, password };
}

Deno.test("original tls: both show certificates, out of files", { ignore }, async () => {
  await withCertificates(async (certificates) => {
    const { folder, ca } = certificates;
    const file = (name: string): string => `${folder}/${name}`;
    await using server = await start(
      {
        ...{ cert: file("server.pem"), key: file("server.key") },
        mutualSsl: { verifyClient: "require", cert: file("ca.pem") },
      },
      { certificate: base64(certificates) },
    );
    const shown = { cert: file("client.pem"), key: file("client.key") };
    const trusting = { ...shown, ca: file("ca.pem") };
    for (const httpVersion of ["1.1", "2"] as const) {
      assert.equal(await ask(server.url, trusting, { httpVersion }), "Response received");
      await refused(ask(server.url, shown, { httpVersion }), untrusted);
    }
    const own = { ca, cert: certificates.client.cert, key: certificates.client.key };
    await using http2 = new Http2Client(server.url, { tls: own });
    assert.equal(await (await http2.fetch(server.url)).text(), "Response received");
  });
});

Deno.test("original tls: a client is told what it has to give", () => {
  const shown = { cert: "client.pem", key: "client.key" };
  const rows: readonly (readonly [tls: ClientTls, message: string])[] = [
    [{ keyStore: { path: "", password: "x" } }, "KeyStore file location"],
    [{ keyStore: { path: "a.p12", password: "" } }, "KeyStore password"],
    [{ trustStore: { path: "", password: "x" } }, "TrustStore file location"],
    [{ trustStore: { path: "a.p12", password: "" } }, "TrustStore password"],
    [{ ...shown, cert: "" }, "Certificate file location"],
    [{ ...shown, key: "" }, "Private key file location"],
    [{ ca: "" }, "Certificate file location"],
  ];
  for (const [tls, what] of rows) {
    assert.throws(() => transport({ tls }), (error) => {
      assert.ok(error instanceof SslError, String(error));
      assert.ok(
        error.message.startsWith(`${what} must be provided for secure connection: give tls.`),
      );
      return true;
    });
  }
});

for (const transport of ["deno", "node"] as const) {
  Deno.test(`original tls: HTTP/2 is agreed on, or what the client knows (${transport})`, {
    ignore,
  }, async () => {
    await withCertificates(async ({ server: identity, ca }) => {
      await using server = await start(identity, { transport });
      await using http2 = new Http2Client(server.url, { tls: { ca } });
      assert.equal(await (await http2.fetch(server.url)).text(), "Nothing was shown");
      for (const httpVersion of ["1.1", "2", "auto"] as const) {
        assert.equal(await ask(server.url, { ca }, { httpVersion }), "Nothing was shown");
      }
      if (transport === "deno") return;
      for (const [httpVersion, said] of [["1.1", "1.1"], ["2", "2"], ["auto", "2"]] as const) {
        const url = `${server.url}/version`;
        assert.equal(await version(url, ca, httpVersion), `Version: ${said}`);
      }
      await using old = await start(identity, { transport, httpVersion: "1.1" });
      for (let round = 0; round < 2; round++) {
        assert.equal(await version(`${old.url}/version`, ca, "auto"), "Version: 1.1");
      }
      // Who asks for HTTP/2 gets nothing else (docs/differences.md).
      await assert.rejects(version(`${old.url}/version`, ca, "2"));
    });
  });

  Deno.test(`original tls: a certificate must be for the host (${transport})`, {
    ignore,
  }, async () => {
    await withCertificates(async (certificates) => {
      const { ca } = certificates;
      const identity = await certificates.named("localhost");
      await using server = await start(identity, { transport, host: "127.0.0.1" });
      const { port } = server;
      for (const httpVersion of ["1.1", "2"] as const) {
        const asked = ask(`https://127.0.0.1:${port}`, { ca }, { httpVersion });
        await refused(asked, /certificate is for another host/);
        const matching = await ask(`https://localhost:${port}`, { ca }, { httpVersion });
        assert.equal(matching, "Nothing was shown");
      }
      await using http2 = new Http2Client(`https://127.0.0.1:${port}`, { tls: { ca } });
      await refused(http2.fetch(server.url).then(String), /certificate is for another host/);
    });
  });

  Deno.test(`original tls: after a stop nobody is answered any more (${transport})`, {
    ignore,
  }, async () => {
    await withCertificates(async ({ server: identity, ca }) => {
      const server = await start(identity, { transport });
      const { url } = server;
      await using first = new Http2Client(url, { tls: { ca } });
      await using connections = trusting(ca);
      const api = new Client(url, { transport: connections });
      assert.equal(await (await first.fetch(url)).text(), "Nothing was shown");
      assert.equal(await (await api.get("/")).text(), "Nothing was shown");
      await server.immediateStop();
      await using second = new Http2Client(url, { tls: { ca } });
      for (const call of [() => first.fetch(url), () => api.get("/"), () => second.fetch(url)]) {
        // Who had a connection may learn only now that it is lost.
        await assert.rejects(call, ClientError);
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof ClientConnectorError, String(error));
          assert.match(error.message, /^Something wrong with the connection/);
          return true;
        });
      }
    });
  });
}

function trusting(ca: string): ReturnType<typeof transport> {
  return transport({ tls: { ca } });
}

Deno.test("original tls: over HTTP/2 a client says whom it trusts, on Deno too", {
  ignore,
}, async () => {
  await withCertificates(async (certificates) => {
    const { ca } = certificates;
    const identity = await certificates.named("localhost");
    await using old = await start(identity, { transport: "node" });
    await using latest = await start({ ...identity, versions: ["TLSv1.3"] });
    const asks = async (server: RunningServer, tls: ClientTls): Promise<string> => {
      await using http2 = new Http2Client(server.url, { tls });
      return await (await http2.fetch(server.url)).text();
    };
    const rows: readonly (readonly [ClientTls, why: RegExp | undefined])[] = [
      [{ ca }, /certificate is for another host/],
      [{ ca, serverName: "localhost" }, undefined],
      [{ ca, verifyHostName: false }, undefined],
      [{ verifyHostName: false }, untrusted],
      [{ enable: false }, undefined],
      [{ enable: false, versions: ["TLSv1.3"] }, undefined],
      [{ enable: false, versions: ["TLSv1.2", "TLSv1.3"] }, undefined],
    ];
    for (const [tls, why] of rows) {
      if (why !== undefined) await refused(asks(old, tls), why);
      else assert.equal(await asks(old, tls), "Nothing was shown");
    }
    await refused(asks(latest, { enable: false, versions: ["TLSv1.2"] }), /version/);
  });
});

async function version(
  url: string,
  ca: string,
  httpVersion: "1.1" | "2" | "auto",
): Promise<string> {
  await using connections = transport({ httpVersion, tls: { ca } });
  return await (await connections.fetch(url)).text();
}

Deno.test("original tls: versions, ciphers, SNI and trust, as only Node has them", {
  ignore: ignore || !hasPeer("npm"),
}, async () => {
  await withCertificates(async (certificates) => {
    await certificates.named("localhost");
    const program = new URL("./original_tls_on_node.ts", import.meta.url);
    const { stdout } = await runOnNode(24, program, { args: [certificates.folder] });
    assert.deepEqual(stdout.trim().split("\n"), [
      "versions in common are agreed on",
      "no version in common",
      "no cipher in common",
      "a cipher in common is agreed on",
      "another name is asked for",
      "the host is not looked at",
      "certificates are not looked at",
    ]);
  });
});
