/**
 * What a client does about failures, in its one order, outermost first: calls that are alike are sent
 * once, only so many at a time, none for longer than the total, again, twice, elsewhere, and not at all
 * to a target that fails.
 *
 * @module
 */
import { Bulkhead, bulkhead, type BulkheadOptions } from "../layers/bulkhead.ts";
import { circuitBreaker } from "../layers/circuit_breaker.ts";
import type { CircuitBreakerConfig } from "../layers/circuit_breaker_config.ts";
import type { CircuitBreaker } from "../layers/circuit_breaker_object.ts";
import { coalesce, type CoalesceOptions, Flights } from "../layers/coalesce.ts";
import { failover, type FailoverOptions } from "../layers/failover.ts";
import { FailoverTargets } from "../layers/failover_targets.ts";
import { hedge, type HedgeOptions } from "../layers/hedge.ts";
import { loadBalance, type LoadBalanceOptions } from "../layers/load_balance.ts";
import type { LoadBalancer } from "../layers/load_balancer.ts";
import { retry } from "../layers/retry.ts";
import type { RetryOptions } from "../layers/retry_options.ts";
import type { Target } from "../layers/target.ts";
import { timeout, type TimeoutOptions } from "../layers/timeout.ts";
import { CircuitBreakerConfigError } from "../message/client_errors.ts";
import type { Layer } from "../message/fetch.ts";
import { ownOptions } from "../message/options.ts";

/** What a client does about failures. Each is off unless it is set; `true` is its defaults. */
export interface ResilienceConfiguration {
  /**
   * Whether calls that are alike and under way at the same time are sent once.
   *
   * @default false
   */
  readonly coalesce?: boolean | CoalesceOptions | Flights;
  /**
   * How many calls may be under way, and how many may wait.
   *
   * @default any number
   */
  readonly bulkhead?: BulkheadOptions | Bulkhead;
  /**
   * Whether calls that failed are sent again, and when.
   *
   * @default false
   */
  readonly retry?: boolean | RetryOptions;
  /**
   * Whether calls that are slow are sent a second time, to take the first answer.
   *
   * @default false
   */
  readonly hedge?: boolean | HedgeOptions;
  /**
   * Targets that calls go to in turn until one succeeds, in place of the client's URL, which is what
   * their paths are relative to. Not beside `loadBalance`.
   *
   * @default none
   */
  readonly failover?: Omit<FailoverOptions, "base">;
  /**
   * Targets that calls are spread over, in place of the client's URL. Not beside `failover`.
   *
   * @default none
   */
  readonly loadBalance?: LoadBalanceOptions;
  /**
   * Whether calls to a target that fails are refused for a while; each origin has its own circuit.
   *
   * @default false
   */
  readonly circuitBreaker?: boolean | CircuitBreaker | CircuitBreakerConfig;
}

/** The options of this part. */
export const resilienceOptions: Readonly<Record<keyof ResilienceConfiguration, true>> = {
  coalesce: true,
  bulkhead: true,
  retry: true,
  hedge: true,
  failover: true,
  loadBalance: true,
  circuitBreaker: true,
};

/** What the parts of a client's configuration say to each other. */
export interface ResilienceContext {
  /** The address that calls name. */
  readonly base: string;
  /** The longest that a call may take, in ms. */
  readonly total: Pick<TimeoutOptions, "total" | "clock">;
  /** The longest that one attempt may take, in ms, where the program says it. */
  readonly attempt: number | undefined;
  /** The circuits, where there are any. */
  readonly breaker: CircuitBreaker | undefined;
}

/**
 * The layers that a configuration asks for.
 *
 * @throws {TypeError} when two options exclude each other, or as the layers do.
 */
export function resilienceLayers(
  config: ResilienceConfiguration,
  { base, total, attempt, breaker }: ResilienceContext,
): readonly Layer[] {
  const layers: Layer[] = [];
  if (breaker !== undefined && attempt !== undefined) refuseBlindness(breaker, attempt);
  const { coalesce: shared = false, bulkhead: places, retry: again = false } = config;
  if (shared !== false) layers.push(coalesce(coalesceOptions(shared)));
  if (places !== undefined) {
    layers.push(bulkhead(places instanceof Bulkhead ? { bulkhead: places } : places));
  }
  if (total.total !== undefined) layers.push(timeout(total));
  if (again !== false) layers.push(retry(retryOptions(again, total.total)));
  if (config.hedge !== undefined && config.hedge !== false) {
    layers.push(hedge(config.hedge === true ? {} : config.hedge));
  }
  layers.push(...targetLayers(config, base));
  if (breaker !== undefined) layers.push(circuitBreaker({ breaker }));
  return layers;
}

