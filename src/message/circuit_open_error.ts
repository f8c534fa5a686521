/**
 * What a call is refused with while a circuit is open, and when to come back (spec 2.4.1.5).
 *
 * It goes by the name of {@linkcode UpstreamServiceUnavailableError}, which is what programs test for.
 *
 * @module
 */
import { UpstreamServiceUnavailableError } from "./client_errors.ts";

/** What a {@linkcode CircuitOpenError} tells besides its message. */
export interface CircuitOpenErrorOptions extends ErrorOptions {
  /** Whose circuit it is, by default an origin. */
  readonly target: string;
  /** Milliseconds until a call may be let through; `Infinity` where only a person can say. */
  readonly retryAfter: number;
}

/** A call that a circuit breaker did not let through: nothing was sent. */
export class CircuitOpenError extends UpstreamServiceUnavailableError {
  /** Whose circuit it is, by default an origin. */
  readonly target: string;
  /**
   * Milliseconds until a call may be let through: 0 while trials decide that, `Infinity` where the
   * circuit stays open until it is closed by hand.
   */
  readonly retryAfter: number;

  /** Makes the error; its text says the time in whole seconds, at least one. */
  constructor(options: CircuitOpenErrorOptions) {
    super(suspension(options.retryAfter), options);
    this.target = options.target;
    this.retryAfter = options.retryAfter;
  }

  /** What a listener says to its own caller (RFC 9110 section 10.2.3); nothing where nobody knows. */
  get headers(): Readonly<Record<string, string>> {
    const { retryAfter } = this;
    return retryAfter === Infinity ? {} : { "retry-after": String(seconds(retryAfter)) };
  }
}

/** Programs that know the original library compare this text, its last period included. */
function suspension(retryAfter: number): string {
  const time = retryAfter === Infinity
    ? "until its circuit is closed."
    : `for ${seconds(retryAfter)} seconds.`;
  return `Upstream service unavailable. Requests to upstream service will be suspended ${time}`;
}

function seconds(retryAfter: number): number {
  return Math.max(1, Math.ceil(retryAfter / 1000));
}
