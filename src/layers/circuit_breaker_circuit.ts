/**
 * The circuit of one target: whether calls go through, are refused, or a few find out which it is to be.
 *
 * It has no timers, and sends nothing itself. Each change of state begins an epoch, and what a call of
 * an earlier epoch ends with is ignored.
 *
 * @module
 */
import type { CircuitOpenErrorOptions } from "../message/circuit_open_error.ts";
import { type CircuitPolicy, openTime } from "./circuit_breaker_policy.ts";
import { SharedCircuit } from "./circuit_breaker_shared.ts";
import type { SharedClaim, SharedView } from "./circuit_breaker_shared_state.ts";
import {
  type CircuitChangeReason,
  type CircuitMetrics,
  type CircuitState,
  type CircuitStateChange,
  ratioOf,
} from "./circuit_breaker_state.ts";
import { Trials } from "./circuit_breaker_trials.ts";
import { verdictOf } from "./circuit_breaker_verdict.ts";
import type { RollingWindow } from "./rolling_window.ts";

/** How a change comes about. */
interface Turn {
  readonly reason: CircuitChangeReason;
  /** For how long calls are refused, in milliseconds. */
  readonly suspendedFor?: number;
  readonly cause?: unknown;
  /** Whether the instances are agreed on it. */
  readonly isAgreed?: boolean;
}

/** One target's circuit. */
export class Circuit {
  /** Whose it is. */
  readonly target: string;
  readonly #policy: CircuitPolicy;
  readonly #report: (change: CircuitStateChange) => void;
  readonly #window: RollingWindow;
  readonly #trials: Trials;
  readonly #shared: SharedCircuit | undefined;
  #state: CircuitState = "CLOSED";
  #epoch = 0;
  /** Until when it is open. */
  #until = 0;
  #openings = 0;
  /** Whether it is open because the instances are agreed on that. */
  #isAgreed = false;
  #rejected = 0;
  /** The error that opened it, for those who ask why. */
  #cause: unknown;

  /** Makes a closed circuit; `report` is told of its changes. */
  constructor(
    policy: CircuitPolicy,
    target: string,
    report: (change: CircuitStateChange) => void,
  ) {
    this.target = target;
    this.#policy = policy;
    this.#report = report;
    this.#window = policy.window.open();
    this.#trials = new Trials(policy.trialRequests, policy.trialTimeout);
    this.#shared = policy.store === undefined
      ? undefined
      : new SharedCircuit(policy, policy.store, target, (view) => this.adopt(view));
    // It may be open already.
    this.#shared?.tell(policy.clock.now());
  }

  /** Whether all calls go through. */
  get isClosed(): boolean {
    return this.#state === "CLOSED";
  }

  /** Counts the changes of state: what a call of another epoch ends with is ignored. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What the other instances are asked before a trial; `undefined` where it is not for them to say. */
  get agreement(): SharedCircuit | undefined {
    return this.#isAgreed ? this.#shared : undefined;
  }

  /** Whether it stays open until it is closed by hand. */
  get isIsolated(): boolean {
    return this.#state === "OPEN" && this.#until === Infinity;
  }

  /** The state that a call meets now. */
  get state(): CircuitState {
    return this.#state === "OPEN" && this.#policy.clock.now() >= this.#until
      ? "HALF_OPEN"
      : this.#state;
  }

  /** The numbers now. */
  metrics(): CircuitMetrics {
    const now = this.#policy.clock.now();
    this.#window.roll(now);
    const { total, failed, slow } = this.#window;
    return {
      state: this.state,
      isIsolated: this.isIsolated,
      total,
      failed,
      slow,
      failureRatio: ratioOf(failed, total),
      slowRatio: ratioOf(slow, total),
      suspendedFor: this.#state === "OPEN" ? Math.max(0, this.#until - now) : 0,
      openings: this.#openings,
      rejected: this.#rejected,
      trials: this.#trials.active,
    };
  }

  /** Opens it for the reset time, or for ever. One that is isolated stays so. */
  forceOpen(isForEver: boolean): void {
    const { resetTime } = this.#policy;
    this.openFor(this.isIsolated || isForEver ? Infinity : resetTime);
    this.#shared?.force(isForEver ? "isolated" : "open");
  }

  /** Opens it here, as the program said, for so many milliseconds. */
  openFor(suspendedFor: number): void {
    this.#openings = Math.max(1, this.#openings);
    this.#cause = undefined;
    const left = this.#state === "OPEN" ? this.#until - this.#policy.clock.now() : 0;
    this.#turn("OPEN", { reason: "forced", suspendedFor: Math.max(left, suspendedFor) });
  }

