/**
 * A streamed body that can be made anew, for layers that may have to send it again: nothing of it needs
 * to be kept.
 *
 * @module
 */

/** Where a stream keeps how to make another. */
const factory: unique symbol = Symbol("factory");

/** Makes the body, from its beginning. */
export type BodyFactory = () => ReadableStream<Uint8Array<ArrayBuffer>>;

/** A stream that may know how to make another. */
type Made = ReadableStream<Uint8Array<ArrayBuffer>> & { [factory]?: BodyFactory };

/**
 * A body that a retry can send again however long it is: `make` is called for each time it is sent, and
 * not before something reads it. Everywhere else it is a stream like any other.
 *
 * @example
 * ```ts
 * import { replayable, retry, stack } from "@pirouette/http/layers";
 *
 * const steady = stack(fetch, retry());
 * await steady("https://albums.example/covers/1", {
 *   method: "PUT",
 *   body: replayable(() => new Blob(["a large file"]).stream()),
 * });
 * ```
 */
export function replayable(make: BodyFactory): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  const stream: Made = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      reader ??= make().getReader();
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader?.cancel(reason),
  }, { highWaterMark: 0 });
  stream[factory] = make;
  return stream;
}

/** Another body like `body`, unread; `undefined` for one that cannot be made anew. */
export function madeAnew(
  body: BodyInit | null | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  const make = body instanceof ReadableStream ? (body as Made)[factory] : undefined;
  return make === undefined ? undefined : replayable(make);
}

/** Whether a body can be read only once. */
export function isOneShot(
  body: BodyInit | null | undefined,
): body is ReadableStream<Uint8Array<ArrayBuffer>> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
