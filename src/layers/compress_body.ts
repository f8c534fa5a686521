/**
 * The body of an answer, compressed: whole where it is there at once and small, else as a stream.
 *
 * How long a body is, a `Response` does not tell: those built from text have no `Content-Length`.
 * What costs least is to read what is there without waiting. A body that ends within that is
 * compressed in one go, which costs less than a stream, and its length is known then; of everything
 * longer no more is held than one slice and what it compresses to.
 *
 * @module
 */
import { concat } from "../message/body_pieces.ts";
import { type ByteSource, pump } from "../message/byte_pump.ts";
import { type ByteTransform, type ContentCoding, encoderOf } from "../message/content_coding.ts";

/** The longest body to compress in one go, and the most that is handed to a compressor at once. */
const WHOLE_SIZE = 64 * 1024;

/** How often to wait for work that is due already, before a body counts as a stream. */
const TICKS = 4;

/** A body that was begun to be read. */
interface Peeked {
  readonly chunks: Chunk[];
  /** The bytes in them. */
  readonly length: number;
  /** Whether there is no more. */
  readonly isWhole: boolean;
  /** The read that was not answered at once. */
  readonly pending?: Read;
}

type Chunk = Uint8Array<ArrayBuffer>;
type Reader = ReadableStreamDefaultReader<Chunk>;
type Read = ReturnType<Reader["read"]>;

/** A body to send, and whether it was compressed. */
export interface CompressedBody {
  /** Bytes where it was short, else a stream. */
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Whether it is in the coding; not if it is under the minimum. */
  readonly isCompressed: boolean;
}

/** Compresses `body` unless all of it is empty or under `minimumSize` bytes. */
export async function compressBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  coding: ContentCoding,
  minimumSize: number,
): Promise<CompressedBody> {
  const reader = body.getReader();
  const peeked = await peek(reader);
  if (peeked.isWhole && peeked.length < Math.max(minimumSize, 1)) {
    return { body: concat(peeked.chunks), isCompressed: false };
  }
  const encoder = encoderOf(coding);
  if (encoder === undefined) throw new TypeError(`This runtime cannot encode "${coding}" any more`);
  if (peeked.isWhole) return { body: await encodeWhole(peeked, encoder), isCompressed: true };
  pump(resume(reader, peeked), encoder.writable, { sliceSize: WHOLE_SIZE });
  return { body: encoder.readable, isCompressed: true };
}

async function peek(reader: Reader): Promise<Peeked> {
  const chunks: Chunk[] = [];
  let length = 0;
  for (;;) {
    const pending = reader.read();
    const result = await atOnce(pending);
    if (result === undefined) return { chunks, length, isWhole: false, pending };
    if (result.done) return { chunks, length, isWhole: true };
    const { value } = result;
    chunks.push(value);
    // A chunk that is no bytes, which a program can put there, fails where the stream is read.
    if (!(value instanceof Uint8Array)) return { chunks, length, isWhole: false };
    length += value.length;
    if (length > WHOLE_SIZE) return { chunks, length, isWhole: false };
  }
}

/** What a read gives, if it need not wait for anything; a failure is left to the next who looks. */
async function atOnce(read: Read): Promise<Awaited<Read> | undefined> {
  let result: Awaited<Read> | undefined;
  read.then((value) => result = value, () => {});
  for (let tick = 0; tick < TICKS && result === undefined; tick++) await undefined;
  return result;
}

function encodeWhole(
  { chunks }: Peeked,
  { readable, writable }: ByteTransform,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = writable.getWriter();
  // Not awaited, as nothing moves before the output is read; a failure shows there.
  for (const chunk of chunks) writer.write(chunk).catch(() => {});
  writer.close().catch(() => {});
  return new Response(readable).bytes();
}

/** What was read already, then the rest. */
function resume(reader: Reader, { chunks, pending }: Peeked): ByteSource {
  let waiting = pending;
  return {
    read() {
      if (chunks.length > 0) {
        return Promise.resolve({ done: false, value: chunks.shift() as Chunk });
      }
      const read = waiting ?? reader.read();
      waiting = undefined;
      return read;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}
