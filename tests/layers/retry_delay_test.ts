/** Waits before a retry, beside a model in plain words, and dates and seconds of Retry-After. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { delayAfter, type Jitter, retryAfterOf } from "../../src/layers/retry_delay.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 10_000 };

Deno.test("retry delay: is what a model says that multiplies step by step", () => {
  fc.assert(
    fc.property(
      fc.record({
        interval: fc.nat(10_000),
        factor: fc.constantFrom(0.5, 1, 1.5, 2, 3, 10),
        more: fc.nat(60_000),
        jitter: fc.constantFrom<Jitter>("full", "equal", "none"),
        random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        asked: fc.option(fc.nat(60_000), { nil: undefined }),
      }),
      ({ interval, factor, more, jitter, random, asked }) => {
        const maxInterval = interval + more;
        const backOff = { interval, factor, maxInterval, jitter, random: () => random };
        let base = interval;
        for (let attempt = 1; attempt <= 12; attempt++) {
          const delay = delayAfter(backOff, attempt, asked);
          const [least, most] = jitter === "none"
            ? [Math.max(base, asked ?? 0), Math.max(base, asked ?? 0)]
            : [(asked ?? 0) + (jitter === "equal" ? base / 2 : 0), (asked ?? 0) + base];
          assert.ok(delay >= least - 1e-6 && delay <= most + 1e-6, `${delay} ${least} ${most}`);
          // Never shorter than asked, whatever the dice say.
          assert.ok(delay >= (asked ?? 0));
          base = Math.min(maxInterval, base * factor);
        }
      },
    ),
    settings,
  );
});

Deno.test("retry delay: many attempts stay at the longest wait", () => {
  const backOff = { factor: 2, maxInterval: 5_000, jitter: "none", random: Math.random } as const;
  assert.equal(delayAfter({ ...backOff, interval: 100 }, 5_000, undefined), 5_000);
  assert.equal(delayAfter({ ...backOff, interval: 0 }, 5_000, undefined), 0);
});

Deno.test("retry delay: any text is read or left, never thrown at", () => {
  const table: [value: string, date: string | undefined, expected: number | undefined][] = [
    ["120", undefined, 120_000],
    ["007", undefined, 7_000],
    ["1.5", undefined, undefined],
    ["+1", undefined, undefined],
    ["1e3", undefined, undefined],
    ["", undefined, undefined],
    ["Thu, 01 Jan 1970 00:00:09 GMT", undefined, 8_000],
    ["Thu, 01 Jan 1970 00:00:09 GMT", "Thu, 01 Jan 1970 00:00:04 GMT", 5_000],
    ["Thu, 01 Jan 1970 00:00:09 GMT", "yesterday", 8_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", undefined, 0],
  ];
  for (const [value, date, expected] of table) {
    const headers = new Headers({ "retry-after": value, ...date === undefined ? {} : { date } });
    assert.equal(retryAfterOf(headers, () => 1_000), expected, value);
  }
  assert.equal(retryAfterOf(new Headers()), undefined);
});
