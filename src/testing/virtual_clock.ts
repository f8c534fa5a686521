/**
 * A clock that stands still until it is told to go on, so that no test waits for real.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";

interface Pending {
  readonly due: number;
  readonly action: () => void;
}

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
  readonly #pending = new Set<Pending>();

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** Calls `action` when the clock has been advanced by `delay` milliseconds. */
  setTimer(action: () => void, delay: number): Timer {
    const pending = { due: this.#now + Math.max(0, delay), action };
    this.#pending.add(pending);
    return { clear: () => this.#pending.delete(pending) };
  }

  /** How many timers are set and have not fired. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /**
   * Lets `milliseconds` pass: fires what falls due in order, and lets everything that follows from
   * each run before the next.
   */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await settle();
    }
    this.#now = end;
  }

  #earliest(end: number): Pending | undefined {
    let earliest: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.due <= end && (earliest === undefined || pending.due < earliest.due)) {
        earliest = pending;
      }
    }
    return earliest;
  }
}

/** Lets promises that are ready run, however many hang on each other. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
