/**
 * What is not sent after all: whatever feeds it must not go on for nobody.
 *
 * @module
 */
import { Reply } from "../message/reply.ts";

/** Cancels the stream in an answer, if it has one that nobody else reads; never fails itself. */
export function dropUnsent(value: unknown): void {
  const body = value instanceof Reply ? value.body : value;
  const stream = body instanceof Response ? body.body : body;
  if (stream instanceof ReadableStream && !stream.locked) stream.cancel().catch(() => {});
}
