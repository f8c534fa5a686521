/**
 * How long the body of one call may take: deadlines that hold while somebody waits for it.
 *
 * Between reads nothing is pending. The time of the whole call goes on all the same, so that a read
 * which begins after it fails at once.
 *
 * @module
 */
import type { BodyDeadline, BodyWait } from "../message/body_pieces.ts";
import { bodyTimeout, type Limit, type TimeoutPolicy } from "./timeout_policy.ts";
import type { TimeoutQueue, Waiting } from "./timeout_queue.ts";

/** How long the body of one call may take. */
export class BodyWatch implements BodyDeadline {
  /** What its limits are. */
  readonly policy: TimeoutPolicy;
  /** When the call began, by the policy's clock. */
  readonly start: number;
  /** That of the signal which the fetch below was given. */
  readonly controller: AbortController;
  /** That of a timeout layer below, which watched the response first. */
  readonly below: BodyWatch | undefined;

  /** Watches for a call whose head has come. */
  constructor(
    policy: TimeoutPolicy,
    start: number,
    controller: AbortController,
    below: BodyWatch | undefined,
  ) {
    this.policy = policy;
    this.start = start;
    this.controller = controller;
    this.below = below;
  }

  /** Whether a read of the whole body must tell when pieces come. */
  get countsPieces(): boolean {
    return this.policy.idle !== undefined || this.below?.countsPieces === true;
  }

  /**
   * This watch and those below it, less the one of a policy: that of an earlier call, where a fetch
   * gives the same response object again and again.
   */
  without(policy: TimeoutPolicy): BodyWatch | undefined {
    const below = this.below?.without(policy);
    if (this.policy === policy) return below;
    if (below === this.below) return this;
    return new BodyWatch(this.policy, this.start, this.controller, below);
  }

  /**
   * A wait that has not begun.
   *
   * @param giveUp called when time is up, with the error; the call is aborted by then. A source that
   * ignores that it is must be stopped.
   */
  newWait(giveUp: (error: unknown) => void): BodyWait {
    return new Wait(this, giveUp);
  }
}

/** One read that is waited for, by the limits of its layer and of those below. */
class Wait implements Waiting, BodyWait {
  due = 0;
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  readonly #watch: BodyWatch;
  readonly #giveUp: (reason: unknown) => void;
  readonly #below: Wait | undefined;
  /** Where it waits; `undefined` when it does not. */
  #queue: TimeoutQueue | undefined = undefined;
  #limit: Limit | undefined = undefined;
  #isOver = false;
  /** When the wait for this piece began, and when that for the next one did. */
  #since = 0;
  #advanced = 0;

  constructor(watch: BodyWatch, giveUp: (reason: unknown) => void) {
    this.#watch = watch;
    this.#giveUp = giveUp;
    // Whichever is up first ends the other.
    this.#below = watch.below === undefined ? undefined : new Wait(watch.below, (error) => {
      this.end();
      giveUp(error);
    });
  }

  begin(): void {
    this.#isOver = false;
    this.#advanced = this.#watch.policy.clock.now();
    this.#enqueue();
    // Where time is up in one layer, it does not begin in another.
    if (!this.#isOver) this.#below?.begin();
  }

  advance(): void {
    this.#below?.advance();
    // It stays where it is in its queue: that costs a piece nothing, and most reads end before.
    this.#advanced = this.#watch.policy.clock.now();
  }

  end(): void {
    this.#isOver = true;
    this.#queue?.remove(this);
    this.#queue = undefined;
    this.#below?.end();
  }

  expire(): void {
    this.#queue = undefined;
    if (this.#limit === this.#watch.policy.idle && this.#advanced > this.#since) this.#enqueue();
    else this.#fail();
  }

  #enqueue(): void {
    const { policy: { idle, whole, pieces, rest }, start } = this.#watch;
    const from = this.#advanced;
    this.#since = from;
    const left = whole === undefined ? Infinity : start + whole.delay - from;
    if (idle !== undefined && idle.delay <= left) {
      this.#limit = idle;
      this.#queue = pieces;
      pieces.add(this, from, idle.delay);
      return;
    }
    this.#limit = whole;
    if (left <= 0) return this.#fail();
    this.#queue = rest;
    rest.add(this, from, left);
  }

  #fail(): void {
    if (this.#limit === undefined) return;
    const error = bodyTimeout(this.#limit);
    this.end();
    this.#watch.controller.abort(error);
    this.#giveUp(error);
  }
}
