// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What the policies cost a call that needs none of them, beside cockatiel and opossum, in one run.
 *
 * @module
 */
import {
  circuitBreaker as cockatielBreaker,
  ExponentialBackoff,
  handleAll,
  retry as cockatielRetry,
  SamplingBreaker,
  timeout as cockatielTimeout,
  TimeoutStrategy,
  wrap,
} from "npm:cockatiel@4.0.0";
import Opossum from "npm:opossum@10.0.0";
import { type Fetch, type Layer, stack } from "../src/message/fetch.ts";
import { circuitBreaker } from "../src/layers/circuit_breaker.ts";
import { loadBalance } from "../src/layers/load_balance.ts";
import { retry } from "../src/layers/retry.ts";
import { timeout } from "../src/layers/timeout.ts";
import { measure, type Measured } from "./client_measure.ts";
import type { Contender } from "./client_question.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable, median } from "./support/stats.ts";

const rounds = 100;

/** Milliseconds of every timeout; none ends. */
const patience = 10_000;

/** The question. */
export const overhead: Question = {
  title: "What policies cost when nothing is wrong",
  about:
    "A stub answers at once with 200; what it takes itself is subtracted. Contenders are called " +
    `in another order each of ${rounds} rounds. Breakers look at the failures of a minute; cockatiel's ` +
    "and ours look at statuses, opossum's does not.",
  ask,
};

/** Failures as ours sees them: errors, and statuses of a server that fails. */
const failing = handleAll.orWhenResult((result) =>
  result instanceof Response && result.status >= 500
);

const contenders: readonly Contender[] = [
  { name: "stub", prepare: (fetch, base) => () => fetch(`${base}/albums/1`) },
  ours("retry", retry()),
  ours("circuitBreaker", circuitBreaker()),
  ours("timeout", timeout({ attempt: patience })),
  { ...ours("retry + circuitBreaker", retry(), circuitBreaker()), mostTime: 0.5 },
  {
    ...ours(
      "retry + circuitBreaker + timeout",
      retry(),
      circuitBreaker(),
      timeout({ attempt: patience }),
    ),
    mostTime: 2.5,
  },
  {
    name: "loadBalance, four targets",
    prepare: (fetch, base) => {
      const targets = [1, 2, 3, 4].map((number) => base.replace("//", `//${number}.`));
      const send = stack(fetch, loadBalance({ targets }));
      return () => send("/albums/1");
    },
  },
  cockatiel("retry + breaker", "without timeout"),
  cockatiel("retry + breaker + timeout", "with timeout"),
  opossum("breaker", false),
  opossum("breaker + timeout", patience),
];

async function ask(): Promise<Answer> {
  const measured = await measure(contenders, rounds);
  const [first] = measured;
  if (first === undefined) throw new Error("Nothing was measured");
  const musts: Record<string, boolean> = {};
  const lines = measured.map((one) => {
    const { name, mostTime } = one.contender;
    const time = beyond(one, first);
    if (mostTime !== undefined) musts[`${name} costs at most ${mostTime} µs`] = time <= mostTime;
    const least = Math.min(...one.times) - Math.min(...first.times);
    return [
      name,
      median(one.times).toFixed(2),
      one === first ? "" : time.toFixed(2),
      one === first ? "" : least.toFixed(2),
      one === first ? "" : (one.cpuTime - first.cpuTime).toFixed(2),
      mostTime === undefined ? "" : `${mostTime}${time > mostTime ? ", **over**" : ""}`,
    ];
  });
  const head = ["around a stub", "µs", "beyond the stub", "at best", "CPU µs beyond", "budget"];
  return { text: markdownTable(head, lines), broken: brokenOf(musts) };
}

function beyond({ times }: Measured, first: Measured): number {
  return median(times.map((time, round) => time - (first.times[round] ?? NaN)));
}

function ours(name: string, ...layers: readonly Layer[]): Contender {
  return {
    name,
    prepare: (fetch: Fetch, base) => {
      const send = stack(fetch, ...layers);
      return () => send(`${base}/albums/1`);
    },
  };
}

function cockatiel(name: string, way: "with timeout" | "without timeout"): Contender {
  return {
    name: `cockatiel: ${name}`,
    prepare: (fetch, base) => {
      const again = cockatielRetry(failing, {
        maxAttempts: 2,
        backoff: new ExponentialBackoff(),
      });
      const breaker = cockatielBreaker(failing, {
        halfOpenAfter: 5_000,
        breaker: new SamplingBreaker({ threshold: 0.5, duration: 60_000 }),
      });
      const url = `${base}/albums/1`;
      if (way === "without timeout") {
        const policy = wrap(again, breaker);
        return () => policy.execute(() => fetch(url));
      }
      const policy = wrap(again, breaker, cockatielTimeout(patience, TimeoutStrategy.Aggressive));
      return () => policy.execute(({ signal }: { signal: AbortSignal }) => fetch(url, { signal }));
    },
  };
}

function opossum(name: string, time: number | false): Contender {
  return {
    name: `opossum: ${name}`,
    prepare: (fetch, base) => {
      const breaker = new Opossum((url: string) => fetch(url), {
        timeout: time,
        errorThresholdPercentage: 50,
        resetTimeout: 5_000,
        rollingCountTimeout: 60_000,
      });
      return () => breaker.fire(`${base}/albums/1`);
    },
  };
}
