/**
 * A rule of load balance that looks at how busy the targets are.
 *
 * @module
 */
import type { LoadBalancerRule, TargetState } from "./load_balance_rule.ts";

/**
 * The target with the fewest calls under way for its weight; among equals they take turns.
 *
 * It asks for all targets, so that many clients which begin at once choose alike. Where there are many,
 * {@linkcode peakEwma} is better.
 *
 * @example
 * ```ts
 * import { leastOutstanding, loadBalance, stack } from "@pirouette/http/layers";
 *
 * const targets = ["https://one.example", "https://two.example"];
 * const send = stack(fetch, loadBalance({ targets, rule: leastOutstanding() }));
 * ```
 */
export function leastOutstanding(): LoadBalancerRule {
  let last = -1;
  return {
    getNextClient(targets) {
      const after = targets.findIndex(({ index }) => index > last);
      const place = leastBusy(targets, after === -1 ? 0 : after);
      last = targets[place]?.index ?? -1;
      return place;
    },
  };
}

/** The place of the least busy target for its weight, the first of equals from `start` on. */
export function leastBusy(targets: readonly TargetState[], start: number): number {
  let place = start;
  let least = Infinity;
  for (let step = 0; step < targets.length; step++) {
    const at = (start + step) % targets.length;
    const target = targets[at];
    if (target === undefined) continue;
    const load = (target.outstanding + 1) / target.weight;
    if (load < least) [least, place] = [load, at];
  }
  return place;
}
