/**
 * Pacing: sends no more calls in a span of time than the remote service allows, and lets the others
 * wait.
 *
 * It is the client's side of `rate_limit.ts`, which refuses, and counts with the same token bucket.
 * It counts the calls of one program, whatever their addresses: give each quota a layer of its own.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { type CallPriority, priorityOf } from "./call_queue.ts";
import { pacerOptions, RatePacer, type RatePacerOptions } from "./rate_pacer.ts";

/** Options of {@linkcode ratePacing}: a rate of its own, or a pacer that is shared. */
export interface RatePacingOptions extends Partial<RatePacerOptions> {
  /**
   * What gives the turns, where others use or look at it too. It has its own rate.
   *
   * @default one of its own
   */
  readonly pacer?: RatePacer;
  /**
   * Which calls go first: those for which it gives a higher number. Those with equal numbers go in
   * the order they came.
   *
   * @default all are equal
   */
  readonly priority?: CallPriority;
}

const known: Readonly<Record<keyof RatePacingOptions, true>> = {
  ...pacerOptions,
  pacer: true,
  priority: true,
};

/**
 * Sends calls no faster than a rate.
 *
 * A call that is too early waits for its turn. Where `maxQueue` others wait it rejects with
 * {@linkcode CallThrottledError}, and after `queueTimeout` with
 * {@linkcode MaximumWaitTimeExceededError}; neither was sent.
 *
 * @throws {TypeError} when an option is unknown, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { ratePacing, stack } from "@pirouette/http/layers";
 *
 * const polite = stack(fetch, ratePacing({ limit: 10, window: 1_000, burst: 5 }));
 * const response = await polite("https://albums.example/latest");
 * ```
 */
export function ratePacing(options: RatePacingOptions): Layer {
  checkOptions("ratePacing", options, known);
  const { pacer: given, priority, ...own } = ownOptions(options);
  const [first] = Object.keys(own);
  if (given !== undefined && first !== undefined) {
    throw new TypeError(
      `ratePacing was given a RatePacer, which has its own ${first}: set it there`,
    );
  }
  const pacer = given ?? new RatePacer(own as RatePacerOptions);
  return (next) => (input, init) => {
    if (pacer.tryTake()) return next(input, init);
    const signal = callSignal(input, init);
    return pacer.take(signal, priorityOf(priority, input, init)).then(() => {
      signal?.throwIfAborted();
      return next(input, init);
    });
  };
}
