/**
 * The signal of a call, for as long as the call is not settled.
 *
 * @module
 */

/**
 * What a call gives, unless its signal aborts before: then it rejects with the signal's reason, at
 * once, even where a fetch below or the body that it gave does not heed the signal.
 */
export function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    pending.then((value) => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) drop(value);
      resolve(value);
    }, (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
  });
}

/** Frees the connection of a response that came too late for anybody to read it. */
function drop(value: unknown): void {
  if (!(value instanceof Response) || value.body === null || value.body.locked) return;
  value.body.cancel().catch(() => {});
}
