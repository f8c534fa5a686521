/**
 * Waiting on a clock, for as long as a caller wants to.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";

/**
 * Resolves after `delay` milliseconds, never if it is `Infinity`.
 *
 * It rejects with the reason of `signal` when that is aborted first, and leaves neither timer nor
 * listener behind.
 */
export function wait(
  clock: Clock,
  delay: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (delay <= 0) return Promise.resolve();
  return new Promise<void>((resolve, reject) => {
    const timer: Timer | undefined = delay === Infinity ? undefined : clock.setTimer(() => {
      signal?.removeEventListener("abort", give);
      resolve();
    }, delay);
    const give = (): void => {
      timer?.clear();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", give, { once: true });
  });
}
