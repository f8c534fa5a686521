/**
 * Rules of load balance that take turns: each target after the other, or each by its weight.
 *
 * Neither looks at how the targets are doing.
 *
 * @module
 */
import type { LoadBalancerRule } from "./load_balance_rule.ts";

/**
 * Each target after the other, in the order of the list (the specification's default,
 * `LoadBalancerRoundRobinRule`).
 *
 * @example
 * ```ts
 * import { loadBalance, roundRobin, stack } from "@pirouette/http/layers";
 *
 * const targets = ["https://one.example", "https://two.example"];
 * const send = stack(fetch, loadBalance({ targets, rule: roundRobin() }));
 * ```
 */
export function roundRobin(): LoadBalancerRule {
  let last = -1;
  return {
    ignoresWeight: true,
    getNextClient(targets) {
      const next = targets.findIndex(({ index }) => index > last);
      const place = next === -1 ? 0 : next;
      last = targets[place]?.index ?? -1;
      return place;
    },
  };
}

/**
 * Each target as often as its weight says, evenly spread: weights 5, 1, 1 give `a a b a c a a` and not
 * `a a a a a b c`.
 *
 * @example
 * ```ts
 * import { loadBalance, stack, weightedRoundRobin } from "@pirouette/http/layers";
 *
 * const targets = [{ url: "https://large.example", weight: 5 }, { url: "https://small.example" }];
 * const send = stack(fetch, loadBalance({ targets, rule: weightedRoundRobin() }));
 * ```
 */
export function weightedRoundRobin(): LoadBalancerRule {
  // What each target has saved up, by its index: the richest is next, and pays the round.
  const saved: number[] = [];
  return {
    getNextClient(targets) {
      let round = 0;
      let place = 0;
      let most = -Infinity;
      for (const [at, { index, weight }] of targets.entries()) {
        const amount = (saved[index] ?? 0) + weight;
        saved[index] = amount;
        round += weight;
        if (amount > most) [most, place] = [amount, at];
      }
      const index = targets[place]?.index ?? 0;
      saved[index] = most - round;
      return place;
    },
  };
}
