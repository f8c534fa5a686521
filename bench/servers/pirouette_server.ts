/**
 * This library by its server entry, as a program imports it that starts often and calls nobody.
 *
 * @module
 */
import { get, type Resource, serve, service } from "@pirouette/http/server";
import { chosen } from "../support/program.ts";

const resource = await chosen<Resource>({
  hello: () => get("/", () => "Hello, World!"),
});
const server = await serve(service({}, [resource]), { port: 0, host: "127.0.0.1" });
console.log(server.port);
