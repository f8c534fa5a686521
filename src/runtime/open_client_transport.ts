/**
 * Chooses what sends requests: Deno's own client on Deno, undici on Node.
 *
 * @module
 */
import type { ClientTransportSettings, RunningClientTransport } from "./client_transport.ts";
import { denoClient } from "./deno_client.ts";
import { nodeClient } from "./node_client.ts";

/** What tells the runtimes apart. */
interface Runtimes {
  readonly Deno?: { readonly createHttpClient?: unknown };
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

/** The name of the runtime, if it has a client that can be configured. */
export function clientRuntime(): "deno" | "node" | undefined {
  const { Deno: deno, process } = globalThis as Runtimes;
  if (typeof deno?.createHttpClient === "function") return "deno";
  // Bun says that it is Node too, and takes no dispatcher.
  const { node, bun } = process?.versions ?? {};
  return node !== undefined && bun === undefined ? "node" : undefined;
}

/**
 * Makes the transport of this runtime.
 *
 * @throws {TypeError} when it has none, or nothing for one of the settings.
 */
export function openClientTransport(settings: ClientTransportSettings): RunningClientTransport {
  const runtime = clientRuntime();
  if (runtime === "deno") return denoClient(settings);
  if (runtime === "node") return nodeClient(settings);
  throw new TypeError("transport runs on Deno and Node only: use the platform's fetch here");
}
