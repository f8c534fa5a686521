/**
 * One request on its way through a pipeline.
 *
 * Hooks that return at once cost no promise: each phase is a loop, left and entered again only where
 * something has to be waited for.
 *
 * @module
 */
import { ServiceNotFoundError } from "../message/listener_errors.ts";
import type { Exchange } from "./exchange.ts";
import type { BoundHookCall, Hooked } from "./hook_call.ts";
import { type Answer, isForeign, isThenable, nothing, Thrown, toError } from "./hook_outcome.ts";
import { HookCursor } from "./hook_cursor.ts";
import type { Intercepted } from "./intercepted.ts";
import type { InterceptorStep } from "./interceptor_step.ts";
import { Next } from "./next.ts";
import { ownOf, PassingResponse } from "./passing_response.ts";
import { encodeReply } from "./reply_encoder.ts";
import type { HookName, StepList } from "./step_list.ts";

/** One request on its way through a pipeline. */
export class PipelineRun implements Hooked {
  readonly #list: StepList;
  readonly #intercepted: Intercepted;
  readonly #exchange: Exchange;
  readonly #cursor: HookCursor;
  readonly #passing: PassingResponse;
  #call: BoundHookCall | undefined = undefined;
  /** What the hook has returned, or a promise of it. */
  #entered: unknown = undefined;
  #error: Error | undefined = undefined;
  /** Whether the answer could not be sent once, so that hooks are not asked for another again. */
  #wasRefused = false;

  /** Takes a request to the beginning of a list. */
  constructor(list: StepList, intercepted: Intercepted, exchange: Exchange) {
    this.#list = list;
    this.#intercepted = intercepted;
    this.#exchange = exchange;
    this.#cursor = new HookCursor(list, exchange);
    this.#passing = new PassingResponse(exchange);
    exchange.isIntercepted = true;
  }

  /** Answers the request. */
  start(): Answer {
    return this.#forwards(0);
  }

  /** Answers the request with an error. */
  refuse(error: Error): Answer {
    this.#error = error;
    return this.#backwards(this.#list.end - 1);
  }

  /** The number of the hook that runs. */
  get turn(): number {
    return this.#cursor.turn;
  }

  /** Leads one further in the direction of the phase. */
  next(request?: Request): Next {
    return this.#cursor.next(request);
  }

  /** The response so far. */
  shown(): Response | undefined {
    return this.#passing.shown();
  }

  /** Request hooks from `from` on, then the service. */
  #forwards(from: number): Answer {
    this.#cursor.phase = "request";
    let index = this.#enterFollowing(from);
    while (index !== this.#list.end) {
      if (isThenable(this.#entered)) return this.#forwardsLater(index);
      const outcome = this.#afterRequest(index, this.#entered);
      if (typeof outcome !== "number") return outcome;
      index = this.#enterFollowing(outcome);
    }
    return this.#atEnd();
  }

  /** The same, from a hook on that has to be waited for. */
  async #forwardsLater(from: number): Promise<Response> {
    let index = from;
    while (index !== this.#list.end) {
      let outcome: number | Answer;
      try {
        outcome = this.#afterRequest(index, await this.#entered);
      } catch (error) {
        outcome = this.#failed(index, error) + 1;
      }
      if (typeof outcome !== "number") return outcome;
      index = this.#enterFollowing(outcome);
    }
    return this.#atEnd();
  }

  #enterFollowing(from: number): number {
    const hook = this.#error === undefined ? "request" : "requestError";
    const index = this.#list.following(from, hook, this.#exchange);
    if (index !== this.#list.end) this.#entered = this.#enter(index, hook);
    return index;
  }

