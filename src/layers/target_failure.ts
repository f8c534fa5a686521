/**
 * What a failure at one target says of the others: whether the call may work elsewhere, and whether the
 * target can have acted on it.
 *
 * @module
 */
import {
  AllRetryAttemptsFailed,
  ClientConnectorError,
  MaximumWaitTimeExceededError,
  UpstreamServiceUnavailableError,
} from "../message/client_errors.ts";
import { callHeaders } from "../message/call_headers.ts";
import { CallRefusedError } from "../message/overload_errors.ts";
import { haveAllFailed, isTransient } from "./call_failure.ts";
import { isTlsFailure } from "./tls_failure.ts";

/**
 * Whether a call that failed at one target may work at another: the target, or the way to it, is at
 * fault, not the call.
 *
 * @param signal that of the call
 */
export function mayWorkElsewhere(error: unknown, signal?: AbortSignal | null): boolean {
  if (signal?.aborted) return false;
  // A target's own fetch may try again itself, or have targets of its own.
  if (error instanceof AllRetryAttemptsFailed || haveAllFailed(error)) return true;
  return isRefusal(error) || isTransient(error, signal);
}

/** Whether it is sure that the target saw nothing of the call that failed. */
export function isUnsent(error: unknown): boolean {
  if (isRefusal(error) || error instanceof ClientConnectorError) return true;
  if (!(error instanceof TypeError)) return false;
  let cause = error.cause;
  for (let depth = 0; cause instanceof Error && depth < 5; depth++, cause = cause.cause) {
    if (cause.message.includes("client error (Connect)")) return true;
    if ("code" in cause && unsentCodes.has(cause.code) && !isOfOpenSocket(cause)) return true;
  }
  return false;
}

/** A route can be lost, and time run out, under a connection that was there. */
function isOfOpenSocket({ message }: Error): boolean {
  return /^(?:read|write) /.test(message);
}

/** Whether the call did not leave this program, for a reason that holds for one target. */
function isRefusal(error: unknown): boolean {
  return error instanceof UpstreamServiceUnavailableError || isTlsFailure(error) ||
    isOwnLimit(error);
}

/** Whether this program did not send the call for a limit of its own, which is no target's fault. */
export function isOwnLimit(error: unknown): boolean {
  return error instanceof CallRefusedError || error instanceof MaximumWaitTimeExceededError;
}

/** What Node says where no connection was made. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Methods that do the same when they are done twice (RFC 9110 section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
]);

/** What is sent again elsewhere. */
export interface RepeatedCall {
  /** Its method. */
  readonly method: string;
  /** What was passed as its address. */
  readonly input: Request | URL | string;
  /** What was passed beside it. */
  readonly init: RequestInit | undefined;
}

/**
 * Whether a call that failed may be sent to another target: nothing is done twice by that, because
 * the first saw nothing of it, the method or an `Idempotency-Key` says so, or the program does.
 */
export function mayRepeat(
  error: unknown,
  { method, input, init }: RepeatedCall,
  methods: ReadonlySet<string>,
): boolean {
  return methods.has(method.toUpperCase()) || isUnsent(error) ||
    callHeaders(input, init).has("idempotency-key");
}

/**
 * The methods that an option lists, or those that are idempotent.
 *
 * @param subject whose option it is, for messages
 * @throws {TypeError} when it is no list of names.
 */
export function repeatedMethods(
  subject: string,
  methods: readonly string[] | undefined,
): ReadonlySet<string> {
  if (methods === undefined) return idempotentMethods;
  if (!Array.isArray(methods) || methods.some((method) => typeof method !== "string")) {
    throw new TypeError(`${subject} needs a list for methods, as ["GET", "POST"]`);
  }
  return new Set(methods.map((method: string) => method.toUpperCase()));
}
