/**
 * Serves the contract's service on one or several listeners, on Deno or on Node, until it is told
 * SIGTERM: `server.ts '{"folder":"…","listeners":{"main":{"port":0}}}'`.
 *
 * Prints one line of JSON: for each listener its port and transport, or why it does not listen.
 *
 * @module
 */
import process from "node:process";
import { type RunningServer, serve, type ServeOptions } from "@pirouette/http";
import { contractService } from "./service.ts";

/** What the program is given. */
export interface ServerArgument {
  /** A folder with static files. */
  readonly folder: string;
  /** How to listen, by a name of the caller's. */
  readonly listeners: Readonly<Record<string, ServeOptions>>;
}

/** What the program tells of a listener. */
export interface Told {
  /** The port. */
  readonly port?: number;
  /** The transport. */
  readonly transport?: string;
  /** Why it does not listen. */
  readonly error?: string;
}

const argument: ServerArgument = JSON.parse(process.argv[2] ?? "{}");
const told: Record<string, Told> = {};
const running: RunningServer[] = [];
for (const [name, options] of Object.entries(argument.listeners)) {
  try {
    const server = await serve(contractService(argument), options);
    running.push(server);
    told[name] = { port: server.port, transport: server.transport };
  } catch (error) {
    told[name] = { error: String(error) };
  }
}
console.log(JSON.stringify(told));
// Whoever started it may be gone; it does not outlive a run of the tests.
const tooLong = setTimeout(() => process.exit(1), 120_000);
process.once("SIGTERM", () => {
  clearTimeout(tooLong);
  void Promise.all(running.map((server) => server.gracefulStop(5_000))).then(() => process.exit(0));
});
console.log(JSON.stringify(told));
