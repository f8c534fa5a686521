/**
 * Undoing one content coding of a stream (RFC 9110 section 8.4.1), by the platform's decoder.
 *
 * Bytes are fed to the decoder in slices so small that what one expands to stays small too, and
 * whoever asks sees them before and after: a bomb ends at the first byte too many. Gzip of more than
 * one member, which the platform does not decode, is refused like any other data after the end.
 *
 * @module
 */
import { type ByteSource, pump } from "./byte_pump.ts";
import type { ByteTransform, ContentCoding } from "./content_coding.ts";

/**
 * The most bytes a decoder is given at once.
 *
 * Deflate expands no byte to more than 1032, so that 1 KiB gives at most 1 MiB; that costs a fifth
 * more than whole chunks do. Brotli needs some ten bytes for each 16 MiB, and its slices cost eight
 * times what whole chunks do: still better than a quarter of a gigabyte from 405 bytes.
 */
const SLICE_SIZES: Readonly<Record<ContentCoding, number>> = {
  gzip: 1024,
  deflate: 1024,
  br: 16,
  zstd: 64,
};

/** A coding and what undoes it. */
export interface Decoder {
  /** The coding. */
  readonly coding: ContentCoding;
  /** The platform's decoder. */
  readonly transform: ByteTransform;
  /** Whether the data is in the zlib format, whose end the platform does not look at. */
  readonly isZlib: boolean;
}

/** Who looks at the bytes, and how failures are told. */
export interface DecodingStage {
  /** Sees each chunk before it is decoded; what it throws ends the stream. */
  readonly encoded: (chunk: Uint8Array) => void;
  /** Sees each chunk after it was decoded; what it throws ends the stream. */
  readonly decoded?: (chunk: Uint8Array) => void;
  /** The error of a stream whose source failed. */
  readonly explain: (cause: unknown) => unknown;
  /** The error of data that is not what its coding says, or not whole. */
  readonly corrupt: (coding: ContentCoding, cause?: unknown) => Error;
}

/**
 * What comes out of a decoder, read no faster than it is wanted. Nothing decodes to nothing, whatever
 * the coding. The source is cancelled when the stream is, and when it fails.
 */
export function decodeCoding(
  source: ByteSource,
  { coding, transform, isZlib }: Decoder,
  { encoded, decoded, explain, corrupt }: DecodingStage,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const ending = isZlib ? new ZlibEnding() : undefined;
  let isEmpty = true;
  // What ended the stream from outside the decoder, as a limit, is no fault of the data.
  let outside: { readonly error: unknown } | undefined;
  const stop = pump(source, transform.writable, {
    sliceSize: SLICE_SIZES[coding],
    explain: (cause) => (outside = { error: explain(cause) }).error,
    inspect(chunk) {
      if (chunk.length !== 0) isEmpty = false;
      try {
        encoded(chunk);
      } catch (error) {
        outside = { error };
        throw error;
      }
      ending?.encoded(chunk);
    },
  });
  const output = transform.readable.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await output.read().catch((cause) => {
        stop(cause);
        if (outside !== undefined) throw outside.error;
        if (isEmpty) return { done: true, value: undefined } as const;
        throw corrupt(coding, cause);
      });
      if (done) {
        if (!isEmpty && ending?.isWhole === false) throw corrupt(coding);
        return controller.close();
      }
      ending?.decoded(value);
      try {
        decoded?.(value);
      } catch (error) {
        stop(error);
        output.cancel(error).catch(() => {});
        throw error;
      }
      controller.enqueue(value);
    },
    cancel(reason) {
      stop(reason);
      return output.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/**
 * Whether data in the zlib format ends as it must: in the Adler-32 checksum of what it decodes to
 * (RFC 1950). The platform notices a wrong checksum, but not that there is none.
 */
class ZlibEnding {
  #tail = 0;
  #low = 1;
  #high = 0;

  /** Takes note of bytes as they were sent. */
  encoded(chunk: Uint8Array): void {
    for (const byte of chunk.subarray(-4)) this.#tail = (this.#tail << 8) | byte;
  }

  /** Takes note of what they were decoded to. */
  decoded(chunk: Uint8Array): void {
    // So many bytes at a time that no sum grows past what an integer holds exactly.
    for (let start = 0; start < chunk.length; start += 4096) {
      const end = Math.min(start + 4096, chunk.length);
      for (let at = start; at < end; at++) {
        this.#low += chunk[at] as number;
        this.#high += this.#low;
      }
      this.#low %= 65521;
      this.#high %= 65521;
    }
  }

  /** Whether the last four bytes are the checksum. */
  get isWhole(): boolean {
    return (this.#tail >>> 0) === this.#high * 65536 + this.#low;
  }
}
