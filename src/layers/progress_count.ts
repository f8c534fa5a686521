/**
 * Counting the bytes of a body as they pass, no faster than they are read.
 *
 * @module
 */

/** How far a body is. */
export interface Progress {
  /** The bytes so far. */
  readonly loaded: number;
  /** The bytes there will be; `undefined` where nobody knows, as of a stream or what is compressed. */
  readonly total: number | undefined;
  /** Whether that was all: true once, the last time. */
  readonly done: boolean;
}

/**
 * Told of each chunk before it goes on; a promise holds the next one back. What it throws ends the
 * body, and the call rejects with it.
 */
export type OnProgress = (progress: Progress) => void | Promise<void>;

/** How a body is counted. */
export interface CountOptions {
  /** How many bytes there will be. */
  readonly total: number | undefined;
  /** Told of the progress. */
  readonly tell: OnProgress;
  /** The most bytes of a chunk; larger ones are given in several. */
  readonly sliceSize?: number;
}

/**
 * The same bytes, counted. Cancelling it cancels `source`; an error of `source` is its error.
 *
 * It reads nothing ahead, and makes one promise a chunk besides those of the stream.
 */
export function counted(
  source: ReadableStream<Uint8Array>,
  { total, tell, sliceSize = Infinity }: CountOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  let loaded = 0;
  let rest: Uint8Array | undefined;

  const nextChunk = async (): Promise<Uint8Array | undefined> => {
    // A chunk without bytes tells nothing.
    while (rest === undefined || rest.length === 0) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest = value;
    }
    const chunk = rest.length > sliceSize ? rest.subarray(0, sliceSize) : rest;
    rest = chunk === rest ? undefined : rest.subarray(sliceSize);
    return chunk;
  };

  return new ReadableStream({
    async pull(controller) {
      const chunk = await nextChunk();
      loaded += chunk?.length ?? 0;
      try {
        const told = tell({ loaded, total, done: chunk === undefined });
        if (told !== undefined) await told;
      } catch (error) {
        reader.cancel(error).catch(() => {});
        throw error;
      }
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** The number in a `Content-Length`; `undefined` where it is none. */
export function declaredTotal(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
