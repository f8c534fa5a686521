/**
 * How long to wait before a request is sent again: exponential back-off with jitter, and what a
 * `Retry-After` asks for (RFC 9110 section 10.2.3).
 *
 * @module
 */
import { parseHttpDate } from "../message/http_date.ts";

/**
 * How waits are spread, so that callers who failed at once do not come back at once: `"full"` waits
 * anything from 0 to the interval, `"equal"` from half of it, `"none"` all of it.
 */
export type Jitter = "full" | "equal" | "none";

/** What waits are made of. */
export interface BackOff {
  /** The first wait, in milliseconds. */
  readonly interval: number;
  /** By how much each wait is longer than the one before. */
  readonly factor: number;
  /** The longest wait, in milliseconds. */
  readonly maxInterval: number;
  /** How waits are spread. */
  readonly jitter: Jitter;
  /** Gives numbers from 0 to below 1. */
  readonly random: () => number;
}

/**
 * The wait after an attempt, in milliseconds.
 *
 * @param attempt which one failed, from 1
 * @param asked what the response asked for; the wait is no shorter, and spread beyond it
 */
export function delayAfter(backOff: BackOff, attempt: number, asked: number | undefined): number {
  const { interval, factor, maxInterval, jitter, random } = backOff;
  // 0 times a power beyond all numbers is none.
  const base = interval === 0 ? 0 : Math.min(maxInterval, interval * factor ** (attempt - 1));
  if (jitter === "none") return Math.max(base, asked ?? 0);
  const part = jitter === "full" ? random() : (1 + random()) / 2;
  return (asked ?? 0) + base * part;
}

/**
 * What a response asks to wait, in milliseconds; `undefined` where it asks nothing that can be read. A
 * date counts from the `Date` of the response, as clocks differ, or else from `now`.
 *
 * @param now milliseconds since 1970
 */
export function retryAfterOf(headers: Headers, now: () => number = Date.now): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (isDigits(value)) return Number(value) * 1_000;
  const date = parseHttpDate(value, now());
  if (date === undefined) return undefined;
  const sent = parseHttpDate(headers.get("date"), now())?.getTime() ?? now();
  return Math.max(0, date.getTime() - sent);
}

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}
