/**
 * What becomes of a request's body that nobody has read when its answer is there.
 *
 * A socket that is closed while something of the client's is unread is reset, and the answer may be lost
 * with it (RFC 9112 section 9.6). So what still comes is taken and thrown away, for a short while.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../message/clock.ts";

/** How long the rest of a request is waited for, in milliseconds. */
const patience = 2_000;

/** What to wait for between an answer and its end; nothing where the client has sent nothing yet. */
export function lingering(
  request: IncomingMessage,
  isHeldBack: boolean,
  clock: Clock,
): (() => Promise<void>) | undefined {
  if (isHeldBack) return undefined;
  return () =>
    new Promise((resolve) => {
      if (request.complete || request.destroyed) return resolve();
      const timer = clock.setTimer(resolve, patience);
      const done = (): void => {
        timer.clear();
        resolve();
      };
      request.once("end", done);
      request.once("close", done);
      request.resume();
    });
}
