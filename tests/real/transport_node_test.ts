/** The transport on Node, over undici: `transport_on_node.ts`, run by a Node that takes TypeScript. @module */
import assert from "node:assert/strict";
import { withCertificates } from "../support/certificates.ts";
import { hasPeer } from "../support/peers.ts";

const here = new URL("./", import.meta.url);

Deno.test({
  name: "transport on Node: calls, failures, TLS, HTTP/2, sockets, proxies",
  ignore: Deno.build.os === "windows" || !hasPeer("npx") || !hasPeer("openssl"),
  fn: () =>
    withCertificates(async ({ folder }) => {
      const { stdout, stderr } = await new Deno.Command("npx", {
        args: [
          ...["-y", "-p", "node@24", "-p", "undici@7", "node"],
          ...["--no-warnings", "--import", "./transport_on_node_hooks.mjs"],
          ...["transport_on_node.ts", folder],
        ],
        cwd: here,
        stdin: "null",
        signal: AbortSignal.timeout(90_000),
      }).output();
      const decoder = new TextDecoder();
      const lines = decoder.decode(stdout).trim().split("\n");
      const said = decoder.decode(stderr);
      assert.doesNotMatch(said, /^(?:FAILED|unhandled)/m, said);
      assert.equal(lines.filter((line) => line.startsWith("ok ")).length, 9, said);
    }),
});
