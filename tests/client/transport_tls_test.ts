/** TLS connections: whom they trust, what they show, and which version of HTTP is agreed on. @module */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Client } from "../../src/client/client.ts";
import { Http2ClientError, SslError } from "../../src/message/client_errors.ts";
import { type Transport, transport } from "../../src/client/transport.ts";
import type { TransportOptions } from "../../src/client/transport_options.ts";
import { type Certificates, withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";
import { within } from "../support/within.ts";

const ignore = !hasPeer("openssl");

/** Serves over TLS, by Deno, and answers with the version of HTTP that is spoken. */
function tlsServer({ cert, key }: { cert: string; key: string }): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    // Only HTTP/1.1 has the field.
    (request) => new Response(request.headers.has("host") ? "1.1" : "2"),
  );
}

/** A server of OpenSSL's, which asks for client certificates and takes none for an error. */
async function askingServer(
  { folder }: Certificates,
  version: string,
  ...more: string[]
): Promise<{ port: number } & AsyncDisposable> {
  const args = ["s_server", "-accept", "127.0.0.1:0", "-www", version, ...more];
  args.push("-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem");
  args.push("-Verify", "1", "-verify_return_error");
  const child = new Deno.Command("openssl", {
    args,
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  let port: string | undefined;
  while (port === undefined) {
    const { value } = await within(reader.read(), "the port of s_server");
    if (value === undefined) throw new Error(`s_server said only: ${said}`);
    said += value;
    port = /ACCEPT 127\.0\.0\.1:(\d+)\n/.exec(said)?.[1];
  }
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

Deno.test({
  name: "transport tls: an authority is trusted beside the system's",
  ignore,
  fn: () =>
    withCertificates(async ({ ca, server, other }) => {
      await using right = tlsServer(server);
      await using wrong = tlsServer(other);
      using trusting = transport({ tls: { ca } });
      using plain = transport();
      const url = `https://localhost:${right.addr.port}/`;
      assert.equal(await (await trusting.fetch(url)).text(), "2");
      const address = `https://127.0.0.1:${right.addr.port}/`;
      assert.equal(await (await trusting.fetch(address)).text(), "2");
      await assert.rejects(plain.fetch(url), (error) => {
        assert.ok(error instanceof SslError, String(error));
        assert.match(
          error.message,
          /^SSL connection failed: .* of no authority .*UnknownIssuer\)$/,
        );
        return true;
      });
      await assert.rejects(
        trusting.fetch(`https://localhost:${wrong.addr.port}/?key=secret`),
        (error) => {
          assert.ok(error instanceof SslError, String(error));
          assert.match(error.message, /for another host \(.*not valid for name "localhost"/);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    }),
});

Deno.test({
  name: "transport tls: the version of HTTP",
  ignore,
  fn: () =>
    withCertificates(async ({ ca, server }) => {
      await using both = tlsServer(server);
      const url = `https://localhost:${both.addr.port}/`;
      for (const [httpVersion, spoken] of [["auto", "2"], ["2", "2"], ["1.1", "1.1"]] as const) {
        using open = transport({ tls: { ca }, httpVersion });
        assert.equal(await (await open.fetch(url)).text(), spoken, httpVersion);
      }
      const { cert, key } = server;
      const hostname = "127.0.0.1";
      using old = Deno.listenTls({ hostname, port: 0, cert, key, alpnProtocols: ["http/1.1"] });
      const accepting = old.accept().then(async (socket) => {
        await socket.read(new Uint8Array(9)).catch(() => {});
        socket.close();
      }, () => {});
      using open = transport({ tls: { ca }, httpVersion: "2" });
      const { port } = old.addr as Deno.NetAddr;
      await assert.rejects(open.fetch(`https://localhost:${port}/`), Http2ClientError);
      await accepting;
    }),
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name: `transport tls: a client certificate (${version})`,
    ignore,
    fn: () =>
      withCertificates(async (certificates) => {
        const { ca, client } = certificates;
        await using asking = await askingServer(certificates, version);
        const url = `https://localhost:${asking.port}/`;
        using known = transport({ tls: { ca, ...client } });
        const response = await within(known.fetch(url), "an answer to a known client");
        assert.match(await response.text(), /Client certificate|client\.example|CN ?= ?client/);
        using unknown = transport({ tls: { ca } });
        const refused = within(unknown.fetch(url), "a refusal of an unknown client");
        await assert.rejects(refused, (error) => {
          assert.ok(error instanceof SslError, String(error));
          assert.match(error.message, /wants a client certificate/);
          return true;
        });
      }),
  });
}

Deno.test({
  name: "transport tls: certificates and keys from texts, paths, file URLs, encrypted and PKCS#12",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { ca, client, folder } = certificates;
      const encrypted = await certificates.clientEncrypted();
      const { path, bytes, password } = await certificates.clientStore();
      const trusted = await certificates.trustStore();
      await using asking = await askingServer(certificates, "-tls1_3");
      const file = `${folder}/ca.pem`;
      const ways: NonNullable<TransportOptions["tls"]>[] = [
        { ca: [ca], ...client },
        { ca: file, cert: `${folder}/client.pem`, key: `${folder}/client.key` },
        { ca: pathToFileURL(file), cert: client.cert, key: pathToFileURL(`${folder}/client.key`) },
        { ca, cert: encrypted.cert, key: encrypted.key, keyPassword: encrypted.password },
        { ca, keyStore: { path, password } },
        { ca, keyStore: { path: pathToFileURL(path), password } },
        { keyStore: { bytes, password }, trustStore: { path: trusted.path, password } },
      ];
      const url = `https://localhost:${asking.port}/`;
      for (const tls of ways) {
        using open = transport({ tls });
        const response = await within(open.fetch(url), "an answer");
        assert.match(await response.text(), /CN ?= ?client/);
        using client = new Client(url, { transport: { tls } });
        assert.match(await (await client.get("")).text(), /CN ?= ?client/);
      }
    }),
});

Deno.test({
  name: "transport tls: a PKCS#12 file that cannot be used fails the call, and shows no secret",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { bytes, password } = await certificates.clientStore();
      const trusted = await certificates.trustStore();
      const damaged = bytes.slice();
      damaged[99]! ^= 1;
      const cases: [NonNullable<TransportOptions["tls"]>, RegExp][] = [
        [
          { keyStore: { bytes, password: "secret" } },
          /^Cannot open tls\.keyStore: its password is/,
        ],
        [{ keyStore: { bytes: damaged, password } }, /^Cannot open tls\.keyStore/],
        [{ keyStore: { bytes: bytes.slice(0, 300), password } }, /^Cannot open tls\.keyStore/],
        [{ trustStore: { bytes: new Uint8Array(), password } }, /^Cannot open tls\.trustStore/],
        [{ keyStore: { bytes: trusted.bytes, password } }, /tls\.keyStore: it has no key/],
      ];
      for (const [tls, said] of cases) {
        using open = transport({ tls });
        for (let calls = 2; calls > 0; calls--) {
          await assert.rejects(open.fetch("https://127.0.0.1:9/"), (error) => {
            assert.ok(error instanceof SslError, String(error));
            assert.match(error.message, said);
            assert.doesNotMatch(error.message, /secret|correct horse/);
            return true;
          });
        }
      }
      using unused = transport({ tls: { keyStore: { bytes, password } } });
      unused.close();
    }),
});

