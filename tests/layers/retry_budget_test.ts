/** The retry budget: what it allows, beside a model in whole numbers, and what it refuses. @module */
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
  assert.deepEqual(budget.metrics, { calls: 0, retries: 0, refused: 0, balance: 50 });
  assert.equal(drain(budget), 50);
  for (let count = 0; count < 50; count++) budget.deposit();
  assert.equal(drain(budget), 10);
  assert.deepEqual(budget.metrics, { calls: 50, retries: 60, refused: 2, balance: 0 });
  // Of the ten a second five are kept back for the 50 that can be saved up in ten seconds.
  await clock.advance(1_000);
  assert.equal(drain(budget), 5);
  await clock.advance(9_999);
  assert.equal(budget.metrics.balance, 49);
  await clock.advance(1);
  assert.equal(budget.metrics.balance, 50);
  await clock.advance(1_000_000_000);
  for (let count = 0; count < 1_000; count++) budget.deposit();
  assert.equal(drain(budget), 50);
});

Deno.test("retry budget: half a minute in which all fails has no more than its share", async () => {
  for (const rate of [1, 2, 10, 50]) {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ clock });
    // Good times before save up nothing but the burst.
    for (let count = 0; count < 10_000; count++) budget.deposit();
    await clock.advance(60_000);
    const bySecond: number[] = [];
    for (let second = 0; second < 30; second++) {
      const before = budget.metrics.retries;
      for (let part = 0; part < 100; part++) {
        for (let call = 0; call < rate; call++) budget.deposit();
        for (let call = 0; call < 2 * rate; call++) budget.withdraw();
        await clock.advance(10);
      }
      bySecond.push(budget.metrics.retries - before);
    }
    const { retries } = budget.metrics;
    const calls = 30 * 100 * rate;
    assert.ok(retries <= 0.2 * calls + 30 * 10, `${retries} for ${calls} calls`);
    assert.ok(retries >= 0.2 * calls + 30 * 5, `${retries} for ${calls} calls`);
    // The first second has what was saved up; then each has the same.
    const [, ...later] = bySecond;
    assert.ok(Math.max(...later) - Math.min(...later) <= 1, bySecond.join());
  }
});

Deno.test("retry budget: is what a model says, and no window has more than its share", async () => {
  const step = fc.oneof(
    fc.record({ wait: fc.nat(400) }),
    fc.record({ wait: fc.nat(5_000) }),
    fc.record({ calls: fc.nat(12) }),
    fc.record({ retries: fc.nat(12) }),
  );
  const options = fc.record({
    ratio: fc.constantFrom(0.1, 0.2, 0.5, 1, 3),
    perSecond: fc.constantFrom(0, 3, 10, 25),
    window: fc.constantFrom(1_000, 2_000),
    part: fc.nat(99),
  }).map(({ ratio, perSecond, window, part }) => {
    const floor = perSecond * window / 1_000;
    const burst = 1 + Math.floor(part * (perSecond === 0 ? 10 : floor - 1) / 100);
    return { ratio: perSecond === 10 && part < 20 ? 0 : ratio, perSecond, window, burst };
  });
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), async (given, steps) => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ...given, clock });
      const model = new Model(given);
      const past: Counted[] = [];
      for (const what of steps) {
        const counted = { at: clock.now(), calls: 0, retries: 0 };
        if ("wait" in what) {
          await clock.advance(what.wait);
          model.wait(what.wait);
        } else if ("calls" in what) {
          counted.calls = what.calls;
          for (let count = 0; count < what.calls; count++) {
            budget.deposit();
            model.deposit();
          }
        } else {
          for (let count = 0; count < what.retries; count++) {
            const may = model.withdraw();
            assert.equal(budget.withdraw(), may);
            if (may) counted.retries++;
          }
        }
        past.push(counted);
      }
      assert.equal(budget.metrics.balance, model.balance);
      refuseExcess(given, past);
    }),
    settings,
  );
});

