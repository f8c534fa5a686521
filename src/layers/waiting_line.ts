/**
 * Calls that wait for their turn: so many at most and for so long at most, those of a higher priority
 * first, and among equals who came first.
 *
 * A call whose caller aborts leaves at once. All deadlines are on one timer, and there is none while
 * nobody waits.
 *
 * @module
 */
import { MaximumWaitTimeExceededError } from "../message/client_errors.ts";
import type { Clock } from "../message/clock.ts";
import type { CallRefusedError } from "../message/overload_errors.ts";
import { type Linked, LinkedList } from "./linked_list.ts";
import { TimeoutQueue, type Waiting } from "./timeout_queue.ts";

/** How calls wait. */
export interface WaitingLineOptions {
  /** What they wait for, in the words of the errors. */
  readonly subject: string;
  /** Makes the error of a call that finds no place to wait. */
  readonly refuse: (message: string) => CallRefusedError;
  /** How many may wait. */
  readonly maxQueue: number;
  /** How long each may wait, in milliseconds; `Infinity` for as long as it takes. */
  readonly queueTimeout: number;
  /** Tells the time. */
  readonly clock: Clock;
}

/** Calls in the order in which they go on. */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #deadlines: TimeoutQueue;
  /** One for each priority that somebody waits with, the highest first. */
  readonly #lanes: Lane[] = [];
  /** Called when nobody waits any more. */
  onEmpty: () => void = () => {};
  #size = 0;
  #refused = 0;
  #timedOut = 0;

  /** Makes a line in which nobody waits. */
  constructor(options: WaitingLineOptions) {
    this.#options = options;
    this.#deadlines = new TimeoutQueue(options.clock);
  }

  /** How many calls wait. */
  get size(): number {
    return this.#size;
  }

  /** How many calls found no place to wait. */
  get refused(): number {
    return this.#refused;
  }

  /** How many calls waited in vain. */
  get timedOut(): number {
    return this.#timedOut;
  }

  /**
   * Waits for a turn.
   *
   * Rejects with {@linkcode CallRefusedError} where too many wait, with
   * {@linkcode MaximumWaitTimeExceededError} when it took too long, and with the caller's own reason
   * when the caller aborted.
   *
   * @param priority higher ones go first
   */
  wait(signal: AbortSignal | undefined, priority: number): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { maxQueue, queueTimeout, clock } = this.#options;
    if (this.#size >= maxQueue) return Promise.reject(this.#refusal());
    return new Promise((resolve, reject) => {
      const lane = this.#laneOf(priority);
      const waiter = new Waiter(this, lane, signal, resolve, reject);
      lane.append(waiter);
      this.#size++;
      if (queueTimeout < Infinity) this.#deadlines.add(waiter, clock.now(), queueTimeout);
      signal?.addEventListener("abort", waiter);
    });
  }

  /** Lets the next call go on; false where nobody waits. */
  letNext(): boolean {
    const waiter = this.#lanes[0]?.first;
    if (waiter === undefined) return false;
    this.leave(waiter);
    waiter.resolve();
    return true;
  }

  /** Takes a call out that goes on, or whose caller aborted. */
  leave(waiter: Waiter): void {
    if (this.#options.queueTimeout < Infinity) this.#deadlines.remove(waiter);
    this.#remove(waiter);
  }

  /** Tells a call that its time is up. */
  expire(waiter: Waiter): void {
    this.#remove(waiter);
    this.#timedOut++;
    const { subject, queueTimeout } = this.#options;
    waiter.reject(
      new MaximumWaitTimeExceededError(
        `${subject}, and the turn of this one did not come within ${queueTimeout} ms`,
      ),
    );
  }

  #remove(waiter: Waiter): void {
    const { lane, signal } = waiter;
    lane.remove(waiter);
    if (lane.first === undefined) this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    signal?.removeEventListener("abort", waiter);
    if (--this.#size === 0) this.onEmpty();
  }

  #refusal(): CallRefusedError {
    this.#refused++;
    const { subject, maxQueue, refuse } = this.#options;
    const others = maxQueue === 0 ? "no call may wait" : `${maxQueue} others wait`;
    return refuse(`${subject}, and ${others}: try later, or raise maxQueue`);
  }

  #laneOf(priority: number): Lane {
    const lanes = this.#lanes;
    let at = 0;
    for (let lane = lanes[at]; lane !== undefined; lane = lanes[++at]) {
      if (lane.priority === priority) return lane;
      if (lane.priority < priority) break;
    }
    const lane = new Lane(priority);
    lanes.splice(at, 0, lane);
    return lane;
  }
}

/** Those who wait with one priority. */
export class Lane extends LinkedList<Waiter> {
  /** How urgent they are. */
  readonly priority: number;

  /** Makes an empty one. */
  constructor(priority: number) {
    super();
    this.priority = priority;
  }
}

/** One that waits. */
export class Waiter implements Waiting, Linked<Waiter> {
  /** When its time is up. */
  due = 0;
  /** The one before it among the deadlines. */
  before: Waiting | undefined = undefined;
  /** The one after it there. */
  after: Waiting | undefined = undefined;
  /** The one before it in its lane. */
  ahead: Waiter | undefined = undefined;
  /** The one after it there. */
  behind: Waiter | undefined = undefined;
  /** Where it waits. */
  readonly lane: Lane;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Lets it go on. */
  readonly resolve: () => void;
  /** Tells it that it waited in vain. */
  readonly reject: (reason: unknown) => void;
  readonly #line: WaitingLine;

  /** Makes one that is not in its lane yet. */
  constructor(
    line: WaitingLine,
    lane: Lane,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#line = line;
    this.lane = lane;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Its time is up. */
  expire(): void {
    this.#line.expire(this);
  }

  /** The caller aborted. */
  handleEvent(): void {
    this.#line.leave(this);
    this.reject(this.signal?.reason);
  }
}
