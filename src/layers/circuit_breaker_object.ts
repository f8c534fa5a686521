/**
 * The circuits of a client, as an object that can be held, shared, looked at and switched by hand.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { CircuitCalls } from "./circuit_breaker_call.ts";
import { Circuit } from "./circuit_breaker_circuit.ts";
import type { CircuitBreakerConfig } from "./circuit_breaker_config.ts";
import { type CircuitPolicy, circuitPolicy } from "./circuit_breaker_policy.ts";
import {
  type CircuitMetrics,
  type CircuitState,
  type CircuitStateChange,
  ratioOf,
} from "./circuit_breaker_state.ts";
import { CircuitTargets } from "./circuit_breaker_targets.ts";

/** Told of each change of a circuit's state. */
export type CircuitListener = (change: CircuitStateChange) => void;

/** What was said of all circuits, those to come included. */
interface Standing {
  /** Until when they are open, by the clock. */
  readonly until: number;
}

/**
 * Keeps a circuit for each target: an origin, unless the configuration says otherwise.
 *
 * The methods that take a target mean all of them where none is given, and by `forceOpen` and
 * `isolate` also those that there are no calls to yet.
 *
 * @example
 * ```ts
 * import { CircuitBreaker, circuitBreaker, stack } from "@pirouette/http/layers";
 *
 * const breaker = new CircuitBreaker({
 *   failureThreshold: 0.3,
 *   onStateChange: ({ target, to, reason }) => console.log(target, to, reason),
 * });
 * const guarded = stack(fetch, circuitBreaker({ breaker }));
 *
 * breaker.isolate("https://albums.example"); // for maintenance
 * console.log(breaker.currentState("https://albums.example")); // OPEN
 * breaker.forceClose("https://albums.example");
 * ```
 */
export class CircuitBreaker {
  /** The configuration, with what it left out filled in. */
  readonly policy: CircuitPolicy;
  readonly #targets: CircuitTargets;
  readonly #calls: CircuitCalls;
  readonly #listeners = new Set<CircuitListener>();
  #standing: Standing | undefined;

  /**
   * Makes circuits that are closed, or as the store has them.
   *
   * @throws {CircuitBreakerConfigError} when a value is out of its range, or has no effect beside the
   * others.
   * @throws {GenericClientError} when the window is shorter than its buckets.
   * @throws {TypeError} when an option is unknown.
   */
  constructor(config: CircuitBreakerConfig = {}) {
    this.policy = circuitPolicy(config);
    this.#calls = new CircuitCalls(this.policy);
    this.#targets = new CircuitTargets(this.policy, (target) => this.#open(target));
    if (config.onStateChange !== undefined) this.#listeners.add(config.onStateChange);
  }

  /**
   * Makes a call through the circuit of its target.
   *
   * Rejects with {@linkcode CircuitOpenError} where the circuit lets none through, or with the caller's
   * reason where it was aborted; else as `next` does.
   */
  send(next: Fetch, input: Request | URL | string, init?: RequestInit): Promise<Response> {
    return this.#calls.send(this.#targets.of(input), next, input, init);
  }

  /** The targets that have a circuit. */
  targets(): readonly string[] {
    return this.#targets.all().map(({ target }) => target);
  }

  /**
   * The state that a call would meet; of several circuits, the one that lets the fewest through
   * (spec: `getCircuitBreakerCurrentState`).
   */
  currentState(target?: string): CircuitState {
    return worst(this.#chosen(target).map(({ state }) => state), this.#standingState());
  }

  /** The numbers of a circuit, or of all of them together. */
  metrics(target?: string): CircuitMetrics {
    const all = this.#chosen(target).map((circuit) => circuit.metrics());
    const sum = (part: "total" | "failed" | "slow" | "rejected" | "trials"): number =>
      all.reduce((whole, metrics) => whole + metrics[part], 0);
    const most = (part: "suspendedFor" | "openings"): number =>
      Math.max(0, ...all.map((metrics) => metrics[part]));
    const [total, failed, slow] = [sum("total"), sum("failed"), sum("slow")];
    return {
      state: worst(all.map(({ state }) => state), this.#standingState()),
      isIsolated: all.some(({ isIsolated }) => isIsolated) || this.#standing?.until === Infinity,
      total,
      failed,
      slow,
      failureRatio: ratioOf(failed, total),
      slowRatio: ratioOf(slow, total),
      suspendedFor: Math.max(most("suspendedFor"), this.#standingTime()),
      openings: most("openings"),
      rejected: sum("rejected"),
      trials: sum("trials"),
    };
  }

  /** Opens circuits for the reset time, after which trials decide (spec: `circuitBreakerForceOpen`). */
  forceOpen(target?: string): void {
    this.#force(target, this.policy.resetTime);
  }

  /** Opens circuits until they are closed by hand. */
  isolate(target?: string): void {
    this.#force(target, Infinity);
  }

  /** Closes circuits and forgets the calls so far (spec: `circuitBreakerForceClose`). */
  forceClose(target?: string): void {
    if (target === undefined) this.#standing = undefined;
    for (const circuit of this.#named(target)) circuit.forceClose();
  }

  /** Closes circuits and forgets everything of them, their numbers too. */
  reset(target?: string): void {
    if (target === undefined) this.#standing = undefined;
    for (const circuit of this.#named(target)) circuit.reset();
  }

  /**
   * Has a function told of each change of a circuit's state, while the call that caused it waits.
   *
   * @returns what ends that
   */
  subscribe(listener: CircuitListener): () => void {
    // Twice the same function is two subscriptions.
    const own: CircuitListener = (change) => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #force(target: string | undefined, suspendedFor: number): void {
    if (target === undefined) {
      const until = this.policy.clock.now() + suspendedFor;
      this.#standing = { until: Math.max(until, this.#standing?.until ?? 0) };
    }
    for (const circuit of this.#named(target)) circuit.forceOpen(suspendedFor === Infinity);
  }

  #open(target: string): Circuit {
    const circuit = new Circuit(this.policy, target, (change) => this.#report(change));
    const left = this.#standingTime();
    if (left === Infinity) circuit.forceOpen(true);
    else if (left > 0) circuit.openFor(left);
    return circuit;
  }

  #named(target: string | undefined): readonly Circuit[] {
    return target === undefined ? this.#targets.all() : [this.#targets.named(target)];
  }

  #chosen(target: string | undefined): readonly Circuit[] {
    if (target === undefined) return this.#targets.all();
    const circuit = this.#targets.get(target);
    return circuit === undefined ? [] : [circuit];
  }

  #standingTime(): number {
    return Math.max(0, (this.#standing?.until ?? 0) - this.policy.clock.now());
  }

  #standingState(): CircuitState {
    return this.#standingTime() > 0 ? "OPEN" : "CLOSED";
  }

  #report(change: CircuitStateChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.policy.onError(error);
      }
    }
  }
}

function worst(states: readonly CircuitState[], standing: CircuitState): CircuitState {
  // What was said of all holds for those that have no circuit yet.
  if (states.length === 0) return standing;
  if (states.includes("OPEN")) return "OPEN";
  return states.includes("HALF_OPEN") ? "HALF_OPEN" : "CLOSED";
}
