/**
 * A simulated remote service as data: it works on so many calls at a time, lets others queue, refuses
 * the rest, and has its troubles at set times.
 *
 * @module
 */
import { checkOptions } from "../message/options.ts";
import type { Duration } from "./duration.ts";
import { checkAnswer, type ScriptedAnswer } from "./fault.ts";

/** A time in which a target does not do as it should. */
export interface SimulatedTrouble {
  /** When it begins, in milliseconds of the simulation. */
  readonly from: number;
  /**
   * When it ends, in milliseconds of the simulation.
   *
   * @default never
   */
  readonly until?: number;
  /**
   * The share of the calls that it hits, from 0 to 1.
   *
   * @default 1
   */
  readonly share?: number;
  /**
   * How many times longer than else the work takes.
   *
   * @default 1
   */
  readonly slower?: number;
  /**
   * What is answered in place of work, at no cost to the target.
   *
   * @default the target works
   */
  readonly answer?: ScriptedAnswer;
}

/** A target of a simulation, as data; times are milliseconds. */
export interface SimulatedTarget {
  /**
   * Its address; calls go to the target whose origin they name.
   *
   * @default "http://target-1.test", the second "http://target-2.test", and so on
   */
  readonly url?: string;
  /**
   * How long it works on a call.
   *
   * @default 10
   */
  readonly serviceTime?: Duration;
  /**
   * How many calls it works on at a time.
   *
   * @default Infinity
   */
  readonly concurrency?: number;
  /**
   * How many more may wait for their turn; the rest are answered with `overloaded`.
   *
   * @default Infinity
   */
  readonly queue?: number;
  /**
   * What it answers beyond its queue.
   *
   * @default { status: 503 }
   */
  readonly overloaded?: ScriptedAnswer;
  /**
   * What the network adds to each call.
   *
   * @default 1
   */
  readonly latency?: Duration;
  /**
   * What it answers when it has done its work.
   *
   * @default {}
   */
  readonly answer?: ScriptedAnswer;
  /**
   * When it has troubles, and which; of those at the same time the first counts.
   *
   * @default none
   */
  readonly troubles?: readonly SimulatedTrouble[];
}

const knownTarget: Readonly<Record<keyof SimulatedTarget, true>> = {
  url: true,
  serviceTime: true,
  concurrency: true,
  queue: true,
  overloaded: true,
  latency: true,
  answer: true,
  troubles: true,
};

const knownTrouble: Readonly<Record<keyof SimulatedTrouble, true>> = {
  from: true,
  until: true,
  share: true,
  slower: true,
  answer: true,
};

/**
 * Refuses a target that cannot be.
 *
 * @throws {TypeError} when there is an option it does not know, or no whole address.
 * @throws {RangeError} when `concurrency` is below 1, `queue` below 0, `share` not from 0 to 1 or
 * `slower` not above 0.
 */
export function checkTarget(config: SimulatedTarget): void {
  checkOptions("a simulated target", config, knownTarget);
  const { url, concurrency = 1, queue = 0, answer, overloaded, troubles = [] } = config;
  if (url !== undefined && !URL.canParse(url)) {
    throw new TypeError(`A simulated target needs a whole url, not "${url}"`);
  }
  if (!(concurrency >= 1)) {
    throw new RangeError(`A simulated target needs concurrency from 1, not ${concurrency}`);
  }
  if (!(queue >= 0)) throw new RangeError(`A simulated target needs a queue from 0, not ${queue}`);
  for (const trouble of troubles) {
    checkOptions("a simulated trouble", trouble, knownTrouble);
    const { share = 1, slower = 1 } = trouble;
    if (!(share >= 0 && share <= 1)) {
      throw new RangeError(`A simulated trouble needs a share from 0 to 1, not ${share}`);
    }
    if (!(slower > 0)) {
      throw new RangeError(`A simulated trouble needs slower above 0, not ${slower}`);
    }
  }
  for (const one of [answer, overloaded, ...troubles.map(({ answer }) => answer)]) {
    if (one !== undefined) checkAnswer(one);
  }
}
