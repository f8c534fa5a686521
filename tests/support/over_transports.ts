/**
 * Registers a test once for each transport.
 *
 * @module
 */
import type { ServeOptions } from "@pirouette/http";

/** The transports, as an option names them. */
export const transports = ["deno", "node"] as const;

/** Registers a test that is told how to listen: on a free port of this machine, over a transport. */
export function overTransports(
  name: string,
  run: (
    listening: ServeOptions & { readonly transport: typeof transports[number] },
    context: Deno.TestContext,
  ) => Promise<void>,
): void {
  for (const transport of transports) {
    Deno.test(`${name}: ${transport}`, (context) =>
      run({ port: 0, host: "127.0.0.1", transport }, context));
  }
}
