/** The retry budget: what it allows, beside a model that counts one by one, and what it refuses. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "@pirouette/http/testing";
import { RetryBudget, type RetryBudgetOptions } from "../../src/layers/retry_budget.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 10_000 };

/** Takes what there is. */
function drain(budget: RetryBudget): number {
  let taken = 0;
  while (taken < 10_000 && budget.withdraw()) taken++;
  return taken;
}

Deno.test("retry budget: a fifth of the calls, and ten a second besides", async () => {
  const clock = new VirtualClock();
  const budget = new RetryBudget({ clock });
  assert.deepEqual(budget.metrics, { calls: 0, retries: 0, refused: 0, balance: 100 });
  for (let count = 0; count < 50; count++) budget.deposit();
  assert.equal(budget.metrics.balance, 110);
  assert.equal(drain(budget), 110);
  assert.deepEqual(budget.metrics, { calls: 50, retries: 110, refused: 1, balance: 0 });
  // What they cost is given back when the window has left them behind.
  await clock.advance(10_999);
  assert.equal(budget.metrics.balance, 0);
  await clock.advance(1);
  assert.deepEqual(budget.metrics, { calls: 0, retries: 0, refused: 1, balance: 100 });
  await clock.advance(1_000_000_000);
  assert.equal(drain(budget), 100);
});

Deno.test("retry budget: in a long run retries are a share of the calls and a few a second", async () => {
  const clock = new VirtualClock();
  const budget = new RetryBudget({ clock });
  let retries = 0;
  for (let count = 0; count < 60_000; count++) {
    budget.deposit();
    if (budget.withdraw()) retries++;
    if (count % 10 === 9) await clock.advance(10);
  }
  // 60 s with 1,000 calls a second; at the beginning the seconds of a whole window may be spent at once.
  assert.ok(retries <= 60_000 * 0.2 + 70 * 10, String(retries));
  assert.ok(retries >= 60_000 * 0.2 + 50 * 10, String(retries));
});

Deno.test("retry budget: is what a model says that counts one by one", async () => {
  const step = fc.oneof(
    fc.record({ wait: fc.nat(400) }),
    fc.record({ wait: fc.nat(5_000) }),
    fc.record({ calls: fc.nat(12) }),
    fc.record({ retries: fc.nat(12) }),
  );
  const options = fc.record({
    ratio: fc.constantFrom(0, 0.1, 0.2, 1, 3),
    perSecond: fc.constantFrom(1, 3, 10),
    window: fc.constantFrom(1_000, 2_000),
  });
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), async (given, steps) => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ...given, clock });
      const model = new Model(given, clock);
      for (const what of steps) {
        if ("wait" in what) await clock.advance(what.wait);
        if ("calls" in what) {
          for (let count = 0; count < what.calls; count++) {
            budget.deposit();
            model.deposit();
          }
        }
        if ("retries" in what) {
          for (let count = 0; count < what.retries; count++) {
            assert.equal(budget.withdraw(), model.withdraw());
          }
        }
      }
      const { calls, retries, balance } = budget.metrics;
      assert.deepEqual({ calls, retries, balance }, model.metrics());
    }),
    settings,
  );
});

/** Remembers every call and every retry. */
class Model {
  readonly #options: Required<Omit<RetryBudgetOptions, "clock">>;
  readonly #clock: VirtualClock;
  readonly #calls: number[] = [];
  readonly #retries: number[] = [];

  constructor(options: Required<Omit<RetryBudgetOptions, "clock">>, clock: VirtualClock) {
    this.#options = options;
    this.#clock = clock;
  }

  deposit(): void {
    this.#calls.push(this.#clock.now());
  }

  withdraw(): boolean {
    if (this.metrics().balance < 1) return false;
    this.#retries.push(this.#clock.now());
    return true;
  }

  metrics(): { calls: number; retries: number; balance: number } {
    const { ratio, perSecond, window } = this.#options;
    const oldest = Math.floor(this.#clock.now() / (window / 10)) - 10;
    const counts = (at: number): boolean => Math.floor(at / (window / 10)) >= oldest;
    const calls = this.#calls.filter(counts).length;
    const retries = this.#retries.filter(counts).length;
    // In whole numbers: the ratios have one digit.
    const tenths = Math.round(ratio * 10) * calls + perSecond * window / 100 - retries * 10;
    return { calls, retries, balance: Math.max(0, Math.floor(tenths / 10)) };
  }
}

Deno.test("retry budget: a clock that has not begun at 0", async () => {
  const clock = new VirtualClock();
  await clock.advance(123_456_789);
  const budget = new RetryBudget({ ratio: 1, perSecond: 0, clock });
  budget.deposit();
  await clock.advance(10_000);
  assert.equal(budget.withdraw(), true);
  assert.equal(budget.withdraw(), false);
});

Deno.test("retry budget: options that make no sense are refused", () => {
  const table: [options: unknown, message: RegExp][] = [
    [{ percent: 20 }, /^TypeError: A RetryBudget has no option "percent": use one of ratio/],
    [{ ratio: -0.1 }, /^RangeError: A RetryBudget needs a number from 0 for ratio, not -0\.1$/],
    [{ ratio: Infinity }, /^RangeError: .*ratio, not Infinity$/],
    [{ perSecond: NaN }, /^RangeError: .*perSecond, not NaN$/],
    [{ window: 0 }, /^RangeError: .*milliseconds above 0 for window, not 0$/],
    [{ ratio: 0, perSecond: 0 }, /^RangeError: A RetryBudget with ratio 0 .*leave retry out$/],
    [{ ratio: 0, perSecond: 1, window: 500 }, /^RangeError: .*less than one retry a window/],
  ];
  for (const [options, message] of table) {
    assert.throws(() => new RetryBudget(options as RetryBudgetOptions), message);
  }
});
