/**
 * Signals of the system, whichever runtime is told of them.
 *
 * @module
 */

/** A signal that asks a process to end. */
export type SignalName = "SIGTERM" | "SIGINT";

/** What Deno has. */
interface DenoSignals {
  readonly build: { readonly os: string };
  addSignalListener(name: SignalName, told: () => void): void;
  removeSignalListener(name: SignalName, told: () => void): void;
}

/** What Node has. */
interface NodeSignals {
  readonly platform: string;
  on(name: SignalName, told: () => void): void;
  off(name: SignalName, told: () => void): void;
}

interface Runtimes {
  readonly Deno?: DenoSignals;
  readonly process?: NodeSignals;
}

/** The signals that this system has: Windows knows no `SIGTERM`. */
export function systemSignals(): readonly SignalName[] {
  const { Deno: deno, process } = globalThis as Runtimes;
  const isWindows = deno?.build.os === "windows" || process?.platform === "win32";
  return isWindows ? ["SIGINT"] : ["SIGTERM", "SIGINT"];
}

/**
 * Calls `told` at each of these signals, which then do not end the process any more.
 *
 * @returns what leaves them to the system again.
 */
export function onSignals(names: readonly SignalName[], told: () => void): () => void {
  const { Deno: deno, process } = globalThis as Runtimes;
  for (const name of names) {
    if (deno !== undefined) deno.addSignalListener(name, told);
    else process?.on(name, told);
  }
  return () => {
    for (const name of names) {
      if (deno !== undefined) deno.removeSignalListener(name, told);
      else process?.off(name, told);
    }
  };
}
