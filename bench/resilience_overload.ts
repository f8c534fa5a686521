/**
 * A service that is slow for five seconds, and clients that ask again because of it: does it recover
 * when the cause is gone?
 *
 * What it does not, without a limit on retries, is known as a metastable failure: the clients' own
 * retries keep its queue longer than anybody waits.
 *
 * @module
 */
import { type Fetch, type Layer, stack } from "../src/message/fetch.ts";
import { circuitBreaker } from "../src/layers/circuit_breaker.ts";
import { retry } from "../src/layers/retry.ts";
import { timeout } from "../src/layers/timeout.ts";
import {
  exponential,
  simulate,
  type Simulation,
  type SimulationWorld,
} from "../src/testing/mod.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

const trouble = { from: 10_000, until: 15_000, slower: 4 };
const end = 60_000;

/** How long calls go on after what is shown, as the last ones find it empty. */
const beyond = 10_000;

/** The question. */
export const overload: Question = {
  title: "An overload that outlasts its cause",
  about:
    "A service that can do 100 calls a second is called 80 times a second, and is 4 times slower " +
    "from second 10 to 15. Each attempt has a second; what it began it finishes, though nobody waits.",
  ask,
};

type Policy = (world: SimulationWorld) => readonly Layer[];

const policies: Readonly<Record<string, Policy>> = {
  "no retry": () => [],
  "no budget": ({ clock, random }) => [retry({ clock, random, budget: false })],
  "budget": ({ clock, random }) => [retry({ clock, random, budget: { perSecond: 1, clock } })],
  "no budget, breaker": ({ clock, random }) => [
    retry({ clock, random, budget: false }),
    circuitBreaker({ clock, rollingWindow: { timeWindow: 10_000 } }),
  ],
};

async function ask(): Promise<Answer> {
  const results: [name: string, result: Simulation][] = [];
  for (const [name, policy] of Object.entries(policies)) results.push([name, await run(policy)]);
  const lines = results.map(([name, result]) => {
    const recovered = recoveryOf(result);
    return [
      name,
      recovered === undefined ? "never" : `${recovered.toFixed(0)} s`,
      `${(100 * result.between(trouble.from, end).failed).toFixed(0)}%`,
      result.between(trouble.from, end).load.toFixed(2),
    ];
  });
  const recoveries = new Map(results.map(([name, result]) => [name, recoveryOf(result)]));
  const head = ["policy", "well again after", "failed from second 10 on", "load"];
  return {
    text: markdownTable(head, lines),
    plots: {
      overload: {
        title: "Calls answered in time, by a service that was slow for five seconds",
        x: { label: "seconds" },
        y: { label: "good calls a second", most: 120 },
        band: { from: 10, until: 15, name: "slow" },
        lines: results.map(([name, result]) => ({
          name,
          points: result.series(1_000).filter(({ until }) => until <= end)
            .map(({ from, goodput }) => [from / 1_000, goodput] as const),
        })),
      },
    },
    broken: brokenOf({
      "without a budget it does not recover": recoveries.get("no budget") === undefined,
      "with one it does within 5 seconds": (recoveries.get("budget") ?? Infinity) <= 5,
      "a breaker ends it within 15": (recoveries.get("no budget, breaker") ?? Infinity) <= 15,
    }),
  };
}

/** How many seconds after the cause was gone 95% of all later calls were answered well. */
function recoveryOf(result: Simulation): number | undefined {
  for (let from = trouble.until; from <= end - 10_000; from += 1_000) {
    const second = result.between(from, from + 1_000);
    if (second.failed < 0.05 && result.between(from, end).failed < 0.05) {
      return (from - trouble.until) / 1_000;
    }
  }
  return undefined;
}

async function run(policy: Policy): Promise<Simulation> {
  return await simulate({
    duration: end + beyond,
    clients: { count: 1, rate: 80 },
    targets: [{ serviceTime: exponential(40), concurrency: 4, troubles: [trouble] }],
    policy: (world): Fetch =>
      stack(world.fetch, ...policy(world), timeout({ attempt: 1_000, clock: world.clock })),
  });
}
