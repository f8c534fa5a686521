/**
 * One of four targets turns 20 times slower: how long does that hurt, by the rule that spreads the
 * calls?
 *
 * @module
 */
import { stack } from "../src/message/fetch.ts";
import { loadBalance } from "../src/layers/load_balance.ts";
import { leastOutstanding } from "../src/layers/load_balance_least_outstanding.ts";
import { peakEwma } from "../src/layers/load_balance_peak_ewma.ts";
import { roundRobin } from "../src/layers/load_balance_round_robin.ts";
import type { LoadBalancerRule } from "../src/layers/load_balance_rule.ts";
import { logNormal, simulate, type Simulation } from "../src/testing/mod.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

const trouble = { from: 20_000, until: 40_000 };

/** How long a rule has to see it. */
const noticed = 1_000;

/** The question. */
export const slow: Question = {
  title: "One of four targets turns 20 times slower",
  about:
    "400 calls a second from one client, work of 20 ms (median, log-normal), 16 at a time on " +
    "each target; the first is 20 times slower from second 20 to 40. Nothing fails, so nothing is " +
    "ejected.",
  ask,
};

async function ask(): Promise<Answer> {
  const rules: Readonly<Record<string, (random: () => number) => LoadBalancerRule>> = {
    "round robin": () => roundRobin(),
    "least outstanding": () => leastOutstanding(),
    "P2C, peak EWMA": (random) => peakEwma({ random }),
  };
  const results: [name: string, result: Simulation][] = [];
  for (const [name, rule] of Object.entries(rules)) results.push([name, await run(rule)]);
  const lines = results.map(([name, result]) => {
    const [healthy, first, then] = stretches(result);
    return [
      name,
      ...[healthy, first, then].map(({ p99 }) => p99.toFixed(0)),
      (then.p99 / healthy.p99).toFixed(2),
      `${(100 * (then.attemptsOf[0] ?? 0) / then.attempts).toFixed(1)}%`,
    ];
  });
  const head = ["rule", "p99 before, ms", "in the 1st second", "after it", "×", "to the slow one"];
  const times = Object.fromEntries(results.map(([name, result]) => {
    const [healthy, , then] = stretches(result);
    return [name, then.p99 / healthy.p99];
  }));
  return {
    text: markdownTable(head, lines),
    plots: {
      slow_target: {
        title: "99th percentile while one of four targets is 20 times slower",
        x: { label: "seconds" },
        y: { label: "p99, milliseconds", least: 10, most: 100_000 },
        band: { from: 20, until: 40, name: "one target 20 × slower" },
        lines: results.map(([name, result]) => ({
          name,
          points: result.series(500).map(({ from, p99 }) => [from / 1_000, p99] as const),
        })),
      },
    },
    broken: brokenOf({
      "peak EWMA keeps p99 within twice the healthy one after a second":
        times["P2C, peak EWMA"]! <= 2,
      "round robin does not": times["round robin"]! > 2,
    }),
  };
}

function stretches(result: Simulation) {
  return [
    result.between(5_000, trouble.from),
    result.between(trouble.from, trouble.from + noticed),
    result.between(trouble.from + noticed, trouble.until),
  ] as const;
}

async function run(rule: (random: () => number) => LoadBalancerRule): Promise<Simulation> {
  const healthy = { serviceTime: logNormal(20), concurrency: 16 };
  return await simulate({
    duration: 60_000,
    clients: { rate: 400 },
    targets: [{ ...healthy, troubles: [{ ...trouble, slower: 20 }] }, healthy, healthy, healthy],
    policy: ({ fetch, targets, clock, random }) =>
      stack(fetch, loadBalance({ targets, clock, rule: rule(random) })),
    call: (fetch) => fetch("/"),
  });
}