  /** Closes it and forgets the calls so far. */
  forceClose(): void {
    this.#close("forced");
    this.#shared?.force("closed");
  }

  /** Closes it and forgets everything. */
  reset(): void {
    this.forceClose();
    this.#rejected = 0;
  }

  /** Whether a call may go although the circuit is not closed; it has its place among the trials then. */
  enter(): boolean {
    const now = this.#policy.clock.now();
    if (this.#state === "OPEN") {
      if (now < this.#until) {
        if (this.#isAgreed) this.#shared?.poll(now);
        // What was polled from memory is there at once.
        return this.isClosed;
      }
      this.#turn("HALF_OPEN", { reason: "reset-time-over" });
      if (this.isClosed || this.state === "OPEN") return this.isClosed;
    } else if (this.#trials.hang(now)) {
      // Others take their places, and they have no say any more.
      this.#epoch++;
      this.#trials.clear();
    }
    return this.#trials.enter(now);
  }

  /** What a call is told that may not go; it is counted. */
  refuse(): CircuitOpenErrorOptions {
    this.#rejected++;
    const left = this.#state === "OPEN" ? this.#until - this.#policy.clock.now() : 0;
    const { target } = this;
    const retryAfter = Math.max(0, left);
    const cause = this.#cause;
    return cause === undefined ? { target, retryAfter } : { target, retryAfter, cause };
  }

  /** Asks for no trial for a while, as other instances make them; the place of one is free again. */
  pause(): void {
    this.#trials.leave();
    this.#trials.pausedUntil = this.#policy.clock.now() + this.#policy.syncInterval;
  }

  /** A call that says nothing of the target. */
  leave(claim: SharedClaim | undefined): void {
    if (this.#state !== "HALF_OPEN") return;
    this.#trials.leave();
    this.#shared?.settle(claim, undefined);
  }

  /** Counts a call of this epoch; `claim` is what the trial was let through by, if it was one. */
  count(
    now: number,
    failed: boolean,
    slow: boolean,
    error: unknown,
    claim: SharedClaim | undefined,
  ): void {
    if (this.#state === "HALF_OPEN") return this.#countTrial(!failed && !slow, error, claim);
    const window = this.#window;
    window.record(now, failed, slow);
    const reason = window.failed === 0 && window.slow === 0
      ? undefined
      : verdictOf(this.#policy, window);
    const shared = this.#shared;
    if (reason === undefined) return shared?.count(now, failed, slow);
    this.#cause = error;
    this.#openings = 1;
    this.#turn("OPEN", { reason, suspendedFor: openTime(this.#policy, 1), cause: error });
    shared?.trip(now, failed, slow);
  }

  #countTrial(succeeded: boolean, error: unknown, claim: SharedClaim | undefined): void {
    if (!succeeded) {
      this.#cause = error;
      const suspendedFor = openTime(this.#policy, ++this.#openings);
      const isAgreed = this.#isAgreed;
      this.#turn("OPEN", { reason: "trial-failed", suspendedFor, cause: error, isAgreed });
    } else if (this.#trials.succeed()) this.#close("trials-succeeded");
    this.#shared?.settle(claim, succeeded);
  }

  /** Does as the instances are agreed. */
  adopt({ phase, remaining, openings }: SharedView): void {
    if (phase === "closed") {
      if (this.#isAgreed) this.#close("shared");
      return;
    }
    // Trials are on their way, here too.
    if (this.#state === "HALF_OPEN" && remaining === 0) return;
    const until = this.#policy.clock.now() + remaining;
    this.#openings = openings;
    if (this.#state === "OPEN") {
      this.#until = until;
      this.#isAgreed = true;
    } else this.#turn("OPEN", { reason: "shared", suspendedFor: remaining, isAgreed: true });
  }

  #close(reason: CircuitChangeReason): void {
    this.#openings = 0;
    this.#cause = undefined;
    this.#turn("CLOSED", { reason });
  }

  /** Begins an epoch. Whoever is told of it may change the state again before this returns. */
  #turn(to: CircuitState, { reason, suspendedFor = 0, cause, isAgreed = false }: Turn): void {
    const from = this.#state;
    this.#state = to;
    this.#epoch++;
    this.#until = to === "OPEN" ? this.#policy.clock.now() + suspendedFor : 0;
    this.#trials.clear();
    if (to !== "HALF_OPEN") this.#isAgreed = isAgreed;
    // While it is open the window says why.
    if (to === "CLOSED") this.#window.clear();
    if (from === to && suspendedFor !== Infinity) return;
    const { target } = this;
    this.#report({
      target,
      from,
      to,
      reason,
      suspendedFor,
      ...cause === undefined ? {} : { cause },
    });
  }
}
