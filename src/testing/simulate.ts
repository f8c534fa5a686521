/**
 * Clients and targets in virtual time: what a policy does to both when something breaks, without
 * waiting and the same each time.
 *
 * A model, not a measurement: services here have no processors to share and networks no bandwidth.
 * What it shows well is what clients do together: how load grows, where queues form, how long it takes
 * until it is over.
 *
 * @module
 */
import type { Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { faultError } from "./fault_error.ts";
import { seededStreams } from "./seeded_random.ts";
import { checkClients, runClient, type SimulatedClients } from "./simulated_clients.ts";
import { checkTarget, type SimulatedTarget } from "./simulated_target.ts";
import { type CallRecord, Simulation } from "./simulation.ts";
import { TargetAtWork } from "./target_at_work.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What a policy is made of, one for each client. */
export interface SimulationWorld {
  /** Which client it is for, from 0. */
  readonly client: number;
  /** The time of the simulation. */
  readonly clock: VirtualClock;
  /** Chance of this client's own, for a policy that needs it. */
  readonly random: () => number;
  /** The network: it brings calls to the target whose origin they name. */
  readonly fetch: Fetch;
  /** The origins of the targets, in their order. */
  readonly targets: readonly string[];
}

/** A call that is about to be made. */
export interface SimulatedCall {
  /** Which client makes it, from 0. */
  readonly client: number;
  /** Which call of all clients it is, from 0. */
  readonly number: number;
  /** When, in milliseconds of the simulation. */
  readonly at: number;
  /** Chance, for calls that differ. */
  readonly random: () => number;
  /** The origins of the targets, in their order. */
  readonly targets: readonly string[];
}

/** Options of {@linkcode simulate}; times are milliseconds. */
export interface SimulationOptions {
  /**
   * What all chance of the simulation follows from.
   *
   * @default 1
   */
  readonly seed?: number;
  /** How long calls are begun; those under way are waited for after that. */
  readonly duration: number;
  /**
   * Who calls.
   *
   * @default one client that makes 10 calls a second
   */
  readonly clients?: SimulatedClients;
  /** Who is called. */
  readonly targets: readonly SimulatedTarget[];
  /**
   * Makes the `fetch` of a client, usually layers around that of the world. What clients share, as one
   * process does, is made outside with a `clock` of your own.
   *
   * @default the network itself
   */
  readonly policy?: (world: SimulationWorld) => Fetch;
  /**
   * Makes a call through a client's `fetch`.
   *
   * @default a GET of the first target
   */
  readonly call?: (fetch: Fetch, call: SimulatedCall) => Promise<Response>;
  /**
   * Whether a response is a good one.
   *
   * @default its status is below 500 and not 429
   */
  readonly isGood?: (response: Response) => boolean;
  /**
   * How long calls that are under way are waited for in the end.
   *
   * @default 60000
   */
  readonly patience?: number;
  /**
   * The time, where something outside needs it too. The simulation begins at what it shows.
   *
   * @default one of its own
   */
  readonly clock?: VirtualClock;
}

const known: Readonly<Record<keyof SimulationOptions, true>> = {
  seed: true,
  duration: true,
  clients: true,
  targets: true,
  policy: true,
  call: true,
  isGood: true,
  patience: true,
  clock: true,
};

/**
 * Runs a simulation.
 *
 * A call is over when its body was read. Chance is drawn from separate streams, so that the same calls
 * come at the same moments under every policy: two runs with one seed differ by the policy alone.
 *
 * @throws {TypeError} when there is an option it does not know, or no target.
 * @throws {RangeError} when a number is out of range.
 *
 * @example Does a budget keep retries from burying a service that is down for half a minute?
 * ```ts
 * import { retry, stack } from "@pirouette/http/layers";
 * import { exponential, simulate } from "@pirouette/http/testing";
 *
 * const { load } = (await simulate({
 *   duration: 60_000,
 *   clients: { rate: 200 },
 *   targets: [{
 *     serviceTime: exponential(20),
 *     concurrency: 8,
 *     queue: 100,
 *     troubles: [{ from: 10_000, until: 40_000, answer: { status: 503 } }],
 *   }],
 *   policy: ({ fetch, clock, random }) => stack(fetch, retry({ count: 2, clock, random })),
 * })).between(10_000, 40_000);
 * if (load > 1.5) throw new Error(`${load} attempts a call`);
 * ```
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const {
    seed = 1,
    duration,
    clients = {},
    targets,
    policy = ({ fetch }) => fetch,
    call = (fetch, { targets: [first = ""] }) => fetch(`${first}/`),
    isGood = ({ status }) => status < 500 && status !== 429,
    patience = 60_000,
    clock = new VirtualClock(),
  } = readOptions(options);
  const stream = seededStreams(seed);
  const network = targets.map((target, index) => {
    const origin = new URL(target.url ?? `http://target-${index + 1}.test`).origin;
    return new TargetAtWork(target, origin, clock, stream());
  });
  const byOrigin = new Map(network.map((target) => [target.origin, target]));
  const origins = network.map(({ origin }) => origin);
  const start = clock.now();
  const records: CallRecord[] = [];

  for (let client = 0; client < (clients.count ?? 1); client++) {
    const [random, moments, own] = [stream(), stream(), stream()];
    const world = { client, clock, random: own, targets: origins };
    const send = policy({ ...world, fetch: (input, init) => bring(byOrigin, input, init) });
    runClient(clients, clock, moments, start + duration, async () => {
      const at = clock.now() - start;
      const number = records.length;
      const record: CallRecord = { at, took: Infinity, failure: "unfinished" };
      records.push(record);
      try {
        const response = await call(send, { client, number, at, random, targets: origins });
        await response.arrayBuffer();
        record.failure = isGood(response) ? undefined : String(response.status);
      } catch (error) {
        record.failure = error instanceof Error ? error.name : String(error);
      }
      record.took = clock.now() - start - at;
    });
  }
  await clock.advance(duration);
  const end = clock.now() + patience;
  const goesOn = (): boolean =>
    records.some(({ took }) => took === Infinity) || network.some(({ isBusy }) => isBusy);
  while (clock.now() < end && goesOn()) {
    await clock.advance(Math.min(1_000, end - clock.now()));
  }
  const arrivals = network.map((target) => target.arrivals.map((at) => at - start));
  return new Simulation(duration, clock.pendingTimers, records, arrivals);
}

/** Brings a call to its target. */
function bring(
  targets: ReadonlyMap<string, TargetAtWork>,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const request = input instanceof Request ? input : undefined;
  const url = request?.url ?? String(input);
  const signal = init?.signal ?? request?.signal;
  const target = targets.get(originOf(url));
  if (target === undefined) return Promise.reject(faultError("unresolved", "typed", url));
  return target.answer({ method: init?.method ?? request?.method ?? "GET", url, signal });
}

/** The origin of an address; of ordinary ones without the cost of a parser. */
function originOf(url: string): string {
  const slash = url.indexOf("/", 8);
  const origin = slash === -1 ? url : url.slice(0, slash);
  return /^https?:\/\/[a-z0-9.-]+(?::\d+)?$/.test(origin) ? origin : new URL(url).origin;
}

function readOptions(options: SimulationOptions): SimulationOptions {
  checkOptions("simulate", options, known);
  const own = ownOptions(options);
  const { duration, targets, clients = {}, patience = 0 } = own;
  for (const [name, time] of Object.entries({ duration, patience })) {
    if (!(time >= 0 && time < Infinity)) {
      throw new RangeError(`simulate needs milliseconds from 0 for ${name}, not ${time}`);
    }
  }
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new TypeError("simulate needs a target: give one, as { targets: [{}] }");
  }
  targets.forEach(checkTarget);
  checkClients(clients);
  return own;
}
