/**
 * How the contenders of the client bench are measured.
 *
 * @module
 */
import type { Fetch } from "../src/message/fetch.ts";
import { type Contender, stubBase } from "./client_question.ts";
import type * as RoundModule from "./client_round.ts";

/** Milliseconds that one contender is called in one round. */
const roundTime = 3;

/** Rounds that are not counted: the engine is still compiling. */
const warmUpRounds = 40;

/** A contender and what was measured of it, in microseconds a call. */
export interface Measured {
  /** What was measured. */
  readonly contender: Contender;
  /** What passed, one of each round. */
  readonly times: readonly number[];
  /** Processor time, the mean of all rounds. */
  readonly cpuTime: number;
}

/** Where calls go. */
export interface Network {
  /** What answers; a stub of the contender's own where there is none. */
  readonly fetch?: Fetch;
  /** The address that calls are below. */
  readonly base: string;
}

const stubbed: Network = { base: stubBase };

/** Measures contenders in rounds, each round in another order. */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
  { fetch, base }: Network = stubbed,
): Promise<Measured[]> {
  const running = [];
  for (const [index, contender] of contenders.entries()) {
    // A module instance each, so that nobody's loop is optimised for another's call.
    const { stub, callRepeatedly }: typeof RoundModule = await import(
      `./client_round.ts?${index}${encodeURIComponent(contender.name)}`
    );
    const call = contender.prepare(fetch ?? stub, base);
    const run = (times: number) => callRepeatedly(call, times);
    running.push({ contender, run, calls: 10, times: [] as number[], cpuTime: 0 });
  }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const one of shuffled(running)) {
      const { time, cpuTime } = await one.run(one.calls);
      if (round < warmUpRounds) {
        // As the engine compiles more of it, more calls fill a round.
        one.calls = Math.min(4 * one.calls, Math.ceil(roundTime * 1e6 / time));
      } else {
        one.times.push(time / 1000);
        one.cpuTime += cpuTime / 1000 / rounds;
      }
    }
  }
  return running;
}

function shuffled<T>(list: readonly T[]): T[] {
  return list.map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
