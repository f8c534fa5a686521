/**
 * A restart without a gap: a new process listens on the port of an old one, which is then told to stop
 * while clients go on asking.
 *
 * Linux resets connections that wait to be accepted when the port is closed, unless it is set to hand
 * them to the other process (`net.ipv4.tcp_migrate_req`, since 5.14). A program can do nothing about
 * those, so that none being lost is tested in a network of its own, where that can be set.
 *
 * Processes take the time they take: what is waited for is real.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasPeer } from "../support/peers.ts";
import { rollingRestart } from "../support/rolling_restart.ts";
import type { LoadKind, LoadTally } from "../support/steady_load.ts";

const clients: readonly LoadKind[] = [
  { method: "GET", keepsAlive: true },
  { method: "GET", keepsAlive: true },
  { method: "POST", keepsAlive: true },
  { method: "GET", keepsAlive: false },
  { method: "GET", keepsAlive: false },
  { method: "POST", keepsAlive: false },
];
const safe = clients.filter(({ method }) => method === "GET");

/** Restarts twice in a network of its own; `undefined` where this machine makes none. */
async function inOwnNetwork(transport: string): Promise<LoadTally | undefined> {
  const program = new URL("../support/rolling_restart.ts", import.meta.url).pathname;
  const migrate = "ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req";
  const isAllowed = await succeeds("unshare", ["--net", "sh", "-c", migrate]);
  if (!isAllowed) return void console.log("Skipped: this machine makes no network of its own");
  const run = `${migrate} && exec "$@"`;
  const deno = [Deno.execPath(), "run", "--no-check", "--allow-all", program];
  const { stdout } = await new Deno.Command("unshare", {
    args: ["--net", "sh", "-c", run, "sh", ...deno, transport, "2", JSON.stringify(clients)],
    stdin: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
  } catch {
    return false;
  }
}

const isLinux = Deno.build.os === "linux";

Deno.test({
  name: "rolling restart: nothing is lost, nor repeated, by any client (node)",
  ignore: !isLinux || !hasPeer("ip"),
  async fn() {
    const tally = await inOwnNetwork("node");
    if (tally === undefined) return;
    assert.deepEqual([tally.lost, tally.repeated], [[], 0]);
    assert.ok(tally.answered > 50, String(tally.answered));
  },
});

for (const transport of ["deno", "node"]) {
  Deno.test({
    name: `rolling restart: a safe request needs one repetition at most (${transport})`,
    ignore: !isLinux,
    async fn() {
      // Whoever is left without a byte may send it again (RFC 9110 section 9.2.2). On Deno.serve it is
      // also those who have said nothing yet when the port closes.
      const { answered, repeated, lost } = await rollingRestart(transport, 2, safe);
      assert.deepEqual(lost, []);
      assert.ok(answered > 50 && repeated <= 8, `${answered}, ${repeated}`);
    },
  });
}
