/**
 * Gives a scripted answer in its time, or fails as it says.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import { drawn } from "./duration.ts";
import { isBodiless, isOfBody, type ScriptedAnswer } from "./fault.ts";
import { type BodyOutcome, scriptedBody } from "./fault_body.ts";
import { type FailingFault, faultError, type FaultErrors } from "./fault_error.ts";
import { wait } from "./wait.ts";

/** The call that is answered. */
export interface AnsweredCall {
  /** Tells the time. */
  readonly clock: Clock;
  /** Draws numbers from 0 up to 1. */
  readonly random: () => number;
  /** Whose errors. */
  readonly errors: FaultErrors;
  /** The method of the call. */
  readonly method: string;
  /** The address of the call. */
  readonly url: string;
  /** The signal of the call. */
  readonly signal: AbortSignal | undefined;
  /** Told what became of the body; nobody watches it where there is none. */
  readonly onBody?: ((outcome: BodyOutcome) => void) | undefined;
}

/** Linux sends six more SYNs, each after twice the time, before it gives up. */
const CONNECT_TIME = 127_000;

const encoder = new TextEncoder();

/** Gives `answer`. */
export async function giveAnswer(answer: ScriptedAnswer, call: AnsweredCall): Promise<Response> {
  const { fault } = answer;
  await wait(call.clock, latencyOf(answer, call.random), call.signal);
  if (fault !== undefined && !isOfBody(fault)) {
    // One that stalls never came this far.
    throw faultError(fault as FailingFault, call.errors, call.url);
  }
  const { status = 200, headers } = answer;
  const response = new Response(bodyOf(answer, call), {
    status,
    ...headers === undefined ? {} : { headers },
  });
  Object.defineProperty(response, "url", { value: call.url });
  Object.defineProperties(response.headers, immutable);
  return response;
}

const refused: PropertyDescriptor = {
  value(): never {
    throw new TypeError("Cannot change headers: headers are immutable");
  },
};

/** What a network gave cannot be changed: a layer that forgets it must not pass its tests. */
const immutable: PropertyDescriptorMap = { append: refused, delete: refused, set: refused };

function latencyOf({ latency, fault }: ScriptedAnswer, random: () => number): number {
  if (fault === "stall") return Infinity;
  if (latency !== undefined) return drawn(latency, random);
  return fault === "blackHole" ? CONNECT_TIME : 0;
}

function bodyOf(answer: ScriptedAnswer, call: AnsweredCall): BodyInit | null {
  const { status = 200, body = "ok", bodyTime = 0, fault } = answer;
  if (body === null || isBodiless(status) || call.method === "HEAD") return null;
  const { clock, errors, url, signal, onBody } = call;
  // A body that nothing happens to costs the least.
  if (onBody === undefined && bodyTime === 0 && fault === undefined && typeof body === "string") {
    return body;
  }
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const time = drawn(bodyTime, call.random);
  onBody?.("open");
  const onEnd = onBody ?? (() => {});
  return scriptedBody({ bytes, clock, time, fault, errors, url, signal, onEnd });
}
