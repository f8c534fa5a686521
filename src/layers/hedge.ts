/**
 * Hedging: a call that takes longer than most is sent once more, and the first good answer is taken
 * ("The Tail at Scale", Dean and Barroso, 2013; gRPC proposal A6).
 *
 * It makes slow calls fast and costs a few more requests, which a budget bounds. It makes nothing
 * better where all calls are slow, and waits for nothing: that is a retry.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { failureCodes } from "./failure_codes.ts";
import { checkMilliseconds, checkWhole } from "./number_checks.ts";
import { HedgeBudget, type Withdrawable } from "./hedge_budget.ts";
import { HedgedCall, type HedgeEvent, type HedgePolicy } from "./hedge_call.ts";
import { HedgeLatencies } from "./hedge_latencies.ts";
import { Replay } from "./replay.ts";
import { earlierAttempts } from "./target_attempts.ts";
import { TimeoutQueue } from "./timeout_queue.ts";

/** Options of {@linkcode hedge}. */
export interface HedgeOptions {
  /**
   * How long to wait for an answer before the call is sent once more, in milliseconds; 0 to send them
   * together.
   *
   * @default by `percentile`
   */
  readonly delay?: number;
  /**
   * What part of the calls is fast enough, above 0 and below 1: the delay is the time within which so
   * many of the last ones were answered. Until 20 were nothing is hedged by time.
   *
   * @default 0.95
   */
  readonly percentile?: number;
  /**
   * The shortest delay that `percentile` gives, in milliseconds.
   *
   * @default 1
   */
  readonly minDelay?: number;
  /**
   * How many requests are sent for a call besides the first, from 1 to 4.
   *
   * @default 1
   */
  readonly maxHedges?: number;
  /**
   * The methods that are hedged. The service may well carry out both requests, so those that are not
   * idempotent (POST, PATCH) cannot be among them: answer for single calls with `isSafe`.
   *
   * @default ["GET", "HEAD", "OPTIONS"]
   */
  readonly methods?: readonly string[];
  /**
   * Whether a call may be carried out twice at the same time, in place of `methods`: for a search by
   * POST, say.
   *
   * @default by `methods`
   */
  readonly isSafe?: (method: string, url: string) => boolean;
  /**
   * The statuses after which another answer is waited for, or asked for at once.
   *
   * @default [502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
  /**
   * What hedges are charged to, as the budget of a retry layer; the calls themselves are for the one
   * who shares it to count. A hedge that it has nothing left for is not sent.
   *
   * @default a HedgeBudget: one hedge for ten calls
   */
  readonly budget?: Withdrawable;
  /**
   * The times of the last calls, where others use or look at them too.
   *
   * @default 512 of its own
   */
  readonly latencies?: HedgeLatencies;
  /**
   * The most bytes to keep of a stream and of the body of a `Request`, in case it is sent again.
   *
   * @default 65536
   */
  readonly bufferLimit?: number;
  /**
   * Told of each hedge before it is sent. What it throws is what the call rejects with.
   *
   * @default nobody
   */
  readonly onHedge?: (event: HedgeEvent) => void;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

const known: Readonly<Record<keyof HedgeOptions, true>> = {
  delay: true,
  percentile: true,
  minDelay: true,
  maxHedges: true,
  methods: true,
  isSafe: true,
  statusCodes: true,
  budget: true,
  latencies: true,
  bufferLimit: true,
  onHedge: true,
  clock: true,
};

/**
 * Sends a call once more when it takes long, or at once when it fails, and takes the first good answer.
 *
 * The requests that lose are aborted, and their responses cancelled. Where none succeeds the answer is
 * what failed last. A failure that trying again cannot change ends the call at once.
 *
 * Put it below retry and above what chooses the target, so that the second request goes elsewhere: by
 * outstanding calls, so that a rule which looks at the call alone, as `consistentHash`, may give it the
 * same target again.
 *
 * @throws {TypeError} when an option is unknown, or has no effect or harms beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { hedge, stack } from "@pirouette/http/layers";
 *
 * const swift = stack(fetch, hedge({ percentile: 0.95 }));
 * const response = await swift("https://albums.example/latest");
 * ```
 */
export function hedge(options: HedgeOptions = {}): Layer {
  checkOptions("hedge", options, known);
  const own = ownOptions(options);
  const isHedged = hedgedCalls(own);
  const { policy, count } = policyOf(own);
  const { bufferLimit = 65_536 } = own;
  checkWhole("hedge", "bufferLimit", bufferLimit, 0);
  return (next) => (input, init) => {
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    if (!isHedged(method, input)) return next(input, init);
    count?.deposit();
    let replay: Replay;
    try {
      replay = new Replay(input, init, bufferLimit);
    } catch (error) {
      return Promise.reject(error);
    }
    return new HedgedCall(policy, next, replay, earlierAttempts(init)).send();
  };
}

/** What may be sent twice. */
type IsHedged = (method: string, input: Request | URL | string) => boolean;

const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

function hedgedCalls({ methods, isSafe }: HedgeOptions): IsHedged {
  if (isSafe !== undefined) {
    if (typeof isSafe !== "function") throw new TypeError("hedge needs a function for isSafe");
    if (methods !== undefined) {
      throw new TypeError("hedge has methods and isSafe: leave out one of them");
    }
    return (method, input) => isSafe(method, input instanceof Request ? input.url : String(input));
  }
  if (methods !== undefined && !Array.isArray(methods)) {
    throw new TypeError(`hedge needs a list for methods, as ["GET", "HEAD"]`);
  }
  const names = new Set((methods ?? safeMethods).map((method: string) => method.toUpperCase()));
  for (const method of ["POST", "PATCH"]) {
    if (names.has(method)) {
      throw new TypeError(
        `hedge would carry out ${method} twice: leave it out of methods, or say which calls may be with isSafe`,
      );
    }
  }
  return (method) => names.has(method) || names.has(method.toUpperCase());
}

function policyOf(
  options: HedgeOptions,
): { readonly policy: HedgePolicy; readonly count: HedgeBudget | undefined } {
  const { delay, percentile = 0.95, minDelay = 1, maxHedges = 1 } = options;
  const { statusCodes = [502, 503, 504], onHedge, clock = systemClock } = options;
  if (delay !== undefined) {
    for (const name of ["percentile", "minDelay", "latencies"] as const) {
      if (options[name] !== undefined) {
        throw new TypeError(`hedge has a delay, so ${name} has no effect: leave out one of them`);
      }
    }
    if (delay !== 0) checkMilliseconds("hedge", "delay", delay);
  }
  if (!(percentile > 0 && percentile < 1)) {
    throw new RangeError(
      `hedge needs a part above 0 and below 1 for percentile, not ${percentile}`,
    );
  }
  checkMilliseconds("hedge", "minDelay", minDelay);
  if (!Number.isInteger(maxHedges) || maxHedges < 1 || maxHedges > 4) {
    throw new RangeError(`hedge needs a whole number from 1 to 4 for maxHedges, not ${maxHedges}`);
  }
  if (options.budget !== undefined && typeof options.budget?.withdraw !== "function") {
    throw new TypeError("hedge needs an object with withdraw() for budget, as a RetryBudget");
  }
  const count = options.budget === undefined ? new HedgeBudget() : undefined;
  const latencies = delay === undefined ? options.latencies ?? new HedgeLatencies() : undefined;
  const policy: HedgePolicy = {
    delay: latencies === undefined ? () => delay : () => {
      const time = latencies.percentile(percentile);
      return time === undefined ? undefined : Math.max(minDelay, time);
    },
    maxHedges,
    failures: failureCodes("hedge", statusCodes),
    budget: count ?? options.budget as Withdrawable,
    latencies,
    onHedge,
    clock,
    queue: new TimeoutQueue(clock),
  };
  return { policy, count };
}
