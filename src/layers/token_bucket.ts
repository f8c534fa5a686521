/**
 * Limits by a bucket of tokens: it holds so many, is refilled evenly, and a request takes one.
 *
 * In a span of time no more pass than the bucket holds and is refilled in it. The arithmetic is in
 * whole numbers where times are whole milliseconds, so nothing is lost to rounding.
 *
 * @module
 */
import type { StoreValue } from "../stores/store.ts";
import { isAmount, type Quota, type RateAlgorithm, type Take } from "./rate_quota.ts";

/**
 * The token bucket. Its state is what was taken and not refilled yet, in tokens times the window
 * (so that it is a whole number), and when that was so.
 */
export const tokenBucket: RateAlgorithm = {
  take(quota: Quota, state: StoreValue | undefined, now: number, cost: number): Take {
    const { limit, window, burst } = quota;
    const capacity = burst * window;
    let debt = 0;
    let time = now;
    if (Array.isArray(state) && state.length === 2) {
      const [oldDebt, oldTime] = state;
      if (isAmount(oldDebt) && isAmount(oldTime)) {
        // Another instance's clock may be ahead: time never goes back, or it would refill twice.
        time = Math.max(now, oldTime);
        debt = Math.min(Math.max(0, oldDebt - (time - oldTime) * limit), capacity);
      }
    }
    const price = Math.min(cost, burst) * window;
    const after = debt + price;
    if (after > capacity) {
      return {
        allowed: false,
        remaining: Math.floor((capacity - debt) / window),
        wait: (after - capacity) / limit + (time - now),
        state: undefined,
        ttl: 0,
      };
    }
    return {
      allowed: true,
      remaining: Math.floor((capacity - after) / window),
      wait: Math.max(0, (after + window - capacity) / limit) + (time - now),
      state: cost === 0 ? undefined : [after, time],
      // A millisecond more than it takes to refill, as fractions of one are not exact.
      ttl: Math.ceil(after / limit + (time - now)) + 1,
    };
  },
};
