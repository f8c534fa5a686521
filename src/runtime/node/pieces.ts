/**
 * Reading what of a stream is there already, so that a short body goes out as a whole: with its length,
 * and in one write with the head.
 *
 * @module
 */

/** Reads the pieces of a body. */
export type PieceReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** The beginning of a body. */
export interface Beginning {
  /** The pieces that were there. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** The read that waits; `undefined` where none does. */
  readonly next: ReturnType<PieceReader["read"]> | undefined;
  /** Whether that was all. */
  readonly isDone: boolean;
}

/** The pieces that a short body may have. */
const most = 2;

/** The steps of the promise queue within which a stream gives what it has. */
const steps = 8;

/** Reads what is there without waiting for anything but the platform's own streams. */
export async function readShort(reader: PieceReader): Promise<Beginning> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const next = reader.read();
    let result: Awaited<typeof next> | undefined;
    // Whoever takes it up waits for it, and is told of its failure there.
    next.then((settled) => result = settled, () => {});
    for (let step = 0; step < steps && result === undefined; step++) await undefined;
    if (result === undefined) return { pieces, next, isDone: false };
    if (result.done) return { pieces, next: undefined, isDone: true };
    pieces.push(result.value);
    if (pieces.length === most + 1) return { pieces, next: undefined, isDone: false };
  }
}