/** Calls or retries of one moment. */
interface Counted {
  readonly at: number;
  calls: number;
  retries: number;
}

type Given = Required<Omit<RetryBudgetOptions, "clock">>;

/** Looks at every span of time: the shortest that hold most are those from one retry to another. */
function refuseExcess({ ratio, perSecond, window, burst }: Given, past: readonly Counted[]): void {
  for (const [index, first] of past.entries()) {
    if (first.retries === 0) continue;
    let [calls, retries] = [0, 0];
    for (const next of past.slice(index)) {
      calls += next.calls;
      retries += next.retries;
      const time = Math.max(window, next.at - first.at) / 1_000;
      const most = ratio * calls + (perSecond === 0 ? burst : perSecond * time);
      assert.ok(retries <= most + 1e-6, `${retries} retries, not ${most}, in ${time} s`);
    }
  }
}

/** Counts in whole numbers: the ratios have one digit, and the times are whole milliseconds. */
class Model {
  readonly #one: number;
  readonly #call: number;
  readonly #millisecond: number;
  readonly #most: number;
  #balance: number;

  constructor({ ratio, perSecond, window, burst }: Given) {
    this.#one = 10 * window;
    this.#call = Math.round(10 * ratio) * window;
    this.#millisecond = perSecond === 0 ? 0 : 10 * (perSecond * window / 1_000 - burst);
    this.#most = burst * this.#one;
    this.#balance = perSecond === 0 ? 0 : this.#most;
  }

  get balance(): number {
    return Math.floor(this.#balance / this.#one);
  }

  wait(time: number): void {
    this.#add(time * this.#millisecond);
  }

  deposit(): void {
    this.#add(this.#call);
  }

  withdraw(): boolean {
    if (this.#balance < this.#one) return false;
    this.#balance -= this.#one;
    return true;
  }

  #add(amount: number): void {
    this.#balance = Math.min(this.#most, this.#balance + amount);
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

Deno.test("retry budget: what can be saved up by default", () => {
  const table: [options: RetryBudgetOptions, burst: number][] = [
    [{}, 50],
    [{ perSecond: 1 }, 5],
    [{ perSecond: 0.15 }, 1],
    [{ perSecond: 0 }, 10],
    [{ perSecond: 100 }, 500],
    [{ burst: 99 }, 99],
  ];
  for (const [options, burst] of table) {
    const budget = new RetryBudget({ ...options, clock: new VirtualClock() });
    for (let count = 0; count < 2_000; count++) budget.deposit();
    assert.equal(drain(budget), burst, JSON.stringify(options));
  }
});

Deno.test("retry budget: options that make no sense are refused", () => {
  const table: [options: unknown, message: RegExp][] = [
    [{ percent: 20 }, /^TypeError: A RetryBudget has no option "percent": use one of ratio/],
    [{ ratio: -0.1 }, /^RangeError: A RetryBudget needs a number from 0 for ratio, not -0\.1$/],
    [{ ratio: Infinity }, /^RangeError: .*ratio, not Infinity$/],
    [{ perSecond: NaN }, /^RangeError: .*perSecond, not NaN$/],
    [{ window: 0 }, /^RangeError: .*milliseconds above 0 for window, not 0$/],
    [{ burst: 0.5 }, /^RangeError: A RetryBudget needs a number from 1 for burst, not 0\.5$/],
    [{ burst: Infinity }, /^RangeError: .*burst, not Infinity$/],
    [
      { burst: 100 },
      /^RangeError: A RetryBudget cannot save up 100 retries where perSecond allows 100/,
    ],
    [{ ratio: 0, perSecond: 0 }, /^RangeError: A RetryBudget with ratio 0 .*leave retry out$/],
    [{ ratio: 0, perSecond: 1, window: 500 }, /^RangeError: .*raise perSecond or window/],
  ];
  for (const [options, message] of table) {
    assert.throws(() => new RetryBudget(options as RetryBudgetOptions), message);
  }
});
