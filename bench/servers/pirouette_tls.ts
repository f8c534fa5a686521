/**
 * This library over TLS: the hello row.
 *
 * @module
 */
import { get, serve, service } from "@pirouette/http";
import { benchCertificate } from "../support/certificate.ts";

const hello = service({}, [get("/", () => "Hello, World!")]);
const tls = await benchCertificate();
const server = await serve(hello, { port: 0, host: "127.0.0.1", tls });
console.log(server.port);
