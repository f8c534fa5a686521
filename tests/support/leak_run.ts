/**
 * Very many calls through all policies at once, to a service with every fault there is, by callers who
 * read, cancel and abort: what is left behind?
 *
 * @module
 */
import vm from "node:vm";
import { setFlagsFromString } from "node:v8";
import { type Fetch, stack } from "../../src/message/fetch.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { circuitBreaker } from "../../src/layers/circuit_breaker.ts";
import { loadBalance } from "../../src/layers/load_balance.ts";
import { LoadBalancer } from "../../src/layers/load_balancer.ts";
import { retry } from "../../src/layers/retry.ts";
import { timeout } from "../../src/layers/timeout.ts";
import {
  exponential,
  type FaultFetch,
  faultFetch,
  type ScriptedAnswer,
  seededRandom,
  VirtualClock,
} from "../../src/testing/mod.ts";

/** What is left, and what there was. */
export interface LeakReport {
  /** Calls made. */
  readonly calls: number;
  /** Attempts that arrived. */
  readonly attempts: number;
  /** What calls ended with, by status or by the error's name. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Timers that are set. */
  readonly timers: number;
  /** Attempts that wait for their head. */
  readonly waiting: number;
  /** Bodies that are neither read nor cancelled. */
  readonly bodies: number;
  /** Listeners on a signal that many calls shared. */
  readonly listeners: number;
  /** Calls that the balancer takes for outstanding. */
  readonly outstanding: number;
  /** Bytes of heap after a collection, beyond those after the first fifth of the calls. */
  readonly heap: number;
}

/** How many calls are under way at a time. */
const workers = 200;

const faults: readonly ScriptedAnswer[] = [
  { fault: "refused", latency: 1 },
  { fault: "reset", latency: exponential(10) },
  { fault: "untrusted", latency: 5 },
  { fault: "stall" },
  { fault: "blackHole" },
  { fault: "resetBody", bodyTime: 20 },
  { fault: "stallBody", bodyTime: 20 },
  { status: 503, headers: { "retry-after": "1" } },
  { status: 429, latency: exponential(5) },
  { status: 500, body: null },
];

/** Makes the calls, in virtual time. */
export async function leakRun(calls: number, seed: number): Promise<LeakReport> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const service = faultFetch(
    () => {
      const fault = random() < 0.15 ? faults[Math.floor(random() * faults.length)] : undefined;
      return fault ?? { latency: exponential(20), bodyTime: random() < 0.5 ? 0 : 10 };
    },
    { clock, random, remember: 0 },
  );
  const targets = [1, 2, 3, 4].map((number) => `http://target-${number}.test`);
  const balancer = new LoadBalancer({ targets, clock, random, base: "http://albums.test" });
  const breaker = new CircuitBreaker({ clock, resetTime: 1_000, maxResetTime: 2_000 });
  const send = stack(
    service.fetch,
    timeout({ total: 5_000, clock }),
    retry({ count: 2, total: 5_000, clock, random }),
    loadBalance({ balancer }),
    circuitBreaker({ breaker }),
    timeout({ attempt: 500, clock }),
  );
  const shared = new CountedSignal();
  const outcomes: Record<string, number> = Object.create(null);
  const makeCalls = async (count: number): Promise<void> => {
    let left = count;
    const work = async (): Promise<void> => {
      while (left-- > 0) {
        const outcome = await oneCall(send, clock, random, shared.signal);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    const working = Array.from({ length: workers }, work);
    let isDone = false;
    void Promise.all(working).then(() => isDone = true);
    while (!isDone) await clock.advance(1_000);
    // Attempts that were given up, and the time that outliers and circuits are left alone.
    await clock.advance(300_000);
  };
  const early = Math.ceil(calls / 5);
  await makeCalls(early);
  const before = heapUsed();
  await makeCalls(calls - early);
  const heap = heapUsed() - before;
  return {
    ...leftOf(service, clock),
    calls,
    outcomes,
    heap,
    listeners: shared.count,
    outstanding: balancer.targets.reduce((sum, { outstanding }) => sum + outstanding, 0),
  };
}

function leftOf(service: FaultFetch, clock: VirtualClock) {
  const { count: attempts, waiting, openBodies: bodies } = service;
  return { attempts, waiting, bodies, timers: clock.pendingTimers };
}

/** One call, and what its caller does with it. */
async function oneCall(
  send: Fetch,
  clock: VirtualClock,
  random: () => number,
  shared: AbortSignal,
): Promise<string> {
  const init: RequestInit = random() < 0.2
    ? { method: "PUT", body: "x".repeat(100) }
    : { method: "GET" };
  const manner = random();
  const own = manner < 0.2 ? new AbortController() : undefined;
  if (own !== undefined) {
    init.signal = own.signal;
    clock.setTimer(() => own.abort(), random() * 100);
  } else if (manner < 0.6) {
    init.signal = shared;
  }
  // As an address, and as a Request, whose signal is another one that follows the caller's.
  const url = "http://albums.test/latest";
  const input = random() < 0.2 ? new Request(url, init) : url;
  try {
    const response = await (input === url ? send(url, init) : send(input));
    if (manner > 0.9) await response.body?.cancel();
    else await response.text();
    return String(response.status);
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** A signal that tells how many listen to it. */
class CountedSignal {
  /** The signal; it is never aborted. */
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #listeners = new Set<unknown>();

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    const counted = this.#listeners;
    Object.defineProperties(signal, {
      addEventListener: {
        value(...given: Parameters<typeof add>): void {
          counted.add(given[1]);
          add(...given);
        },
      },
      removeEventListener: {
        value(...given: Parameters<typeof remove>): void {
          counted.delete(given[1]);
          remove(...given);
        },
      },
    });
  }

  /** How many listen. */
  get count(): number {
    return this.#listeners.size;
  }
}

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  // Twice, as what finalizers let go of is only collected the next time.
  for (let time = 0; time < 2; time++) if (typeof collect === "function") collect();
  return Deno.memoryUsage().heapUsed;
}
