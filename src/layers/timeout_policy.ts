/**
 * The limits of a timeout layer as they are used: which one ends the wait for the head, which one
 * the wait for the body, and the error each ends with.
 *
 * @module
 */
import { IdleTimeoutError, type TimeoutPhase } from "../message/client_errors.ts";
import type { Clock } from "../message/clock.ts";
import { TimeoutQueue } from "./timeout_queue.ts";

/** The limits that a call can have. */
export type LimitName = "headers" | "bodyIdle" | "boundBodyIdle" | "attempt" | "total";

/** One limit. */
export interface Limit {
  /** The option that sets it. */
  readonly name: LimitName;
  /** In milliseconds. */
  readonly delay: number;
}

/** What all calls through one layer share. */
export class TimeoutPolicy {
  /** Tells the time. */
  readonly clock: Clock;
  /** How long the head may take. */
  readonly head: Limit | undefined;
  /** How long each piece of the body may take. */
  readonly idle: Limit | undefined;
  /** How long head and body together may take. */
  readonly whole: Limit | undefined;
  /** Whether only bodies that this library reads have a limit. */
  readonly isForBound: boolean;
  /** Whether a body has a limit. */
  readonly coversBody: boolean;
  /** Calls that wait for their head. */
  readonly heads: TimeoutQueue;
  /** Reads that wait for a piece of a body. */
  readonly pieces: TimeoutQueue;
  /** Reads that wait for the end of the call's time, which comes before that of the piece. */
  readonly rest: TimeoutQueue;

  /** Sorts out limits, in milliseconds. */
  constructor(limits: Partial<Record<LimitName, number>>, clock: Clock) {
    const { headers, bodyIdle, boundBodyIdle, attempt, total } = limits;
    this.clock = clock;
    this.whole = shorter(limitOf("attempt", attempt), limitOf("total", total));
    this.head = shorter(limitOf("headers", headers), this.whole);
    this.idle = limitOf("bodyIdle", bodyIdle) ?? limitOf("boundBodyIdle", boundBodyIdle);
    this.isForBound = boundBodyIdle !== undefined;
    this.coversBody = this.idle !== undefined || this.whole !== undefined;
    this.heads = new TimeoutQueue(clock);
    // Equal delays keep one list in order.
    this.pieces = this.idle?.delay === this.head?.delay ? this.heads : new TimeoutQueue(clock);
    this.rest = new TimeoutQueue(clock);
  }
}

/** The error of a call whose head did not come in time. */
export function headTimeout({ name, delay }: Limit): IdleTimeoutError {
  // Programs that know the original library compare this text.
  const subject = name === "total" ? `Total timeout of ${delay} ms` : "Idle timeout";
  return timeoutError(`${subject} triggered before initiating inbound response`, {
    phase: name === "total" ? "total" : "headers",
    limit: delay,
  });
}

/** The error of a call whose body did not come in time. */
export function bodyTimeout({ name, delay }: Limit): IdleTimeoutError {
  const subjects = {
    attempt: `Attempt timeout of ${delay} ms`,
    total: `Total timeout of ${delay} ms`,
  };
  const subject = name === "attempt" || name === "total" ? subjects[name] : "Idle timeout";
  return timeoutError(`${subject} triggered while reading inbound response entity body`, {
    phase: name === "total" ? "total" : "body",
    limit: delay,
  });
}

function timeoutError(
  message: string,
  options: { readonly phase: TimeoutPhase; readonly limit: number },
): IdleTimeoutError {
  return new IdleTimeoutError(message, options);
}

function limitOf(name: LimitName, delay: number | undefined): Limit | undefined {
  return delay === undefined ? undefined : { name, delay };
}

function shorter(one: Limit | undefined, other: Limit | undefined): Limit | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.delay < one.delay ? other : one;
}
