/**
 * Trying again (spec 2.4.1.4): calls that failed for a reason that may pass, after a wait that grows, as
 * long as retries are few beside the calls.
 *
 * It answers for calls until the head of their response; a body that breaks off later is not tried
 * again. Put a timeout for each attempt below it, one for all of them above.
 *
 * @module
 */
import type { Fetch, Layer } from "../message/fetch.ts";
import { isTransient } from "./call_failure.ts";
import { Replay } from "./replay.ts";
import { isOneShot } from "./replay_body.ts";
import { repeatableInit } from "./replay_init.ts";
import { goOn, isRepeatable } from "./retry_call.ts";
import type { RetryOptions } from "./retry_options.ts";
import { type RetryPolicy, retryPolicy } from "./retry_policy.ts";

export type { Jitter } from "./retry_delay.ts";
export type { RetryAttempt, RetryNotice, RetryOptions } from "./retry_options.ts";

/**
 * Sends calls again that failed: no connection, none that lasted, no answer in time, or a status that
 * says so.
 *
 * When statuses ran out the last response is returned. When errors did, the call rejects with
 * {@linkcode AllRetryAttemptsFailed}, whose cause is an `AggregateError` of what each attempt ended in.
 * What was sent only once, as it may not be repeated or the budget is used up, and what waiting cannot
 * mend, rejects with its own error.
 *
 * The body of a response that is not returned is cancelled. A caller who aborts is heard at any time,
 * also in a wait.
 *
 * @throws {TypeError} when there is an option it does not know, or one of the wrong type.
 * @throws {RangeError} when a number is out of range, or can have no effect.
 *
 * @example
 * ```ts
 * import { retry, stack, timeout } from "@pirouette/http/layers";
 *
 * const steady = stack(
 *   fetch,
 *   timeout({ total: 10_000 }),
 *   retry({ count: 3, total: 10_000 }),
 *   timeout({ attempt: 2_000 }),
 * );
 * const response = await steady("https://albums.example/latest");
 * ```
 */
export function retry(options: RetryOptions = {}): Layer {
  const policy = retryPolicy(options);
  return (next) => (input, init) => {
    policy.budget?.deposit();
    try {
      return send(policy, next, input, repeatableInit(init));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function send(
  policy: RetryPolicy,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  if (!isRepeatable(policy, input, init)) return next(input, init);
  const { statusCodes, shouldRetry, total, clock } = policy;
  const start = total === Infinity ? 0 : clock.now();
  const kept = isReadOnce(input, init) ? new Replay(input, init, policy.bufferLimit) : undefined;
  const answer = kept === undefined ? next(input, init) : kept.send(next);
  return answer.then((response) => {
    if (shouldRetry !== undefined || statusCodes.has(response.status)) {
      return goOn({ policy, next, input, init, start }, kept, { response });
    }
    kept?.drop();
    return response;
  }, (error) => {
    // When all is down, most calls end with what another layer refuses them with.
    if (shouldRetry !== undefined || isTransient(error)) {
      return goOn({ policy, next, input, init, start }, kept, { error });
    }
    kept?.drop();
    throw error;
  });
}

/** Whether the body can be read only once, so that it is kept when it is first sent. */
function isReadOnce(input: Request | URL | string, init: RequestInit | undefined): boolean {
  if (isOneShot(init?.body)) return true;
  // Asking what a string is an instance of costs more than its type.
  return typeof input !== "string" && input instanceof Request && input.method !== "GET" &&
    input.method !== "HEAD";
}
