/**
 * Load balance where one of four targets goes bad, in virtual time: what is left of it for the callers.
 */
import assert from "node:assert/strict";
import { ClientConnectorError, type Fetch } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { loadBalance } from "../../src/layers/load_balance.ts";
import { peakEwma } from "../../src/layers/load_balance_peak_ewma.ts";
import { roundRobin } from "../../src/layers/load_balance_round_robin.ts";
import type { LoadBalancerRule } from "../../src/layers/load_balance_rule.ts";
import { LoadBalancer } from "../../src/layers/load_balancer.ts";
import type { OutlierOptions } from "../../src/layers/outlier_detection.ts";

/** What the first of the four targets does. */
type Fate = "well" | "slow" | "refuses" | "answers 503";

interface Finished {
  readonly start: number;
  readonly latency: number;
  readonly failed: boolean;
}

/** Random numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One client and four targets that take 10 to some 50 ms, 200 calls a second. */
class Simulation {
  readonly clock = new VirtualClock();
  readonly finished: Finished[] = [];
  readonly calls = [0, 0, 0, 0];
  fate: Fate = "well";
  readonly #random = seeded(7);
  readonly #send: Fetch;

  constructor(rule: LoadBalancerRule, outlierEjection: OutlierOptions | false = {}) {
    const targets = [0, 1, 2, 3].map((index) => ({
      url: `http://target-${index}.example`,
      fetch: this.#target(index),
    }));
    const balancer = new LoadBalancer({ targets, rule, outlierEjection, clock: this.clock });
    this.#send = loadBalance({ balancer })(fetch);
  }

  async run(duration: number): Promise<void> {
    const end = this.clock.now() + duration;
    while (this.clock.now() < end) {
      this.#call();
      await this.clock.advance(-5 * Math.log(1 - this.#random()));
    }
    await this.clock.advance(5_000);
  }

  /** The latency that all but a hundredth of the calls from `since` on stay below. */
  p99(since: number): number {
    const latencies = this.finished.filter(({ start }) => start >= since)
      .map(({ latency }) => latency).toSorted((one, other) => one - other);
    assert.ok(latencies.length > 500);
    return latencies[Math.floor(latencies.length * 0.99)] ?? NaN;
  }

  #call(): void {
    const start = this.clock.now();
    const note = (failed: boolean): void => {
      this.finished.push({ start, latency: this.clock.now() - start, failed });
    };
    this.#send("/").then(({ status }) => note(status >= 500), () => note(true));
  }

  #target(index: number): Fetch {
    return () => {
      this.calls[index] = (this.calls[index] ?? 0) + 1;
      const fate = index === 0 ? this.fate : "well";
      if (fate === "refuses") return Promise.reject(new ClientConnectorError("Refused"));
      const time = 10 - 8 * Math.log(1 - this.#random());
      return new Promise((resolve) => {
        const status = fate === "answers 503" ? 503 : 200;
        const answer = (): void => resolve(new Response(null, { status }));
        this.clock.setTimer(answer, fate === "slow" ? time * 20 : time);
      });
    };
  }
}

/** How p99 grows, from a second after one target has become slow. */
async function growth(rule: LoadBalancerRule): Promise<number> {
  const simulation = new Simulation(rule);
  await simulation.run(8_000);
  const healthy = simulation.p99(1_000);
  simulation.fate = "slow";
  const since = simulation.clock.now() + 1_000;
  await simulation.run(15_000);
  return simulation.p99(since) / healthy;
}

Deno.test("load balance, simulated: peak EWMA keeps p99 within twice the healthy one", async () => {
  const times = await growth(peakEwma({ random: seeded(3) }));
  assert.ok(times < 2, `${times} times`);
});

Deno.test("load balance, simulated: round robin does not", async () => {
  const times = await growth(roundRobin());
  assert.ok(times > 5, `${times} times`);
});

for (const fate of ["refuses", "answers 503"] as const) {
  const rules = { peakEwma: peakEwma({ random: seeded(5) }), roundRobin: roundRobin() };
  for (const [name, rule] of Object.entries(rules)) {
    Deno.test(`load balance, simulated: a target that ${fate} hardly shows, ${name}`, async () => {
      const simulation = new Simulation(rule);
      await simulation.run(2_000);
      simulation.fate = fate;
      await simulation.run(60_000);
      const { finished, calls } = simulation;
      const failed = finished.filter((call) => call.failed).length;
      assert.ok(failed < finished.length / 1_000, `${failed} of ${finished.length}`);

      simulation.fate = "well";
      await simulation.run(60_000);
      const before = calls[0] ?? 0;
      await simulation.run(40_000);
      // It is back: a quarter of 8,000 calls, or not much less.
      assert.ok((calls[0] ?? 0) - before > 1_000, `${(calls[0] ?? 0) - before} calls`);
    });
  }
}

Deno.test("load balance, simulated: without ejection a dead target is seen by a quarter", async () => {
  const simulation = new Simulation(roundRobin(), false);
  simulation.fate = "answers 503";
  await simulation.run(5_000);
  const failed = simulation.finished.filter((call) => call.failed).length;
  assert.ok(failed > simulation.finished.length / 5);
});
