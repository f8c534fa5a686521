/** Clients and targets in virtual time. @module */
import assert from "node:assert/strict";
import { type Fetch, type Layer, stack } from "@pirouette/http";
import { timeout } from "@pirouette/http/layers";
import {
  exponential,
  simulate,
  type SimulationOptions,
  VirtualClock,
} from "@pirouette/http/testing";

/** Tries again at once, up to `count` times: the policy that storms are made of. */
function eagerly(count: number): Layer {
  return (next) => async (input, init) => {
    for (let attempt = 0;; attempt++) {
      const response = await next(input, init);
      if (response.ok || attempt === count) return response;
      await response.body?.cancel();
    }
  };
}

Deno.test("simulate: a seed decides everything, and another one something else", async () => {
  const run = async (seed: number) => {
    const result = await simulate({
      seed,
      duration: 20_000,
      clients: { count: 5, rate: 20 },
      targets: [{ serviceTime: exponential(30), concurrency: 4, queue: 20 }],
    });
    return { ...result.all, series: result.series(5_000) };
  };
  assert.deepEqual(await run(1), await run(1));
  assert.notDeepEqual(await run(1), await run(2));
});

Deno.test("simulate: an open loop has the rate and the times that queueing theory says", async () => {
  // M/M/1 at 50%: the time in the system is exponential with mean 20 ms.
  const { all, pendingTimers } = await simulate({
    duration: 600_000,
    clients: { count: 10, rate: 5 },
    targets: [{ serviceTime: exponential(10), concurrency: 1, latency: 0 }],
  });
  assert.ok(Math.abs(all.rate - 50) < 1, String(all.rate));
  assert.ok(Math.abs(all.p50 / (20 * Math.log(2)) - 1) < 0.1, String(all.p50));
  assert.ok(Math.abs(all.p99 / (20 * Math.log(100)) - 1) < 0.15, String(all.p99));
  assert.deepEqual([all.failed, all.load, pendingTimers], [0, 1, 0]);
});

Deno.test("simulate: a closed loop never has more calls under way than clients", async () => {
  let most = 0;
  let now = 0;
  const counted: Layer = (next) => async (input, init) => {
    most = Math.max(most, ++now);
    return await next(input, init).finally(() => now--);
  };
  const { all } = await simulate({
    duration: 60_000,
    clients: { count: 8, think: 10 },
    targets: [{ serviceTime: 30, latency: 0 }],
    policy: ({ fetch }) => stack(fetch, counted),
  });
  assert.ok(most <= 8);
  // Each client makes a call every 40 ms.
  assert.ok(Math.abs(all.rate - 200) < 3, String(all.rate));
});

Deno.test("simulate: beyond the queue calls are refused, and the goodput stays", async () => {
  const { all } = await simulate({
    duration: 60_000,
    clients: { count: 10, rate: 20 },
    targets: [{ serviceTime: 20, concurrency: 2, queue: 5 }],
  });
  assert.ok(Math.abs(all.goodput - 100) < 3, String(all.goodput));
  assert.deepEqual(Object.keys(all.failures), ["503"]);
  // At most five wait before it, two at a time.
  assert.ok(all.longest <= 20 * 4 + 1, String(all.longest));
});

Deno.test("simulate: troubles come and go at their time", async () => {
  const result = await simulate({
    duration: 50_000,
    clients: { rate: 100 },
    targets: [{
      serviceTime: 10,
      latency: 0,
      troubles: [
        { from: 10_000, until: 20_000, answer: { fault: "refused" } },
        { from: 20_000, until: 30_000, share: 0.5, answer: { status: 500 } },
        { from: 30_000, until: 40_000, slower: 5 },
      ],
    }],
  });
  const [well, refused, half, slow, again] = result.series(10_000);
  assert.deepEqual([well?.failed, refused?.failed, slow?.failed, again?.failed], [0, 1, 0, 0]);
  assert.deepEqual(Object.keys(refused!.failures), ["ClientConnectorError"]);
  assert.ok(Math.abs(half!.failed - 0.5) < 0.05);
  assert.deepEqual([well?.p99, slow?.p50, again?.p99].map((time) => Math.round(time!)), [
    10,
    50,
    10,
  ]);
});

Deno.test("simulate: retries without a budget triple the load, and the curve shows it", async () => {
  const result = await simulate({
    duration: 30_000,
    clients: { count: 10, rate: 10 },
    targets: [{ troubles: [{ from: 10_000, until: 20_000, answer: { status: 503 } }] }],
    policy: ({ fetch }) => stack(fetch, eagerly(2)),
  });
  const [before, during, after] = result.series(10_000);
  assert.equal(before?.load, 1);
  assert.ok(during!.load > 2.99 && during!.load < 3.01, String(during!.load));
  assert.ok(after!.load < 1.01, String(after!.load));
});

