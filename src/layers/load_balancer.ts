/**
 * Where a load balance stands: its targets, how busy and how well they are, and the rule that chooses
 * among them (spec 2.4.1.7).
 *
 * @module
 */
import { LoadBalanceActionError } from "../message/client_errors.ts";
import { type Clock, systemClock } from "../message/clock.ts";
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { peakEwma } from "./load_balance_peak_ewma.ts";
import type {
  BalancedCall,
  LoadBalancerRule,
  LoadBalancerRuleFunction,
  Observation,
  TargetState,
} from "./load_balance_rule.ts";
import { OutlierDetection, type OutlierOptions } from "./outlier_detection.ts";
import { type ResolvedTarget, type Target, TargetList } from "./target.ts";

/** Options of a {@linkcode LoadBalancer}. */
export interface LoadBalancerOptions {
  /** Who can answer. */
  readonly targets: readonly (Target | string | URL)[];
  /**
   * An address that calls name in place of a target's.
   *
   * @default none, calls name paths or addresses below a target's
   */
  readonly base?: string | URL;
  /**
   * How a target is chosen (spec: `lbRule`).
   *
   * @default peakEwma()
   */
  readonly rule?: LoadBalancerRule | LoadBalancerRuleFunction;
  /**
   * When targets that fail are left alone; `false` for never.
   *
   * @default five failures in a row, for 30 seconds
   */
  readonly outlierEjection?: OutlierOptions | false;
  /**
   * Where a lower share of the targets than this is neither ejected nor unhealthy, all are used: the few
   * that are left would break down under the calls of all.
   *
   * @default 0.5
   */
  readonly panicThreshold?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
  /**
   * Numbers from 0 to below 1, for the rule that is used where none is given.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

/** The options that are known. */
export const balancerOptions: Readonly<Record<keyof LoadBalancerOptions, true>> = {
  targets: true,
  base: true,
  rule: true,
  outlierEjection: true,
  panicThreshold: true,
  clock: true,
  random: true,
};

/** A target and how it is doing. */
export class BalancedTarget implements TargetState {
  /** Its place in the list of targets, from 0. */
  readonly index: number;
  /** Its base address, without a slash at its end. */
  readonly url: string;
  /** What calls to it go through, if it has its own. */
  readonly fetch: Fetch | undefined;
  /** Its share of the calls, compared with that of the others. */
  readonly weight: number;
  /** How many calls to it wait for the head or the body of the response. */
  outstanding = 0;
  /** Whether it passes its health checks; `true` where there are none. */
  isHealthy = true;

  /** Begins with no calls under way. */
  constructor({ index, url, fetch, weight }: ResolvedTarget) {
    this.index = index;
    this.url = url;
    this.fetch = fetch;
    this.weight = weight;
  }
}

/**
 * Chooses a target for each call, and remembers what becomes of it.
 *
 * Layers that share one spread their calls together.
 *
 * @example
 * ```ts
 * import { loadBalance, LoadBalancer, stack } from "@pirouette/http/layers";
 *
 * const balancer = new LoadBalancer({
 *   targets: ["https://one.example/v1", "https://two.example/v1"],
 * });
 * const send = stack(fetch, loadBalance({ balancer }));
 * await send("/albums");
 * for (const target of balancer.targets) {
 *   console.log(target.url, target.outstanding, balancer.isEjected(target.index));
 * }
 * ```
 */
export class LoadBalancer {
  /** The targets, in their order. */
  readonly targets: readonly BalancedTarget[];
  /** Tells the time. */
  readonly clock: Clock;
  readonly #list: TargetList;
  readonly #rule: LoadBalancerRule;
  readonly #outliers: OutlierDetection | undefined;
  readonly #panicThreshold: number;
  /** The targets that answered or failed calls which may be tried again, by response or error. */
  readonly #tried = new WeakMap<object, readonly number[]>();
  #unhealthy = 0;

