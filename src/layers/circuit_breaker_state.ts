/**
 * What a circuit breaker tells of itself: its state, its changes and its numbers.
 *
 * @module
 */
import type { CallCounts } from "./rolling_window.ts";

/**
 * The state of a circuit: calls go through, are refused, or a few of them find out which it is to be
 * (spec: `CircuitState`).
 */
export type CircuitState = "CLOSED" | "OPEN" | "HALF_OPEN";

/** Why a circuit changed its state. */
export type CircuitChangeReason =
  /** Too many calls failed. */
  | "failures"
  /** Too many calls were slow. */
  | "slow-calls"
  /** The time for which calls are refused is over. */
  | "reset-time-over"
  /** A trial failed, or was slow. */
  | "trial-failed"
  /** As many trials succeeded as were needed. */
  | "trials-succeeded"
  /** The program said so. */
  | "forced"
  /** Another instance that shares the store said so. */
  | "shared";

/** A circuit that changed its state. */
export interface CircuitStateChange {
  /** Whose circuit it is, by default an origin. */
  readonly target: string;
  /** The state before. */
  readonly from: CircuitState;
  /** The state now. */
  readonly to: CircuitState;
  /** Why. */
  readonly reason: CircuitChangeReason;
  /** Milliseconds for which calls are refused; 0 where they are not, `Infinity` until closed by hand. */
  readonly suspendedFor: number;
  /** What the call that made the difference ended with, where that was an error. */
  readonly cause?: unknown;
}

/** The numbers of a circuit, or of all of a breaker's together. */
export interface CircuitMetrics extends CallCounts {
  /** The state; of several circuits, the one that lets the fewest calls through. */
  readonly state: CircuitState;
  /** Whether it stays open until it is closed by hand. */
  readonly isIsolated: boolean;
  /** Calls in the window; in a run, the longer one. */
  readonly total: number;
  /** Calls in the window that failed. */
  readonly failed: number;
  /** Calls in the window that were slow. */
  readonly slow: number;
  /** `failed` by `total`, from 0 to 1. */
  readonly failureRatio: number;
  /** `slow` by `total`, from 0 to 1. */
  readonly slowRatio: number;
  /** Milliseconds until calls are let through; of several circuits, the longest. */
  readonly suspendedFor: number;
  /** How often it opened since it was last closed. */
  readonly openings: number;
  /** Calls that were refused since the circuit was made or reset. */
  readonly rejected: number;
  /** Trials that are on their way. */
  readonly trials: number;
}

/** A part of a whole that may be nothing. */
export function ratioOf(part: number, total: number): number {
  return total === 0 ? 0 : part / total;
}
