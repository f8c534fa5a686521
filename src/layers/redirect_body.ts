/**
 * The body of a `Request` that a redirect may ask for a second time.
 *
 * Nobody can tell what it was made of, so what is sent of it is kept up to a limit. A stream that was
 * passed as such is never kept.
 *
 * @module
 */
import { BodyTape } from "./replay_tape.ts";

/** What is sent of a request's body, kept while it is sent. */
export class KeptBody {
  readonly #tape: BodyTape;
  readonly #filled: Promise<void>;

  /**
   * Keeps a copy of the body of `request`, which itself can still be sent; `undefined` where it has
   * none.
   *
   * @throws {TypeError} when the body was read before.
   */
  static of(request: Request, limit: number): KeptBody | undefined {
    if (request.method === "GET" || request.method === "HEAD") return undefined;
    // A request whose `body` was asked for is sent without a length, so it is asked of a clone.
    const { body } = request.clone();
    return body === null ? undefined : new KeptBody(body, limit);
  }

  private constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>, limit: number) {
    this.#tape = new BodyTape(body, limit);
    this.#filled = this.#fill();
  }

  /**
   * The bytes, when all have come; `undefined` when they are over the limit, broke off, or `signal`
   * aborted.
   */
  async bytes(signal?: AbortSignal | null): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const drop = (): void => this.drop();
    if (signal?.aborted) drop();
    signal?.addEventListener("abort", drop);
    try {
      await this.#filled;
      return this.#tape.whole;
    } finally {
      signal?.removeEventListener("abort", drop);
    }
  }

  /** Keeps nothing more; may be called at any time, and again. */
  drop(): void {
    this.#tape.stop();
  }

  async #fill(): Promise<void> {
    await this.#tape.fill();
    // What nobody reads of a clone would pile up.
    if (this.#tape.whole === undefined) this.drop();
  }
}
