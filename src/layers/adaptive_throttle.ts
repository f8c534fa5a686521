/**
 * Client-side throttling as of Google's "Site Reliability Engineering", chapter "Handling Overload":
 * a client whose calls are refused sends fewer of them, at random, and none at all goes unnoticed by
 * a service that is back.
 *
 * It looks at how calls end, at nothing else: not at their number, which is `rate_pacing.ts`, or their
 * time, which is `adaptive_concurrency.ts`.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import {
  AdaptiveThrottle,
  type ThrottleOptions,
  throttleOptions,
} from "./adaptive_throttle_state.ts";
import { failureCodes, OVERLOAD } from "./failure_codes.ts";
import { isTransient } from "./call_failure.ts";

/** Options of {@linkcode adaptiveThrottle}: counts of its own, or ones that are shared. */
export interface AdaptiveThrottleOptions extends ThrottleOptions {
  /**
   * The counts, where others use or look at them too. They have their own options.
   *
   * @default one of its own
   */
  readonly throttle?: AdaptiveThrottle;
  /**
   * The statuses with which the service refuses a call because of its load.
   *
   * @default [429, 502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
}

const known: Readonly<Record<keyof AdaptiveThrottleOptions, true>> = {
  ...throttleOptions,
  throttle: true,
  statusCodes: true,
};

/**
 * Refuses a part of the calls while the remote service refuses most of them.
 *
 * With the default `k` of 2 nothing is refused while more than half of the calls succeed. Then a call
 * rejects with {@linkcode CallThrottledError} with the probability
 * `(requests - k × accepts) / (requests + padding)`, so that about `k` calls are sent for each that
 * the service takes. A failure that may pass, as no connection or no answer in time, counts as a
 * refusal. A call that its caller aborts does not count.
 *
 * The counts are of one service: give each its own layer. Below a retry layer each attempt counts.
 *
 * @throws {TypeError} when an option is unknown, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { adaptiveThrottle, stack } from "@pirouette/http/layers";
 *
 * const modest = stack(fetch, adaptiveThrottle());
 * const response = await modest("https://albums.example/latest");
 * ```
 */
export function adaptiveThrottle(options: AdaptiveThrottleOptions = {}): Layer {
  checkOptions("adaptiveThrottle", options, known);
  const { throttle: given, statusCodes = OVERLOAD, ...own } = ownOptions(options);
  const [first] = Object.keys(own);
  if (given !== undefined && first !== undefined) {
    throw new TypeError(
      `adaptiveThrottle was given an AdaptiveThrottle, which has its own ${first}: set it there`,
    );
  }
  const throttle = given ?? new AdaptiveThrottle(own);
  const refusals = failureCodes("adaptiveThrottle", statusCodes);
  return (next) => (input, init) => {
    const refusal = throttle.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    return next(input, init).then((response) => {
      if (refusals.has(response.status)) throttle.reject();
      else throttle.accept();
      return response;
    }, (error) => {
      // The end of any other says nothing of the service.
      if (isTransient(error, callSignal(input, init))) throttle.reject();
      throw error;
    });
  };
}
