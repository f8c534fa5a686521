/**
 * A fetch whose answers a test gives, one by one, and what becomes of promises meanwhile.
 *
 * @module
 */
import type { Fetch } from "@pirouette/http";

/** A call that waits for its answer. */
export interface HeldCall {
  /** What was passed to fetch first. */
  readonly input: Request | URL | string;
  /** What was passed to fetch second. */
  readonly init: RequestInit | undefined;
  /** The signal of the call. */
  readonly signal: AbortSignal | undefined;
  /** Answers it. */
  answer(response?: Response): void;
  /** Lets it fail. */
  fail(error: unknown): void;
}

/** A fetch that answers when it is told to, and rejects when the call is aborted. */
export function heldFetch(
  { heedsSignal = true }: { readonly heedsSignal?: boolean } = {},
): { readonly fetch: Fetch; readonly calls: HeldCall[] } {
  const calls: HeldCall[] = [];
  const fetch: Fetch = (input, init) =>
    new Promise((resolve, reject) => {
      const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      if (heedsSignal) given?.addEventListener("abort", () => reject(given.reason));
      calls.push({
        input,
        init,
        signal: given ?? undefined,
        answer: (response = new Response("ok")) => resolve(response),
        fail: reject,
      });
    });
  return { fetch, calls };
}

/** What a promise settled to, without waiting for it. */
export function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then((value) => seen.value = value, (error) => seen.error = error);
  return seen;
}

/** Lets promises that are ready run, however many hang on each other. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
}

/** A body that tells whether it was cancelled, and with what. */
export function watchedBody(
  pieces: readonly string[] = ["a"],
): { readonly body: ReadableStream<Uint8Array<ArrayBuffer>>; readonly cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: (reason) => void cancelled.push(reason),
  }, { highWaterMark: 0 });
  return { body, cancelled };
}

/** Counts the listeners that are put on a signal and taken off. */
export function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (...parts: Parameters<typeof addEventListener>) {
    count++;
    addEventListener.apply(signal, parts);
  };
  signal.removeEventListener = function (...parts: Parameters<typeof removeEventListener>) {
    count--;
    removeEventListener.apply(signal, parts);
  };
  return () => count;
}
