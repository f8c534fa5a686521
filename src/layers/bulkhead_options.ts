/**
 * What the layers that make calls wait have in common: options of their queues, and how a call gets
 * through one.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import type { Fetch } from "../message/fetch.ts";
import type { Gate } from "./bulkhead_gate.ts";

/** How calls wait. */
export interface QueueOptions {
  /**
   * How many calls may wait; one more is refused at once.
   *
   * @default 0
   */
  readonly maxQueue?: number;
  /**
   * How long a call may wait, in milliseconds; `Infinity` for as long as its caller does.
   *
   * @default 30000
   */
  readonly queueTimeout?: number;
}

/** What a queue has seen. */
export interface QueueState {
  /** How many calls wait. */
  readonly queued: number;
  /** How many calls were refused since the beginning, as too many waited. */
  readonly refused: number;
  /** How many waited in vain. */
  readonly timedOut: number;
}

/** How urgent a call is, by what was passed to fetch: a higher number goes first. */
export type CallPriority = (input: Request | URL | string, init?: RequestInit) => number;

/** The options of a queue that are known. */
export const queueOptions: Readonly<Record<keyof QueueOptions, true>> = {
  maxQueue: true,
  queueTimeout: true,
};

/** How long a call waits by default, in milliseconds, as for a pooled connection (spec 2.4.1). */
export const QUEUE_TIMEOUT = 30_000;

/** How long a body may lie unread by default, in milliseconds. */
export const UNREAD_LIMIT = 250;

/** How a service says that it has too much to do, itself or by who stands before it. */
export const OVERLOAD: readonly number[] = [429, 502, 503, 504];

/** The longest that timers of the platform can wait, some 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/** Sends a call through a gate, at once if there is a place. */
export function enterAndSend(
  gate: Gate,
  priority: CallPriority | undefined,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const place = gate.tryEnter();
  if (place !== undefined) return gate.send(place, next, input, init);
  return waitAndSend(gate, priority, next, input, init);
}

async function waitAndSend(
  gate: Gate,
  priority: CallPriority | undefined,
  next: Fetch,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const place = await gate.enter(callSignal(input, init), priorityOf(priority, input, init));
  return await gate.send(place, next, input, init);
}

/** How urgent a call is. */
export function priorityOf(
  priority: CallPriority | undefined,
  input: Request | URL | string,
  init: RequestInit | undefined,
): number {
  const number = priority === undefined ? 0 : priority(input, init);
  if (typeof number === "number" && !Number.isNaN(number)) return number;
  throw new TypeError(`Cannot let a call wait with priority ${number}: return a number`);
}

/**
 * Checks a number of things.
 *
 * @throws {RangeError} when it is not whole, or below `least`.
 */
export function checkWhole(subject: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${subject} needs a whole number from ${least} for ${name}, not ${value}`);
}

/**
 * Checks a time; `Infinity` is one.
 *
 * @throws {RangeError} when it is not above 0, or longer than timers can wait.
 */
export function checkMilliseconds(subject: string, name: string, value: number): void {
  if (typeof value === "number" && value > 0 && (value <= LONGEST || value === Infinity)) return;
  throw new RangeError(
    `${subject} needs milliseconds above 0 and at most ${LONGEST}, or Infinity, for ${name}, not ${value}`,
  );
}

/**
 * Checks a list of statuses.
 *
 * @throws {TypeError} when it is no list.
 * @throws {RangeError} when one of them is no status of a failure.
 */
export function failureCodes(subject: string, codes: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(codes)) {
    throw new TypeError(`${subject} needs a list for statusCodes, as [502, 503]`);
  }
  for (const code of codes) {
    if (Number.isInteger(code) && code >= 400 && code <= 999) continue;
    throw new RangeError(
      `${subject} cannot take ${code} for a failure: list statuses from 400 in statusCodes`,
    );
  }
  return new Set(codes);
}
