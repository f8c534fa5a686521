/**
 * What the failure of a call says of the next attempt: whether the network or the remote service is at
 * fault, so that trying again, or elsewhere, may help.
 *
 * It knows the errors of this library and those of the platforms' `fetch`, so that layers work around
 * either.
 *
 * @module
 */
import {
  AllLoadBalanceEndpointsFailedError,
  ClientConnectorError,
  FailoverActionFailedError,
  FailoverAllEndpointsFailedError,
  Http2ClientError,
  IdleTimeoutError,
  InboundResponseError,
  WritingOutboundRequestBodyError,
} from "../message/client_errors.ts";
import { isTlsFailure } from "./tls_failure.ts";

/**
 * Whether a call failed for a reason that may pass: no connection, none that lasted, no answer in time.
 *
 * What the caller aborted, what cannot be sent, what cannot be trusted (TLS) and what another layer
 * refuses is none.
 *
 * @param signal that of the call
 */
export function isTransient(error: unknown, signal?: AbortSignal | null): boolean {
  if (signal?.aborted) return false;
  if (haveAllFailed(error)) return isAnyTransient(error);
  return isOneTransient(error);
}

/** Whether a call was tried at several targets, and failed at each. */
export function haveAllFailed(
  error: unknown,
): error is AllLoadBalanceEndpointsFailedError | FailoverAllEndpointsFailedError {
  return error instanceof AllLoadBalanceEndpointsFailedError ||
    error instanceof FailoverAllEndpointsFailedError;
}

/** Where each target refused, as by an open circuit, there is nothing to try again. */
function isAnyTransient({ cause }: Error): boolean {
  if (!(cause instanceof AggregateError) || cause.errors.length === 0) return true;
  return cause.errors.some((error: unknown) =>
    error instanceof FailoverActionFailedError || haveAllFailed(error) || isOneTransient(error)
  );
}

function isOneTransient(error: unknown): boolean {
  if (transientErrors.some((errorClass) => error instanceof errorClass)) return true;
  // A timeout signal of somebody else's than the caller.
  if (error instanceof DOMException) return error.name === "TimeoutError";
  return error instanceof TypeError && isOfNetwork(error) && !isTlsFailure(error);
}

const transientErrors: readonly (abstract new (...parts: never[]) => Error)[] = [
  IdleTimeoutError,
  ClientConnectorError,
  InboundResponseError,
  WritingOutboundRequestBodyError,
  Http2ClientError,
];

/** Mistakes in a call are TypeErrors too: those of the network have a cause, or a browser's words. */
function isOfNetwork({ cause, message }: TypeError): boolean {
  return cause instanceof Error || browserWords.has(message);
}

const browserWords: ReadonlySet<string> = new Set([
  "Failed to fetch",
  "NetworkError when attempting to fetch resource.",
  "Load failed",
  "error reading a body from connection",
  "terminated",
]);
