/**
 * A simulated target while the simulation runs.
 *
 * What it began it finishes, as most services do, whether or not somebody still waits for it: that is
 * what makes impatient clients a danger to it.
 *
 * @module
 */
import { drawn } from "./duration.ts";
import { giveAnswer } from "./fault_answer.ts";
import type { SimulatedTarget, SimulatedTrouble } from "./simulated_target.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { wait } from "./wait.ts";
import { WorkQueue } from "./work_queue.ts";

/** What is asked of a target. */
export interface Arrival {
  /** The method of the call. */
  readonly method: string;
  /** The address of the call. */
  readonly url: string;
  /** The signal of the call. */
  readonly signal: AbortSignal | undefined;
}

/** A target at work. */
export class TargetAtWork {
  /** Its origin. */
  readonly origin: string;
  /** When each attempt arrived, in order. */
  readonly arrivals: number[] = [];
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  readonly #target: SimulatedTarget;
  readonly #queue: WorkQueue;

  /**
   * Opens a target.
   *
   * @param origin where calls find it
   * @param random what it draws from
   */
  constructor(
    target: SimulatedTarget,
    origin: string,
    clock: VirtualClock,
    random: () => number,
  ) {
    this.origin = origin;
    this.#target = target;
    this.#clock = clock;
    this.#random = random;
    this.#queue = new WorkQueue(target.concurrency ?? Infinity, target.queue ?? Infinity);
  }

  /** Whether it works, be it for nobody. */
  get isBusy(): boolean {
    return this.#queue.isBusy;
  }

  /** Answers one attempt of a call. */
  async answer(arrival: Arrival): Promise<Response> {
    const { latency = 1, answer = {}, overloaded = { status: 503 } } = this.#target;
    this.arrivals.push(this.#clock.now());
    // One half on the way there, the other on the way back.
    const half = drawn(latency, this.#random) / 2;
    await wait(this.#clock, half, arrival.signal);
    const trouble = this.#trouble();
    let given = trouble?.answer;
    if (given === undefined) {
      given = await this.#work(trouble?.slower ?? 1, arrival.signal) ? answer : overloaded;
    }
    await wait(this.#clock, half, arrival.signal);
    return await giveAnswer(given, {
      ...arrival,
      clock: this.#clock,
      random: this.#random,
      errors: "typed",
    });
  }

  /** Works on a call when it is its turn; false where there is no room to wait for it. */
  async #work(slower: number, signal: AbortSignal | undefined): Promise<boolean> {
    const time = slower * drawn(this.#target.serviceTime ?? 10, this.#random);
    if (!await this.#queue.enter(signal)) return false;
    // Not cleared when the caller gives up: the work goes on.
    this.#clock.setTimer(() => this.#queue.leave(), time);
    await wait(this.#clock, time, signal);
    return true;
  }

  #trouble(): SimulatedTrouble | undefined {
    const now = this.#clock.now();
    const trouble = this.#target.troubles?.find(({ from, until = Infinity }) =>
      from <= now && now < until
    );
    if (trouble === undefined) return undefined;
    const { share = 1 } = trouble;
    return share === 1 || this.#random() < share ? trouble : undefined;
  }
}
