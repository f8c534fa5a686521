/**
 * A response with another body in place of its own, and a body that is watched while it streams.
 *
 * The copy keeps `url`, `redirected` and every status that `fetch` can give, also those beyond 599
 * that the `Response` constructor refuses. Its `type` is `"default"`.
 *
 * @module
 */

/** The bytes of a body as they stream. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** The response with another body, and other header fields where they are given. */
export function withBody(
  response: Response,
  body: ByteStream,
  headers: Headers = response.headers,
): Response {
  const { status, statusText, url, redirected } = response;
  const isRegular = status >= 200 && status <= 599;
  const copy = new Response(body, { status: isRegular ? status : 200, statusText, headers });
  if (!isRegular) define(copy, { status, ok: false });
  // A response that was made tells no address; that of a fetched one must not be lost.
  if (url !== "") define(copy, { url, redirected });
  return copy;
}

function define(response: Response, values: Partial<Response>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
}

/** Who watches a body. */
export interface BodyWatcher {
  /** Sees each chunk before the reader does; what it throws ends the body and cancels its source. */
  readonly seen: (chunk: Uint8Array) => void;
  /** The error of the body from what its source failed with. */
  readonly explain?: (cause: unknown) => unknown;
}

/** The same bytes, read no faster than they are wanted. */
export function watchBody(
  body: ByteStream,
  { seen, explain = (cause) => cause }: BodyWatcher,
): ByteStream {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((cause) => {
        throw explain(cause);
      });
      if (done) return controller.close();
      try {
        seen(value);
      } catch (error) {
        // Not awaited: a source that never settles its cancellation must not hold up the error.
        reader.cancel(error).catch(() => {});
        throw error;
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Frees the connection of a response that nobody will read, without waiting for it. */
export function discard(response: Response, reason: unknown): void {
  if (response.body?.locked === false) response.body.cancel(reason).catch(() => {});
}
