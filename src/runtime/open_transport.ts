/**
 * Opens the transport that a listener has chosen; the one over Node's modules is loaded only then.
 *
 * @module
 */
import { denoServe } from "./deno/serve.ts";
import type { RunningTransport, TransportName, TransportOptions } from "./transport.ts";

/** What tells the runtimes apart. */
interface Runtimes {
  readonly Deno?: { readonly serve?: unknown };
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

/** The name of the runtime, if a listener can be had there. */
export function serverRuntime(): "deno" | "node" | undefined {
  const { Deno: deno, process } = globalThis as Runtimes;
  if (typeof deno?.serve === "function") return "deno";
  // Bun says that it is Node too, and is another matter.
  const { node, bun } = process?.versions ?? {};
  return node !== undefined && bun === undefined ? "node" : undefined;
}

/**
 * Listens.
 *
 * @throws {Error} (as a rejection) when it cannot listen there, or the transport cannot honour a
 * setting.
 */
export async function openTransport(
  name: TransportName,
  options: TransportOptions,
): Promise<RunningTransport> {
  if (name === "deno_serve") return denoServe(options);
  const { nodeHttp } = await import("./node/http.ts");
  return await nodeHttp(options);
}
