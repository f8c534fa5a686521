/**
 * One round of the router bench, in a module of its own so that each router can have an instance.
 *
 * @module
 */
import type { Contender, RouterRequest } from "./router_contenders.ts";

/** What a round took, and how many characters of parameters were read in it. */
export interface Round {
  /** Nanoseconds a match. */
  readonly nanoseconds: number;
  /** Characters read: it makes sure that they are. */
  readonly read: number;
}

/** Matches every request `repeats` times and reads the parameters that are named. */
export function matchRepeatedly(
  match: Contender,
  requests: readonly RouterRequest[],
  repeats: number,
): Round {
  let read = 0;
  const start = performance.now();
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const request of requests) {
      const params = match(request);
      for (const name of request.names) read += (params[name] as string).length;
    }
  }
  const nanoseconds = (performance.now() - start) * 1e6 / (repeats * requests.length);
  return { nanoseconds, read };
}
