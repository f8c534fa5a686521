/**
 * What a client costs beyond the fetch it calls: ours beside ky, ofetch and wretch, in one run.
 *
 * A stub answers, as a network takes a hundred times what is measured here; the last table has one,
 * the loopback. What the first contender of a table takes is measured in every round and subtracted.
 * Contenders are called in another order each round, since one leaves garbage that the next one pays
 * for. Each is asked for its right answer, and what it sent is looked at, before it is measured.
 * Fails above a budget.
 *
 * `deno run --no-lock -A bench/client.ts [--rounds 150] [--only bare,json,checked,post,query,chunks,layers,socket]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { measure, type Measured } from "./client_measure.ts";
import {
  type Contender,
  type QuestionName,
  questions,
  stubBase,
  verify,
} from "./client_question.ts";
import { lengthless } from "./client_round.ts";
import { isOver, tableOf } from "./client_table.ts";
import { byHand } from "./clients/by_hand.ts";
import { ky } from "./clients/ky.ts";
import { layers } from "./clients/layers.ts";
import { ofetch } from "./clients/ofetch.ts";
import { pirouette } from "./clients/pirouette.ts";
import { wretch } from "./clients/wretch.ts";
import { startChild } from "./support/child.ts";

const programs = [byHand, pirouette, ofetch, wretch, ky];

/** Questions that are not asked of every program. */
const others: ReadonlyMap<string, (rounds: number) => Promise<Answers>> = new Map([
  ["chunks", askLengthless],
  ["layers", askLayers],
  ["socket", askSocket],
]);

/** What is subtracted where nothing but a stub answers. */
const stub: Contender = {
  name: "stub",
  prepare: (fetch, base) => () => fetch(`${base}/albums/1`),
};

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "150" },
      only: { type: "string", default: allNames() },
    },
  });
  const rounds = Number(values.rounds);
  const over: string[] = [];
  for (const name of values.only.split(",")) {
    const { title, measured } = await (others.get(name)?.(rounds) ?? ask(name, rounds));
    console.log(`${tableOf(title, measured)}\n`);
    over.push(
      ...measured.filter((one) => isOver(one, measured))
        .map(({ contender }) => `${title}: ${contender.name}`),
    );
  }
  console.log(
    `Medians of ${rounds} interleaved rounds; at best is what the best round of each says. CPU is ` +
      "the processor time of the whole process, compiling and garbage collection included; gaps " +
      "under 0.3 µs are noise, on a socket under 5.",
  );
  console.log(over.length === 0 ? "All budgets are kept." : `Over budget: ${over.join("; ")}.`);
  // A connection that a fetch keeps for later must not keep the bench from ending.
  Deno.exit(over.length > 0 ? 1 : 0);
}

/** A table's title and what was measured for it, of what is subtracted first. */
interface Answers {
  readonly title: string;
  readonly measured: readonly [Measured, ...Measured[]];
}

async function ask(name: string, rounds: number): Promise<Answers> {
  if (!isQuestion(name)) {
    throw new Error(`Cannot ask about "${name}": name one of ${allNames()}`);
  }
  const question = questions[name];
  console.error(question.title);
  const contenders = programs.flatMap((program) => program[name] ?? []);
  for (const contender of contenders) await verify(question, contender);
  return { title: question.title, measured: first(await measure([stub, ...contenders], rounds)) };
}

async function askLayers(rounds: number): Promise<Answers> {
  const title = "one layer of ours around the stub";
  console.error(title);
  return { title, measured: first(await measure([stub, ...layers], rounds)) };
}

/** The JSON question of a stub that does not say how long its answer is. */
async function askLengthless(rounds: number): Promise<Answers> {
  const title = "GET, JSON, its length not said";
  console.error(title);
  const contenders = programs.flatMap(({ json = [] }) => json)
    .map(({ name, prepare }): Contender => ({ name, prepare }));
  const network = { fetch: lengthless, base: stubBase };
  return { title, measured: first(await measure([stub, ...contenders], rounds, network)) };
}

/** The same JSON question over the platform's fetch and a server of its own process. */
async function askSocket(rounds: number): Promise<Answers> {
  const title = "GET, JSON, over a socket";
  console.error(title);
  await using server = await startChild("raw", "json");
  const contenders = programs.flatMap(({ json = [] }) => json)
    .map(({ name, prepare }): Contender => ({ name, prepare }));
  // The server answers every path alike.
  const network = { fetch: globalThis.fetch, base: `http://127.0.0.1:${server.port}` };
  return { title, measured: first(await measure(contenders, rounds, network)) };
}

function allNames(): string {
  return [...Object.keys(questions), ...others.keys()].join();
}

function isQuestion(name: string): name is QuestionName {
  return Object.hasOwn(questions, name);
}

function first(measured: readonly Measured[]): Answers["measured"] {
  const [one, ...others] = measured;
  if (one === undefined) throw new Error("Cannot make a table of nothing");
  return [one, ...others];
}
