/**
 * Waiting between two targets, for as long as the caller does.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";

/**
 * Waits `delay` milliseconds.
 *
 * Rejects with the reason of `signal` once it is aborted, and leaves no timer behind.
 */
export function pause(clock: Clock, delay: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimer(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delay);
    const abort = (): void => {
      timer.clear();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}
