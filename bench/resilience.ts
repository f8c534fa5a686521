/**
 * What the policies do in bad times, in simulations that are the same on every run, and what they
 * cost in good ones. Writes a table for each question and plots to `bench/plots/`; fails where
 * something is not as it must be.
 *
 * `deno run --no-lock -A bench/resilience.ts [--only storm,overload,slow,dead,halfOpen,leak,overhead,refusal]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { dead } from "./resilience_dead.ts";
import { halfOpen } from "./resilience_half_open.ts";
import { leak } from "./resilience_leak.ts";
import { overhead } from "./resilience_overhead.ts";
import { overload } from "./resilience_overload.ts";
import type { Question } from "./resilience_question.ts";
import { refusal } from "./resilience_refusal.ts";
import { slow } from "./resilience_slow.ts";
import { storm } from "./resilience_storm.ts";
import { svgOf } from "./support/plot.ts";

const questions: Readonly<Record<string, Question>> = {
  storm,
  overload,
  slow,
  dead,
  halfOpen,
  leak,
  overhead,
  refusal,
};

if (import.meta.main) {
  const names = Object.keys(questions).join();
  const { values } = parseArgs({
    args: Deno.args,
    options: { only: { type: "string", default: names } },
  });
  const broken: string[] = [];
  for (const name of values.only.split(",")) {
    const question = Object.hasOwn(questions, name) ? questions[name] : undefined;
    if (question === undefined) throw new Error(`Cannot ask "${name}": name one of ${names}`);
    broken.push(...await answer(question));
  }
  console.log(broken.length === 0 ? "All is as it must be." : `Broken: ${broken.join("; ")}.`);
  // opossum's windows hold timers that nobody clears.
  Deno.exit(broken.length === 0 ? 0 : 1);
}

/** Asks, prints what comes out, and gives what is broken. */
async function answer({ title, about, ask }: Question): Promise<readonly string[]> {
  console.error(title);
  const { text, plots = {}, broken } = await ask();
  console.log(`### ${title}\n\n${about}\n\n${text}\n`);
  for (const [name, plot] of Object.entries(plots)) {
    const file = new URL(`plots/${name}.svg`, import.meta.url);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, svgOf(plot));
    console.log(`![${plot.title}](plots/${name}.svg)\n`);
  }
  return broken;
}
