/**
 * The default rule of load balance: of two targets by chance, the one where the call should be answered
 * sooner ("power of two choices" over "peak EWMA", as Finagle and Linkerd have it).
 *
 * How soon is guessed by the latency of a target, which rises to a peak at once and is forgotten slowly,
 * times the calls that are under way there.
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";
import type { LoadBalancerRule, TargetState } from "./load_balance_rule.ts";

/** Options of {@linkcode peakEwma}. */
export interface PeakEwmaOptions {
  /**
   * How slowly a latency is forgotten: after this many milliseconds it counts for a third.
   *
   * @default 10000
   */
  readonly decay?: number;
  /**
   * The latency that a failure counts as, at least, in milliseconds: one that fails at once must not
   * look fast. It is also what a target counts as that has calls under way and answered none yet.
   *
   * @default 1000
   */
  readonly penalty?: number;
  /**
   * Numbers from 0 to below 1.
   *
   * @default Math.random
   */
  readonly random?: () => number;
}

const known: Readonly<Record<keyof PeakEwmaOptions, true>> = {
  decay: true,
  penalty: true,
  random: true,
};

/**
 * Of two targets by chance, the one with the lower latency times calls under way, by weight.
 *
 * A target that becomes slow loses its calls within the time of a few answers, and is asked again from
 * time to time.
 *
 * @throws {TypeError} when there is an option it does not know.
 * @throws {RangeError} when `decay` or `penalty` is not above 0.
 *
 * @example
 * ```ts
 * import { loadBalance, peakEwma, stack } from "@pirouette/http/layers";
 *
 * const targets = ["https://one.example", "https://two.example"];
 * const send = stack(fetch, loadBalance({ targets, rule: peakEwma({ decay: 5_000 }) }));
 * ```
 */
export function peakEwma(options: PeakEwmaOptions = {}): LoadBalancerRule {
  checkOptions("peakEwma", options, known);
  const { decay = 10_000, penalty = 1_000, random = Math.random } = ownOptions(options);
  for (const [name, value] of Object.entries({ decay, penalty })) {
    if (typeof value !== "number" || !(value > 0 && value < Infinity)) {
      throw new RangeError(`peakEwma needs milliseconds above 0 for ${name}, not ${value}`);
    }
  }
  const latencies: PeakLatency[] = [];

  const costOf = ({ index, outstanding, weight }: TargetState, now: number): number => {
    const latency = latencies[index]?.at(now) ?? 0;
    // Nothing is known of it: one call may find out, others had better wait for that.
    const known = latency === 0 && outstanding > 0 ? penalty : latency;
    return known * (outstanding + 1) / weight;
  };

  return {
    getNextClient(targets, { now }) {
      const count = targets.length;
      if (count === 1) return 0;
      const one = Math.floor(random() * count);
      const step = 1 + Math.floor(random() * (count - 1));
      const other = (one + step) % count;
      const [first, second] = [targets[one], targets[other]];
      if (first === undefined || second === undefined) return 0;
      return costOf(first, now) <= costOf(second, now) ? one : other;
    },
    observe({ index }, { outcome, latency, now }) {
      const peak = latencies[index] ??= new PeakLatency(decay);
      // Who gives up knows only that it took so long at least.
      if (outcome === "unanswered") peak.raise(latency, now);
      else peak.observe(outcome === "failure" ? Math.max(latency, penalty) : latency, now);
    },
  };
}

/** A moving average that follows a rise at once. */
class PeakLatency {
  readonly #decay: number;
  #latency = 0;
  #since = 0;

  constructor(decay: number) {
    this.#decay = decay;
  }

  /** The latency by now, if nothing was observed since. */
  at(now: number): number {
    return this.#latency * this.#share(now);
  }

  observe(latency: number, now: number): void {
    const share = this.#share(now);
    // Never 0, which means that nothing is known.
    this.#latency = latency >= this.#latency * share
      ? Math.max(latency, Number.MIN_VALUE)
      : this.#latency * share + latency * (1 - share);
    this.#since = now;
  }

  raise(latency: number, now: number): void {
    if (latency > this.at(now)) this.observe(latency, now);
  }

  #share(now: number): number {
    return Math.exp(-Math.max(0, now - this.#since) / this.#decay);
  }
}
