/**
 * An answer in place of a failure: a value that is good enough, a response, or what another service
 * says (as of Polly; it is not in the specification).
 *
 * It belongs above whatever tries again. A mistake in a call and what its caller aborts is no failure
 * that it would hide.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import { MaximumWaitTimeExceededError, ResiliencyError } from "../message/client_errors.ts";
import type { Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { failureCodes } from "./failure_codes.ts";
import { isTransient } from "./call_failure.ts";
import { type Answerer, answererOf, type FallbackFunction } from "./fallback_answer.ts";

/** Options of {@linkcode fallback}. */
export interface FallbackOptions {
  /**
   * The answer: a response, of which each call gets a copy; a function that gives one, asked for each
   * failure; or any other value, which is sent as JSON with status 200, also where the function gives
   * it.
   */
  readonly to: Response | FallbackFunction | object | string | number | boolean | null;
  /**
   * The statuses that are failures.
   *
   * @default every status from 500
   */
  readonly statusCodes?: readonly number[];
  /**
   * Whether an error is a failure to answer for. What the caller aborts never is.
   *
   * @default no connection, no answer in time, and what other layers of resilience gave up or refused
   */
  readonly shouldHandle?: (error: unknown) => boolean;
}

const known: Readonly<Record<keyof FallbackOptions, true>> = {
  to: true,
  statusCodes: true,
  shouldHandle: true,
};

/** Options as they are used. */
interface Policy {
  readonly answer: Answerer;
  readonly isFailure: (status: number) => boolean;
  readonly shouldHandle: ((error: unknown) => boolean) | undefined;
}

/**
 * Answers calls that fail.
 *
 * What the function throws is what the call rejects with.
 *
 * @throws {TypeError} when an option is unknown or of the wrong type, or there is no answer.
 * @throws {RangeError} when one of `statusCodes` is no status of a failure.
 *
 * @example
 * ```ts
 * import { fallback, retry, stack, timeout } from "@pirouette/http/layers";
 *
 * const albums = stack(fetch, fallback({ to: [] }), retry(), timeout(2_000));
 * const list = await (await albums("https://albums.example/popular")).json();
 *
 * const anywhere = stack(
 *   fetch,
 *   fallback({ to: ({ init }) => fetch("https://mirror.example/popular", init) }),
 * );
 * ```
 */
export function fallback(options: FallbackOptions): Layer {
  checkOptions("fallback", options, known);
  const { to, statusCodes, shouldHandle } = ownOptions(options);
  if (shouldHandle !== undefined && typeof shouldHandle !== "function") {
    throw new TypeError("fallback needs a function for shouldHandle");
  }
  const codes = statusCodes === undefined ? undefined : failureCodes("fallback", statusCodes);
  const policy: Policy = {
    answer: answererOf(to),
    isFailure: codes === undefined ? (status) => status >= 500 : (status) => codes.has(status),
    shouldHandle,
  };
  return (next) => (input, init) =>
    next(input, init).then(
      (response) =>
        policy.isFailure(response.status) ? replace(policy, response, input, init) : response,
      (error) => recover(policy, error, input, init),
    );
}

async function replace(
  { answer }: Policy,
  response: Response,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  let other: Response | undefined;
  try {
    other = await answer({ error: undefined, response, input, init });
  } catch (error) {
    discard(response);
    throw error;
  }
  if (other === undefined || other === response) return response;
  // The answer may go on with the very body; on Deno it has it under another name, and locked.
  if (other.body === null || other.body !== response.body) discard(response);
  return other;
}

async function recover(
  { answer, shouldHandle = isOutage }: Policy,
  error: unknown,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const signal = callSignal(input, init);
  if (signal?.aborted || !shouldHandle(error)) throw error;
  const other = await answer({ error, response: undefined, input, init });
  if (other === undefined) throw error;
  return other;
}

/** Whether the network or the service failed, or a layer of this library gave a call up for that. */
function isOutage(error: unknown): boolean {
  return isTransient(error) || error instanceof ResiliencyError ||
    error instanceof MaximumWaitTimeExceededError;
}

/** Frees the connection of a response that nobody will read; not one whose body went into another. */
function discard({ body }: Response): void {
  if (body?.locked === false) body.cancel().catch(() => {});
}
