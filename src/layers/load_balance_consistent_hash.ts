/**
 * A rule of load balance that sends what belongs together to the same target, as long as that is not
 * too busy: rendezvous hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2016).
 *
 * When a target goes, only its own keys move, and they spread over all others.
 *
 * @module
 */
import { checkOptions, ownOptions } from "../message/options.ts";
import { leastBusy } from "./load_balance_least_outstanding.ts";
import type { BalancedCall, LoadBalancerRule } from "./load_balance_rule.ts";

/** Options of {@linkcode consistentHash}. */
export interface ConsistentHashOptions {
  /**
   * What calls belong together by. One without a key goes to the least busy target.
   *
   * @default the path with its query
   */
  readonly key?: (call: BalancedCall) => string | undefined;
  /**
   * How busy a target may be, compared with its share of all calls under way, before its calls go to
   * the next: from 1, the lower the more even, the higher the more faithful. `Infinity` for no bound,
   * which lets one key that is asked for often overload its target.
   *
   * @default 1.25
   */
  readonly loadFactor?: number;
}

const known: Readonly<Record<keyof ConsistentHashOptions, true>> = { key: true, loadFactor: true };

/**
 * The same target for the same key, unless it has too many calls under way.
 *
 * @throws {TypeError} when there is an option it does not know, or `key` is no function.
 * @throws {RangeError} when `loadFactor` is below 1.
 *
 * @example
 * ```ts
 * import { consistentHash, loadBalance, stack } from "@pirouette/http/layers";
 *
 * const byUser = consistentHash({ key: ({ headers }) => headers.get("x-user") ?? undefined });
 * const targets = ["https://one.example", "https://two.example"];
 * const send = stack(fetch, loadBalance({ targets, rule: byUser }));
 * ```
 */
export function consistentHash(options: ConsistentHashOptions = {}): LoadBalancerRule {
  checkOptions("consistentHash", options, known);
  const { key = pathOf, loadFactor = 1.25 } = ownOptions(options);
  if (typeof key !== "function") throw new TypeError("consistentHash needs a function for key");
  if (typeof loadFactor !== "number" || !(loadFactor >= 1)) {
    throw new RangeError(`consistentHash needs a loadFactor from 1, not ${loadFactor}`);
  }
  const hashes: number[] = [];
  return {
    getNextClient(targets, call) {
      const own = key(call);
      if (own === undefined) return leastBusy(targets, 0);
      const hash = hashOf(own);
      let [calls, weights] = [1, 0];
      for (const { outstanding, weight } of targets) {
        calls += outstanding;
        weights += weight;
      }
      let [place, best] = [0, -1];
      for (const [at, { index, url, outstanding, weight }] of targets.entries()) {
        // Rounded up, so that there is room for one more somewhere.
        if (outstanding >= Math.ceil(loadFactor * calls * weight / weights)) continue;
        const mixed = mix(hash ^ (hashes[index] ??= hashOf(url)));
        // Each target wins as many keys as its weight says.
        const score = weight / -Math.log((mixed + 0.5) / 2 ** 32);
        if (score > best) [best, place] = [score, at];
      }
      return place;
    },
  };
}

function pathOf({ path }: BalancedCall): string {
  return path;
}

/** FNV-1a over the code units: short, and whoever finds collisions is held by the bound. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mix(hash);
}

/** Spreads a number over all 32 bits. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
