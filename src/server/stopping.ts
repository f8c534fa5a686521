/**
 * What is told to answers that last when their listener stops: a stream that never ends by itself
 * would hold the stop up to its deadline, and then be broken off.
 *
 * @module
 */
import type { Connection } from "../message/connection.ts";

/** Tells those who ask, once, that the listener stops. */
export class Stopping {
  readonly #controller = new AbortController();
  /** What is called, each until its answer is sent. */
  readonly #told = new Set<() => void>();

  /** Aborts when the listener stops. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tells everyone who waits for it; once. */
  begin(): void {
    if (this.signal.aborted) return;
    const told = [...this.#told];
    this.#told.clear();
    this.#controller.abort(new DOMException("The server is stopping", "AbortError"));
    for (const tell of told) tell();
  }

  /** Calls `tell` when it stops, at once where it does already. */
  add(tell: () => void): void {
    if (this.signal.aborted) tell();
    else this.#told.add(tell);
  }

  /** Calls `tell` no more. */
  remove(tell: () => void): void {
    this.#told.delete(tell);
  }

  /**
   * A signal like {@linkcode signal} for one request. The one of the listener would remember for its
   * whole life what each request wants to be told.
   */
  signalFor(connection: Connection | undefined): AbortSignal {
    const { signal } = this;
    const completed = connection?.completed;
    if (signal.aborted || completed === undefined) return signal;
    const controller = new AbortController();
    const tell = (): void => controller.abort(signal.reason);
    const forget = (): void => this.remove(tell);
    this.add(tell);
    completed.then(forget, forget);
    return controller.signal;
  }
}
