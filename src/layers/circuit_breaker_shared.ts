/**
 * One target's circuit as instances share it through a store: tells of the calls here, asks for what
 * the others know, and claims trials, so that there are no more of them than one instance would make.
 *
 * Nothing waits for the store but a trial. While it fails, the circuit goes on by what it knows itself.
 *
 * @module
 */
import type { Awaitable, Change, Store, StoreValue } from "../stores/store.ts";
import type { CircuitPolicy } from "./circuit_breaker_policy.ts";
import {
  addCalls,
  claimTrial,
  forceState,
  settleTrial,
  type SharedClaim,
  type SharedView,
} from "./circuit_breaker_shared_state.ts";
import { boundedKey } from "./rate_limit_key.ts";

/** What a claim comes to while the store does not answer. */
const alone: SharedClaim = {
  kind: "alone",
  phase: "closed",
  remaining: 0,
  openings: 0,
  opening: 0,
};

/** A circuit in a store. */
export class SharedCircuit {
  readonly #policy: CircuitPolicy;
  readonly #store: Store;
  readonly #key: Awaitable<string>;
  readonly #adopt: (view: SharedView) => void;
  #total = 0;
  #failed = 0;
  #slow = 0;
  #isTelling = false;
  #toldAt = -Infinity;
  #toldBadAt = -Infinity;
  /** What was asked for before the program forced a state says nothing of the state since. */
  #forced = 0;
  /** The last word of the program, while it is on its way. */
  #forcing: Promise<void> | undefined;

  /** Takes part in the circuit of a target; `adopt` is told what the store knows of it. */
  constructor(
    policy: CircuitPolicy,
    store: Store,
    target: string,
    adopt: (view: SharedView) => void,
  ) {
    this.#policy = policy;
    this.#store = store;
    this.#adopt = adopt;
    const key = boundedKey(target);
    const prefix = `circuit:${policy.name}:`;
    this.#key = typeof key === "string" ? prefix + key : key.then((short) => prefix + short);
  }

  /** Counts a call that ended at `now`; the store is told once in a while, of bad ones sooner. */
  count(now: number, failed: boolean, slow: boolean): void {
    this.#add(failed, slow);
    const { syncInterval } = this.#policy;
    if ((failed || slow) && now - this.#toldBadAt >= syncInterval) this.#toldBadAt = now;
    else if (now - this.#toldAt < syncInterval) return;
    if (!this.#waits(now)) this.tell(now);
  }

  /** Counts the call that opened the circuit here: the store is told at once. */
  trip(now: number, failed: boolean, slow: boolean): void {
    this.#add(failed, slow);
    this.#toldBadAt = now;
    this.tell(now);
  }

  /** Asks the store, where that was not done for a while. */
  poll(now: number): void {
    if (now - this.#toldAt >= this.#policy.syncInterval && !this.#waits(now)) this.tell(now);
  }

  /** Tells the store of the calls since the last time, and adopts what it knows. */
  tell(now: number): void {
    const calls = { total: this.#total, failed: this.#failed, slow: this.#slow };
    this.#total = this.#failed = this.#slow = 0;
    this.#toldAt = now;
    this.#isTelling = true;
    this.#change((value, at) => addCalls(this.#policy, value, at, calls));
  }

  /** Asks whether a trial may go. A store that does not answer in time has no say. */
  claim(): Promise<SharedClaim> {
    const { clock, syncInterval } = this.#policy;
    return new Promise((resolve) => {
      let isLate = false;
      const timer = clock.setTimer(() => {
        isLate = true;
        resolve(alone);
      }, syncInterval);
      this.#update((value, now) => claimTrial(this.#policy, value, now)).then((claim) => {
        timer.clear();
        if (isLate) this.settle(claim, undefined);
        resolve(claim ?? alone);
      });
    });
  }

  /** Tells what came of a claimed trial; `undefined` where it says nothing of the target. */
  settle(claim: SharedClaim | undefined, succeeded: boolean | undefined): void {
    if (claim?.kind !== "trial") return;
    const { opening } = claim;
    this.#change((value, now) => settleTrial(this.#policy, value, now, { opening, succeeded }));
  }

  /** Tells what the program said. */
  force(to: SharedView["phase"]): void {
    this.#forced++;
    this.#total = this.#failed = this.#slow = 0;
    const change = (): Promise<void> | undefined =>
      this.#change((value, now) => forceState(this.#policy, value, now, to));
    // A store that tries again may mix up what was said at nearly the same time.
    const forcing = this.#forcing === undefined ? change() : this.#forcing.then(change);
    this.#forcing = forcing;
    forcing?.then(() => {
      if (this.#forcing === forcing) this.#forcing = undefined;
    });
  }

  #add(failed: boolean, slow: boolean): void {
    this.#total++;
    if (failed) this.#failed++;
    if (slow) this.#slow++;
  }

  /** Whether the store was told and may still answer; one that takes so long is given up. */
  #waits(now: number): boolean {
    return this.#isTelling && now - this.#toldAt < 30 * this.#policy.syncInterval;
  }

  /** Changes what the store knows, and adopts it; what is given never rejects. */
  #change(
    change: (value: StoreValue | undefined, now: number) => Change<SharedView>,
  ): Promise<void> | undefined {
    const forced = this.#forced;
    const adopt = (view: SharedView | undefined): void => {
      this.#isTelling = false;
      if (view !== undefined && forced === this.#forced) this.#adopt(view);
    };
    if (typeof this.#key !== "string") return this.#update(change).then(adopt);
    // A store in memory makes nobody wait.
    try {
      const result = this.#store.update(this.#key, change);
      if (!(result instanceof Promise)) return void adopt(result);
      return result.then(adopt, (error) => this.#failedWith(error));
    } catch (error) {
      return void this.#failedWith(error);
    }
  }

  /** What an update results in; `undefined` where the store failed. */
  async #update<Result>(
    change: (value: StoreValue | undefined, now: number) => Change<Result>,
  ): Promise<Result | undefined> {
    try {
      return await this.#store.update(await this.#key, change);
    } catch (error) {
      this.#failedWith(error);
      return undefined;
    }
  }

  #failedWith(error: unknown): void {
    this.#isTelling = false;
    this.#policy.onError(error);
  }
}
