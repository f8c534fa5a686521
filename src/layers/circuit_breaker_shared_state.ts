/**
 * What instances know together of one target's circuit, as it is kept in a store: the calls of all in
 * buckets, until when it is open, and the trials that were let through.
 *
 * Pure functions from a state to the next, by the store's time in milliseconds. A state that somebody
 * else wrote, or that is malformed, is none.
 *
 * @module
 */
import type { Change, StoreValue } from "../stores/store.ts";
import { type CircuitPolicy, openTime } from "./circuit_breaker_policy.ts";
import { verdictOf } from "./circuit_breaker_verdict.ts";
import type { CallCounts } from "./rolling_window.ts";

/** What an instance sees of the shared circuit. */
export interface SharedView {
  /** Whether calls go through, are refused for a time, or until the circuit is closed by hand. */
  readonly phase: "closed" | "open" | "isolated";
  /** Milliseconds for which calls are refused; 0 where trials are due. */
  readonly remaining: number;
  /** How often it opened since it was closed. */
  readonly openings: number;
}

/** What came of asking for a trial. */
export interface SharedClaim extends SharedView {
  /** Whether a trial may go: `alone` where nobody knows of an open circuit, `busy` where others try. */
  readonly kind: "trial" | "alone" | "busy" | "refused";
  /** Which opening the trial is of. */
  readonly opening: number;
}

/** The calls of one bucket: its number, all, failed, slow. */
type Bucket = readonly [number: number, total: number, failed: number, slow: number];

interface SharedState {
  /** When trials are due; 0 where the circuit is closed. It names the opening, too. */
  readonly until: number;
  readonly isIsolated: boolean;
  readonly openings: number;
  /** When each trial that is on its way is given up. */
  readonly trials: readonly number[];
  readonly passed: number;
  readonly buckets: readonly Bucket[];
}

const closed: SharedState = {
  until: 0,
  isIsolated: false,
  openings: 0,
  trials: [],
  passed: 0,
  buckets: [],
};

/** Adds calls to those of others, and opens the circuit where they are bad enough together. */
export function addCalls(
  policy: CircuitPolicy,
  value: StoreValue | undefined,
  now: number,
  { total, failed, slow }: CallCounts,
): Change<SharedView> {
  const state = readState(value) ?? closed;
  if (phaseOf(state) !== "closed" || total === 0) return leave(state, now);
  const number = Math.floor(now / policy.window.bucketSize);
  const oldest = number - Math.ceil(policy.window.timeWindow / policy.window.bucketSize);
  const buckets = state.buckets.filter(([at]) => at > oldest && at < number);
  const same = state.buckets.find(([at]) => at === number) ?? [number, 0, 0, 0];
  buckets.push([number, same[1] + total, same[2] + failed, same[3] + slow]);
  const counts = { total: sum(buckets, 1), failed: sum(buckets, 2), slow: sum(buckets, 3) };
  const next = verdictOf(policy, counts) === undefined
    ? { ...state, buckets }
    : opened(policy, state, now);
  return keep(policy, next, now, viewOf(next, now));
}

/** Lets a trial through, or says why not. */
export function claimTrial(
  policy: CircuitPolicy,
  value: StoreValue | undefined,
  now: number,
): Change<SharedClaim> {
  const state = readState(value);
  const view = viewOf(state ?? closed, now);
  const opening = state?.until ?? 0;
  const answer = (kind: SharedClaim["kind"]): Change<SharedClaim> => ({
    action: "leave",
    result: { ...view, kind, opening },
  });
  if (state === undefined) return answer("alone");
  if (view.phase !== "open" || view.remaining > 0) return answer("refused");
  const trials = state.trials.filter((end) => end > now);
  if (trials.length + state.passed >= policy.trialRequests) return answer("busy");
  const next = { ...state, trials: [...trials, now + policy.trialTimeout] };
  return keep(policy, next, now, { ...view, kind: "trial", opening });
}

/** What came of a trial: `undefined` where it says nothing. One of an earlier opening is ignored. */
export function settleTrial(
  policy: CircuitPolicy,
  value: StoreValue | undefined,
  now: number,
  { opening, succeeded }: { readonly opening: number; readonly succeeded: boolean | undefined },
): Change<SharedView> {
  const state = readState(value) ?? closed;
  if (state.until !== opening || phaseOf(state) !== "open") return leave(state, now);
  const next = afterTrial(policy, state, now, succeeded);
  return keep(policy, next, now, viewOf(next, now));
}

/** What a person or program said: holds whatever the calls say. */
export function forceState(
  policy: CircuitPolicy,
  value: StoreValue | undefined,
  now: number,
  to: SharedView["phase"],
): Change<SharedView> {
  const state = readState(value) ?? closed;
  let next = closed;
  if (to === "isolated" || state.isIsolated && to === "open") {
    next = { ...closed, isIsolated: true };
  } else if (to === "open") next = { ...closed, until: now + policy.resetTime, openings: 1 };
  return keep(policy, next, now, viewOf(next, now));
}

function afterTrial(
  policy: CircuitPolicy,
  state: SharedState,
  now: number,
  succeeded: boolean | undefined,
): SharedState {
  if (succeeded === false) return opened(policy, state, now);
  // Which of them it was makes no difference: the one that would be given up first.
  const trials = state.trials.slice(1);
  if (succeeded === undefined) return { ...state, trials };
  const passed = state.passed + 1;
  return passed >= policy.trialRequests ? closed : { ...state, trials, passed };
}

function opened(policy: CircuitPolicy, state: SharedState, now: number): SharedState {
  const openings = state.openings + 1;
  return { ...closed, until: now + openTime(policy, openings), openings };
}

function phaseOf({ until, isIsolated }: SharedState): SharedView["phase"] {
  if (isIsolated) return "isolated";
  return until === 0 ? "closed" : "open";
}

function viewOf(state: SharedState, now: number): SharedView {
  const phase = phaseOf(state);
  const remaining = phase === "isolated" ? Infinity : Math.max(0, state.until - now);
  return { phase, remaining, openings: state.openings };
}

function leave(state: SharedState, now: number): Change<SharedView> {
  return { action: "leave", result: viewOf(state, now) };
}

/** An isolated circuit stays; others are forgotten when nobody can need them any more. */
function keep<Result>(
  policy: CircuitPolicy,
  state: SharedState,
  now: number,
  result: Result,
): Change<Result> {
  const { until, isIsolated, openings, trials, passed, buckets } = state;
  const value: StoreValue = { until, isIsolated, openings, trials, passed, buckets };
  if (isIsolated) return { action: "set", value, result };
  const rest = Math.max(0, until - now) + policy.trialTimeout + policy.maxResetTime;
  return { action: "set", value, ttl: Math.ceil(rest + policy.window.timeWindow), result };
}

function readState(value: StoreValue | undefined): SharedState | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { until, isIsolated, openings, trials, passed, buckets } = value as Readonly<
    Record<string, StoreValue | undefined>
  >;
  if (!isAmount(until) || !isAmount(openings) || !isAmount(passed)) return undefined;
  if (typeof isIsolated !== "boolean" || !isAmounts(trials) || !Array.isArray(buckets)) {
    return undefined;
  }
  return { until, isIsolated, openings, trials, passed, buckets: buckets.filter(isBucket) };
}

function isBucket(value: StoreValue): value is Bucket {
  return isAmounts(value) && value.length === 4;
}

function isAmounts(value: StoreValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(isAmount);
}

function isAmount(value: StoreValue | undefined): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function sum(buckets: readonly Bucket[], part: 1 | 2 | 3): number {
  return buckets.reduce((all, bucket) => all + bucket[part], 0);
}
