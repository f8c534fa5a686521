/**
 * A limit on calls at a time that nobody has to guess: it grows while the service answers as fast as
 * ever, and shrinks when calls take longer or are refused (the step of Gradient2 in Netflix's
 * concurrency-limits).
 *
 * @module
 */
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import {
  ConcurrencyLimiter,
  type ConcurrencyLimiterOptions,
  limiterNames,
} from "./adaptive_concurrency_limiter.ts";
import type { CallPriority } from "./call_queue.ts";

/** Options of {@linkcode adaptiveConcurrency}: a limiter of its own, or one that is shared. */
export interface AdaptiveConcurrencyOptions extends ConcurrencyLimiterOptions {
  /**
   * The limiter, where others use or look at it too. It has its own options.
   *
   * @default one of its own
   */
  readonly limiter?: ConcurrencyLimiter;
  /**
   * Which calls go first when a place becomes free: those for which it gives a higher number.
   *
   * @default all are equal
   */
  readonly priority?: CallPriority;
}

const known: Readonly<Record<keyof AdaptiveConcurrencyOptions, true>> = {
  ...limiterNames,
  limiter: true,
  priority: true,
};

/**
 * Lets no more calls be on their way at a time than the service can work on, which it finds out.
 *
 * A call counts until the end of its body, and is measured until the head of its response. One more
 * waits, where `maxQueue` lets it, or rejects with {@linkcode BulkheadFullError}. Under steady load the
 * limit is halved for a moment every half a minute, to measure how fast the service can be. It is of
 * one service: give each its own layer.
 *
 * @throws {TypeError} when an option is unknown, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { adaptiveConcurrency, ConcurrencyLimiter, stack } from "@pirouette/http/layers";
 *
 * const limiter = new ConcurrencyLimiter({ maxQueue: 100, queueTimeout: 1_000 });
 * const gentle = stack(fetch, adaptiveConcurrency({ limiter }));
 * const response = await gentle("https://albums.example/latest");
 * console.log(response.status, limiter.metrics.limit);
 * ```
 */
export function adaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): Layer {
  checkOptions("adaptiveConcurrency", options, known);
  const { limiter: given, priority, ...own } = ownOptions(options);
  const [first] = Object.keys(own);
  if (given !== undefined && first !== undefined) {
    throw new TypeError(
      `adaptiveConcurrency was given a ConcurrencyLimiter, which has its own ${first}: set it there`,
    );
  }
  const limiter = given ?? new ConcurrencyLimiter(own);
  return (next) => (input, init) => limiter.send(next, input, init, priority);
}
