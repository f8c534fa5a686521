/**
 * The clients of a simulation: those that call at their rate whatever happens, and those that wait for
 * an answer and think before they call again.
 *
 * @module
 */
import { checkOptions } from "../message/options.ts";
import { drawn, type Duration } from "./duration.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/**
 * The clients of a simulation, as data: with `rate` an open loop, as the users of the world are, with
 * `think` a closed one, as workers with one call at a time are.
 */
export interface SimulatedClients {
  /**
   * How many there are; each gets a policy of its own.
   *
   * @default 1
   */
  readonly count?: number;
  /**
   * Calls a second of each client, at moments that do not depend on each other (Poisson). A function
   * gets the milliseconds of the simulation, and what it gives must be above 0.
   *
   * @default 10, unless there is `think`
   */
  readonly rate?: number | ((at: number) => number);
  /**
   * How long a client waits after a call before it makes the next one, in milliseconds.
   *
   * @default none, as the loop is open
   */
  readonly think?: Duration;
}

const known: Readonly<Record<keyof SimulatedClients, true>> = {
  count: true,
  rate: true,
  think: true,
};

/** Lets one client make calls until `end`, in milliseconds of the clock. */
export function runClient(
  { rate = 10, think }: SimulatedClients,
  clock: VirtualClock,
  random: () => number,
  end: number,
  call: () => Promise<void>,
): void {
  const start = clock.now();
  const later = (delay: number, action: () => void): void => {
    // Something must pass, or time would stand still.
    if (clock.now() + delay < end) clock.setTimer(action, Math.max(delay, 0.001));
  };
  if (think !== undefined) {
    const again = (): void => later(drawn(think, random), () => void call().then(again));
    // Not all at the same moment.
    return later(drawn(think, random) * random(), () => void call().then(again));
  }
  const gap = (): number => {
    const now = typeof rate === "number" ? rate : rate(clock.now() - start);
    return -Math.log(1 - random()) * 1000 / now;
  };
  const next = (): void => {
    later(gap(), () => {
      next();
      void call();
    });
  };
  next();
}

/**
 * Refuses clients that cannot be.
 *
 * @throws {TypeError} when there is an option it does not know, or both `rate` and `think`.
 * @throws {RangeError} when `count` is no whole number from 1 or `rate` not above 0.
 */
export function checkClients(clients: SimulatedClients): void {
  checkOptions("simulated clients", clients, known);
  const { count = 1, rate, think } = clients;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`Simulated clients need a whole count from 1, not ${count}`);
  }
  if (rate !== undefined && think !== undefined) {
    throw new TypeError("Simulated clients have either rate or think: leave out one of them");
  }
  if (typeof rate === "number" && !(rate > 0)) {
    throw new RangeError(`Simulated clients need a rate above 0, not ${rate}`);
  }
}
