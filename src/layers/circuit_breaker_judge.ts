/**
 * Whether a call failed, as the configuration of a circuit breaker says.
 *
 * @module
 */
import type { CircuitPolicy } from "./circuit_breaker_policy.ts";
import { type CallOutcome, isTargetFailure } from "./circuit_breaker_outcome.ts";

/** Whether a response that took `duration` milliseconds is a failure. */
export function isFailedResponse(
  policy: CircuitPolicy,
  response: Response,
  duration: number,
): boolean {
  if (policy.isFailure !== undefined) {
    return asked(policy, { response, error: undefined, isAborted: false, duration });
  }
  const { statusCodes } = policy;
  return statusCodes === undefined ? response.status >= 500 : statusCodes.has(response.status);
}

/** Whether an error that took `duration` milliseconds is a failure of the target's. */
export function isFailedCall(
  policy: CircuitPolicy,
  error: unknown,
  isAborted: boolean,
  duration: number,
): boolean {
  return policy.isFailure === undefined
    ? !isAborted && isTargetFailure(error)
    : asked(policy, { response: undefined, error, isAborted, duration });
}

/** A mistake in the program's function must not cost it the response. */
function asked({ isFailure, onError }: CircuitPolicy, outcome: CallOutcome): boolean {
  try {
    return isFailure?.(outcome) === true;
  } catch (error) {
    onError(error);
    return false;
  }
}
