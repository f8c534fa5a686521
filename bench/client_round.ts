/**
 * One round of the client bench and the stub it calls, in a module of its own so that each contender
 * can have an instance.
 *
 * @module
 */
import process from "node:process";
import { rows } from "./support/rows.ts";

/** The JSON that the stub answers. */
export const answer: string = rows.find(({ name }) => name === "body")?.body ?? "";

const type = { "content-type": "application/json" };

/** A response as servers send one of this size: its length is said. */
const init = { headers: { ...type, "content-length": String(answer.length) } };

const unsaid = { headers: type };

/** What stands in for the network: a new response each time, with a body that nobody read. */
// deno-lint-ignore require-await -- every fetch is asynchronous
export async function stub(): Promise<Response> {
  return new Response(answer, init);
}

/** The same without a length, as a server answers in chunks: a limit has to be counted. */
// deno-lint-ignore require-await -- every fetch is asynchronous
export async function lengthless(): Promise<Response> {
  return new Response(answer, unsaid);
}

/** What a round took, in nanoseconds a call. */
export interface Round {
  /** Time that passed. */
  readonly time: number;
  /** Processor time of the whole process, garbage collector and compiler too. */
  readonly cpuTime: number;
}

/** Calls a contender `times` times, one call after the other. */
export async function callRepeatedly(call: () => Promise<unknown>, times: number): Promise<Round> {
  const used = process.cpuUsage();
  const start = performance.now();
  for (let time = 0; time < times; time++) await call();
  const time = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { time: time * 1e6 / times, cpuTime: (user + system) * 1e3 / times };
}
