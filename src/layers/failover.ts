/**
 * Failover (spec 2.4.1.8): a call that one target fails goes to the next, until one succeeds.
 *
 * All calls go to one target, the last that succeeded; to spread them, balance the load. How long a
 * target may take is for a timeout layer inside this one to say.
 *
 * @module
 */
import {
  FailoverActionFailedError,
  FailoverAllEndpointsFailedError,
} from "../message/client_errors.ts";
import { type Clock, systemClock } from "../message/clock.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { reasonPhrase } from "../message/status.ts";
import { FailoverTargets } from "./failover_targets.ts";
import { Replay } from "./replay.ts";
import { type ResolvedTarget, type Target, targetUrl } from "./target.ts";
import { mayRepeat, mayWorkElsewhere, repeatedMethods } from "./target_failure.ts";
import { pause } from "./pause.ts";

/** Options of {@linkcode failover} (spec: `FailoverClientConfiguration`). */
export interface FailoverOptions {
  /**
   * Who can answer, in the order of preference; or {@linkcode FailoverTargets}, which remember
   * where they stand and can be shared.
   */
  readonly targets: FailoverTargets | readonly (Target | string | URL)[];
  /**
   * An address that calls name in place of a target's.
   *
   * @default none, calls name paths or addresses below a target's
   */
  readonly base?: string | URL;
  /**
   * The statuses of responses that count as failures.
   *
   * @default [501, 502, 503, 504]
   */
  readonly failoverCodes?: readonly number[];
  /**
   * How long to wait between two targets, in milliseconds.
   *
   * @default 0
   */
  readonly interval?: number;
  /**
   * The methods of calls that go on to another target even where the first may have acted on them, as
   * after a timeout. A call that was not sent, got a status of `failoverCodes`, or has an
   * `Idempotency-Key` goes on whatever its method is.
   *
   * @default ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]
   */
  readonly methods?: readonly string[];
  /**
   * The most bytes to keep of a body that can be read only once, in case it must be sent again.
   *
   * @default 65536
   */
  readonly bufferLimit?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

const known: Readonly<Record<keyof FailoverOptions, true>> = {
  targets: true,
  base: true,
  failoverCodes: true,
  interval: true,
  methods: true,
  bufferLimit: true,
  clock: true,
};

/** Options as they are used. */
interface Policy {
  readonly state: FailoverTargets;
  readonly codes: ReadonlySet<number>;
  readonly interval: number;
  readonly methods: ReadonlySet<string>;
  readonly bufferLimit: number;
  readonly clock: Clock;
}

/**
 * Sends calls to one target, and on to the others while they fail: with an error of the network, a
 * timeout, an open circuit breaker, or one of `failoverCodes`. Calls name a path, which is put below
 * the target's address, or a URL below the address of any target.
 *
 * When all have failed the call rejects with {@linkcode FailoverAllEndpointsFailedError}, whose cause
 * is an `AggregateError` of what each failed with, in the order they were tried. An error that another
 * target would not mend is thrown as it is, and so is one of a call that cannot be sent twice.
 *
 * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { failover, stack, timeout } from "@pirouette/http/layers";
 *
 * const send = stack(
 *   fetch,
 *   failover({ targets: ["https://one.example/v1", "https://two.example/v1"] }),
 *   timeout(2_000),
 * );
 * const response = await send("/albums");
 * ```
 */
export function failover(options: FailoverOptions): Layer {
  const policy = policyOf(options);
  return (next) => async (input, init) => {
    const path = policy.state.pathOf(input);
    const replay = new Replay(input, init, policy.bufferLimit);
    try {
      return await failOver(policy, next, { path, replay, input, init });
    } finally {
      replay.drop();
    }
  };
}

/** What there is to send. */
interface Call {
  readonly path: string;
  readonly replay: Replay;
  readonly input: Request | URL | string;
  readonly init: RequestInit | undefined;
}

/** What a target failed with. */
interface Failure {
  /** What is kept of it. */
  readonly error: unknown;
  /** What is told where it is the last. */
  readonly last: string;
  /** The answer, where there was one. */
  readonly response: Response | undefined;
}

async function failOver(policy: Policy, next: Fetch, call: Call): Promise<Response> {
  const { state, interval, clock } = policy;
  const { targets } = state;
  const start = state.getSucceededEndpointIndex();
  const errors: unknown[] = [];
  for (let tried = 1;; tried++) {
    const index = (start + tried - 1) % targets.length;
    const target = targets[index] as ResolvedTarget;
    const isLast = tried === targets.length;
    const result = await attempt(policy, next, call, target, isLast);
    if (result instanceof Response) {
      if (index !== start) state.moved(start, index);
      return result;
    }
    errors.push(result.error);
    if (!isLast && !await mayGoOn(policy, call, result)) {
      if (result.response !== undefined) return result.response;
      throw result.error;
    }
    // Not waited for: a source that never settles its cancellation must not hold up the call.
    result.response?.body?.cancel().catch(() => {});
    if (isLast) {
      throw new FailoverAllEndpointsFailedError(
        `All the failover endpoints failed. ${result.last}`,
        { cause: new AggregateError(errors) },
      );
    }
    if (interval > 0) await pause(clock, interval, call.replay.signal);
  }
}

async function attempt(
  { codes }: Policy,
  next: Fetch,
  { path, replay }: Call,
  target: ResolvedTarget,
  isLast: boolean,
): Promise<Response | Failure> {
  let response: Response;
  const url = targetUrl(target, path);
  try {
    response = await replay.send(target.fetch ?? next, { url });
  } catch (error) {
    if (!mayWorkElsewhere(error, replay.signal)) throw error;
    return { error, last: `Last error was: ${messageOf(error)}`, response: undefined };
  }
  if (!codes.has(response.status)) return response;
  const line = statusLine(response);
  const told = isLast
    ? `Last endpoint returned response: ${line}`
    : `Endpoint ${target.index} returned response is: ${line}`;
  return {
    error: new FailoverActionFailedError(told),
    last: `Last endpoint returned response is: ${line}`,
    response,
  };
}

/** Whether what failed at one target can be sent to the next. */
async function mayGoOn(policy: Policy, call: Call, { error, response }: Failure): Promise<boolean> {
  const { replay, input, init } = call;
  if (response === undefined) {
    if (!mayRepeat(error, { method: replay.method, input, init }, policy.methods)) return false;
  }
  return await replay.canSendAgain();
}

function statusLine({ status, statusText }: Response): string {
  return `${status} ${statusText || reasonPhrase(status)}`.trimEnd();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "an error without a message";
}

function policyOf(given: FailoverOptions): Policy {
  checkOptions("failover", given, known);
  const options = ownOptions(given);
  const { targets, base, failoverCodes = [501, 502, 503, 504], interval = 0 } = options;
  const { bufferLimit = 65_536, clock = systemClock } = options;
  if (targets instanceof FailoverTargets && base !== undefined) {
    throw new TypeError("failover has targets that know their base: give base to FailoverTargets");
  }
  if (!Array.isArray(failoverCodes) || !failoverCodes.every(isStatus)) {
    throw new RangeError("failover needs a list of statuses for failoverCodes, as [502, 503]");
  }
  if (!Number.isFinite(interval) || interval < 0) {
    throw new RangeError(`failover needs milliseconds from 0 for interval, not ${interval}`);
  }
  if (!Number.isSafeInteger(bufferLimit) || bufferLimit < 0) {
    throw new RangeError(
      `failover needs a whole number from 0 for bufferLimit, not ${bufferLimit}`,
    );
  }
  return {
    state: targets instanceof FailoverTargets ? targets : new FailoverTargets(targets, base),
    codes: new Set(failoverCodes),
    interval,
    methods: repeatedMethods("failover", options.methods),
    bufferLimit,
    clock,
  };
}

function isStatus(code: unknown): boolean {
  return Number.isInteger(code) && (code as number) >= 100 && (code as number) <= 999;
}
