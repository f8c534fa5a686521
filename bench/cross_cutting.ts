/**
 * What is done around a service's resources costs: interceptors, CORS, compression, entity tags and
 * layers, beside Hono's equivalents, in one run.
 *
 * Everything runs in this process, with no socket: on one, the platform's own work on a request is
 * ten times what is measured here and hides it. Each contender is asked for its right answer before
 * it is measured. All contenders of a table take turns in each round, and what one costs beyond
 * another is the median of what the rounds say. Fails above a budget.
 *
 * `deno run --no-lock -A bench/cross_cutting.ts [--rounds 150] [--only cors,pipeline]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { compressionQuestion, entityTagQuestion } from "./cross_cutting_bodies.ts";
import { corsQuestion } from "./cross_cutting_cors.ts";
import { pipelineQuestion } from "./cross_cutting_pipeline.ts";
import { plainQuestion } from "./cross_cutting_plain.ts";
import type { Contender, Question } from "./cross_cutting_question.ts";
import type { callRepeatedly } from "./cross_cutting_round.ts";
import { markdownTable, median, pairedRatio, rotated } from "./support/stats.ts";

const questions: Readonly<Record<string, () => Question>> = {
  pipeline: pipelineQuestion,
  cors: corsQuestion,
  compression: compressionQuestion,
  tags: entityTagQuestion,
  plain: plainQuestion,
};

const columns: Readonly<Record<Question["about"], readonly string[]>> = {
  extra: ["ns", "beyond", "ns beyond", "at best", "budget"],
  ratio: ["µs", "against", "×", "at best", "budget"],
  time: ["µs", "at best", "budget"],
};

/** Milliseconds that one contender is called in one round. */
const roundTime = 2.5;

/** Rounds that are not counted: the engine is still compiling. */
const warmUpRounds = 30;

/** A contender and what was measured of it. */
interface Measured {
  readonly contender: Contender;
  /** Nanoseconds a call, one of each round. */
  readonly times: readonly number[];
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "150" },
      only: { type: "string", default: Object.keys(questions).join() },
    },
  });
  const over: string[] = [];
  for (const name of values.only.split(",")) {
    const question = questions[name]?.();
    if (question === undefined) throw new Error(`Cannot ask about "${name}": no such question`);
    console.error(question.title);
    const measured = await measure(question.contenders, Number(values.rounds));
    console.log(`${tableOf(question, measured)}\n\n${question.notes}\n`);
    over.push(...overBudget(question, measured));
  }
  console.log(
    `Medians of ${values.rounds} interleaved rounds; at best is what the best round of each says.`,
  );
  console.log(over.length === 0 ? "All budgets are kept." : `Over budget: ${over.join("; ")}.`);
  if (over.length > 0) Deno.exit(1);
}

async function measure(contenders: readonly Contender[], rounds: number): Promise<Measured[]> {
  const running = [];
  for (const [index, contender] of contenders.entries()) {
    await contender.verify();
    // A module instance each, so that nobody's loop is optimised for another's call.
    const loop: { callRepeatedly: typeof callRepeatedly } = await import(
      `./cross_cutting_round.ts?${index}${encodeURIComponent(contender.name)}`
    );
    const run = (times: number) => loop.callRepeatedly(contender.call, times);
    running.push({ contender, run, calls: await callsOfRound(run), times: [] as number[] });
  }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const { run, calls, times } of rotated(running, round)) {
      const time = await run(calls);
      if (round >= warmUpRounds) times.push(time);
    }
  }
  return running;
}

/** How many calls fill a round, once the engine has seen enough of them. */
async function callsOfRound(run: (times: number) => Promise<number>): Promise<number> {
  let calls = 10;
  for (;;) {
    const time = await run(calls) * calls / 1e6;
    if (time >= roundTime) return calls;
    calls = Math.ceil(calls * Math.min(4, Math.max(1.2, roundTime / time)));
  }
}

/** What the question asks of a contender: at the median, and at best; NaN where it has no base. */
function resultOf(
  question: Question,
  { contender, times }: Measured,
  measured: readonly Measured[],
): { readonly usual: number; readonly least: number } {
  const least = Math.min(...times);
  if (question.about === "time") return { usual: median(times) / 1000, least: least / 1000 };
  const base = measured.find((other) => other.contender.name === contender.base)?.times;
  if (base === undefined) return { usual: NaN, least: NaN };
  const leastOfBase = Math.min(...base);
  return question.about === "ratio"
    ? { usual: pairedRatio(times, base), least: least / leastOfBase }
    : { usual: pairedDifference(times, base), least: least - leastOfBase };
}

function pairedDifference(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, round) => value - (base[round] ?? NaN)));
}

function tableOf(question: Question, measured: readonly Measured[]): string {
  const { about, title } = question;
  const digits = { extra: 0, ratio: 3, time: 1 }[about];
  const write = (value: number) => Number.isNaN(value) ? "" : value.toFixed(digits);
  const lines = measured.map((one) => {
    const { name, base = "", budget } = one.contender;
    const { usual, least } = resultOf(question, one, measured);
    const time = about === "extra"
      ? [median(one.times).toFixed(0), base]
      : [(median(one.times) / 1000).toFixed(1), base];
    const verdict = budget === undefined ? "" : `${budget}${usual <= budget ? "" : ", **over**"}`;
    return [name, ...about === "time" ? [] : time, write(usual), write(least), verdict];
  });
  return markdownTable([title, ...columns[about]], lines);
}

function overBudget(question: Question, measured: readonly Measured[]): string[] {
  return measured
    .filter((one) => resultOf(question, one, measured).usual > (one.contender.budget ?? Infinity))
    .map(({ contender }) => `${question.title}: ${contender.name}`);
}
