/**
 * This library by its server entry, as a program imports it that starts often and calls nobody: the
 * hello row only.
 *
 * @module
 */
import { get, serve, service } from "@pirouette/http/server";

const hello = service({}, [get("/", () => "Hello, World!")]);
const server = await serve(hello, { port: 0, host: "127.0.0.1" });
console.log(server.port);