Deno.test({
  name: "transport tls: a chain is followed, what has expired is told, and who is revoked too",
  ignore,
  fn: () =>
    withCertificates(async (certificates) => {
      const { ca } = certificates;
      const { crl: _, ...revoked } = await certificates.revoked();
      const chained = await certificates.chained();
      await using right = tlsServer(chained);
      await using short = tlsServer({ cert: chained.leaf, key: chained.key });
      await using expired = tlsServer(await certificates.expired());
      await using asking = await askingServer(
        certificates,
        "-tls1_3",
        ...["-crl_check", "-CRL", "ca-crl.pem"],
      );
      using trusting = transport({ tls: { ca } });
      const at = (port: number): string => `https://localhost:${port}/`;
      assert.equal(await (await trusting.fetch(at(right.addr.port))).text(), "2");
      using known = transport({ tls: { ca, ...certificates.client } });
      const response = await within(known.fetch(at(asking.port)), "an answer to a known client");
      await response.body?.cancel();
      using out = transport({ tls: { ca, ...revoked } });
      const failures: [Transport, number, RegExp][] = [
        [trusting, short.addr.port, /of no authority that is trusted, see tls\.ca/],
        [trusting, expired.addr.port, /the server's certificate has expired/],
        [out, asking.port, /the server says that the client's certificate was revoked/],
      ];
      for (const [open, port, said] of failures) {
        await assert.rejects(within(open.fetch(at(port)), "a refusal"), (error) => {
          assert.ok(error instanceof SslError, String(error));
          assert.match(error.message, said);
          return true;
        });
      }
    }),
});

Deno.test({
  name: "transport tls: no TLS where some is expected",
  ignore,
  fn: () =>
    withCertificates(async ({ ca }) => {
      const hello = (): Response => new Response("hello");
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        hello,
      );
      using open = transport({ tls: { ca } });
      await assert.rejects(open.fetch(`https://localhost:${server.addr.port}/`), (error) => {
        assert.ok(error instanceof SslError, String(error));
        assert.match(error.message, /the server does not speak TLS/);
        return true;
      });
    }),
});
