/**
 * A program that serves over TLS, on Node: it tells a client what TLS has agreed on, and reads its
 * files again when `/reload` is asked for.
 *
 * Its argument is a listener's TLS in JSON; it prints its port.
 *
 * @module
 */
import process from "node:process";
import { get, serve, service } from "@pirouette/http";
import { tlsService } from "../support/tls_service.ts";

const control = service({ basePath: "/reload" }, [
  get(
    "/",
    () =>
      server.reloadCertificates().then(
        () => "reloaded",
        (error: Error) => `kept: ${error.message}`,
      ),
  ),
]);
const server = await serve([tlsService, control], {
  port: 0,
  host: "127.0.0.1",
  tls: JSON.parse(process.argv[2] ?? "{}"),
});
console.log(server.port);
