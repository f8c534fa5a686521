/**
 * Feeding bytes to a transform of the platform, a slice at a time.
 *
 * `pipeThrough` does the same for whole chunks, but a transform turns a chunk into output at once:
 * only small slices keep what a few bytes expand to, or what one huge chunk holds, within bounds.
 *
 * @module
 */

/** Where bytes are read from: a stream's reader, or something in front of one. */
export interface ByteSource {
  /** The next chunk. */
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  /** Tells the source that nothing more is wanted. */
  cancel(reason?: unknown): Promise<void>;
}

/** How a source is fed to a transform. */
export interface PumpOptions {
  /** The most bytes to hand over at once. */
  readonly sliceSize: number;
  /** Sees each chunk first; what it throws ends the transform and cancels the source. */
  readonly inspect?: (chunk: Uint8Array) => void;
  /** The error to end the transform with, made from what the source failed with. */
  readonly explain?: (cause: unknown) => unknown;
}

/**
 * Feeds `source` to `sink` until its end, no faster than the output is read.
 *
 * An error of the source reaches whoever reads the output; the source is cancelled when the bytes
 * cannot be transformed, or when the output is cancelled: where the platform says so. On Node it
 * says so late or never, and the source would be read to its end. Returns at once and never throws.
 *
 * @returns what cancels the source; for whoever stops reading the output, or sees it fail
 */
export function pump(
  source: ByteSource,
  sink: WritableStream<Uint8Array>,
  options: PumpOptions,
): (reason: unknown) => void {
  const writer = sink.getWriter();
  let isStopped = false;
  const stop = (reason: unknown): void => {
    if (isStopped) return;
    isStopped = true;
    source.cancel(reason).catch(() => {});
  };
  // Also while the source keeps us waiting, when there is no write to fail.
  writer.closed.catch(stop);
  feed(source, writer, options).catch((error) => {
    stop(error);
    writer.abort(error).catch(() => {});
  });
  return stop;
}

async function feed(
  source: ByteSource,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { sliceSize, inspect, explain = (cause) => cause }: PumpOptions,
): Promise<void> {
  for (;;) {
    const { done, value } = await source.read().catch((cause) => {
      throw explain(cause);
    });
    if (done) return await writer.close();
    inspect?.(value);
    // Also what is no bytes, and has no length: the transform refuses it.
    if (!(value.length > sliceSize)) {
      await writer.write(value);
      continue;
    }
    for (let at = 0; at < value.length; at += sliceSize) {
      await writer.write(value.subarray(at, at + sliceSize));
    }
  }
}
