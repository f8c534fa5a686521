/**
 * Deadlines for calls (spec 2.4.1, `timeout`): for the head of a response, each piece of its body,
 * one attempt and the whole call.
 *
 * Time that the request's own body takes to be sent counts as waiting for the head. A connection
 * that takes long to be made does too: a fetch does not tell the two apart.
 *
 * @module
 */
import { type Clock, LONGEST_TIMER } from "../message/clock.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { CoarseClock } from "./coarse_clock.ts";
import { timedCall } from "./timeout_call.ts";
import { type LimitName, TimeoutPolicy } from "./timeout_policy.ts";

/** Options of {@linkcode timeout}: at least one limit, all in milliseconds. */
export interface TimeoutOptions {
  /**
   * From the call until the head of the response.
   *
   * @default none
   */
  readonly headers?: number;
  /**
   * While the body is read, how long nothing may come. Time in which nobody reads does not count. A
   * body whose `Content-Length` is at most 16 KiB is one piece where `json()` and the like read it.
   *
   * @default none
   */
  readonly bodyIdle?: number;
  /**
   * The same for bodies that this library reads, as to bind them. One that the program reads itself,
   * as a stream of events that may say nothing for minutes, has no such limit. It goes with `headers`
   * only.
   *
   * @default none
   */
  readonly boundBodyIdle?: number;
  /**
   * From the call until the end of the body: one attempt, where a retry layer stands above.
   *
   * @default none
   */
  readonly attempt?: number;
  /**
   * The same for a layer above retry: all attempts and the waits between them.
   *
   * @default none
   */
  readonly total?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

const known: Readonly<Record<keyof TimeoutOptions, true>> = {
  headers: true,
  bodyIdle: true,
  boundBodyIdle: true,
  attempt: true,
  total: true,
  clock: true,
};

const limitNames: readonly LimitName[] = [
  "headers",
  "bodyIdle",
  "boundBodyIdle",
  "attempt",
  "total",
];

/**
 * Ends calls that take too long with {@linkcode IdleTimeoutError}, whose `phase` says what was waited
 * for.
 *
 * A number is how long nothing may come, as `timeout` of the specification: it limits the head and
 * each piece of the body, and lets a long download or event stream go on for as long as it flows.
 * Where `attempt` and `total` are for different layers, as around a retry, give each its own.
 *
 * The fetch below gets a signal that is aborted with the error. When the caller aborts, the call
 * rejects with the caller's reason. A response that is not read in full, or not at all, holds no
 * timer; its time goes on, and a read that begins too late fails at once.
 *
 * @throws {TypeError} when there is an option it does not know, or no limit.
 * @throws {RangeError} when a limit is not above 0 and at most 2147483647, or can never be reached
 * because another one is shorter.
 *
 * @example
 * ```ts
 * import { stack, timeout } from "@pirouette/http/layers";
 *
 * const patient = stack(fetch, timeout(30_000));
 * const strict = stack(fetch, timeout({ headers: 1_000, attempt: 5_000 }));
 * const response = await strict("https://albums.example/latest");
 * ```
 */
export function timeout(options: number | TimeoutOptions): Layer {
  const policy = policyOf(
    typeof options === "number" ? { headers: options, bodyIdle: options } : options,
  );
  return (next) => (input, init) => timedCall(policy, next, input, init);
}

function policyOf(given: TimeoutOptions): TimeoutPolicy {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`timeout needs milliseconds or options, not ${given}`);
  }
  checkOptions("timeout", given, known);
  const options = ownOptions(given);
  const limits: Partial<Record<LimitName, number>> = ownOptions({});
  for (const name of limitNames) {
    const limit = options[name];
    if (limit === undefined) continue;
    if (typeof limit !== "number" || !(limit > 0 && limit <= LONGEST_TIMER)) {
      throw new RangeError(
        `timeout needs milliseconds above 0 and at most ${LONGEST_TIMER} for ${name}, not ${limit}: leave it out for no limit`,
      );
    }
    limits[name] = limit;
  }
  if (Object.keys(limits).length === 0) {
    throw new TypeError(`timeout has no limit: set one of ${limitNames.join(", ")}`);
  }
  refuseLonger(limits, ["headers", "bodyIdle"], "attempt");
  refuseLonger(limits, ["headers", "bodyIdle", "attempt"], "total");
  refuseWider(limits);
  return new TimeoutPolicy(limits, options.clock ?? new CoarseClock());
}

/** Refuses a limit on some bodies beside one on all of them. */
function refuseWider(limits: Partial<Record<LimitName, number>>): void {
  if (limits.boundBodyIdle === undefined) return;
  for (const name of ["bodyIdle", "attempt", "total"] as const) {
    if (limits[name] === undefined) continue;
    throw new TypeError(
      `timeout has boundBodyIdle for some bodies and ${name} for all: leave out one of them`,
    );
  }
}

/** Refuses limits that never end a call, because `bound` always ends it first. */
function refuseLonger(
  limits: Partial<Record<LimitName, number>>,
  names: readonly LimitName[],
  bound: LimitName,
): void {
  for (const name of names) {
    const [limit = 0, most = Infinity] = [limits[name], limits[bound]];
    if (limit > most) {
      throw new RangeError(
        `timeout never reaches ${name} (${limit} ms), as ${bound} (${most} ms) is shorter: leave out one of them`,
      );
    }
  }
}
