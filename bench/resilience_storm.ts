/**
 * A hundred clients call a service that answers nothing but 503 for half a minute: how much more do
 * they call it, and what does it cost them afterwards?
 *
 * @module
 */
import type { Fetch } from "../src/message/fetch.ts";
import { stack } from "../src/message/fetch.ts";
import { retry, type RetryOptions } from "../src/layers/retry.ts";
import { RetryBudget } from "../src/layers/retry_budget.ts";
import {
  exponential,
  simulate,
  type Simulation,
  type SimulationWorld,
  VirtualClock,
} from "../src/testing/mod.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

const trouble = { from: 10_000, until: 40_000 };
const seconds = (trouble.until - trouble.from) / 1_000;

/** Retries a second that a budget allows whatever the load, for all clients together. */
const floor = 10;

/** The question. */
export const storm: Question = {
  title: "Retry storm",
  about:
    "100 clients of one process make 5 calls a second each; their service answers 503 from second " +
    "10 to 40. Load is attempts for each call. The budget is the default: 20% of the calls and " +
    `${floor} retries a second besides, in any 10 seconds; a client of its own has a floor of its own, which ` +
    "is why a budget for each of many clients that call little holds nothing back.",
  ask,
};

async function ask(): Promise<Answer> {
  const shared = await run((clock) => ({ budget: new RetryBudget({ clock }) }));
  const none = await run(() => ({ budget: false }));
  const apart = await run(() => ({}));
  const quiet = await run(undefined);
  const policies = {
    "no budget": none,
    "one budget": shared,
    "a budget each": apart,
    "no retry": quiet,
  };
  const during = (one: Simulation) => one.between(trouble.from, trouble.until);
  const { calls, attempts } = during(shared);
  const allowed = 1.2 * calls + floor * seconds;
  // Once what was saved up is spent, which takes less than a second.
  const loads = shared.series(1_000)
    .filter(({ from, until }) => from >= trouble.from + 1_000 && until <= trouble.until)
    .map((second) => second.load);
  const [least, most] = [Math.min(...loads), Math.max(...loads)];
  const lines = Object.entries(policies).map(([name, one]) => {
    const { load, attempts, failed } = during(one);
    const after = one.between(trouble.until, trouble.until + 5_000);
    return [
      name,
      attempts.toLocaleString("en"),
      load.toFixed(2),
      `${(100 * failed).toFixed(1)}%`,
      `${(100 * after.failed).toFixed(1)}%`,
    ];
  });
  const head = ["policy", "attempts", "load", "failed", "failed in the 5 s after"];
  return {
    text: `${markdownTable(head, lines)}\n\n${calls.toLocaleString("en")} calls allow ` +
      `${
        Math.round(allowed).toLocaleString("en")
      } attempts with the budget. From the second second ` +
      `on, its load is ${least.toFixed(2)} to ${most.toFixed(2)} in each.`,
    plots: {
      retry_storm: {
        title: "Load of a service that is down: attempts for each call",
        x: { label: "seconds" },
        y: { label: "attempts / calls", most: 3.5 },
        band: { from: 10, until: 40, name: "503 for every call" },
        lines: Object.entries(policies).map(([name, one]) => ({
          name,
          points: one.series(500).map(({ from, load }) => [from / 1_000, load] as const),
        })),
      },
    },
    broken: brokenOf({
      "the budget keeps the load within 1.2 times and its floor": attempts <= allowed,
      "and that evenly": least >= 1.15 && most <= 1.3,
      "without it the load is 3 times": during(none).load > 2.9,
    }),
  };
}

async function run(
  options: ((clock: VirtualClock) => RetryOptions) | undefined,
): Promise<Simulation> {
  const clock = new VirtualClock();
  const shared = options?.(clock);
  const policy = ({ fetch, random }: SimulationWorld): Fetch =>
    shared === undefined ? fetch : stack(fetch, retry({ count: 2, clock, random, ...shared }));
  return await simulate({
    clock,
    duration: 60_000,
    clients: { count: 100, rate: 5 },
    targets: [{
      serviceTime: exponential(20),
      concurrency: 30,
      queue: 200,
      troubles: [{ ...trouble, answer: { status: 503 } }],
    }],
    policy,
  });
}
