/**
 * Registers a test once for each transport.
 *
 * @module
 */
import type { ServeOptions } from "@pirouette/http";

/** The transports that there are, as an option names them; where these tests run on Node, one. */
export const transports: readonly ("deno" | "node")[] = "Deno" in globalThis
  ? ["deno", "node"]
  : ["node"];

/** Registers a test that is told how to listen: on a free port of this machine, over a transport. */
export function overTransports(
  name: string,
  run: (
    listening: ServeOptions & { readonly transport: "deno" | "node" },
    context: Deno.TestContext,
  ) => Promise<void>,
): void {
  for (const transport of transports) {
    Deno.test(`${name}: ${transport}`, (context) =>
      run({ port: 0, host: "127.0.0.1", transport }, context));
  }
}
