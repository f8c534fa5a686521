/**
 * A listener that stops when the system asks the process to end.
 *
 * @module
 */
import { onSignals, type SignalName, systemSignals } from "../runtime/signals.ts";
import type { ListenerConfiguration } from "./listener_config.ts";
import type { RunningServer } from "./running_server.ts";

/**
 * The signals that an option asks for.
 *
 * @throws {TypeError} when it is no list of those that this system has.
 */
export function signalNames(given: ListenerConfiguration["signals"]): readonly SignalName[] {
  const known = systemSignals();
  if (given === undefined || given === false) return [];
  if (given === true) return known;
  if (!Array.isArray(given)) {
    throw new TypeError("A listener has signals that are no list: use true, false or a list");
  }
  for (const name of given) {
    if (known.includes(name)) continue;
    throw new TypeError(`Cannot stop on signal "${name}": use ${known.join(" or ")}`);
  }
  return [...new Set<SignalName>(given)];
}

/**
 * Stops a server gracefully at the first of these signals and at once at the second. Once it has
 * stopped, they are the system's again, so that the process ends when it has nothing else to do.
 */
export function stopOnSignals(server: RunningServer, names: readonly SignalName[]): void {
  if (names.length === 0) return;
  const leave = onSignals(names, () => {
    // A stop that fails is as loud as it can be: nobody waits for it.
    void (server.stopping.aborted ? server.immediateStop() : server.gracefulStop());
  });
  server.finished.then(leave, leave);
}
