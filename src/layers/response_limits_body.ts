/**
 * A body that is watched while it streams, and one that nobody will read.
 *
 * @module
 */
import type { ByteStream } from "./response_copy.ts";

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
