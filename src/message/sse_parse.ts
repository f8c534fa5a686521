/**
 * Server-sent events out of bytes (HTML standard, section 9.2.6), each as soon as it is whole.
 *
 * Lines may end in LF, CR or CRLF, wherever the chunks are cut. What is no event by the standard is
 * not given: comments, blocks without data, and a last block that is not ended. Nothing here connects
 * again.
 *
 * @module
 */
import { ReadingInboundResponseBodyError } from "./client_errors.ts";
import { HttpError } from "./errors.ts";
import type { SseEvent } from "./sse_event.ts";

/** The most characters of one event: 1,048,576. */
export const MAX_EVENT_LENGTH = 1_048_576;

/**
 * The events of a body, read only as fast as they are taken.
 *
 * The stream fails with {@linkcode ReadingInboundResponseBodyError} when the body breaks off, and when
 * an event has more than 1,048,576 characters; where the call was aborted, with what the signal says if
 * that is the platform's own (`AbortError`, `TimeoutError`). Cancelling it, as a loop does that is left, cancels the
 * body.
 */
export function parseEvents(body: ReadableStream<Uint8Array>): ReadableStream<SseEvent> {
  const reader = body.getReader();
  const parser = new EventParser();
  const decoder = new TextDecoder();
  return new ReadableStream<SseEvent>({
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          const events = parser.push(decoder.decode(value, { stream: true }));
          for (const event of events) controller.enqueue(event);
          if (events.length > 0) return;
        }
      } catch (cause) {
        reader.cancel(cause).catch(() => {});
        throw brokenOff(cause);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** An abort is what somebody wanted, and no failure of the body. */
function brokenOff(cause: unknown): unknown {
  if (cause instanceof HttpError || cause instanceof DOMException) return cause;
  return new ReadingInboundResponseBodyError("The stream of events broke off", { cause });
}

/** Takes text in any pieces and gives the events that each piece completes. */
class EventParser {
  /** What of a line has come. */
  #line = "";
  /** Whether the last piece ended in CR, so that an LF at the start of the next belongs to it. */
  #endedInCR = false;
  #event = "";
  #data = "";
  #hasData = false;
  #id = "";
  #retry: number | undefined;

  /** @throws {ReadingInboundResponseBodyError} when an event is too long. */
  push(piece: string): SseEvent[] {
    const events: SseEvent[] = [];
    let start = this.#endedInCR && piece.startsWith("\n") ? 1 : 0;
    if (piece !== "") this.#endedInCR = piece.endsWith("\r");
    while (start < piece.length) {
      const end = lineEnd(piece, start);
      if (end === -1) break;
      const event = this.#take(this.#line + piece.slice(start, end));
      this.#line = "";
      if (event !== undefined) events.push(event);
      start = end + (piece.startsWith("\r\n", end) ? 2 : 1);
    }
    this.#line += piece.slice(start);
    this.#refuseTooLong(this.#line.length);
    return events;
  }

  #take(line: string): SseEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    switch (name) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#refuseTooLong(value.length);
        this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
        this.#hasData = true;
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
      case "retry":
        if (/^\d{1,15}$/.test(value)) this.#retry = Number(value);
    }
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const retry = this.#retry === undefined ? {} : { retry: this.#retry };
    const event = { event: this.#event || "message", data: this.#data, id: this.#id, ...retry };
    const isEvent = this.#hasData;
    this.#event = "";
    this.#data = "";
    this.#hasData = false;
    this.#retry = undefined;
    return isEvent ? event : undefined;
  }

  #refuseTooLong(more: number): void {
    if (this.#data.length + more <= MAX_EVENT_LENGTH) return;
    throw new ReadingInboundResponseBodyError(
      `An event of the stream is over its limit of ${MAX_EVENT_LENGTH} characters`,
    );
  }
}

/** Where the line that begins at `start` ends; -1 if not in this text. */
function lineEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) return at;
  }
  return -1;
}
