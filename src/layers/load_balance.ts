/**
 * Load balance (spec 2.4.1.7): calls are spread over targets, by a rule, and go on to another where one
 * cannot be reached.
 *
 * Responses are given as they come, of whatever status: to try again after a 503, put a retry around
 * this layer; its attempts go to other targets.
 *
 * @module
 */
import { AllLoadBalanceEndpointsFailedError } from "../message/client_errors.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { BalancedCall, type Observation } from "./load_balance_rule.ts";
import {
  type BalancedTarget,
  balancerOptions,
  LoadBalancer,
  type LoadBalancerOptions,
} from "./load_balancer.ts";
import { Replay } from "./replay.ts";
import { targetUrl } from "./target.ts";
import { earlierAttempts, withoutAttempts } from "./target_attempts.ts";
import { countBody } from "./target_body.ts";
import { isOwnLimit, mayRepeat, mayWorkElsewhere, repeatedMethods } from "./target_failure.ts";

/** Options of {@linkcode loadBalance} beside those of its balancer. */
export interface LoadBalanceCallOptions {
  /**
   * Whether a call that one target fails goes to another, until all have failed it. Only errors count,
   * not responses.
   *
   * @default true
   */
  readonly failover?: boolean;
  /**
   * The methods of calls that go on to another target even where the first may have acted on them, as
   * after a timeout. A call that was not sent or has an `Idempotency-Key` goes on whatever its method
   * is.
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
}

/** Options of {@linkcode loadBalance} around a balancer that is shared. */
export interface SharedLoadBalanceOptions extends LoadBalanceCallOptions {
  /** The targets, and how they are doing. */
  readonly balancer: LoadBalancer;
}

/** Options of {@linkcode loadBalance} with a balancer of its own. */
export interface OwnLoadBalanceOptions extends LoadBalanceCallOptions, LoadBalancerOptions {}

/** Options of {@linkcode loadBalance} (spec: `LoadBalanceClientConfiguration`). */
export type LoadBalanceOptions = SharedLoadBalanceOptions | OwnLoadBalanceOptions;

const known: Readonly<
  Record<keyof LoadBalanceCallOptions | keyof OwnLoadBalanceOptions | "balancer", true>
> = {
  ...balancerOptions,
  balancer: true,
  failover: true,
  methods: true,
  bufferLimit: true,
};

/** Options as they are used. */
interface Policy {
  readonly balancer: LoadBalancer;
  readonly failover: boolean;
  readonly methods: ReadonlySet<string>;
  readonly bufferLimit: number;
}

/**
 * Spreads calls over targets. Calls name a path, which is put below the target's address, or a URL below
 * the address of any target.
 *
 * A call that fails with an error of the network, a timeout or an open circuit breaker goes on to a
 * target that it was not sent to. When all have failed, it rejects with
 * {@linkcode AllLoadBalanceEndpointsFailedError}, whose cause is an `AggregateError` of what each failed
 * with, in the order they were tried. An error that another target would not mend is thrown as it is,
 * and so is one of a call that cannot be sent twice.
 *
 * @throws {TypeError} when an option is unknown, malformed, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { loadBalance, stack, timeout } from "@pirouette/http/layers";
 *
 * const send = stack(
 *   fetch,
 *   loadBalance({ targets: ["https://one.example/v1", "https://two.example/v1"] }),
 *   timeout(2_000),
 * );
 * const response = await send("/albums");
 * ```
 */
export function loadBalance(options: LoadBalanceOptions): Layer {
  const policy = policyOf(options);
  return (next) => (input, init) => balance(policy, next, input, init);
}

/** What there is to send. */
interface Call {
  readonly input: Request | URL | string;
  readonly init: RequestInit | undefined;
  readonly path: string;
  readonly replay: Replay;
}

async function balance(
  policy: Policy,
  next: Fetch,
  input: Request | URL | string,
  given: RequestInit | undefined,
): Promise<Response> {
  const { balancer } = policy;
  const init = withoutAttempts(given);
  const path = balancer.pathOf(input);
  const tried = balancer.triedBefore(earlierAttempts(given));
  const replay = new Replay(input, init, policy.bufferLimit);
  const call: Call = { input, init, path, replay };
  const errors: unknown[] = [];
  try {
    for (;;) {
      const start = balancer.clock.now();
      const target = balancer.choose(
        new BalancedCall(replay.method, path, start, input, init),
        tried,
      );
      tried.push(target.index);
      try {
        return await attempt(balancer, target, start, next, call, tried);
      } catch (error) {
        if (!mayWorkElsewhere(error, replay.signal)) {
          // The caller gave up, or the mistake is in the call.
          if (replay.signal?.aborted) observe(balancer, target, start, "unanswered");
          throw error;
        }
        observe(balancer, target, start, isOwnLimit(error) ? "unanswered" : "failure");
        errors.push(error);
        if (!policy.failover || !await mayGoOn(policy, call, error, tried)) {
          balancer.remember(error, tried);
          throw error;
        }
        if (tried.length === balancer.targets.length) throw allFailed(errors);
      }
    }
  } finally {
    replay.drop();
  }
}

async function attempt(
  balancer: LoadBalancer,
  target: BalancedTarget,
  start: number,
  next: Fetch,
  { input, init, path, replay }: Call,
  tried: readonly number[],
): Promise<Response> {
  const url = targetUrl(target, path);
  let response: Response;
  target.outstanding++;
  try {
    response = await replay.send(target.fetch ?? next, { url });
  } finally {
    target.outstanding--;
  }
  observe(balancer, target, start, response.status >= 500 ? "failure" : "success");
  if (response.status >= 400) balancer.remember(response, tried);
  return countBody(response, input, init, target, balancer);
}

/** Whether what failed at one target can be sent to another; at the last one all that is left is to say so. */
async function mayGoOn(
  { balancer, methods }: Policy,
  { input, init, replay }: Call,
  error: unknown,
  tried: readonly number[],
): Promise<boolean> {
  if (tried.length === balancer.targets.length) return true;
  return mayRepeat(error, { method: replay.method, input, init }, methods) &&
    await replay.canSendAgain();
}

function observe(
  balancer: LoadBalancer,
  target: BalancedTarget,
  start: number,
  outcome: Observation["outcome"],
): void {
  const now = balancer.clock.now();
  balancer.observe(target, { outcome, latency: now - start, now });
}

function allFailed(errors: readonly unknown[]): AllLoadBalanceEndpointsFailedError {
  const last = errors.at(-1);
  const message = last instanceof Error ? last.message : "an error without a message";
  return new AllLoadBalanceEndpointsFailedError(
    `All the load balance endpoints failed. Last error was: ${message}`,
    { cause: new AggregateError(errors) },
  );
}

function policyOf(given: LoadBalanceOptions): Policy {
  checkOptions("loadBalance", given, known);
  const { failover = true, methods, bufferLimit = 65_536, ...rest } = ownOptions(given);
  if (typeof failover !== "boolean") {
    throw new TypeError("loadBalance needs true or false for failover");
  }
  if (!failover && methods !== undefined) {
    throw new TypeError("loadBalance has methods that nothing is sent again of: set failover");
  }
  if (!Number.isSafeInteger(bufferLimit) || bufferLimit < 0) {
    throw new RangeError(
      `loadBalance needs a whole number from 0 for bufferLimit, not ${bufferLimit}`,
    );
  }
  return {
    balancer: balancerOf(rest),
    failover,
    methods: repeatedMethods("loadBalance", methods),
    bufferLimit,
  };
}

function balancerOf(
  options: { readonly balancer: LoadBalancer } | LoadBalancerOptions,
): LoadBalancer {
  if (!hasBalancer(options)) return new LoadBalancer(options);
  const { balancer, ...others } = options;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new TypeError(`loadBalance has a balancer, which has its own: give ${other} to it`);
  }
  if (balancer instanceof LoadBalancer) return balancer;
  throw new TypeError("loadBalance needs a LoadBalancer as balancer");
}

function hasBalancer(options: object): options is { readonly balancer: LoadBalancer } {
  return Object.hasOwn(options, "balancer");
}
