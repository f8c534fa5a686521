/**
 * Limits by a sliding window that is approximated from two counters: that of the current window,
 * and of the one before it as much as it still reaches into the window that ends now.
 *
 * In a window by the clock no more pass than the limit. In one that lies across two, as the counter
 * takes requests to be spread evenly, it can be more, up to twice the limit at worst.
 *
 * @module
 */
import type { StoreValue } from "../stores/store.ts";
import { isAmount, type Quota, type RateAlgorithm, type Take } from "./rate_quota.ts";

/** The sliding window. Its state is when the current window began, and its and the last's count. */
export const slidingWindow: RateAlgorithm = {
  take({ limit, window }: Quota, state: StoreValue | undefined, now: number, cost: number): Take {
    const counted = counters(state, now, window, limit);
    const { start, current, previous } = counted;
    // Another instance's clock may be ahead: time never goes back.
    const time = Math.max(now, start);
    const price = Math.min(cost, limit);
    const left = window - (time - start);
    const free = (limit - current) * window - previous * left;
    if (price * window > free) {
      return {
        allowed: false,
        remaining: Math.max(0, Math.floor(free / window)),
        wait: waitFor(price, limit, window, counted, left) + (time - now),
        state: undefined,
        ttl: 0,
      };
    }
    const after = { start, current: current + price, previous };
    const remaining = Math.floor(free / window) - price;
    return {
      allowed: true,
      remaining,
      wait: remaining > 0 ? 0 : waitFor(1, limit, window, after, left) + (time - now),
      state: cost === 0 ? undefined : [start, after.current, previous],
      ttl: left + window + (time - now),
    };
  },
};

interface Counters {
  /** When the current window began. */
  readonly start: number;
  /** What was taken in it. */
  readonly current: number;
  /** What was taken in the one before it. */
  readonly previous: number;
}

function counters(
  state: StoreValue | undefined,
  now: number,
  window: number,
  limit: number,
): Counters {
  const start = Math.floor(now / window) * window;
  const none = { start, current: 0, previous: 0 };
  if (!Array.isArray(state) || state.length !== 3) return none;
  const [oldStart, oldCurrent, oldPrevious] = state;
  if (!isAmount(oldStart) || !isAmount(oldCurrent) || !isAmount(oldPrevious)) return none;
  // Written under another limit or window, perhaps: no count is above what this one allows.
  const current = Math.min(oldCurrent, limit);
  if (start === oldStart + window) return { start, current: 0, previous: current };
  if (start > oldStart) return none;
  return { start: oldStart, current, previous: Math.min(oldPrevious, limit) };
}

/** Milliseconds until `price` units are free; `left` is what is left of the current window. */
function waitFor(
  price: number,
  limit: number,
  window: number,
  { current, previous }: Counters,
  left: number,
): number {
  // The previous window may reach in by so much when they are.
  const room = limit - price - current;
  if (room >= 0) return previous === 0 ? 0 : Math.max(0, left - room * window / previous);
  return left + Math.max(0, window - (limit - price) * window / current);
}
