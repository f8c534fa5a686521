/**
 * The requests of a listener that are not answered yet: what a graceful stop waits for, and what
 * is answered in place of a handler that takes too long (spec: listener `timeout`).
 *
 * All requests of a listener have the same time, so that they fall due in the order they came: one
 * queue and one timer serve any number of them. A request that is answered at once, with a body
 * that is there as a whole, is never counted and costs nothing.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";
import { deferred } from "../message/deferred.ts";
import type { HttpError } from "../message/errors.ts";
import { RequestTimeoutError, ServiceUnavailableError } from "../message/status_errors.ts";
import { answerError, type PanicWatcher } from "./error_answer.ts";
import { endingEvents } from "./event_stream.ts";
import type { Continuation, Exchange, Watcher } from "./exchange.ts";
import { Stopping } from "./stopping.ts";

interface Waiting {
  readonly due: number;
  readonly tally: Tally;
  readonly expire: () => void;
}

/** How many of the requests that came in one stretch of time are not answered yet. */
interface Tally {
  count: number;
}

/** How long an answer may take to be sent before a panic ends the process without it. */
const panicGrace = 5_000;

/**
 * How long after that an answer may take to reach its socket: `Deno.serve` calls it completed when
 * its HTTP layer has it, and a process that ends there and then takes it along (Deno 2.9.6).
 */
const flushTime = 50;

/** The requests in flight of one listener. */
export class InFlight implements Watcher, PanicWatcher {
  readonly #timeout: number;
  readonly #clock: Clock;
  /** Insertion order is the order of falling due. */
  readonly #waiting = new Set<Waiting>();
  /** What came since the listener began, or since it was asked to stop. */
  #tally: Tally = { count: 0 };
  #timer: Timer | undefined = undefined;
  #before: Tally | undefined = undefined;
  readonly #drained = deferred<void>();
  /** Tells answers that last that they should end. */
  readonly stopping: Stopping = new Stopping();
  /** Called once, after the answer to the first request that panics. */
  #onPanic: (() => void) | undefined;

  /**
   * Gives each request `timeout` milliseconds; 0 for all the time it takes.
   *
   * @param onPanic called once a request that panicked is answered; without it nothing happens
   */
  constructor(timeout: number, clock: Clock, onPanic?: () => void) {
    this.#timeout = timeout;
    this.#clock = clock;
    this.#onPanic = onPanic;
  }

  /** Whether requests have a deadline. */
  get hasDeadline(): boolean {
    return this.#timeout > 0;
  }

  /**
   * What `next` makes of `value`, or in its place what the exchange's owner says where it fails, or
   * once the time is up 408 (payload still coming in) or 503.
   */
  watch(exchange: Exchange, value: Promise<unknown>, next: Continuation): Promise<Response> {
    return new Promise((resolve) => {
      const tally = this.#tally;
      tally.count++;
      const waiting: Waiting = {
        tally,
        due: this.#clock.now() + this.#timeout,
        expire: () => resolve(this.#expired(exchange)),
      };
      this.#waiting.add(waiting);
      if (this.#timer === undefined && this.#timeout > 0) this.#arm(this.#timeout);
      const done = (answer: Response | Promise<Response>): void => {
        if (answer instanceof Promise) return void answer.then(done, failed);
        // An answer that comes too late is dropped, and whatever feeds it is told.
        if (!this.#waiting.delete(waiting)) return void answer.body?.cancel().catch(() => {});
        resolve(exchange.isWhole ? answer : this.#track(exchange, answer, tally));
        this.#leave(tally);
      };
      const failed = (error: unknown): void => done(failure(exchange, error));
      const settle = (make: () => Response | Promise<Response>): void => {
        try {
          done(make());
        } catch (error) {
          failed(error);
        }
      };
      if (!exchange.isLayered) exchange.settle = settle;
      value.then((known) => settle(() => next(known)), failed);
    });
  }

  /**
   * Counts a request until its response is sent, where that is not a matter of one write; the
   * response ends by itself when the listener stops, if it is an event stream.
   */
  track(exchange: Exchange, answer: Response): Response {
    return exchange.isWhole ? answer : this.#track(exchange, answer, this.#tally);
  }

  #track(exchange: Exchange, answer: Response, tally: Tally): Response {
    const completed = exchange.connection?.completed;
    if (completed !== undefined) {
      tally.count++;
      const sent = (): void => this.#leave(tally);
      completed.then(sent, sent);
    }
    return endingEvents(answer, this.stopping);
  }

  /** Waits until the answer to a request that panicked is sent, but not for a client that dawdles. */
  panicked({ connection }: Exchange): void {
    const onPanic = this.#onPanic;
    if (onPanic === undefined) return;
    this.#onPanic = undefined;
    let timer = this.#clock.setTimer(onPanic, panicGrace);
    const sent = (): void => {
      timer.clear();
      timer = this.#clock.setTimer(onPanic, flushTime);
    };
    connection?.completed?.then(sent, sent);
  }

  /** Settles once nothing is in flight that was when it was first asked. */
  drained(): Promise<void> {
    if (this.#before === undefined) {
      this.#before = this.#tally;
      this.#tally = { count: 0 };
      if (this.#before.count === 0) this.#drained.resolve();
    }
    return this.#drained.promise;
  }

  /** Stops the timer: requests still waiting get their answers undisturbed. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #leave(tally: Tally): void {
    if (--tally.count === 0 && tally === this.#before) this.#drained.resolve();
  }

  #arm(delay: number): void {
    this.#timer = this.#clock.setTimer(() => this.#expireDue(), delay);
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.due > now) return this.#arm(waiting.due - now);
      this.#waiting.delete(waiting);
      waiting.expire();
      this.#leave(waiting.tally);
    }
  }

  #expired(exchange: Exchange): Response | Promise<Response> {
    const error: HttpError = exchange.reading
      ? new RequestTimeoutError("The request was not received in time")
      : new ServiceUnavailableError("The request was not answered in time");
    exchange.abort(new DOMException(error.message, "TimeoutError"));
    return failure(exchange, error);
  }
}

function failure(exchange: Exchange, error: unknown): Response | Promise<Response> {
  return exchange.surroundings?.owner.fail(exchange, error) ??
    answerError(exchange, error, {});
}
