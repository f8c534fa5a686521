/**
 * The body of a scripted response: it comes in two halves, each in its time and only when it is asked
 * for, and can break off or fall silent between them.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { Fault } from "./fault.ts";
import { faultError, type FaultErrors } from "./fault_error.ts";
import { wait } from "./wait.ts";

/** What became of a body: nobody touched its end yet, or it was read, cancelled or broke off. */
export type BodyOutcome = "open" | "read" | "cancelled" | "failed";

/** How a body comes. */
export interface BodyScript {
  /** All of it. */
  readonly bytes: Uint8Array;
  /** Tells the time. */
  readonly clock: Clock;
  /** From now until its end, in milliseconds. */
  readonly time: number;
  /** What goes wrong, if it does so here. */
  readonly fault: Fault | undefined;
  /** Whose errors. */
  readonly errors: FaultErrors;
  /** The address of the call. */
  readonly url: string;
  /** The signal of the call. */
  readonly signal: AbortSignal | undefined;
  /** Told once, when it has ended. */
  readonly onEnd: (outcome: BodyOutcome) => void;
}

/** Makes the stream. */
export function scriptedBody(script: BodyScript): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { bytes, clock, time, fault, signal } = script;
  const start = clock.now();
  const half = Math.ceil(bytes.length / 2);
  const over = new AbortController();
  let part = 0;
  let abort = (): void => {};
  const end = (outcome: BodyOutcome): void => {
    signal?.removeEventListener("abort", abort);
    // With a reason of its own, as one that the platform makes has a stack.
    over.abort(outcome);
    script.onEnd(outcome);
  };
  return new ReadableStream({
    start(controller) {
      abort = () => {
        controller.error(signal?.reason);
        end("failed");
      };
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    },
    async pull(controller) {
      while (!over.signal.aborted) {
        const isSecond = part++ === 1;
        const due = isSecond ? start + time : start + time / 2;
        const isSilent = isSecond && fault === "stallBody";
        try {
          await wait(clock, isSilent ? Infinity : due - clock.now(), over.signal);
        } catch {
          // Whoever ended the wait ended the stream.
          return;
        }
        if (isSecond && fault === "resetBody") {
          controller.error(faultError(fault, script.errors, script.url));
          return end("failed");
        }
        const piece = isSecond ? bytes.slice(half) : bytes.slice(0, half);
        if (piece.length > 0) controller.enqueue(piece);
        if (isSecond) {
          controller.close();
          return end("read");
        }
        if (piece.length > 0) return;
      }
    },
    cancel() {
      end("cancelled");
    },
  }, { highWaterMark: 0 });
}