Deno.test("simulate: a target works on what nobody waits for any more", async () => {
  // Twice what it can do, callers who give up after 100 ms: most of its work is for nobody.
  const options: SimulationOptions = {
    duration: 30_000,
    clients: { count: 10, rate: 20 },
    targets: [{ serviceTime: 20, concurrency: 2, queue: 100 }],
    policy: ({ fetch, clock }) => stack(fetch, timeout({ attempt: 100, clock })),
  };
  const { all, pendingTimers } = await simulate(options);
  assert.ok(all.goodput < 100 && all.goodput > 0, String(all.goodput));
  assert.ok(all.failures["IdleTimeoutError"]! > 0);
  assert.ok(all.longest <= 100);
  assert.equal(pendingTimers, 0);
});

Deno.test("simulate: calls go to the target they name, or to none", async () => {
  const { all } = await simulate({
    duration: 20_000,
    clients: { rate: 50 },
    targets: [{}, { url: "https://b.test:8443/ignored" }],
    call: (fetch, { number, targets }) => {
      const host = [...targets, "http://gone.test"][number % 3]!;
      const input = `${host}/a?b`;
      return number % 2 === 0 ? fetch(input) : fetch(new Request(input, { method: "POST" }));
    },
  });
  assert.deepEqual(Object.keys(all.failures), ["ClientConnectorError"]);
  const share = Math.floor(all.calls / 3);
  for (const count of all.attemptsOf) assert.ok(Math.abs(count - share) <= 1);
});

Deno.test("simulate: what never ends is unfinished, and is waited for no longer than told", async () => {
  const clock = new VirtualClock();
  await clock.advance(500);
  const { all } = await simulate({
    clock,
    duration: 1_000,
    patience: 2_000,
    targets: [{ answer: { fault: "stall" } }],
  });
  assert.deepEqual(Object.keys(all.failures), ["unfinished"]);
  assert.ok(Number.isNaN(all.p50) && Number.isNaN(all.p99) && Number.isNaN(all.longest));
  assert.equal(clock.now(), 3_500);
});

Deno.test("simulate: a policy that throws is a failure of the call, not of the simulation", async () => {
  const broken: Fetch = () => {
    throw new RangeError("odd");
  };
  const { all } = await simulate({ duration: 1_000, targets: [{}], policy: () => broken });
  assert.deepEqual(Object.keys(all.failures), ["RangeError"]);
});

Deno.test("simulate: chance of a policy does not change when calls come", async () => {
  const moments = async (draws: number): Promise<number[]> => {
    const seen: number[] = [];
    await simulate({
      duration: 5_000,
      clients: { count: 3 },
      targets: [{}],
      policy: ({ fetch, clock, random }) => (input, init) => {
        seen.push(clock.now());
        for (let count = 0; count < draws; count++) random();
        return fetch(input, init);
      },
    });
    return seen;
  };
  assert.deepEqual(await moments(0), await moments(3));
});

Deno.test("simulate: what cannot be is refused", async () => {
  const targets = [{}];
  const table: [options: unknown, message: RegExp][] = [
    [{ duration: -1, targets }, /milliseconds from 0 for duration, not -1/],
    [{ duration: Infinity, targets }, /for duration, not Infinity/],
    [{ duration: 1, targets, patience: NaN }, /for patience, not NaN/],
    [{ duration: 1, targets: [] }, /needs a target/],
    [{ duration: 1, targets, sead: 1 }, /simulate has no option "sead"/],
    [{ duration: 1, targets: [{ url: "b" }] }, /whole url, not "b"/],
    [{ duration: 1, targets: [{ concurrency: 0 }] }, /concurrency from 1, not 0/],
    [{ duration: 1, targets: [{ queue: -1 }] }, /queue from 0, not -1/],
    [{ duration: 1, targets: [{ cpu: 1 }] }, /no option "cpu"/],
    [{ duration: 1, targets: [{ troubles: [{ from: 0, share: 2 }] }] }, /share from 0 to 1, not 2/],
    [{ duration: 1, targets: [{ troubles: [{ from: 0, slower: 0 }] }] }, /slower above 0, not 0/],
    [{ duration: 1, targets: [{ answer: { status: 1 } }] }, /status from 200 to 599, not 1/],
    [{ duration: 1, targets, clients: { count: 0 } }, /whole count from 1, not 0/],
    [{ duration: 1, targets, clients: { rate: 0 } }, /rate above 0, not 0/],
    [{ duration: 1, targets, clients: { rate: 1, think: 1 } }, /either rate or think/],
  ];
  for (const [options, message] of table) {
    await assert.rejects(simulate(options as SimulationOptions), { message }, String(message));
  }
});

Deno.test("simulate: a series covers the whole, its last window being shorter", async () => {
  const result = await simulate({ duration: 2_500, targets: [{}] });
  const windows = result.series();
  assert.deepEqual(windows.map(({ from, until }) => [from, until]), [[0, 1e3], [1e3, 2e3], [
    2e3,
    2.5e3,
  ]]);
  const calls = windows.reduce((sum, window) => sum + window.calls, 0);
  assert.equal(calls, result.all.calls);
  assert.throws(() => result.series(0), /step above 0, not 0/);
});
