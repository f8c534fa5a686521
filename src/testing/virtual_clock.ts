/**
 * A clock that stands still until it is told to go on, so that no test waits for real.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";
import { settle } from "./settle.ts";
import { TimerHeap } from "./timer_heap.ts";

/**
 * Time under a test's control.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@pirouette/http/testing";
 *
 * const clock = new VirtualClock();
 * clock.setTimer(() => console.log("an hour passed"), 3_600_000);
 * await clock.advance(3_600_000);
 * ```
 */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new TimerHeap();

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** Calls `action` when the clock has been advanced by `delay` milliseconds. */
  setTimer(action: () => void, delay: number): Timer {
    const timer = this.#timers.add(this.#now + Math.max(0, delay), action);
    return { clear: () => this.#timers.remove(timer) };
  }

  /** How many timers are set and have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /**
   * Lets `milliseconds` pass: fires what falls due in order, and lets everything that follows from
   * each run before the next.
   */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let next = this.#timers.first(); next && next.due <= end; next = this.#timers.first()) {
      this.#timers.remove(next);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await settle();
    }
    this.#now = end;
  }
}