/** Refuses a breaker that could not see what it is there for: calls that end in a timeout. */
function refuseBlindness({ policy }: CircuitBreaker, attempt: number): void {
  const { timeWindow } = policy.window;
  if (timeWindow !== undefined && timeWindow < attempt) {
    throw new CircuitBreakerConfigError(
      `circuitBreaker looks at calls of ${timeWindow} ms, and one may take ${attempt} ms: raise timeWindow or lower the timeout`,
    );
  }
  const { slowCallDuration } = policy;
  if (Number.isFinite(slowCallDuration) && slowCallDuration >= attempt) {
    throw new CircuitBreakerConfigError(
      `circuitBreaker never sees a slow call: one ends after ${attempt} ms, and slowCallDuration is ${slowCallDuration}`,
    );
  }
}

function coalesceOptions(given: true | CoalesceOptions | Flights): CoalesceOptions {
  if (given === true) return {};
  return given instanceof Flights ? { flights: given } : given;
}

/** A retry that could not end in time is not waited for. */
function retryOptions(given: true | RetryOptions, total: number | undefined): RetryOptions {
  const options: RetryOptions = given === true ? {} : ownOptions(given);
  if (total === undefined) return options;
  if (options.total !== undefined && options.total > total) {
    throw new RangeError(
      `Client never reaches the total of retry (${options.total} ms), as that of timeout (${total} ms) is shorter: leave it out`,
    );
  }
  return { total, ...options };
}

function targetLayers(
  { failover: inTurn, loadBalance: spread }: ResilienceConfiguration,
  base: string,
): readonly Layer[] {
  if (inTurn !== undefined && spread !== undefined) {
    throw new TypeError(
      "Client has targets for failover and for loadBalance: leave out one of them",
    );
  }
  if (inTurn !== undefined) {
    const options: FailoverOptions = ownOptions(inTurn);
    refuseBase("failover", options);
    const { targets } = options;
    if (!(targets instanceof FailoverTargets)) {
      const layer = failover({ ...options, base });
      refuseBypass("failover", targets);
      return [layer];
    }
    refuseStrangers("failover", targets, base);
    refuseBypass("failover", targets.targets);
    return [failover(options)];
  }
  if (spread === undefined) return [];
  const options: LoadBalanceOptions = ownOptions(spread);
  refuseBase("loadBalance", options);
  if (!("balancer" in options)) {
    const layer = loadBalance({ ...options, base });
    refuseBypass("loadBalance", options.targets);
    return [layer];
  }
  const layer = loadBalance(options);
  refuseStrangers("loadBalance", options.balancer, base);
  refuseBypass("loadBalance", options.balancer.targets);
  return [layer];
}

function refuseBase(name: string, options: object): void {
  if (!("base" in options) || options.base === undefined) return;
  throw new TypeError(`Client has its URL as the base of ${name}: leave out base`);
}

/** Refuses targets that calls of this client would never reach, as it names none of them. */
function refuseStrangers(name: string, list: FailoverTargets | LoadBalancer, base: string): void {
  try {
    list.pathOf(base);
  } catch (cause) {
    throw new TypeError(
      `Client has targets for ${name} that know nothing of its URL: make them with base "${base}"`,
      { cause },
    );
  }
}

/** What a target's calls may go through. */
type Sent = { readonly fetch?: Target["fetch"] | undefined };

/** Refuses a fetch that would go past all that the client does below: limits, redirects, cookies. */
function refuseBypass(name: string, targets: readonly (Sent | string | URL)[]): void {
  for (const [index, target] of targets.entries()) {
    if (typeof target === "string" || target instanceof URL || target.fetch === undefined) continue;
    throw new TypeError(
      `Client would skip its own limits at target ${index} of ${name}, which has a fetch: use FailoverClient or LoadBalanceClient, whose targets take a transport`,
    );
  }
}
