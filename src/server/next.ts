/**
 * Going on: what an interceptor returns to hand over to the one after it (spec 8.1.1.2).
 *
 * @module
 */

/** What `context.next()` gives and a hook returns, so that the pipeline goes on. */
export class Next {
  /** Keeps TypeScript, and whoever echoes data, from taking a look-alike for one. */
  readonly #position: number;

  /** Made by a pipeline, once for each position in it; the end is the service itself. */
  constructor(position: number) {
    this.#position = position;
  }

  /** Where it leads to. */
  get position(): number {
    return this.#position;
  }
}

/** Who knows what comes next. */
export interface Steps {
  /**
   * Leads one further.
   *
   * @throws {InterceptorReturnError} when there is nothing further.
   */
  next(request?: Request): Next;
}
