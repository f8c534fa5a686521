/**
 * Whose fault it is when a call fails: a circuit breaker counts what speaks against the target, not
 * mistakes of the program, nor calls that nobody waits for any more.
 *
 * @module
 */
import { ClientAuthError, GenericClientError, ResiliencyError } from "../message/client_errors.ts";
import { isTransient } from "./call_failure.ts";
import { isTlsFailure } from "./tls_failure.ts";

/** How a call ended: with the head of a response, or with an error. */
export interface CallOutcome {
  /** The response, whose body was not read yet; `undefined` where there was an error. */
  readonly response: Response | undefined;
  /** The error; `undefined` where there is a response. */
  readonly error: unknown;
  /** Whether the caller aborted it. */
  readonly isAborted: boolean;
  /** Milliseconds until the head of the response or the error; 0 where nobody measures it. */
  readonly duration: number;
}

/**
 * Whether an error that the caller did not cause by aborting speaks against the target.
 *
 * An error that nobody knows does. What a call was refused with before it was sent does not, nor does
 * a mistake in it: else one user who can make a call malformed could open the circuit for all.
 */
export function isTargetFailure(error: unknown): boolean {
  if (isTransient(error) || isTlsFailure(error)) return true;
  if (error instanceof DOMException && error.name === "AbortError") return false;
  return !ownFaults.some((errorClass) => error instanceof errorClass);
}

const ownFaults: readonly (abstract new (...parts: never[]) => Error)[] = [
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  ClientAuthError,
  GenericClientError,
  ResiliencyError,
];
