/**
 * Runs interceptors around something that answers (spec 8.1.4): an ordered list, walked forwards
 * with the request and backwards with the response.
 *
 * What is answered early goes to the response hooks before the one that answered. An error in the
 * request phase jumps forward to the nearest request error hook; if there is none, and where the
 * service itself failed, it is a response error, which jumps backward from the end of the list.
 * Whatever nobody deals with gets the default error reply.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";
import type { Intercepted } from "./intercepted.ts";
import { PipelineRun } from "./pipeline_run.ts";
import { type InterceptorList, StepList } from "./step_list.ts";

/** Interceptors around something that answers. */
export class Pipeline {
  readonly #list: StepList;
  readonly #intercepted: Intercepted;

  /**
   * Compiles lists of interceptors, those of the first outermost.
   *
   * @throws {TypeError} when one is declared wrongly.
   */
  constructor(lists: readonly InterceptorList[], intercepted: Intercepted) {
    this.#list = new StepList(lists);
    this.#intercepted = intercepted;
  }

  /** Answers a request; it may fail only where the default answer to an error does. */
  run(exchange: Exchange): Response | Promise<Response> {
    return new PipelineRun(this.#list, this.#intercepted, exchange).start();
  }

  /** Answers a request that is refused before anything is asked; error hooks may still answer. */
  refuse(exchange: Exchange, error: Error): Response | Promise<Response> {
    return new PipelineRun(this.#list, this.#intercepted, exchange).refuse(error);
  }
}
