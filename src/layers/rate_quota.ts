/**
 * What a rate limit counts, apart from who asks and what is answered: pure functions over a small
 * state, for a service that refuses and for a client that waits.
 *
 * @module
 */
import type { StoreValue } from "../stores/store.ts";

/** How much may pass. */
export interface Quota {
  /** How many units pass in a window in the long run; whole, above 0. */
  readonly limit: number;
  /** The window, in whole milliseconds above 0. */
  readonly window: number;
  /** How many units may pass at once; whole, above 0. */
  readonly burst: number;
}

/** What came of asking for units. */
export interface Take {
  /** Whether they were taken. */
  readonly allowed: boolean;
  /** How many whole units are left. */
  readonly remaining: number;
  /**
   * Milliseconds until as many can be had as were asked for, where they were not taken; where they
   * were, until one more can be, 0 for now.
   */
  readonly wait: number;
  /** The state to keep; `undefined` where it stays as it is. */
  readonly state: StoreValue | undefined;
  /** Milliseconds after which the state says no more than none does. */
  readonly ttl: number;
}

/**
 * Counts. A state that it does not know, as of another algorithm, is none; more units than may pass
 * at once count as that many.
 */
export interface RateAlgorithm {
  /** Takes `cost` units at `now`, in milliseconds, if there are as many. */
  take(quota: Quota, state: StoreValue | undefined, now: number, cost: number): Take;
}

/** Whether a part of a state is one that an algorithm wrote; a store may be shared with others. */
export function isAmount(part: unknown): part is number {
  return typeof part === "number" && part >= 0 && part < Infinity;
}
