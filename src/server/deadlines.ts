/**
 * Answers for handlers that take too long (spec: listener `timeout`).
 *
 * All requests of a listener have the same time, so that they fall due in the order they came:
 * one queue and one timer serve any number of them, and a request that is answered in time costs
 * no timer of its own.
 *
 * @module
 */
import type { Clock, Timer } from "../message/clock.ts";
import type { HttpError } from "../message/errors.ts";
import { RequestTimeoutError, ServiceUnavailableError } from "../message/status_errors.ts";
import { answerError } from "./error_answer.ts";
import type { Exchange } from "./exchange.ts";

interface Waiting {
  readonly exchange: Exchange;
  readonly due: number;
  readonly expire: () => void;
}

/** The deadlines of a listener's requests. */
export class Deadlines {
  readonly #timeout: number;
  readonly #clock: Clock;
  /** Insertion order is the order of falling due. */
  readonly #waiting = new Set<Waiting>();
  #timer: Timer | undefined = undefined;

  /** Gives each request `timeout` milliseconds. */
  constructor(timeout: number, clock: Clock) {
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** `answer`, or once the time is up 408 (payload still coming in) or 503 in its place. */
  watch(exchange: Exchange, answer: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        exchange,
        due: this.#clock.now() + this.#timeout,
        expire: () => resolve(this.#expired(exchange)),
      };
      this.#waiting.add(waiting);
      this.#timer ??= this.#clock.setTimer(() => this.#expireDue(), this.#timeout);
      answer.then((response) => {
        // An answer that comes too late is dropped, and whatever feeds it is told.
        if (this.#waiting.delete(waiting)) resolve(response);
        else response.body?.cancel().catch(() => {});
      }, (error) => {
        this.#waiting.delete(waiting);
        reject(error);
      });
    });
  }

  /** Stops the timer: requests still waiting get their answers undisturbed. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.due > now) {
        this.#timer = this.#clock.setTimer(() => this.#expireDue(), waiting.due - now);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }

  #expired(exchange: Exchange): Response | Promise<Response> {
    const error: HttpError = exchange.reading
      ? new RequestTimeoutError("The request was not received in time")
      : new ServiceUnavailableError("The request was not answered in time");
    exchange.abort(new DOMException(error.message, "TimeoutError"));
    return answerError(exchange, error, undefined);
  }
}
