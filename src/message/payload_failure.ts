/**
 * The one shape of the message of a payload that cannot be bound: `data binding failed: …`.
 *
 * @module
 */
import { PayloadBindingError } from "./errors.ts";

/** Makes the error of a payload that cannot be bound; `cause` is kept for the log, never sent. */
export function payloadFailure(detail: string, cause?: unknown): Error {
  return new PayloadBindingError(
    `data binding failed: ${detail}`,
    cause === undefined ? undefined : { cause },
  );
}

/** What somebody sent, short enough to be quoted in a message. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
