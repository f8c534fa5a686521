/**
 * A program that restarts `signalled_server.ts` on its port again and again while clients go on asking,
 * and prints what they were given, as JSON.
 *
 * `rolling_restart.ts <transport> <restarts> <kinds of clients as JSON>`
 *
 * @module
 */
import { within } from "./within.ts";
import { signalledChild } from "./signalled_child.ts";
import { type LoadKind, type LoadTally, steadyLoad } from "./steady_load.ts";

/** Restarts so many times under load. */
export async function rollingRestart(
  transport: string,
  restarts: number,
  kinds: readonly LoadKind[],
): Promise<LoadTally> {
  const start = (port: number) =>
    signalledChild(["true", transport, String(port), "reusePort"], ["--unstable-net"]);
  await using children = new AsyncDisposableStack();
  let old = children.use(await start(0));
  const load = steadyLoad(old.port, kinds);
  for (let round = 0; round < restarts; round++) {
    const next = children.use(await start(old.port));
    old.signal("SIGTERM");
    const line = await old.line();
    if (line !== "stopped") throw new Error(`It said ${line}`);
    const { code, signal } = await within(old.ended, "its end");
    if (code !== 0 || signal !== null) throw new Error(`It ended with ${signal ?? code}`);
    old = next;
  }
  return await load.end();
}

if (import.meta.main) {
  const [transport = "", restarts, kinds = "[]"] = Deno.args;
  const tally = await rollingRestart(transport, Number(restarts), JSON.parse(kinds));
  console.log(JSON.stringify(tally));
}
