/**
 * A listener for tests of HTTP/2, as a program that runs on Node: it is told its configuration on the
 * command line, and prints its port.
 *
 * @module
 */
import process from "node:process";
import type { ListenerConfiguration } from "@pirouette/http";
import { startHttp2Listener } from "./http2_listener.ts";

const config = JSON.parse(process.argv[2] ?? "{}") as ListenerConfiguration;
const server = await startHttp2Listener(config);
console.log(JSON.stringify({ port: server.port }));
process.stdin.on("data", () => void server.gracefulStop(5_000));
