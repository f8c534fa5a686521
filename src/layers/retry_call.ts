/**
 * One call through a retry layer, from its first failure on.
 *
 * @module
 */
import { callHeaders } from "../message/call_headers.ts";
import { AllRetryAttemptsFailed } from "../message/client_errors.ts";
import type { Fetch } from "../message/fetch.ts";
import { isTransient } from "./call_failure.ts";
import { Replay } from "./replay.ts";
import { delayAfter, retryAfterOf } from "./retry_delay.ts";
import type { RetryAttempt } from "./retry_options.ts";
import type { RetryPolicy } from "./retry_policy.ts";
import { afterAttempts } from "./target_attempts.ts";
import { pause } from "./pause.ts";

/** A call as the caller made it. */
export interface RetriedCall {
  /** How it is tried again. */
  readonly policy: RetryPolicy;
  /** What sends it. */
  readonly next: Fetch;
  /** Its address, or all of it. */
  readonly input: Request | URL | string;
  /** What was passed beside it. */
  readonly init: RequestInit | undefined;
  /** When it began, by the policy's clock. */
  readonly start: number;
}

/** What an attempt ended in: a response, or else an error. */
export interface RetryOutcome {
  /** The response. */
  readonly response?: Response;
  /** The error. */
  readonly error?: unknown;
}

/** Why a call that failed is not sent again. */
type StopReason = "count" | "body" | "time" | "budget";

const stopReasons: Readonly<Record<StopReason, string>> = {
  count: "",
  body: ", not again as its body is not kept: raise bufferLimit or pass a replayable() stream",
  time: ", not again as there is no time left",
  budget: ", not again as the retry budget is used up",
};

/** Whether a call may be sent twice: its method says so, or an `Idempotency-Key` does. */
export function isRepeatable(
  { methods }: RetryPolicy,
  input: Request | URL | string,
  init: RequestInit | undefined,
): boolean {
  if (methods === undefined) return true;
  const method = init?.method ??
    (typeof input !== "string" && input instanceof Request ? input.method : "GET");
  return methods.has(method) || methods.has(method.toUpperCase()) ||
    callHeaders(input, init).has("idempotency-key");
}

/**
 * Goes on with a call whose first attempt has ended, in what may be a failure.
 *
 * @param kept what was sent, where it cannot be had from the call once more
 */
export async function goOn(
  call: RetriedCall,
  kept: Replay | undefined,
  outcome: RetryOutcome,
): Promise<Response> {
  const replay = kept ?? new Replay(call.input, call.init, call.policy.bufferLimit);
  try {
    return await retryUntilDone(call, replay, outcome);
  } finally {
    replay.drop();
  }
}

async function retryUntilDone(
  call: RetriedCall,
  replay: Replay,
  first: RetryOutcome,
): Promise<Response> {
  const { policy, next } = call;
  const outcomes: unknown[] = [];
  let { response, error } = first;
  for (let attempt = 1;; attempt++) {
    const ended = { attempt, method: replay.method, url: replay.url, response, error };
    let delay: number | StopReason;
    try {
      if (!await isFailure(policy, ended, replay)) return settle(ended);
      delay = await delayOf(call, ended, replay);
      if (typeof delay === "string") return giveUp(ended, outcomes, delay);
      await policy.onRetry?.({ ...ended, delay });
    } catch (thrown) {
      // One of the program's own functions failed, or this is what the call fails with.
      discard(response);
      throw thrown;
    }
    outcomes.push(response ?? error);
    discard(response);
    if (delay > 0) await pause(policy.clock, delay, replay.signal);
    else replay.signal?.throwIfAborted();
    response = error = undefined;
    try {
      response = await replay.send(afterAttempts(next, outcomes));
    } catch (thrown) {
      error = thrown;
    }
  }
}

/** Whether an attempt failed, in a way that another may not. */
async function isFailure(
  { shouldRetry, statusCodes }: RetryPolicy,
  ended: RetryAttempt,
  replay: Replay,
): Promise<boolean> {
  const { response, error } = ended;
  if (replay.signal?.aborted) return false;
  const decided = await shouldRetry?.(ended);
  if (decided !== undefined) return decided === true;
  return response === undefined
    ? isTransient(error, replay.signal)
    : statusCodes.has(response.status);
}

/** How long to wait for the next attempt, or why there is none. */
async function delayOf(
  { policy, start }: RetriedCall,
  { attempt, response }: RetryAttempt,
  replay: Replay,
): Promise<number | StopReason> {
  const { count, backOff, retryAfter, total, clock, budget } = policy;
  if (attempt > count) return "count";
  if (!await replay.canSendAgain()) return "body";
  const asked = response === undefined || retryAfter < 0
    ? undefined
    : retryAfterOf(response.headers);
  if (asked !== undefined && asked > retryAfter) return "time";
  const delay = delayAfter(backOff, attempt, asked);
  if (total !== Infinity && clock.now() - start + delay >= total) return "time";
  return budget === undefined || budget.withdraw() ? delay : "budget";
}

/** Ends a call with what it got. */
function settle({ response, error }: RetryAttempt): Response {
  if (response === undefined) throw error;
  return response;
}

/** Ends a call that failed. */
function giveUp(ended: RetryAttempt, earlier: readonly unknown[], why: StopReason): Response {
  const { attempt, response, error } = ended;
  if (response !== undefined || attempt === 1) return settle(ended);
  const causes = [...earlier, error].map((outcome, index) =>
    outcome instanceof Response ? answered(outcome, index + 1) : outcome
  );
  const times = `The request was sent ${attempt} times${stopReasons[why]}`;
  throw new AllRetryAttemptsFailed(`All the retry attempts failed. ${times}`, {
    cause: new AggregateError(causes),
  });
}

function answered({ status }: Response, attempt: number): Error {
  return new Error(`Attempt ${attempt} was answered with ${status}`);
}

/** Not waited for: a source that never settles its cancellation must not hold up the call. */
function discard(response: Response | undefined): void {
  response?.body?.cancel().catch(() => {});
}
