/**
 * This library's transport alone over TLS: the bare handler of the floor, with no service behind it.
 *
 * @module
 */
import { systemClock } from "../../src/message/clock.ts";
import { denoServe } from "../../src/runtime/deno/serve.ts";
import type { ServerHttpSettings } from "../../src/runtime/server_http.ts";
import { benchCertificate } from "../support/certificate.ts";

const identity = { ...await benchCertificate(), serverNames: [], ocspResponse: undefined };
const transport = denoServe({
  hostname: "127.0.0.1",
  port: 0,
  reusePort: false,
  clock: systemClock,
  drained: () => Promise.resolve(),
  http: { httpVersion: "auto" } as ServerHttpSettings,
  tls: {
    identities: [identity],
    clients: undefined,
    versions: undefined,
    ciphers: undefined,
    shareSession: true,
    sessionTimeout: undefined,
    handshakeTimeout: undefined,
  },
  handler: () => new Response("Hello, World!"),
});
console.log(transport.port);
