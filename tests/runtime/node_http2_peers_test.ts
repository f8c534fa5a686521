/**
 * HTTP/2 with other people's clients on the transport of Node's modules: chosen in the TLS handshake
 * (RFC 7301), or known beforehand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { withCertificates } from "../support/certificates.ts";
import { onHttp2Runtimes } from "../support/http2_listener.ts";
import { hasPeer } from "../support/peers.ts";

async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** What curl says of the version and status, and the body before it. */
const report = ["-sS", "--max-time", "5", "-w", " %{http_version} %{http_code}"];

Deno.test({
  name: "http2: curl speaks what it asks for, with TLS and without",
  ignore: !hasPeer("curl") || !hasPeer("openssl"),
  async fn() {
    await withCertificates(async ({ folder, server }) => {
      const tls = { cert: server.cert, key: server.key };
      await onHttp2Runtimes({ tls }, async ({ port }) => {
        const secure = ["--cacert", `${folder}/ca.pem`, `https://127.0.0.1:${port}/whole`];
        assert.equal(await run("curl", ...report, "--http2", ...secure), "whole 2 200");
        assert.equal(await run("curl", ...report, "--http1.1", ...secure), "whole 1.1 200");
        const { tls: version, url } = JSON.parse(
          await run("curl", "-sS", "--http2", "-k", `https://localhost:${port}/seen`),
        );
        assert.deepEqual([version, url], ["TLSv1.3", `https://localhost:${port}/seen`]);
      });
      await onHttp2Runtimes({ tls, httpVersion: "2" }, async ({ port }) => {
        const secure = ["-k", `https://127.0.0.1:${port}/whole`];
        assert.equal(await run("curl", ...report, "--http2", ...secure), "whole 2 200");
        assert.doesNotMatch(await run("curl", ...report, "--http1.1", ...secure), /200/);
      });
      await onHttp2Runtimes({ tls, httpVersion: "1.1" }, async ({ port }) => {
        const secure = ["-k", `https://127.0.0.1:${port}/whole`];
        assert.equal(await run("curl", ...report, "--http2", ...secure), "whole 1.1 200");
      });
    });
    await onHttp2Runtimes({}, async ({ port }) => {
      const plain = `http://127.0.0.1:${port}/whole`;
      const known = "--http2-prior-knowledge";
      assert.equal(await run("curl", ...report, known, plain), "whole 2 200");
      assert.equal(await run("curl", ...report, "--http1.1", plain), "whole 1.1 200");
      // An upgrade to HTTP/2 is not taken up (RFC 9113 has it no more).
      assert.equal(await run("curl", ...report, "--http2", plain), "whole 1.1 200");
    });
    await onHttp2Runtimes({ httpVersion: "2" }, async ({ port }) => {
      const plain = `http://127.0.0.1:${port}/whole`;
      assert.equal(await run("curl", ...report, "--http2-prior-knowledge", plain), "whole 2 200");
      assert.doesNotMatch(await run("curl", ...report, "--http1.1", plain), /200/);
    });
    await onHttp2Runtimes({ httpVersion: "1.1" }, async ({ port }) => {
      const plain = `http://127.0.0.1:${port}/whole`;
      assert.doesNotMatch(await run("curl", ...report, "--http2-prior-knowledge", plain), /200/);
      assert.equal(await run("curl", ...report, "--http1.1", plain), "whole 1.1 200");
    });
  },
});

Deno.test({
  name: "http2: h2load gets every answer over many streams",
  ignore: !hasPeer("h2load"),
  async fn() {
    await onHttp2Runtimes({}, async ({ port }) => {
      const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
      const many = await run("h2load", "-n", "2000", "-c", "4", "-m", "50", url("/whole"));
      assert.match(many, /2000 succeeded, 0 failed, 0 errored/);
      const large = await run("h2load", "-n", "40", "-c", "2", "-m", "10", url("/big?size=200000"));
      assert.match(large, /40 succeeded, 0 failed, 0 errored/);
    });
  },
});

Deno.test({
  name: "http2: nghttp sends a body with trailers and is told of both",
  ignore: !hasPeer("nghttp"),
  async fn() {
    await onHttp2Runtimes({}, async ({ port }) => {
      const file = new URL(import.meta.url).pathname;
      const { size } = await Deno.stat(file);
      const url = `http://127.0.0.1:${port}/upload`;
      const said = await run("nghttp", "--timeout=5", "-d", file, "--trailer", "x-sum: 1", url);
      assert.deepEqual(JSON.parse(said), { length: size, trailers: [["x-sum", "1"]] });
    });
  },
});
