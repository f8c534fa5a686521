/**
 * What the layers that make calls wait have in common: options of their queues, and how a call gets
 * through one.
 *
 * @module
 */
import { callSignal } from "../message/call_signal.ts";
import type { Fetch } from "../message/fetch.ts";
import type { Gate } from "./call_gate.ts";

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