  #atEnd(): Answer {
    return this.#error === undefined ? this.#serve() : this.#backwards(this.#list.end - 1);
  }

  /** Calls a hook; what it throws is an outcome like any other. */
  #enter(index: number, hook: HookName): unknown {
    this.#cursor.enter(index);
    const step = this.#list.steps[index] as InterceptorStep;
    try {
      const call = hook === "request"
        ? step.requestCall(this.#exchange, this)
        : step.call(this.#exchange, this, this.#error);
      return call instanceof Promise
        ? call.then((bound) => this.#invoke(step, hook, bound))
        : this.#invoke(step, hook, call);
    } catch (error) {
      return new Thrown(error);
    }
  }

  #invoke({ interceptor }: InterceptorStep, hook: HookName, call: BoundHookCall): unknown {
    this.#call = call;
    // The types of a hook's argument are checked where it is declared.
    return (interceptor[hook] as (call: BoundHookCall) => unknown)(call);
  }

  /** Where to go on after a request hook, or the answer. */
  #afterRequest(index: number, returned: unknown): number | Answer {
    if (returned instanceof Thrown) return this.#failed(index, returned.error) + 1;
    try {
      const value = this.#given(returned);
      const cursor = this.#cursor;
      const goesOn = value instanceof Next || isForeign(value);
      const next = goesOn ? cursor.follow(value) : cursor.target;
      this.#error = undefined;
      if (goesOn || (value === undefined && cursor.wentOn)) return next;
      const { rules } = this.#list.steps[index] as InterceptorStep;
      const answer = value === undefined ? nothing() : encodeReply(ownOf(value), rules);
      return this.#answered(answer, index - 1);
    } catch (error) {
      return this.#failed(index, error) + 1;
    }
  }

  #serve(): Answer {
    this.#cursor.phase = "service";
    // While a hook took its time the request was answered in its place: nobody waits any more.
    if (this.#exchange.isAborted) return new Response(null, { status: 503 });
    try {
      const answer = this.#intercepted.dispatch(this.#exchange);
      return this.#answered(answer, this.#list.end - 1);
    } catch (error) {
      return this.#serviceFailed(error);
    }
  }

  #answered(answer: Answer, from: number): Answer {
    if (answer instanceof Promise) {
      return answer.then(
        (response) => this.#answered(response, from),
        (error) => this.#serviceFailed(error),
      );
    }
    this.#passing.current = answer;
    return this.#backwards(from);
  }

  #serviceFailed(thrown: unknown): Answer {
    const error = toError(thrown);
    // What takes its time from here on is not the payload.
    this.#exchange.reading = false;
    this.#error = error;
    // Where there is no service, it is the last hook that could not go on (spec 8.1.4.1).
    const isMissing = error instanceof ServiceNotFoundError &&
      this.#exchange.match === undefined && this.#cursor.position !== -1;
    return isMissing
      ? this.#forwards(this.#cursor.position + 1)
      : this.#backwards(this.#list.end - 1);
  }

  /** Response hooks from `from` back to the first, then the response itself. */
  #backwards(from: number): Answer {
    this.#cursor.phase = "response";
    let index = this.#enterPreceding(from);
    while (index !== -1) {
      if (isThenable(this.#entered)) return this.#backwardsLater(index);
      index = this.#enterPreceding(this.#afterResponse(index, this.#entered));
    }
    return this.#leave();
  }

  /** The same, from a hook on that has to be waited for. */
  async #backwardsLater(from: number): Promise<Response> {
    let index = from;
    while (index !== -1) {
      let outcome: number;
      try {
        outcome = this.#afterResponse(index, await this.#entered);
      } catch (error) {
        outcome = this.#failed(index, error) - 1;
      }
      index = this.#enterPreceding(outcome);
    }
    return this.#leave();
  }

  #enterPreceding(from: number): number {
    const hook = this.#error === undefined ? "response" : "responseError";
    // Response hooks have seen an answer already; only who deals with the error is asked.
    if (this.#wasRefused && this.#error === undefined) return -1;
    const index = this.#list.preceding(from, hook, this.#exchange);
    if (index === -1) return index;
    this.#passing.wasHooked = true;
    const failed = this.#passing.current === undefined ? this.#fail() : undefined;
    this.#entered = failed === undefined
      ? this.#enter(index, hook)
      : failed.then(() => this.#enter(index, hook));
    return index;
  }

  /** Answers the error, so that its hooks have a response to look at. */
  #fail(): Promise<void> | undefined {
    const exchange = this.#exchange;
    exchange.mayRecover = true;
    const answer = this.#intercepted.fail(exchange, this.#error);
    exchange.mayRecover = false;
    if (answer instanceof Promise) {
      return answer.then((response) => void (this.#passing.current = response));
    }
    this.#passing.current = answer;
    return undefined;
  }

  /** Where to go on after a response hook. */
  #afterResponse(index: number, returned: unknown): number {
    if (returned instanceof Thrown) return this.#failed(index, returned.error) - 1;
    try {
      const value = this.#given(returned);
      const cursor = this.#cursor;
      const goesOn = value instanceof Next || isForeign(value);
      const next = goesOn ? cursor.follow(value) : cursor.target;
      if (goesOn || (value === undefined && cursor.wentOn)) {
        this.#error = undefined;
        return next;
      }
      const { rules } = this.#list.steps[index] as InterceptorStep;
      this.#passing.replace(value, rules);
      this.#error = undefined;
      return index - 1;
    } catch (error) {
      return this.#failed(index, error) - 1;
    }
  }

  /** What a hook answers: what it gave its caller, or else what it returned. */
  #given(returned: unknown): unknown {
    this.#cursor.leave();
    const value = this.#call?.answer(returned);
    if (!(value instanceof Error)) return value;
    this.#exchange.returnedError = value;
    throw value;
  }

  /** Keeps an error for the nearest error hook; gives the position where it came about. */
  #failed(index: number, thrown: unknown): number {
    this.#error = toError(thrown);
    this.#exchange.reading = false;
    this.#cursor.leave();
    this.#call?.drop();
    this.#passing.drop();
    return index;
  }

  #leave(): Answer {
    this.#cursor.phase = "service";
    const response = this.#passing.current;
    if (response === undefined) return this.#intercepted.fail(this.#exchange, this.#error);
    try {
      const answer = this.#passing.leave(response);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error) => this.#refused(error));
    } catch (error) {
      return this.#refused(error);
    }
  }

  /** An answer that cannot be sent, or that the request's conditions refuse: error hooks answer. */
  #refused(thrown: unknown): Answer {
    this.#error = toError(thrown);
    this.#passing.drop();
    this.#exchange.conclude = undefined;
    if (this.#wasRefused) return this.#intercepted.fail(this.#exchange, this.#error);
    this.#wasRefused = true;
    return this.#backwards(this.#list.end - 1);
  }
}
