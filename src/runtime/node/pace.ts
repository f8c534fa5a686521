/**
 * Writes the body of an answer no faster than its client takes it, and never so long that others wait.
 *
 * A socket may take megabytes at once, and tells so before anything else has its turn: whoever wrote on
 * and on would keep everybody waiting until its client's buffers are full.
 *
 * @module
 */
import type { ServerResponse } from "node:http";

/** What is written at once: so much has to be taken within the time that a client has for it. */
export const sliceSize = 65_536;

/** What one answer may write before it is others' turn. */
const turnSize = 262_144;

/** Writes to one answer. */
export class PacedWriter {
  readonly #target: ServerResponse;
  #written = 0;

  /** Begins with an answer whose head is there. */
  constructor(target: ServerResponse) {
    this.#target = target;
  }

  /** Writes a piece, and settles when there may be another. */
  async write(piece: Uint8Array): Promise<void> {
    const target = this.#target;
    for (let at = 0; at < piece.length && !target.destroyed; at += sliceSize) {
      const slice = piece.length > sliceSize ? piece.subarray(at, at + sliceSize) : piece;
      this.#written += slice.length;
      if (!target.write(slice)) await drained(target);
      if (this.#written < turnSize) continue;
      this.#written = 0;
      await turn();
    }
  }
}

/** Settles once more can be written, or nothing can any more. */
function drained(target: ServerResponse): Promise<void> {
  if (target.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      target.off("drain", done);
      target.off("close", done);
      resolve();
    };
    target.on("drain", done);
    target.on("close", done);
  });
}

/** Settles when whatever else has happened by now was dealt with. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
