// deno-lint-ignore-file no-import-prefix -- peers are pinned where they are measured, not depended on
/**
 * What it costs to be refused by an open circuit, beside cockatiel and opossum: it is when all goes wrong
 * that there are many of these.
 *
 * @module
 */
import {
  circuitBreaker as cockatielBreaker,
  ConsecutiveBreaker,
  handleAll,
} from "npm:cockatiel@4.0.0";
import Opossum from "npm:opossum@10.0.0";
import { type Fetch, type Layer, stack } from "../src/message/fetch.ts";
import { circuitBreaker } from "../src/layers/circuit_breaker.ts";
import { CircuitBreaker } from "../src/layers/circuit_breaker_object.ts";
import { measure } from "./client_measure.ts";
import type { Contender } from "./client_question.ts";
import { type Answer, brokenOf, type Question } from "./resilience_question.ts";
import { markdownTable, median } from "./support/stats.ts";

const rounds = 60;

/** The question. */
export const refusal: Question = {
  title: "What a refusal costs",
  about:
    "The circuit is open, and the caller catches the error. Most of it is the trace of the stack that " +
    "every `Error` has.",
  ask,
};

/** Layers that do nothing: the stack is deeper. */
const idle: readonly Layer[] = Array.from(
  { length: 8 },
  (): Layer => (next) => (input, init) => next(input, init),
);

const contenders: readonly Contender[] = [
  { name: "`new Error()` alone, caught", prepare: () => () => caught(fail()) },
  ours("circuitBreaker"),
  ours("circuitBreaker below 8 layers", ...idle),
  {
    name: "cockatiel: breaker",
    prepare: (fetch, base) => {
      const breaker = cockatielBreaker(handleAll, {
        halfOpenAfter: 3_600_000,
        breaker: new ConsecutiveBreaker(1),
      });
      breaker.isolate();
      return () => caught(breaker.execute(() => fetch(base)));
    },
  },
  {
    name: "opossum: breaker",
    prepare: (fetch, base) => {
      const breaker = new Opossum((url: string) => fetch(url), { timeout: false });
      breaker.open();
      return () => caught(breaker.fire(base));
    },
  },
];

/** How many microseconds a refusal of ours may cost beyond an error alone. */
const most = 0.3;

async function ask(): Promise<Answer> {
  const measured = await measure(contenders, rounds);
  const times = measured.map((one) => ({
    name: one.contender.name,
    time: median(one.times),
    best: Math.min(...one.times),
  }));
  const alone = times[0]?.time ?? NaN;
  const refusals = times.filter(({ name }) => name.startsWith("circuitBreaker"));
  const peers = times.filter(({ name }) => name.includes(":"));
  const quickest = Math.min(...peers.map(({ time }) => time));
  const lines = times.map(({ name, time, best }) => [
    name,
    time.toFixed(2),
    best.toFixed(2),
    (time - alone).toFixed(2),
  ]);
  return {
    text: markdownTable(["refused by", "µs", "at best", "beyond the error"], lines),
    broken: brokenOf({
      [`a refusal costs at most ${most} µs beyond its error`]: refusals.every(({ time }) =>
        time - alone <= most
      ),
      "and less than the peers'": refusals.every(({ time }) => time < quickest),
    }),
  };
}

function ours(name: string, ...layers: readonly Layer[]): Contender {
  return {
    name,
    prepare: (fetch: Fetch, base) => {
      const breaker = new CircuitBreaker();
      breaker.isolate();
      const send = stack(fetch, ...layers, circuitBreaker({ breaker }));
      return () => caught(send(base));
    },
  };
}

function fail(): Promise<never> {
  return Promise.reject(new Error("refused"));
}

async function caught(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch {
    // It is what is measured.
  }
}
