/**
 * What the transport over `Deno.serve` cannot honour is an error, whoever let it through.
 *
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/message/clock.ts";
import { denoServe } from "../../src/runtime/deno/serve.ts";
import type { ServerHttpSettings } from "../../src/runtime/server_http.ts";
import type { ServerIdentity, ServerTlsSettings } from "../../src/runtime/server_tls.ts";

const identity: ServerIdentity = { cert: "", key: "", serverNames: [], ocspResponse: undefined };

function listen(http: Partial<ServerHttpSettings>, tls?: Partial<ServerTlsSettings>): void {
  denoServe({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: false,
    clock: systemClock,
    drained: () => Promise.resolve(),
    handler: () => new Response(),
    http: { httpVersion: "auto", ...http } as ServerHttpSettings,
    tls: tls && {
      identities: [identity],
      clients: undefined,
      versions: undefined,
      ciphers: undefined,
      shareSession: true,
      sessionTimeout: undefined,
      handshakeTimeout: undefined,
      ...tls,
    } as ServerTlsSettings,
  });
}

Deno.test("Deno.serve: a setting that it has nothing for is refused by its name", () => {
  const settings: readonly Partial<ServerHttpSettings>[] = [
    { httpVersion: "2" },
    { keepAlive: "auto" },
    { http2MaxResets: 1 },
    { serverPush: false },
    { requestTimeout: 0 },
    { maxConnections: 1 },
  ];
  for (const http of settings) {
    const [name = ""] = Object.keys(http);
    assert.throws(() => listen(http), {
      name: "TypeError",
      message: `The transport deno_serve cannot honour ${name}: leave it out, or set ` +
        'transport: "node"',
    });
  }
});

Deno.test("Deno.serve: of TLS it has one certificate and nothing else", () => {
  const table: readonly (readonly [Partial<ServerTlsSettings>, string])[] = [
    [{ identities: [] }, "more than one certificate"],
    [{ identities: [identity, identity] }, "more than one certificate"],
    [{ identities: [{ ...identity, ocspResponse: () => undefined }] }, "OCSP responses"],
    [{ clients: { isRequired: true, ca: [], crl: [] } }, "client certificates"],
    [{ versions: ["TLSv1.3", "TLSv1.3"] }, "versions of TLS"],
    [{ ciphers: "x" }, "ciphers"],
    [{ shareSession: false }, "shareSession: false"],
    [{ sessionTimeout: 1 }, "sessionTimeout"],
    [{ handshakeTimeout: 1 }, "handshakeTimeout"],
  ];
  for (const [tls, what] of table) {
    const message = new RegExp(`cannot honour tls: ${what}: leave it out`);
    assert.throws(() => listen({}, tls), { name: "TypeError", message });
  }
});
