import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCookieDate, parsePlainDate } from "../../src/message/cookie_date.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };

interface Case {
  readonly test: string;
  readonly expected: string | null;
}

let count: number | undefined;
for (const name of ["examples", "bsd-examples"]) {
  for (const { test, expected } of read(name) ?? []) {
    count = (count ?? 0) + 1;
    Deno.test(`http-state, dates: ${name} ${count} ${test}`, () => {
      assert.equal(parseCookieDate(test)?.toUTCString() ?? null, expected);
    });
  }
}

Deno.test("http-state, dates: all cases are here", () => {
  if (count === undefined) return console.log("skipped: the http-state dates are not here");
  assert.equal(count, 70);
});

const DATES: [text: string, expected: string | undefined][] = [
  ["Thu, 01 Jan 0050 00:00:00 GMT", "2050-01-01T00:00:00.000Z"],
  ["Thu, 01 Jan 00 00:00:00 GMT", "2000-01-01T00:00:00.000Z"],
  ["Thu, 01 Jan 69 00:00:00 GMT", "2069-01-01T00:00:00.000Z"],
  ["Thu, 01 Jan 70 00:00:00 GMT", "1970-01-01T00:00:00.000Z"],
  ["Thu, 01 Jan 1600 00:00:00 GMT", undefined],
  ["Thu, 01 Jan 1601 00:00:00 GMT", "1601-01-01T00:00:00.000Z"],
  ["Mon, 30 Feb 2026 00:00:00 GMT", undefined],
  ["Sun, 29 Feb 2028 00:00:00 GMT", "2028-02-29T00:00:00.000Z"],
  ["Thu, 01 Jan 2026 24:00:00 GMT", undefined],
  ["Thu, 01 Jan 2026 00:00:60 GMT", undefined],
  ["Thu, 00 Jan 2026 00:00:00 GMT", undefined],
  ["", undefined],
];

for (const [text, expected] of DATES) {
  Deno.test(`parseCookieDate: ${JSON.stringify(text)}`, () => {
    assert.equal(parseCookieDate(text)?.toISOString(), expected);
  });
}

Deno.test("parseCookieDate: reads what is written, and never throws", () => {
  const date = fc.date({
    noInvalidDate: true,
    min: new Date("1970-01-01"),
    max: new Date("9999-12-31T23:59:59Z"),
  });
  fc.assert(
    fc.property(date, (one) => {
      one.setUTCMilliseconds(0);
      assert.equal(parseCookieDate(one.toUTCString())?.getTime(), one.getTime());
    }),
    settings,
  );
  fc.assert(fc.property(fc.string(), (text) => void parseCookieDate(text)), settings);
});

Deno.test("parsePlainDate: a date and a time in UTC, and nothing else", () => {
  assert.equal(parsePlainDate("2030-06-26 05:46:22")?.toISOString(), "2030-06-26T05:46:22.000Z");
  for (const text of ["2030-06-26", "2030-02-30 00:00:00", "2030-13-01 00:00:00", "x"]) {
    assert.equal(parsePlainDate(text), undefined, text);
  }
});

function read(name: string): Case[] | undefined {
  const file = new URL(`../../../shared/data/http-state/dates/${name}.json`, import.meta.url);
  try {
    const lines = Deno.readTextFileSync(file).split("\n");
    return JSON.parse(lines.filter((line) => !line.startsWith("//")).join("\n"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
