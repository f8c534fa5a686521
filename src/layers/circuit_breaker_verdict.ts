/**
 * Whether the calls in a window are bad enough for a circuit to open (spec 2.4.1.5).
 *
 * @module
 */
import type { CircuitWindow } from "./circuit_breaker_window.ts";
import type { CallCounts } from "./rolling_window.ts";

/** What opens a circuit. */
export interface CircuitLimits {
  /** Which calls are looked at. */
  readonly window: CircuitWindow;
  /** The part of the calls that may fail. */
  readonly failureThreshold: number;
  /** The part of the calls that may be slow. */
  readonly slowCallThreshold: number;
}

/** Why the circuit opens; `undefined` where it does not. A ratio must be above its threshold. */
export function verdictOf(
  { window, failureThreshold, slowCallThreshold }: CircuitLimits,
  { total, failed, slow }: CallCounts,
): "failures" | "slow-calls" | undefined {
  if (total < window.volume) return undefined;
  // The longer of the two runs is as long as it must be.
  if (window.kind === "run") return failed >= window.volume ? "failures" : "slow-calls";
  if (failed / total > failureThreshold) return "failures";
  return slow / total > slowCallThreshold ? "slow-calls" : undefined;
}
