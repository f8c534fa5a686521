/**
 * Signals on Node: what is in flight is answered, and the process ends by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { nodeVersions, runOnNode, startOnNode } from "../support/node_runtime.ts";
import { hasPeer } from "../support/peers.ts";
import { within } from "../support/within.ts";

const program = new URL("../support/signalled_server.ts", import.meta.url);

for (const version of nodeVersions) {
  Deno.test({
    name: `signals: at SIGTERM what is in flight is answered (Node ${version})`,
    ignore: !hasPeer("npm"),
    async fn() {
      await using server = await startOnNode(version, program, { args: ["true"] });
      const port = await server.line();
      const answer = fetch(`http://127.0.0.1:${port}/wait/200`);
      assert.equal(await within(server.line(), "the call"), "called");
      server.child.kill("SIGTERM");
      assert.equal(await (await within(answer, "the answer")).text(), "at last");
      assert.equal(await within(server.line(), "the end"), "stopped");
      const { code, signal } = await within(server.child.status, "its end");
      assert.deepEqual([code, signal], [0, null]);
    },
  });
}

Deno.test({
  name: "listen: a Node that would not share a port says so (Node 20)",
  ignore: !hasPeer("npm"),
  async fn() {
    const args = ["true", "node", "0", "reusePort"];
    await assert.rejects(
      runOnNode(20, program, { args, timeout: 10_000 }),
      /The transport node_http cannot honour reusePort: use Node 22\.12, 23\.1 or later/,
    );
  },
});
