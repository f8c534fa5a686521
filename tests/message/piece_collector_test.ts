/** Pieces of a body that are kept: their bytes, and what they take. @module */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { concat } from "../../src/message/body_pieces.ts";
import { PieceCollector } from "../../src/message/piece_collector.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a socket gives: so many bytes in a memory of 64 KiB. */
function read(length: number, value: number): Bytes {
  return new Uint8Array(65_536).subarray(0, length).fill(value);
}

function collect(pieces: Iterable<Bytes>): Bytes[] {
  const collector = new PieceCollector();
  for (const piece of pieces) collector.add(piece);
  return collector.pieces();
}

/** The memory that pieces are views of. */
function memory(pieces: readonly Bytes[]): number {
  return [...new Set(pieces.map(({ buffer }) => buffer))]
    .reduce((size, { byteLength }) => size + byteLength, 0);
}

Deno.test("PieceCollector: one piece stays what it is, none is none", () => {
  const piece = read(10, 1);
  assert.equal(collect([piece])[0], piece);
  assert.deepEqual(collect([]), []);
});

Deno.test("PieceCollector: large pieces are not copied, nor what others write into theirs", () => {
  const [first, small, large] = [read(1, 1), read(1, 2), read(40_000, 3)];
  const kept = collect([first, small, large]);
  assert.equal(kept[0], first);
  assert.equal(kept[2], large);
  small.fill(9);
  assert.equal(kept[1]?.[0], 2);
});

Deno.test("PieceCollector: any pieces are kept in order, in memory near their size", () => {
  const length = fc.oneof(
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 8_100, max: 8_300 }),
    fc.integer({ min: 0, max: 65_536 }),
  );
  fc.assert(
    fc.property(fc.array(length, { maxLength: 60 }), (lengths) => {
      const pieces = lengths.map((size, index) => read(size, index));
      const kept = collect(pieces);
      assert.ok(Buffer.compare(concat(kept), concat(pieces)) === 0);
      const size = lengths.reduce((sum, one) => sum + one, 0);
      assert.ok(memory(kept) <= 3 * size + 65_536 + 8_192, `${memory(kept)} for ${size}`);
    }),
    { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 },
  );
});
