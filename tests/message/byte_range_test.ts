import assert from "node:assert/strict";
import fc from "fast-check";
import { maxRanges, parseRange } from "../../src/message/byte_range.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 1000,
  verbose: true,
};

type Expected = [start: number, end: number][] | "unsatisfiable" | undefined;

const HUGE = "9".repeat(40);

const RANGES: [value: string, size: number, expected: Expected][] = [
  ["bytes=0-499", 10000, [[0, 500]]],
  ["bytes=500-999", 10000, [[500, 1000]]],
  ["bytes=-500", 10000, [[9500, 10000]]],
  ["bytes=9500-", 10000, [[9500, 10000]]],
  ["bytes=0-0,-1", 10000, [[0, 1], [9999, 10000]]],
  ["bytes= 0-999, 4500-5499, -1000", 10000, [[0, 1000], [4500, 5500], [9000, 10000]]],
  ["Bytes=0-0", 10, [[0, 1]]],
  ["bytes=0-", 10, [[0, 10]]],
  ["bytes=9-9", 10, [[9, 10]]],
  ["bytes=5-100", 10, [[5, 10]]],
  ["bytes=-100", 10, [[0, 10]]],
  [`bytes=0-${HUGE}`, 10, [[0, 10]]],
  [`bytes=-${HUGE}`, 10, [[0, 10]]],
  ["bytes=0000000000000000000000000-00001", 10, [[0, 2]]],
  // One that can be had is enough.
  ["bytes=10-, 0-1", 10, [[0, 2]]],
  ["bytes=10-", 10, "unsatisfiable"],
  ["bytes=10-20, 30-", 10, "unsatisfiable"],
  [`bytes=${HUGE}-`, 10, "unsatisfiable"],
  [`bytes=${HUGE}-${HUGE}`, 10, "unsatisfiable"],
  ["bytes=-0", 10, "unsatisfiable"],
  ["bytes=0-", 0, "unsatisfiable"],
  ["bytes=-0", 0, "unsatisfiable"],
  ["bytes=-1", 0, undefined],
  // Overlapping and touching ones become one, at the place of the first.
  ["bytes=0-4,5-9", 100, [[0, 10]]],
  ["bytes=5-9,0-4", 100, [[0, 10]]],
  ["bytes=0-9,2-3", 100, [[0, 10]]],
  ["bytes=50-59,0-9,55-69", 100, [[50, 70], [0, 10]]],
  ["bytes=50-59,0-9,20-29", 100, [[50, 60], [0, 10], [20, 30]]],
  ["bytes=0-,0-,0-", 100, [[0, 100]]],
  ["bytes=0-4,6-9", 100, [[0, 5], [6, 10]]],
  // Malformed, or another unit: as if it were not there.
  ["", 10, undefined],
  ["bytes", 10, undefined],
  ["bytes=", 10, undefined],
  ["bytes=,", 10, undefined],
  ["bytes=-", 10, undefined],
  ["bytes=--1", 10, undefined],
  ["bytes=1", 10, undefined],
  ["bytes=5-4", 10, undefined],
  [`bytes=${HUGE}-${HUGE.slice(1)}`, 10, undefined],
  ["bytes=a-b", 10, undefined],
  ["bytes=0x1-2", 10, undefined],
  ["bytes=1.0-2", 10, undefined],
  ["bytes=+1-2", 10, undefined],
  ["bytes=1e1-20", 100, undefined],
  ["bytes=0 - 1", 10, undefined],
  ["bytes=0-1-2", 10, undefined],
  ["bytes=0-1,x", 10, undefined],
  ["bytes =0-1", 10, undefined],
  ["bytes:0-1", 10, undefined],
  ["lines=0-1", 10, undefined],
  ["=0-1", 10, undefined],
  ["0-1", 10, undefined],
];

for (const [value, size, expected] of RANGES) {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  Deno.test(`parseRange: ${JSON.stringify(shown)} of ${size}`, () => {
    const ranges = parseRange(value, size);
    const actual = Array.isArray(ranges) ? ranges.map(({ start, end }) => [start, end]) : ranges;
    assert.deepEqual(actual, expected);
  });
}

Deno.test("parseRange: more than 32 ranges are ignored, however many they become", () => {
  const list = (count: number) => `bytes=${Array(count).fill("0-1").join(",")}`;
  assert.deepEqual(parseRange(list(maxRanges), 10), [{ start: 0, end: 2 }]);
  assert.equal(parseRange(list(maxRanges + 1), 10), undefined);
  assert.equal(parseRange(`bytes=0-1${",".repeat(maxRanges)}`, 10), undefined);
});

Deno.test("parseRange: what it gives is inside of the body, apart, and what was asked for", () => {
  const part = fc.oneof(
    fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.nat(40).map((first) => `${first}-`),
    fc.nat(40).map((length) => `-${length}`),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 30 }), (
      parts,
      size,
    ) => {
      const ranges = parseRange(`bytes=${parts.join(",")}`, size);
      const wanted = new Set<number>();
      for (const part of parts) {
        const [first = "", last = ""] = part.split("-");
        for (let byte = 0; byte < size; byte++) {
          const isIn = first === ""
            ? byte >= size - Number(last)
            : byte >= Number(first) && (last === "" || byte <= Number(last));
          if (isIn) wanted.add(byte);
        }
      }
      if (wanted.size === 0) return assert.equal(ranges, "unsatisfiable");
      assert.ok(Array.isArray(ranges));
      const given: number[] = [];
      for (const { start, end } of ranges) {
        assert.ok(start >= 0 && start < end && end <= size);
        for (let byte = start; byte < end; byte++) given.push(byte);
      }
      // Each byte once, and no two ranges that touch.
      assert.deepEqual(given.toSorted((a, b) => a - b), [...wanted].toSorted((a, b) => a - b));
      const sorted = ranges.toSorted((a, b) => a.start - b.start);
      sorted.forEach(({ start }, index) =>
        assert.ok(index === 0 || start > (sorted[index - 1]?.end ?? 0))
      );
    }),
    PROPERTY,
  );
});

Deno.test("parseRange: never fails, whatever it is given", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789-, =bytes\té") });
  fc.assert(
    fc.property(text, fc.nat(), (text, size) => {
      for (const value of [text, `bytes=${text}`]) {
        const ranges = parseRange(value, size);
        if (Array.isArray(ranges)) {
          assert.ok(ranges.every(({ start, end }) => start < end && end <= size));
        }
      }
    }),
    PROPERTY,
  );
});
