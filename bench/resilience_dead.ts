/**
 * One of four targets dies: how many calls fail to the caller?
 *
 * @module
 */
import { stack } from "../src/message/fetch.ts";
import { loadBalance, type LoadBalanceOptions } from "../src/layers/load_balance.ts";
import { roundRobin } from "../src/layers/load_balance_round_robin.ts";
import { retry } from "../src/layers/retry.ts";
import { timeout } from "../src/layers/timeout.ts";
import {
  logNormal,
  type ScriptedAnswer,
  simulate,
  type Simulation,
  type SimulationWorld,
} from "../src/testing/mod.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable } from "./support/stats.ts";

const trouble = { from: 10_000, until: 50_000 };

/** Ways to die. */
const deaths: Readonly<Record<string, ScriptedAnswer>> = {
  "refuses connections": { fault: "refused" },
  "resets connections": { fault: "reset" },
  "answers 503": { status: 503 },
  "says nothing": { fault: "stall" },
};

/** The question. */
export const dead: Question = {
  title: "One of four targets dies",
  about:
    "400 calls a second from one client, the first target is dead from second 10 to 50. Each " +
    "attempt has 250 ms. With ejection is the default of `loadBalance()` with `retry()` above it, " +
    "which is what makes another target answer for a status.",
  ask,
};

async function ask(): Promise<Answer> {
  const lines: string[][] = [];
  const musts: Record<string, boolean> = {};
  const curves: [name: string, result: Simulation][] = [];
  for (const [name, answer] of Object.entries(deaths)) {
    const [plain, ejecting] = [await run(answer, "plain"), await run(answer, "ejecting")];
    const [without, withIt] = [plain, ejecting].map((one) =>
      one.between(trouble.from, trouble.until)
    );
    lines.push([
      name,
      `${(100 * without!.failed).toFixed(2)}%`,
      `${(100 * withIt!.failed).toFixed(3)}%`,
      `${(100 * (withIt!.attemptsOf[0] ?? 0) / withIt!.attempts).toFixed(2)}%`,
      withIt!.load.toFixed(3),
      withIt!.p99.toFixed(0),
    ]);
    musts[`fewer than 0.1% fail where one target ${name}`] = withIt!.failed < 0.001;
    if (name === "refuses connections") {
      curves.push(["round robin alone", plain], ["ejection and retry", ejecting]);
    }
  }
  const head = [
    "the target",
    "failed without",
    "failed with ejection",
    "sent to the dead",
    "load",
    "p99, ms",
  ];
  return {
    text: markdownTable(head, lines),
    plots: {
      dead_target: {
        title: "Calls that fail while one of four targets refuses connections",
        x: { label: "seconds" },
        y: { label: "% of the calls", most: 40 },
        band: { from: 10, until: 50, name: "one target is dead" },
        lines: curves.map(([name, result]) => ({
          name,
          points: result.series(1_000).map(({ from, failed }) =>
            [from / 1_000, 100 * failed] as const
          ),
        })),
      },
    },
    broken: brokenOf(musts),
  };
}

async function run(answer: ScriptedAnswer, way: "plain" | "ejecting"): Promise<Simulation> {
  const healthy = { serviceTime: logNormal(20), concurrency: 32 };
  return await simulate({
    duration: 60_000,
    clients: { rate: 400 },
    targets: [{ ...healthy, troubles: [{ ...trouble, answer }] }, healthy, healthy, healthy],
    policy: (world) => policyOf(way, world),
    call: (fetch) => fetch("/"),
  });
}

function policyOf(
  way: "plain" | "ejecting",
  { fetch, targets, clock, random }: SimulationWorld,
): SimulationWorld["fetch"] {
  const attempt = timeout({ attempt: 250, clock });
  if (way === "plain") {
    const options: LoadBalanceOptions = {
      targets,
      clock,
      rule: roundRobin(),
      outlierEjection: false,
      failover: false,
    };
    return stack(fetch, loadBalance(options), attempt);
  }
  return stack(fetch, retry({ clock, random }), loadBalance({ targets, clock, random }), attempt);
}
