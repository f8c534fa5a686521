/**
 * When the session of an HTTP/2 connection is given up.
 *
 * Deno (2.9.6) frees a session at once, even while it still reads frames into it: a GOAWAY from the other
 * end is told in the middle of that, and where no stream is left the session ends there and then. What
 * is read on into is memory that was freed, and the process dies of it (`find_stream_on_goaway_func`, or
 * a segmentation fault). Anybody could do that from outside, so that the end is put off until the
 * reading is done.
 *
 * @module
 */
import type { Http2Session } from "node:http2";
import { versions } from "node:process";

/** Puts the end of a session off until nothing of it is at work, on Deno; Node sees to that itself. */
export function releaseLater(session: Http2Session): void {
  if (!("deno" in versions)) return;
  const destroy = session.destroy;
  session.destroy = (error?: Error, code?: number): void => {
    setImmediate(() => destroy.call(session, error, code));
  };
}

/**
 * Does so from the moment at which the other end leaves: what else ends a client's session says why, and
 * would come behind what only says that it has ended.
 */
export function releaseLaterOnceLeft(session: Http2Session): void {
  // Told before the session is closed for it.
  session.prependOnceListener("goaway", () => releaseLater(session));
}

/** Runs what resets a stream that was just told of: at once on Node, on Deno once the reading is done. */
export function afterReading(act: () => void): void {
  if ("deno" in versions) setImmediate(act);
  else act();
}
