/**
 * Where a request is among its interceptors, and where `next()` has led.
 *
 * @module
 */
import { InterceptorReturnError } from "../message/listener_errors.ts";
import type { Exchange } from "./exchange.ts";
import { mismatch } from "./hook_outcome.ts";
import { locate } from "./locate.ts";
import type { Next } from "./next.ts";
import type { StepList } from "./step_list.ts";

/** The direction a request goes in, or that it is with the service. */
export type Phase = "request" | "service" | "response";

/** A place among the interceptors of one request. */
export class HookCursor {
  readonly #list: StepList;
  readonly #exchange: Exchange;
  /** The direction. */
  phase: Phase = "request";
  /** The interceptor whose hook runs, or ran last; -1 before the first. */
  position: number = -1;
  /** The number of the hook that runs; it is another once the hook has returned. */
  turn: number = 0;
  #target = -1;

  /** Begins before the first interceptor. */
  constructor(list: StepList, exchange: Exchange) {
    this.#list = list;
    this.#exchange = exchange;
  }

  /** Whether the hook that runs has called `next()`. */
  get wentOn(): boolean {
    return this.#target !== this.position;
  }

  /** Where `next()` has led; the position itself until it is called. */
  get target(): number {
    return this.#target;
  }

  /** Begins a hook. */
  enter(position: number): void {
    this.turn++;
    this.position = this.#target = position;
  }

  /** Ends the hook, so that it cannot go on any more. */
  leave(): void {
    this.turn++;
  }

  /**
   * Leads one further in the direction of the phase.
   *
   * @throws {InterceptorReturnError} when there is nothing further, or a response hook gives a
   * request to go on with.
   * @throws {InitializingInboundRequestError} when the URL of the request is refused.
   */
  next(request: Request | undefined): Next {
    const isForwards = this.phase === "request";
    if (this.#target === (isForwards ? this.#list.end : -1)) {
      throw new InterceptorReturnError("no next service to be returned");
    }
    if (isForwards) {
      if (request !== undefined) this.#replaceRequest(request);
      this.#target = this.#list.following(this.#target + 1, "request", this.#exchange);
    } else {
      if (request !== undefined) {
        throw new InterceptorReturnError("a response hook gives no request to go on with");
      }
      this.#target = this.#list.preceding(this.#target - 1, "response", this.#exchange);
    }
    return this.#list.next(this.#target);
  }

  /**
   * Where to go on after a hook that returned what is to be next.
   *
   * @throws {InterceptorReturnError} when it is not what is next.
   */
  follow(returned: unknown): number {
    const isForwards = this.phase === "request";
    const beside = isForwards ? this.position + 1 : this.position - 1;
    const expected = this.wentOn ? this.#target : beside;
    if (returned === this.#list.next(expected)) return expected;
    throw mismatch(isForwards && expected === this.#list.end);
  }

  #replaceRequest(request: Request): void {
    const exchange = this.#exchange;
    if (request === exchange.request) return;
    const found = locate(request, exchange.connection);
    if (found.fault !== undefined) throw found.fault;
    exchange.replace(found);
  }
}
