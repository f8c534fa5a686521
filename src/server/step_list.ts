/**
 * The interceptors of a pipeline in order, and which of them are for a request.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";
import type { Interceptor, InterceptorHooks } from "./interceptor.ts";
import { InterceptorStep, type StepRules } from "./interceptor_step.ts";
import { Next } from "./next.ts";

/** Interceptors of one origin, a listener or a service, and what they have in common. */
export interface InterceptorList {
  /** The interceptors, in order. */
  readonly interceptors: readonly Interceptor[];
  /** What they have in common. */
  readonly rules: StepRules;
}

/** The name of a hook. */
export type HookName = keyof InterceptorHooks;

/** Interceptors, compiled. */
export class StepList {
  /** The interceptors, in order. */
  readonly steps: readonly InterceptorStep[];
  /** What `next()` gives for each position, and for the end, where the service is. */
  readonly #positions: readonly Next[];
  /** What `next()` gives before the first position, where the response leaves. */
  readonly #out = new Next(-1);

  /**
   * Compiles lists of interceptors, those of the first outermost.
   *
   * @throws {TypeError} when one is declared wrongly.
   */
  constructor(lists: readonly InterceptorList[]) {
    this.steps = lists.flatMap(({ interceptors, rules }) =>
      interceptors.map((interceptor) => new InterceptorStep(interceptor, rules))
    );
    this.#positions = [...this.steps, undefined].map((_, position) => new Next(position));
  }

  /** The position of the service, after all interceptors. */
  get end(): number {
    return this.steps.length;
  }

  /** What stands for a position. */
  next(position: number): Next {
    return this.#positions[position] ?? this.#out;
  }

  /** The first position from `position` on with such a hook for this request; or the end. */
  following(position: number, hook: HookName, exchange: Exchange): number {
    const { steps } = this;
    let index = position;
    for (; index < steps.length; index++) {
      const step = steps[index] as InterceptorStep;
      if (step.interceptor[hook] !== undefined && step.isFor(exchange)) break;
    }
    return index;
  }

  /** The last position up to `position` with such a hook for this request; or -1. */
  preceding(position: number, hook: HookName, exchange: Exchange): number {
    const { steps } = this;
    let index = position;
    for (; index >= 0; index--) {
      const step = steps[index] as InterceptorStep;
      if (step.interceptor[hook] !== undefined && step.isFor(exchange)) break;
    }
    return index;
  }
}
