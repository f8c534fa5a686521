/**
 * Timers in the order they fall due, those of the same moment in the order they were set: a binary
 * heap that a timer can also be taken out of, so that a million that were set and cleared leave
 * nothing behind.
 *
 * @module
 */

/** A timer that waits. */
export interface Waiting {
  /** When it falls due, in milliseconds of its clock. */
  readonly due: number;
  /** Orders timers of the same moment. */
  readonly order: number;
  /** What is done then. */
  readonly action: () => void;
  /** Where it stands in the heap, -1 when it is out. */
  place: number;
}

/** The timers of one clock. */
export class TimerHeap {
  readonly #timers: Waiting[] = [];
  #order = 0;

  /** How many timers wait. */
  get size(): number {
    return this.#timers.length;
  }

  /** Adds a timer. */
  add(due: number, action: () => void): Waiting {
    const timer: Waiting = { due, action, order: this.#order++, place: this.#timers.length };
    this.#timers.push(timer);
    this.#rise(timer);
    return timer;
  }

  /** The timer that falls due first; it stays. */
  first(): Waiting | undefined {
    return this.#timers[0];
  }

  /** Takes a timer out; does nothing if it is out already. */
  remove(timer: Waiting): void {
    const { place } = timer;
    if (place === -1) return;
    timer.place = -1;
    const last = this.#timers.pop();
    if (last === undefined || last === timer) return;
    last.place = place;
    this.#timers[place] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(timer: Waiting): void {
    while (timer.place > 0) {
      const parent = this.#timers[(timer.place - 1) >> 1];
      if (parent === undefined || isBefore(parent, timer)) return;
      this.#swap(parent, timer);
    }
  }

  #sink(timer: Waiting): void {
    for (;;) {
      const left = this.#timers[2 * timer.place + 1];
      const right = this.#timers[2 * timer.place + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(timer, child)) return;
      this.#swap(timer, child);
    }
  }

  /** Exchanges two timers, the upper first. */
  #swap(upper: Waiting, lower: Waiting): void {
    const { place } = upper;
    upper.place = lower.place;
    lower.place = place;
    this.#timers[upper.place] = upper;
    this.#timers[lower.place] = lower;
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.due === other.due ? one.order < other.order : one.due < other.due;
}
