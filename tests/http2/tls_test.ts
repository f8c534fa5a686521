/**
 * An HTTP/2 client over TLS: whom it trusts, what it shows, and servers that do not speak HTTP/2; and
 * options that it refuses.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { TLSSocket } from "node:tls";
import { SslError } from "@pirouette/http";
import { Http2Client } from "@pirouette/http/http2";
import { withCertificates } from "../support/certificates.ts";
import { withHttp2Server } from "../support/http2_server.ts";
import { hasPeer } from "../support/peers.ts";

Deno.test({
  name: "http2 client: TLS trusts, verifies and shows what it is given",
  ignore: !hasPeer("openssl"),
  async fn() {
    await withCertificates(async ({ ca, server, other, client }) => {
      await withHttp2Server((stream) => {
        const socket = stream.session?.socket as TLSSocket;
        const { subject } = socket.getPeerCertificate();
        stream.respond({ ":status": 200, "x-version": socket.getProtocol() ?? "" });
        stream.end(String(subject?.CN ?? "nobody"));
      }, async ({ url }) => {
        await using trusting = new Http2Client(url, { tls: { ca, ...client } });
        const response = await trusting.fetch(url);
        assert.equal(response.headers.get("x-version"), "TLSv1.3");
        assert.notEqual(await response.text(), "nobody");
        await using older = new Http2Client(url, { tls: { ca, ...client, versions: ["TLSv1.2"] } });
        assert.equal((await older.fetch(url)).headers.get("x-version"), "TLSv1.2");
        await using strange = new Http2Client(url);
        await assert.rejects(strange.fetch(url), SslError);
        await using careless = new Http2Client(url, { tls: { enable: false, ...client } });
        assert.equal((await careless.fetch(url)).status, 200);
        await (await older.fetch(url)).text();
        await assert.rejects(async () => {
          await using unknown = new Http2Client(url, { tls: { ca } });
          await (await unknown.fetch(url)).text();
        }, { name: /^(?:SslError|Http2ClientError)$/ });
      }, { tls: { ...server, ca, requestCert: true } });
      await withHttp2Server((stream) => {
        stream.respond({ ":status": 200 });
        stream.end();
      }, async ({ url }) => {
        await using wrong = new Http2Client(url, { tls: { ca } });
        await assert.rejects(wrong.fetch(url), SslError);
        await using named = new Http2Client(url, { tls: { ca, serverName: "other.example" } });
        assert.equal((await named.fetch(url)).status, 200);
        await using anyName = new Http2Client(url, { tls: { ca, verifyHostName: false } });
        assert.equal((await anyName.fetch(url)).status, 200);
      }, { tls: { ...other } });
    });
  },
});

Deno.test({
  name: "http2 client: key stores are opened once, at the first call",
  ignore: !hasPeer("openssl"),
  async fn() {
    await withCertificates(async (certificates) => {
      const { password, path } = await certificates.clientStore();
      const { bytes } = await certificates.trustStore();
      const { server, ca } = certificates;
      await withHttp2Server((stream) => {
        const { subject } = (stream.session?.socket as TLSSocket).getPeerCertificate();
        stream.respond({ ":status": 200 });
        stream.end(String(subject?.CN ?? "nobody"));
      }, async ({ url }) => {
        const trustStore = { bytes, password };
        await using client = new Http2Client(url, {
          tls: { keyStore: { path, password }, trustStore },
        });
        assert.notEqual(await (await client.fetch(url)).text(), "nobody");
        assert.equal((await client.submit("GET", "/").response).status, 200);
        await using wrong = new Http2Client(url, {
          tls: { keyStore: { path, password: "x" }, trustStore },
        });
        for (let calls = 2; calls > 0; calls--) {
          await assert.rejects(wrong.fetch(url), {
            name: "SslError",
            message: /tls\.keyStore: its password/,
          });
        }
      }, { tls: { ...server, ca, requestCert: true } });
    });
  },
});

Deno.test({
  name: "http2 client: a server that speaks HTTP/1.1 over TLS is told as such",
  ignore: !hasPeer("openssl"),
  async fn() {
    await withCertificates(async ({ ca, server }) => {
      const options = { port: 0, hostname: "127.0.0.1", ...server, alpnProtocols: ["http/1.1"] };
      const listener = Deno.listenTls(options);
      const accepting = (async () => {
        for await (const connection of listener) {
          await connection.handshake().catch(() => {});
          connection.close();
        }
      })();
      const url = `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
      await using client = new Http2Client(url, { tls: { ca } });
      await assert.rejects(client.fetch(url), {
        name: "Http2ClientError",
        message: /the server does not speak HTTP\/2 over TLS/,
      });
      listener.close();
      await accepting;
    });
  },
});

Deno.test("http2 client: options that do nothing, or are none, are refused", () => {
  const url = "https://127.0.0.1";
  const odd: [object, RegExp][] = [
    [{ http2: true }, /has no option "http2"/],
    [{ pool: 5 }, /Http2Client.pool has options that are no object/],
    [{ limits: 5 }, /Http2Client.limits has options that are no object/],
    [{ pool: { max: 1 } }, /Http2Client.pool has no option "max"/],
    [{ limits: { promises: 1 } }, /Http2Client.limits has no option "promises"/],
    [{ push: 1 }, /a boolean for push/],
    [{ pool: { waitTime: 1 } }, /it needs pool.maxActiveConnections/],
    [{ initialWindowSize: -1 }, /a whole number from 1 .*for initialWindowSize, not -1/],
    [{ maxHeaderListSize: 1e6 }, /65536 for maxHeaderListSize at most/],
    [{ pool: { minIdleTimeInStaleState: -2 } }, /a whole number from 0/],
    [{ tls: { handshakeTimeout: 5 } }, /tls.handshakeTimeout: set connectTimeout/],
    [{ tls: { ciphers: ["TLS_AES_128_GCM_SHA256"] } }, /tls.ciphers: Deno offers safe ones only/],
    [{ tls: { certificateStatus: { ocsp: "stapled" } } }, /tls.certificateStatus: Deno tells/],
    [{ tls: { sessionTimeout: 5 } }, /tls.sessionTimeout: no session is resumed/],
  ];
  for (const [options, message] of odd) {
    assert.throws(() => new Http2Client(url, options), { message });
  }
  for (const base of ["ftp://a", "http://user@a", "http://a?b"]) {
    assert.throws(() => new Http2Client(base), { name: "InitializingOutboundRequestError" });
  }
});