  /**
   * Begins with all targets in service.
   *
   * @throws {TypeError} when an option is unknown, malformed, or has no effect beside the others.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: LoadBalancerOptions) {
    checkOptions("loadBalance", options, balancerOptions);
    const { targets, base, rule, outlierEjection = {}, panicThreshold = 0.5, clock, random } =
      ownOptions(options);
    if (typeof panicThreshold !== "number" || !(panicThreshold >= 0 && panicThreshold <= 1)) {
      throw new RangeError(
        `loadBalance needs a number from 0 to 1 for panicThreshold, not ${panicThreshold}`,
      );
    }
    if (rule !== undefined && random !== undefined) {
      throw new TypeError("loadBalance has a rule that needs no random: give random to the rule");
    }
    this.#list = new TargetList("loadBalance", targets, base);
    this.targets = this.#list.targets.map((target) => new BalancedTarget(target));
    this.clock = clock ?? systemClock;
    this.#rule = rule === undefined
      ? peakEwma(random === undefined ? {} : { random })
      : checkedRule(rule);
    if (this.#rule.ignoresWeight && this.targets.some(({ weight }) => weight !== 1)) {
      throw new TypeError("This rule ignores weights: use weightedRoundRobin, or leave weight out");
    }
    this.#outliers = outlierEjection === false
      ? undefined
      : new OutlierDetection(outlierEjection, this.targets.length);
    this.#panicThreshold = panicThreshold;
  }

  /** Whether a target is left alone because it failed. */
  isEjected(index: number): boolean {
    return this.#outliers?.isEjected(index, this.clock.now()) ?? false;
  }

  /**
   * What a call's address has below that of a target.
   *
   * @throws {InitializingOutboundRequestError} when it is below none.
   */
  pathOf(input: Request | URL | string): string {
    return this.#list.pathOf(input);
  }

  /** Says how a target is, as whoever checks that found it. */
  setHealth(index: number, health: "healthy" | "unhealthy"): void {
    const target = this.targets[index];
    const isHealthy = health === "healthy";
    if (target === undefined || target.isHealthy === isHealthy) return;
    target.isHealthy = isHealthy;
    this.#unhealthy += isHealthy ? -1 : 1;
  }

  /**
   * Chooses the target of a call, among those that are in service and not tried. Where none is left,
   * among the others that were not tried.
   *
   * @param tried the indexes of targets that the call went to before; not all of them
   * @throws {LoadBalanceActionError} when the rule chooses none of those it was given.
   */
  choose(call: BalancedCall, tried: readonly number[]): BalancedTarget {
    const candidates = this.#candidates(call.now, tried);
    const place = this.#rule.getNextClient(candidates, call);
    const target = Number.isInteger(place) ? candidates[place] : undefined;
    if (target !== undefined) return target;
    throw new LoadBalanceActionError(
      `The rule chose target ${place} of ${candidates.length}: give a place in the list it gets`,
    );
  }

  /** Takes into account what became of a call to a target. */
  observe(target: BalancedTarget, observation: Observation): void {
    const { outcome, now } = observation;
    if (outcome !== "unanswered") this.#outliers?.record(target.index, outcome === "failure", now);
    this.#rule.observe?.(target, observation);
  }

  /** Remembers which targets led to a response or an error, in case the call is tried again. */
  remember(outcome: unknown, tried: readonly number[]): void {
    if (typeof outcome === "object" && outcome !== null) this.#tried.set(outcome, tried);
  }

  /** The targets that led to responses and errors; none where it was all of them. */
  triedBefore(outcomes: readonly unknown[]): number[] {
    if (outcomes.length === 0) return [];
    const tried = new Set<number>();
    for (const outcome of outcomes) {
      if (typeof outcome !== "object" || outcome === null) continue;
      for (const index of this.#tried.get(outcome) ?? []) tried.add(index);
    }
    return tried.size === this.targets.length ? [] : [...tried];
  }

  #candidates(now: number, tried: readonly number[]): readonly BalancedTarget[] {
    const inService = this.#inService(now);
    if (tried.length === 0) return inService;
    const left = inService.filter(({ index }) => !tried.includes(index));
    return left.length > 0 ? left : this.targets.filter(({ index }) => !tried.includes(index));
  }

  #inService(now: number): readonly BalancedTarget[] {
    const outliers = this.#outliers;
    if (this.#unhealthy === 0 && !outliers?.hasEjected(now)) return this.targets;
    const inService = this.targets.filter(({ index, isHealthy }) =>
      isHealthy && !outliers?.isEjected(index, now)
    );
    const isPanic = inService.length < this.targets.length * this.#panicThreshold;
    return isPanic || inService.length === 0 ? this.targets : inService;
  }
}

function checkedRule(rule: LoadBalancerRule | LoadBalancerRuleFunction): LoadBalancerRule {
  if (typeof rule === "function") return { getNextClient: rule };
  if (typeof rule?.getNextClient === "function") return rule;
  throw new TypeError("loadBalance needs a rule with getNextClient, or a function, as rule");
}
