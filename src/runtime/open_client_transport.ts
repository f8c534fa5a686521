/**
 * Chooses what sends requests: Deno's own client on Deno, undici on Node.
 *
 * @module
 */
import type { ClientTransportSettings, RunningClientTransport } from "./client_transport.ts";
import { denoClient, refuseWhatDenoLacks } from "./deno/client.ts";
import { nodeClient, refuseWhatNodeLacks } from "./node/client.ts";

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
  if (runtime === undefined) {
    throw new TypeError("transport runs on Deno and Node only: use the platform's fetch here");
  }
  const open = runtime === "deno" ? denoClient : nodeClient;
  const { keyStore, trustStore } = settings.tls;
  if (keyStore === undefined && trustStore === undefined) return open(settings);
  const refuse = runtime === "deno" ? refuseWhatDenoLacks : refuseWhatNodeLacks;
  refuse(settings);
  return openLater(settings, open);
}

/** A transport that is made with the first request: what it needs has to be waited for. */
function openLater(
  settings: ClientTransportSettings,
  open: (settings: ClientTransportSettings) => RunningClientTransport,
): RunningClientTransport {
  let opening: Promise<RunningClientTransport> | undefined;
  let running: RunningClientTransport | undefined;
  return {
    async send(url, input, init) {
      opening ??= import("./tls/client_stores.ts")
        .then(({ openTlsStores }) => openTlsStores(settings.tls))
        .then((tls) => running = open({ ...settings, tls }));
      return await (await opening).send(url, input, init);
    },
    close() {
      if (running !== undefined) return running.close();
      // Why it could not be opened was told to whoever called.
      return opening?.then((late) => late.close(), () => {});
    },
  };
}
