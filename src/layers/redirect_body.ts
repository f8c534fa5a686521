/**
 * Request bodies that can be sent a second time.
 *
 * Nobody can tell what the body of a `Request` was made of, so what is sent of it is kept up to a
 * limit. A stream that was passed as such is never kept.
 *
 * @module
 */

/** Whether a body can be read only once. */
export function isOneShot(body: BodyInit | null | undefined): boolean {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

/** What is sent of a request's body, kept while it is sent. */
export class KeptBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #bytes: Promise<Uint8Array<ArrayBuffer> | undefined>;

  /**
   * Keeps a copy of the body of `request`, which itself can still be sent; `undefined` where it has
   * none.
   *
   * @throws {TypeError} when the body was read before.
   */
  static of(request: Request, limit: number): KeptBody | undefined {
    // A clone keeps what the body was made of, so that its length is still sent.
    const body = request.body === null ? null : request.clone().body;
    return body === null ? undefined : new KeptBody(body, limit);
  }

  private constructor(body: ReadableStream<Uint8Array>, limit: number) {
    this.#reader = body.getReader();
    this.#bytes = this.#keep(limit);
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
      return await this.#bytes;
    } finally {
      signal?.removeEventListener("abort", drop);
    }
  }

  /** Keeps nothing more; may be called at any time, and again. */
  drop(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #keep(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        size += value.length;
        if (size > limit) {
          this.drop();
          return undefined;
        }
        chunks.push(value);
      }
    } catch {
      // Whoever sends the body meets the same failure, and reports it.
      return undefined;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
