/**
 * Places to work at, and the queue before them: first come, first served.
 *
 * @module
 */

interface Waiter {
  readonly begin: () => void;
  left: boolean;
}

/** So many places, and so many that may wait for one. */
export class WorkQueue {
  readonly #places: number;
  readonly #most: number;
  #taken = 0;
  #waiting = 0;
  #queue: Waiter[] = [];
  #head = 0;

  /** Makes `places` places and room for `most` that wait. */
  constructor(places: number, most: number) {
    this.#places = places;
    this.#most = most;
  }

  /**
   * Resolves with true once there is a place, which {@linkcode WorkQueue.leave} gives back, or at once
   * with false where there is no room to wait. Rejects with the signal's reason when that is first.
   */
  async enter(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#taken < this.#places) {
      this.#taken++;
      return true;
    }
    if (this.#waiting >= this.#most) return false;
    this.#waiting++;
    await new Promise<void>((resolve, reject) => {
      const give = (): void => {
        waiter.left = true;
        this.#waiting--;
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        left: false,
        begin: () => {
          signal?.removeEventListener("abort", give);
          this.#waiting--;
          resolve();
        },
      };
      signal?.addEventListener("abort", give, { once: true });
      this.#queue.push(waiter);
    });
    return true;
  }

  /** Whether somebody works or waits. */
  get isBusy(): boolean {
    return this.#taken > 0 || this.#waiting > 0;
  }

  /** Gives a place back, to the first that still waits. */
  leave(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (!next.left) return next.begin();
    }
    this.#taken--;
  }

  #next(): Waiter | undefined {
    const next = this.#queue[this.#head++];
    if (next === undefined || 2 * this.#head > this.#queue.length) {
      // Taking the first of a long list away each time would copy the rest each time.
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }
}
