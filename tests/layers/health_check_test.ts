/** Active health checks: when a target gets no calls, and that nothing is left behind. */
import assert from "node:assert/strict";
import type { Fetch } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { type HealthCheckOptions, HealthChecks } from "../../src/layers/health_check.ts";
import { LoadBalancer } from "../../src/layers/load_balancer.ts";

const one = "http://one.example/v1";
const two = "http://two.example/v1";

interface Setting {
  readonly clock: VirtualClock;
  readonly balancer: LoadBalancer;
  readonly asked: string[];
  /** What the first target does; the second is well. */
  state: "well" | "503" | "refuses" | "hangs" | "deaf";
  cancelled: number;
  aborted: number;
  readonly options: HealthCheckOptions;
}

function setting(): Setting {
  const clock = new VirtualClock();
  const balancer = new LoadBalancer({ targets: [one, two], clock });
  const fetch: Fetch = (input, init) => {
    made.asked.push(String(input));
    const { state } = made;
    if (!String(input).startsWith(one) || state === "well" || state === "503") {
      const body = new ReadableStream({ cancel: () => void made.cancelled++ });
      return Promise.resolve(new Response(body, { status: state === "503" ? 503 : 200 }));
    }
    if (state === "refuses") return Promise.reject(new TypeError("refused"));
    return new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => {
        made.aborted++;
        if (state === "hangs") reject(init.signal?.reason);
      });
    });
  };
  const made: Setting = {
    clock,
    balancer,
    asked: [],
    state: "well",
    cancelled: 0,
    aborted: 0,
    options: { fetch, random: () => 0.5 },
  };
  return made;
}

function health({ balancer }: Setting): readonly boolean[] {
  return balancer.targets.map(({ isHealthy }) => isHealthy);
}

Deno.test("health checks: ask each target at once, then from time to time", async () => {
  const at = setting();
  using _checks = new HealthChecks(at.balancer, at.options);
  await at.clock.advance(20_000);
  assert.deepEqual(at.asked.filter((url) => url.startsWith(one)), [
    `${one}/health`,
    `${one}/health`,
    `${one}/health`,
  ]);
  assert.equal(at.cancelled, 6);
  assert.deepEqual(health(at), [true, true]);
});

for (const state of ["refuses", "hangs", "deaf"] as const) {
  Deno.test(`health checks: a target that ${state} is unhealthy after 3, healthy after 2`, async () => {
    const at = setting();
    at.state = state;
    using _checks = new HealthChecks(at.balancer, at.options);
    await at.clock.advance(19_000);
    assert.deepEqual(health(at), [true, true]);
    await at.clock.advance(10_000);
    assert.deepEqual(health(at), [false, true]);
    at.state = "well";
    at.asked.length = 0;
    for (let wait = 0; wait < 30 && !health(at)[0]; wait++) await at.clock.advance(1_000);
    assert.deepEqual(health(at), [true, true]);
    assert.equal(at.asked.filter((url) => url.startsWith(one)).length, 2);
  });
}

Deno.test("health checks: one good answer in between begins the count anew", async () => {
  const at = setting();
  using _checks = new HealthChecks(at.balancer, at.options);
  for (const state of ["refuses", "refuses", "well", "refuses", "refuses"] as const) {
    at.state = state;
    await at.clock.advance(10_000);
  }
  assert.deepEqual(health(at), [true, true]);
  await at.clock.advance(10_000);
  assert.deepEqual(health(at), [false, true]);
});

Deno.test("health checks: the program can say what a good answer is", async () => {
  const at = setting();
  const isHealthy = ({ status }: Response): Promise<boolean> => Promise.resolve(status === 503);
  const options = { ...at.options, isHealthy, unhealthyThreshold: 1, path: "/ready?deep" };
  using _checks = new HealthChecks(at.balancer, options);
  await at.clock.advance(0);
  assert.deepEqual(health(at), [false, false]);
  assert.deepEqual(at.asked, [`${one}/ready?deep`, `${two}/ready?deep`]);
});

for (const state of ["well", "refuses", "hangs", "deaf"] as const) {
  Deno.test(`health checks: nothing is left once they are closed, target ${state}`, async () => {
    const at = setting();
    at.state = state;
    const checks = new HealthChecks(at.balancer, at.options);
    await at.clock.advance(500);
    checks.close();
    checks.close();
    await at.clock.advance(100_000);
    assert.equal(at.clock.pendingTimers, 0);
    assert.equal(at.asked.length, 2);
    assert.deepEqual(health(at), [true, true]);
  });
}

const bad: readonly (readonly [HealthCheckOptions, RegExp])[] = [
  [{ path: "health" }, /HealthChecks needs a path that begins with "\/", not health/],
  [{ path: "/../admin" }, /it leads out of \/v1/],
  [{ interval: 0 }, /milliseconds above 0 for interval, not 0/],
  [{ timeout: Infinity }, /milliseconds above 0 for timeout, not Infinity/],
  [{ healthyThreshold: 0 }, /a whole number from 1 for healthyThreshold, not 0/],
  [{ unhealthyThreshold: 0.5 }, /a whole number from 1 for unhealthyThreshold, not 0.5/],
  [{ isHealthy: true } as unknown as HealthCheckOptions, /a function as isHealthy/],
  [{ every: 1 } as HealthCheckOptions, /HealthChecks has no option "every"/],
];

for (const [options, message] of bad) {
  Deno.test(`health checks: refuse options, ${message.source}`, () => {
    const { balancer, clock } = setting();
    assert.throws(() => new HealthChecks(balancer, options), message);
    assert.equal(clock.pendingTimers, 0);
  });
}
