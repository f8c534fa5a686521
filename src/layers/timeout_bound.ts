/**
 * The wait for a body that this library reads itself: one object a call, and no look at the clock.
 *
 * When its time is up it looks whether anything came since it was set, and if so gives the body the
 * same time again. So a body that stalls is given up after the limit at the earliest, and after twice
 * the limit at the latest.
 *
 * @module
 */
import type { BodyDeadline, BodyWait } from "../message/body_pieces.ts";
import { bodyTimeout, type TimeoutPolicy } from "./timeout_policy.ts";
import type { Waiting } from "./timeout_queue.ts";

/** The wait for one body, and who gives it out. */
export class BoundWait implements BodyDeadline, BodyWait, Waiting {
  /** When it is looked at again, by the policy's clock. */
  due = 0;
  /** The one before it in the queue. */
  before: Waiting | undefined = undefined;
  /** The one after it in the queue. */
  after: Waiting | undefined = undefined;
  /** A body is read by pieces if it is long. */
  readonly countsPieces = true;
  readonly #policy: TimeoutPolicy;
  readonly #start: number;
  readonly #controller: AbortController;
  #giveUp: ((error: unknown) => void) | undefined = undefined;
  #isWaiting = false;
  #hasAdvanced = false;

  /** Waits for the body of a call whose head has come. */
  constructor(policy: TimeoutPolicy, start: number, controller: AbortController) {
    this.#policy = policy;
    this.#start = start;
    this.#controller = controller;
  }

  /** This one for the first reader; copies of a response, as those of a shared call, have several. */
  newWait(giveUp: (error: unknown) => void): BodyWait {
    if (this.#giveUp !== undefined) {
      return new BoundWait(this.#policy, this.#start, this.#controller).newWait(giveUp);
    }
    this.#giveUp = giveUp;
    return this;
  }

  /** Begins to wait. */
  begin(): void {
    const { idle, pieces } = this.#policy;
    if (idle === undefined) return;
    this.#isWaiting = true;
    // Since the call began something has come: the head.
    this.#hasAdvanced = true;
    pieces.append(this, this.#start + idle.delay);
  }

  /** A piece came. */
  advance(): void {
    this.#hasAdvanced = true;
  }

  /** Nothing is waited for any more. */
  end(): void {
    if (this.#isWaiting) this.#policy.pieces.remove(this);
    this.#isWaiting = false;
  }

  /** Time is up, unless something came. */
  expire(): void {
    const { idle, pieces, clock } = this.#policy;
    if (idle === undefined) return;
    if (this.#hasAdvanced) {
      this.#hasAdvanced = false;
      pieces.append(this, clock.now() + idle.delay);
      return;
    }
    this.#isWaiting = false;
    const error = bodyTimeout(idle);
    this.#controller.abort(error);
    this.#giveUp?.(error);
  }
}
