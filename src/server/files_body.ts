/**
 * The bytes of an open file, whole or in part: in one piece where they are few, else as a stream that
 * reads as its reader does.
 *
 * Whatever becomes of the body, the file is closed: at its end, when it fails, and when its reader
 * leaves. A file that is shorter than it was said to be breaks the body off, so that no client takes
 * a part for the whole.
 *
 * @module
 */
import type { ByteRange } from "../message/byte_range.ts";
import { type PartBody, partsResponse } from "../message/partial_content.ts";
import type { OpenFile } from "../runtime/file_system.ts";

/**
 * How many bytes are read at once, and the most that one answer holds in memory. Each read costs a
 * turn of the event loop and a thread, so that fewer are faster: on Deno 2.9.6, 10 MiB in pieces of
 * 64 KiB take 1.4 times the CPU of 256 KiB, and larger ones gain little.
 */
const pieceSize = 256 * 1024;

/**
 * The body with all bytes of a file; it closes the file.
 *
 * @throws {Error} when reading fails, or the file became shorter.
 */
export function wholeBody(file: OpenFile): PartBody | Promise<PartBody> {
  return partBody(file, { start: 0, end: file.info.size }, () => file.close());
}

/**
 * The 206 with parts of a file; its body closes the file.
 *
 * @param headers the fields of the answer that the whole file would be.
 * @throws {Error} when reading fails, or the file became shorter.
 */
export async function partialResponse(
  file: OpenFile,
  ranges: readonly ByteRange[],
  headers: Headers,
): Promise<Response> {
  const { size } = file.info;
  const isOne = ranges.length === 1;
  const done = isOne ? () => file.close() : () => {};
  const read = (start: number, end: number) => partBody(file, { start, end }, done);
  const response = await partsResponse({ size, read }, ranges, headers);
  if (isOne || response.body === null) return response;
  const body = closing(response.body, file);
  return new Response(body, { status: response.status, headers: response.headers });
}

function partBody(
  file: OpenFile,
  range: ByteRange,
  done: () => void,
): PartBody | Promise<PartBody> {
  return range.end - range.start > pieceSize
    ? streamOf(file, range, done)
    : readPiece(file, range, done);
}

async function readPiece(
  file: OpenFile,
  { start, end }: ByteRange,
  done: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(end - start);
  try {
    for (let filled = 0; filled < piece.length;) {
      const count = await file.read(piece.subarray(filled), start + filled);
      if (count === 0) throw shrunk();
      filled += count;
    }
    return piece;
  } finally {
    done();
  }
}

function streamOf(
  file: OpenFile,
  { start, end }: ByteRange,
  done: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start;
  return new ReadableStream({
    async pull(controller) {
      try {
        const piece = new Uint8Array(Math.min(pieceSize, end - at));
        const count = await file.read(piece, at);
        if (count === 0) throw shrunk();
        at += count;
        controller.enqueue(count === piece.length ? piece : piece.subarray(0, count));
        if (at < end) return;
        done();
        controller.close();
      } catch (error) {
        done();
        throw error;
      }
    },
    cancel: done,
  }, { highWaterMark: 0 });
}

/** The same stream, which closes `file` when it ends in whatever way. */
function closing(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  file: OpenFile,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        file.close();
        controller.close();
      } catch (error) {
        file.close();
        throw error;
      }
    },
    async cancel(reason) {
      file.close();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function shrunk(): Error {
  return new Error("Cannot send the rest of a file: it became shorter while it was read");
}
