/**
 * What a scripted service can answer, as data: a response, how long it takes, and what goes wrong on
 * the way.
 *
 * @module
 */
import { checkOptions } from "../message/options.ts";
import type { Duration } from "./duration.ts";

/**
 * What goes wrong:
 *
 * - `refused`: nobody listens there.
 * - `unresolved`: there is no such host.
 * - `untrusted`: the certificate is not to be trusted.
 * - `blackHole`: nothing comes back at all; the system gives the connection up after 127 seconds.
 * - `reset`: the connection ends before the head of the response.
 * - `stall`: the connection is made, the head never comes.
 * - `resetBody`: the connection ends after half of the body.
 * - `stallBody`: half of the body comes, then nothing.
 */
export type Fault =
  | "refused"
  | "unresolved"
  | "untrusted"
  | "blackHole"
  | "reset"
  | "stall"
  | "resetBody"
  | "stallBody";

/** One answer of a script; `{}` is 200 at once. */
export interface ScriptedAnswer {
  /**
   * From the call until the head of the response, or until it fails, in milliseconds.
   *
   * @default 0
   */
  readonly latency?: Duration;
  /**
   * The status of the response.
   *
   * @default 200
   */
  readonly status?: number;
  /**
   * The header fields of the response.
   *
   * @default none
   */
  readonly headers?: HeadersInit;
  /**
   * The body; statuses that have none, and answers to HEAD, have none.
   *
   * @default "ok"
   */
  readonly body?: string | Uint8Array | null;
  /**
   * From the head until the end of the body, in milliseconds: half of it comes half-way.
   *
   * @default 0
   */
  readonly bodyTime?: Duration;
  /**
   * What goes wrong.
   *
   * @default nothing
   */
  readonly fault?: Fault;
}

const known: Readonly<Record<keyof ScriptedAnswer, true>> = {
  latency: true,
  status: true,
  headers: true,
  body: true,
  bodyTime: true,
  fault: true,
};

/** The faults there are, and whether there is a response before they show. */
const faults: Readonly<Record<Fault, "head" | "body">> = {
  refused: "head",
  unresolved: "head",
  untrusted: "head",
  blackHole: "head",
  reset: "head",
  stall: "head",
  resetBody: "body",
  stallBody: "body",
};

/** Whether a fault shows only while the body is read. */
export function isOfBody(fault: Fault | undefined): boolean {
  return fault !== undefined && faults[fault] === "body";
}

/**
 * Refuses an answer that cannot be given.
 *
 * @throws {TypeError} when it has an option or a fault that is not known, or a fault of a body that
 * it has not.
 * @throws {RangeError} when its status is not one from 200 to 599, or a time is below 0.
 */
export function checkAnswer(answer: ScriptedAnswer): void {
  checkOptions("a scripted answer", answer, known);
  const { status = 200, body, fault, latency = 0, bodyTime = 0 } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`A scripted answer needs a status from 200 to 599, not ${status}`);
  }
  for (const [name, time] of Object.entries({ latency, bodyTime })) {
    if (typeof time !== "function" && !(time >= 0)) {
      throw new RangeError(`A scripted answer needs ${name} from 0 milliseconds, not ${time}`);
    }
  }
  if (fault === undefined) return;
  if (!Object.hasOwn(faults, fault)) {
    const names = Object.keys(faults).join(", ");
    throw new TypeError(`A scripted answer has no fault "${fault}": use one of ${names}`);
  }
  if (isOfBody(fault) && (body === null || isBodiless(status))) {
    throw new TypeError(`A scripted answer needs a body for the fault "${fault}": give it one`);
  }
}

/** Whether responses of a status have no body (Fetch standard, "null body status"). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
