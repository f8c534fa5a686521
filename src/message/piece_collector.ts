/**
 * Pieces of a body that are kept until all of it is there, in about as much memory as they have bytes.
 *
 * What comes from a socket is a view of 64 KiB, however few of them were sent: kept as they are, bytes
 * that a sender drips one at a time would take 65,536 times their number, and no limit on the size of
 * a body would hold.
 *
 * @module
 */

/** From this size on a piece is kept as it is, if it is half of its memory at least. */
const blockSize = 8_192;

/** Keeps pieces in their order. */
export class PieceCollector {
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];
  /** Where pieces are copied together that come behind those kept. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;

  /** Keeps a piece; the first one as it is, as most bodies have no other. */
  add(piece: Uint8Array<ArrayBuffer>): void {
    const isFirst = this.#kept.length === 0 && this.#block === undefined;
    if (isFirst || piece.length >= blockSize && piece.length * 2 >= piece.buffer.byteLength) {
      this.#closeBlock();
      this.#kept.push(piece);
      return;
    }
    for (let at = 0; at < piece.length;) {
      const block = this.#block ??= new Uint8Array(blockSize);
      const part = piece.subarray(at, at + blockSize - this.#used);
      block.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === blockSize) this.#closeBlock();
    }
  }

  /** What was kept, in fewer pieces than came, or the one that did. Nothing may be added after it. */
  pieces(): Uint8Array<ArrayBuffer>[] {
    this.#closeBlock();
    return this.#kept;
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#kept.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}
