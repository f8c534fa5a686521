/** What the policies are for, shown in simulations; `bench/resilience.ts` draws the long curves. @module */
import assert from "node:assert/strict";
import { type Fetch, type Layer, stack } from "@pirouette/http";
import { exponential, logNormal, simulate, VirtualClock } from "@pirouette/http/testing";
import { UpstreamServiceUnavailableError } from "../../src/message/client_errors.ts";
import { circuitBreaker } from "../../src/layers/circuit_breaker.ts";
import { loadBalance } from "../../src/layers/load_balance.ts";
import { peakEwma } from "../../src/layers/load_balance_peak_ewma.ts";
import { roundRobin } from "../../src/layers/load_balance_round_robin.ts";
import type { LoadBalancerRule } from "../../src/layers/load_balance_rule.ts";
import { retry } from "../../src/layers/retry.ts";
import { RetryBudget } from "../../src/layers/retry_budget.ts";
import { timeout } from "../../src/layers/timeout.ts";
import { faultFetch, type ScriptedAnswer, type SimulationWorld } from "../../src/testing/mod.ts";

const seeds = [1, 2, 3];

Deno.test("resilience: a retry budget keeps the load of a service that is down within its share", async () => {
  for (const seed of seeds) {
    for (const isLimited of [true, false]) {
      const clock = new VirtualClock();
      const budget = isLimited ? new RetryBudget({ clock }) : false;
      const result = await simulate({
        seed,
        clock,
        duration: 40_000,
        clients: { count: 100, rate: 2 },
        targets: [{ troubles: [{ from: 5_000, until: 35_000, answer: { status: 503 } }] }],
        policy: ({ fetch, random }) => stack(fetch, retry({ count: 2, clock, random, budget })),
      });
      const { calls, attempts, load } = result.between(5_000, 35_000);
      // After the first, no two seconds differ by more than chance makes them.
      const later = result.series(1_000).filter(({ from }) => from >= 7_000 && from < 34_000);
      if (isLimited) {
        const loads = later.map((second) => second.load);
        assert.ok(Math.max(...loads) < 1.4 && Math.min(...loads) > 1.1, `${loads}, seed ${seed}`);
      }
      // With 30 seconds of the floor, and nothing for what was saved before.
      if (isLimited) assert.ok(attempts <= 1.2 * calls + 300, `${load}, seed ${seed}`);
      else assert.ok(load > 2.9, `${load}, seed ${seed}`);
      assert.equal(result.pendingTimers, 0);
    }
  }
});

Deno.test("resilience: peak EWMA avoids a target that turns 20 times slower, round robin does not", async () => {
  const trouble = { from: 5_000, until: 12_000 };
  const run = async (seed: number, rule: (random: () => number) => LoadBalancerRule) => {
    const healthy = { serviceTime: logNormal(20), concurrency: 16 };
    const result = await simulate({
      seed,
      duration: 12_000,
      clients: { rate: 400 },
      targets: [{ ...healthy, troubles: [{ ...trouble, slower: 20 }] }, healthy, healthy, healthy],
      policy: ({ fetch, targets, clock, random }) =>
        stack(fetch, loadBalance({ targets, clock, rule: rule(random) })),
      call: (fetch) => fetch("/"),
    });
    return result.between(trouble.from + 1_000, trouble.until).p99 /
      result.between(1_000, trouble.from).p99;
  };
  for (const seed of seeds) {
    const times = await run(seed, (random) => peakEwma({ random }));
    assert.ok(times <= 2, `${times} times, seed ${seed}`);
    assert.ok(await run(seed, () => roundRobin()) > 10, `seed ${seed}`);
  }
});

Deno.test("resilience: fewer than one call in a thousand fails when one of four targets dies", async () => {
  const deaths: readonly ScriptedAnswer[] = [
    { fault: "refused" },
    { fault: "reset" },
    { fault: "stall" },
    { status: 503 },
  ];
  const policy = ({ fetch, targets, clock, random }: SimulationWorld): Fetch =>
    stack(
      fetch,
      retry({ clock, random }),
      loadBalance({ targets, clock, random }),
      timeout({ attempt: 250, clock }),
    );
  for (const answer of deaths) {
    const healthy = { serviceTime: logNormal(20), concurrency: 32 };
    const { all, pendingTimers } = await simulate({
      duration: 15_000,
      clients: { rate: 400 },
      targets: [{ ...healthy, troubles: [{ from: 2_000, answer }] }, healthy, healthy, healthy],
      policy,
      call: (fetch) => fetch("/"),
    });
    assert.ok(all.failed < 0.001, `${all.failed} after ${JSON.stringify(answer)}`);
    assert.ok(all.attemptsOf[0]! < all.calls / 10);
    assert.equal(pendingTimers, 0);
  }
});

Deno.test("resilience: an overload that retries keep alive ends with a budget or a breaker", async () => {
  const end = 40_000;
  const run = async (layers: (world: SimulationWorld) => readonly Layer[]) => {
    const result = await simulate({
      duration: end + 5_000,
      clients: { rate: 80 },
      targets: [{
        serviceTime: exponential(40),
        concurrency: 4,
        troubles: [{ from: 10_000, until: 15_000, slower: 4 }],
      }],
      policy: (world) =>
        stack(world.fetch, ...layers(world), timeout({ attempt: 1_000, clock: world.clock })),
    });
    return result.between(30_000, end).failed;
  };
  const endless = await run(({ clock, random }) => [retry({ clock, random, budget: false })]);
  assert.ok(endless > 0.5, String(endless));
  const limited = await run(({ clock, random }) => [retry({ clock, random, budget: { clock } })]);
  assert.ok(limited < 0.05, String(limited));
  const broken = await run(({ clock, random }) => [
    retry({ clock, random, budget: false }),
    circuitBreaker({ clock, rollingWindow: { timeWindow: 10_000 } }),
  ]);
  assert.ok(broken < 0.05, String(broken));
});

Deno.test("resilience: a half-open circuit lets exactly its trials through, of 1,000 callers at once", async () => {
  for (const trialRequests of [1, 7, 100]) {
    const clock = new VirtualClock();
    const service = faultFetch(
      ({ number }) => number <= 10 ? { status: 500, body: null } : { latency: 10, body: null },
      { clock },
    );
    const send = stack(service.fetch, circuitBreaker({ trialRequests, resetTime: 5_000, clock }));
    const call = (): Promise<Response> => send("http://albums.test/");
    for (let count = 0; count < 10; count++) await call();
    await assert.rejects(call(), UpstreamServiceUnavailableError);
    await clock.advance(5_000);
    const settled = Promise.allSettled(Array.from({ length: 1_000 }, call));
    await clock.advance(10);
    const refused = (await settled).filter((one) => one.status === "rejected");
    assert.equal(refused.length, 1_000 - trialRequests);
    assert.ok(refused.every(({ reason }) => reason instanceof UpstreamServiceUnavailableError));
    assert.equal(service.count, 10 + trialRequests);
  }
});
