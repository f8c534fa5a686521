import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHttpDate, parseHttpDate } from "../../src/message/http_date.ts";

const PROPERTY = {
  seed: Number(Deno.env.get("FC_SEED") ?? Date.now()),
  numRuns: 500,
  verbose: true,
};

const NOW = Date.UTC(2026, 0, 1);

const DATES: [text: string | null, expected: string | undefined][] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
  ["Wed Nov 16 08:49:37 1994", "1994-11-16T08:49:37.000Z"],
  ["Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00.000Z"],
  ["Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"],
  ["Tue, 01 Jan 0099 00:00:00 GMT", undefined],
  ["Thu, 01 Jan 0099 00:00:00 GMT", "0099-01-01T00:00:00.000Z"],
  // Two digits: at most 50 years ahead of now, which is 2026.
  ["Wednesday, 01-Jan-76 00:00:00 GMT", "2076-01-01T00:00:00.000Z"],
  ["Saturday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00.000Z"],
  ["Thursday, 01-Jan-26 00:00:00 GMT", "2026-01-01T00:00:00.000Z"],
  ["Saturday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00.000Z"],
  [null, undefined],
  ["", undefined],
  ["yesterday", undefined],
  ["0", undefined],
  ["1994-11-06T08:49:37Z", undefined],
  ["Mon, 06 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:37 UTC", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
  ["sun, 06 nov 1994 08:49:37 gmt", undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT ", undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Foo 1994 08:49:37 GMT", undefined],
  ["Wed, 31 Feb 2024 00:00:00 GMT", undefined],
  ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:61 GMT", undefined],
  ["Sun, 06 Nov  994 08:49:37 GMT", undefined],
  ["Sun, ０６ Nov 1994 08:49:37 GMT", undefined],
  ["Sunned, 06-Nov-94 08:49:37 GMT", undefined],
  ["Sun, 06-Nov-94 08:49:37 GMT", undefined],
  ["Sunday, 06-Nov-1994 08:49:37 GMT", undefined],
  ["Sun Nov 06 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
  ["Sun Nov 6 08:49:37 1994", undefined],
];

for (const [text, expected] of DATES) {
  Deno.test(`parseHttpDate: ${JSON.stringify(text)}`, () => {
    assert.equal(parseHttpDate(text, NOW)?.toISOString(), expected);
  });
}

Deno.test("http dates: what is written is read again, to the second", () => {
  const date = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (date) => {
      const text = formatHttpDate(date);
      assert.equal(text.length, 29);
      const milliseconds = date.getTime() - ((date.getTime() % 1000) + 1000) % 1000;
      assert.equal(parseHttpDate(text)?.getTime(), milliseconds);
    }),
    PROPERTY,
  );
});

Deno.test("parseHttpDate: never fails, whatever it is given", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(...DATES.map(([text]) => text ?? "")).chain((text) =>
      fc.tuple(fc.nat(text.length), fc.string({ maxLength: 2 }))
        .map(([at, piece]) => text.slice(0, at) + piece + text.slice(at + piece.length))
    ),
  );
  fc.assert(
    fc.property(text, (text) => {
      const date = parseHttpDate(text, NOW);
      if (date !== undefined) assert.ok(!Number.isNaN(date.getTime()));
    }),
    PROPERTY,
  );
});

Deno.test("formatHttpDate: refuses what has no four-digit year", () => {
  for (const date of [new Date(NaN), new Date(8.64e15), new Date("-000001-01-01T00:00:00Z")]) {
    assert.throws(() => formatHttpDate(date), { name: "RangeError", message: /from 0 to 9999$/ });
  }
});
