/**
 * One hedged call: its requests race, the first good answer wins, and the others are called off.
 *
 * @module
 */
import { MaximumWaitTimeExceededError, ResiliencyError } from "../message/client_errors.ts";
import type { Clock } from "../message/clock.ts";
import { type Deferred, deferred } from "../message/deferred.ts";
import type { Fetch } from "../message/fetch.ts";
import { isTransient } from "./call_failure.ts";
import type { Withdrawable } from "./hedge_budget.ts";
import type { HedgeLatencies } from "./hedge_latencies.ts";
import type { Replay } from "./replay.ts";
import { afterAttempts } from "./target_attempts.ts";
import type { TimeoutQueue, Waiting } from "./timeout_queue.ts";

/** A request that is sent beside others of the same call. */
export interface HedgeEvent {
  /** Why: the others take too long, or one of them failed. */
  readonly cause: "delay" | "failure";
  /** Which one of the call it is, from 1. */
  readonly count: number;
  /** The method of the call. */
  readonly method: string;
  /** The address of the call. */
  readonly url: string;
}

/** What the calls of one layer share. */
export interface HedgePolicy {
  /** When to hedge, in milliseconds from the request before; `undefined` for not by time. */
  readonly delay: () => number | undefined;
  /** How many requests may be sent beside the first. */
  readonly maxHedges: number;
  /** The statuses that are failures. */
  readonly failures: ReadonlySet<number>;
  /** What hedges are charged to. */
  readonly budget: Withdrawable;
  /** Where times are kept, if anybody looks at them. */
  readonly latencies: HedgeLatencies | undefined;
  /** Told of each hedge. */
  readonly onHedge: ((event: HedgeEvent) => void) | undefined;
  /** Tells the time. */
  readonly clock: Clock;
  /** Where calls wait for the time to hedge. */
  readonly queue: TimeoutQueue;
}

/** One request of the call. */
interface Attempt {
  readonly start: number;
  readonly controller: AbortController;
}

/** A call until it has its answer. */
export class HedgedCall implements Waiting {
  /** When the next request is due. */
  due = 0;
  /** The one before it in the queue. */
  before: Waiting | undefined = undefined;
  /** The one after it in the queue. */
  after: Waiting | undefined = undefined;
  readonly #policy: HedgePolicy;
  readonly #replay: Replay;
  readonly #next: Fetch;
  readonly #caller: AbortSignal | undefined;
  readonly #outcome: Deferred<Response> = deferred();
  /** The requests that have no answer yet. */
  readonly #racing = new Set<Attempt>();
  #hedges = 0;
  #isWaiting = false;
  #isOver = false;
  /** Whether it is being found out if the call can be sent again. */
  #isAsking = false;
  /** What failed, for who chooses the target of the next request. */
  readonly #outcomes: unknown[];
  #refused: Response | undefined = undefined;
  #error: unknown = undefined;

  /**
   * Prepares a call.
   *
   * @param earlier what failed before, by a layer above
   */
  constructor(policy: HedgePolicy, next: Fetch, replay: Replay, earlier: readonly unknown[]) {
    this.#outcomes = [...earlier];
    this.#policy = policy;
    this.#next = next;
    this.#replay = replay;
    this.#caller = replay.signal;
  }

