/**
 * What a client answers with where it does not send a call at all, because too many are on their way
 * or the remote service is known to refuse them.
 *
 * Nothing was sent, so it is safe to send such a call elsewhere, or later. A retry layer does not: it
 * would add to the load that these errors take away.
 *
 * @module
 */
import { ResiliencyError } from "./client_errors.ts";
import { define } from "./errors.ts";

/** The root of the errors of calls that were refused here and never sent. */
export class CallRefusedError extends ResiliencyError {
  static {
    define(this, "CallRefusedError", 503);
  }
}

/** As many calls are on their way as may be, and as many wait as may wait. */
export class BulkheadFullError extends CallRefusedError {
  static {
    define(this, "BulkheadFullError", 503);
  }
}

/** So many calls were sent in a while, or refused by the remote service, that this one was not sent. */
export class CallThrottledError extends CallRefusedError {
  static {
    define(this, "CallThrottledError", 503);
  }
}
