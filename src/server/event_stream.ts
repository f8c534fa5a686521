/**
 * Event streams (`text/event-stream`) that end when their listener stops: between two events, as if
 * there were no more, so that the client loses none and connects again (HTML standard, section 9.2).
 *
 * @module
 */
import type { Stopping } from "./stopping.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The response with a body that ends when the listener stops, if it is an event stream. */
export function endingEvents(response: Response, stopping: Stopping): Response {
  const { headers } = response;
  const type = headers.get("content-type");
  if (type === null || !/^text\/event-stream *(?:;|$)/i.test(type)) return response;
  // Of what is coded it cannot be told where an event ends.
  if (headers.has("content-encoding") || response.body === null) return response;
  return new Response(endingBetweenEvents(response.body, stopping), response);
}

/** The same events, until the listener stops; whatever makes them is told by being cancelled. */
export function endingBetweenEvents(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  stopping: Stopping,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  const ends = new EventEnds();
  let isOver = false;
  let stop: () => void = () => {};
  return new ReadableStream<Bytes>({
    start(controller) {
      stop = () => {
        if (ends.isBetween) end(controller);
      };
      stopping.add(stop);
    },
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        stopping.remove(stop);
        throw error;
      });
      // It ended while this was waited for.
      if (isOver) return;
      if (done) return finish(controller);
      const { aborted } = stopping.signal;
      const events = aborted ? ends.firstOf(value) : value;
      ends.take(events);
      controller.enqueue(events);
      if (aborted && ends.isBetween) end(controller);
    },
    async cancel(reason) {
      isOver = true;
      stopping.remove(stop);
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });

  function finish(controller: ReadableStreamDefaultController<Bytes>): void {
    isOver = true;
    stopping.remove(stop);
    controller.close();
  }

  function end(controller: ReadableStreamDefaultController<Bytes>): void {
    finish(controller);
    // What it fails with concerns nobody any more: the stream has ended well.
    reader.cancel(stopping.signal.reason).catch(() => {});
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Where events end: behind an empty line, whose end is LF, CR or both. */
class EventEnds {
  /** Whether the last line has ended. */
  #isLineStart = true;
  /** Whether the last byte was a CR, of which a LF may still be a part. */
  #isAfterReturn = false;
  /** Whether what was taken ends behind an event, or is nothing. */
  isBetween = true;

  /** Takes what comes next; its last bytes are all that matters. */
  take(bytes: Bytes): void {
    // An end is four bytes at most, and one before them tells whether those are a line's end.
    for (let index = Math.max(0, bytes.length - 5); index < bytes.length; index++) {
      this.#next(bytes[index] ?? 0);
    }
  }

  /** What comes next, up to where an event ends first; all of it where none does. */
  firstOf(bytes: Bytes): Bytes {
    const ends = new EventEnds();
    ends.#isLineStart = this.#isLineStart;
    ends.#isAfterReturn = this.#isAfterReturn;
    ends.isBetween = this.isBetween;
    for (let index = 0; index < bytes.length; index++) {
      ends.#next(bytes[index] ?? 0);
      if (!ends.isBetween) continue;
      // The LF of the same end of line belongs to it.
      const isPair = bytes[index] === carriageReturn && bytes[index + 1] === lineFeed;
      return bytes.subarray(0, isPair ? index + 2 : index + 1);
    }
    return bytes;
  }

  #next(byte: number): void {
    if (byte === lineFeed && this.#isAfterReturn) {
      this.#isAfterReturn = false;
      return;
    }
    this.#isAfterReturn = byte === carriageReturn;
    const isLineEnd = this.#isAfterReturn || byte === lineFeed;
    this.isBetween = isLineEnd && this.#isLineStart;
    this.#isLineStart = isLineEnd;
  }
}
