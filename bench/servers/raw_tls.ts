/**
 * The floor over TLS: the hello row as the least that `Deno.serve` can answer.
 *
 * @module
 */
import { benchCertificate } from "../support/certificate.ts";

const { cert, key } = await benchCertificate();
Deno.serve(
  { port: 0, hostname: "127.0.0.1", cert, key, onListen: ({ port }) => console.log(port) },
  () => new Response("Hello, World!"),
);