  /** Sends it. */
  send(): Promise<Response> {
    if (this.#caller?.aborted) return Promise.reject(this.#caller.reason);
    this.#caller?.addEventListener("abort", this);
    this.#start();
    return this.#outcome.promise;
  }

  /** It is time to hedge. */
  expire(): void {
    this.#isWaiting = false;
    this.#hedge("delay");
  }

  /** The caller aborted. */
  handleEvent(): void {
    this.#finish();
    this.#outcome.reject(this.#caller?.reason);
  }

  #start(): void {
    const { clock, queue, maxHedges } = this.#policy;
    const attempt: Attempt = { start: clock.now(), controller: new AbortController() };
    this.#racing.add(attempt);
    const delay = this.#hedges < maxHedges ? this.#policy.delay() : undefined;
    if (delay !== undefined && delay > 0) {
      this.#isWaiting = true;
      queue.add(this, attempt.start, delay);
    }
    const own = attempt.controller.signal;
    // Only a signal of the caller's needs joining, which costs 2 µs and leaves no listener.
    const signal = this.#caller === undefined ? own : AbortSignal.any([this.#caller, own]);
    const outcomes = this.#outcomes;
    const next = outcomes.length === 0 ? this.#next : afterAttempts(this.#next, outcomes);
    this.#replay.send(next, { signal }).then(
      (response) => this.#receive(attempt, response),
      (error) => this.#fail(attempt, error),
    );
    if (delay === 0) this.#hedge("delay");
  }

  #receive(attempt: Attempt, response: Response): void {
    // Called off, by a fetch that does not listen.
    if (!this.#racing.delete(attempt)) return discard(response);
    if (this.#policy.failures.has(response.status)) {
      this.#keepFailure(response, undefined);
      return;
    }
    this.#policy.latencies?.add(this.#policy.clock.now() - attempt.start);
    this.#settle(response);
  }

  #fail(attempt: Attempt, error: unknown): void {
    if (!this.#racing.delete(attempt)) return;
    if (isTransient(error, this.#caller)) return this.#keepFailure(undefined, error);
    // A layer below that sends no more, as an open circuit breaker, must not end what others do.
    if (isRefusal(error)) {
      if (this.#refused === undefined) this.#error ??= error;
      return this.#concludeIfLast();
    }
    this.#finish();
    this.#outcome.reject(error);
  }

  /** Goes on in spite of a failure; without anything to go on with the failure is the answer. */
  #keepFailure(response: Response | undefined, error: unknown): void {
    if (this.#refused !== undefined) discard(this.#refused);
    this.#refused = response;
    this.#error = error;
    this.#outcomes.push(response ?? error);
    this.#hedge("failure");
    this.#concludeIfLast();
  }

  #concludeIfLast(): void {
    if (this.#isOver || this.#isAsking || this.#racing.size > 0) return;
    const response = this.#refused;
    this.#refused = undefined;
    if (response !== undefined) return this.#settle(response);
    this.#finish();
    this.#outcome.reject(this.#error);
  }

  #hedge(cause: HedgeEvent["cause"]): void {
    const { maxHedges } = this.#policy;
    if (this.#isAsking || this.#hedges >= maxHedges) return;
    const can = this.#replay.canSendAgain();
    if (typeof can === "boolean") {
      if (can) this.#startHedge(cause);
      return;
    }
    this.#isAsking = true;
    can.then((answer) => {
      this.#isAsking = false;
      if (this.#isOver) return;
      if (answer) this.#startHedge(cause);
      this.#concludeIfLast();
    });
  }

  #startHedge(cause: HedgeEvent["cause"]): void {
    const { budget, onHedge } = this.#policy;
    if (!budget.withdraw()) return;
    this.#hedges++;
    this.#stopWaiting();
    const { method, url } = this.#replay;
    try {
      onHedge?.({ cause, count: this.#hedges, method, url });
    } catch (error) {
      this.#finish();
      return this.#outcome.reject(error);
    }
    this.#start();
  }

  #settle(response: Response): void {
    this.#finish();
    this.#outcome.resolve(response);
  }

  /** Ends the race: whatever still runs has lost. */
  #finish(): void {
    this.#isOver = true;
    this.#stopWaiting();
    this.#caller?.removeEventListener("abort", this);
    this.#replay.drop();
    if (this.#refused !== undefined) discard(this.#refused);
    if (this.#racing.size === 0) return;
    const { latencies, clock } = this.#policy;
    const now = clock.now();
    // Node 20 would tell a signal that joins both only after this, which is to change nothing.
    const reason = this.#caller?.aborted
      ? this.#caller.reason
      : new DOMException("Another request of this call was answered first", "AbortError");
    for (const { start, controller } of this.#racing) {
      // It would have taken longer still. Left out, only fast ones would count, and hedges come sooner.
      if (!this.#caller?.aborted) latencies?.add(now - start);
      controller.abort(reason);
    }
    this.#racing.clear();
  }

  #stopWaiting(): void {
    if (this.#isWaiting) this.#policy.queue.remove(this);
    this.#isWaiting = false;
  }
}

/** Whether a layer of this library gave a request up, or did not send it. */
function isRefusal(error: unknown): boolean {
  return error instanceof ResiliencyError || error instanceof MaximumWaitTimeExceededError;
}

/** Frees the connection of a response that nobody will read. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
