/** Failover and load balance under random faults, and inside a retry. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientConnectorError, type Fetch, IdleTimeoutError, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { failover } from "../../src/layers/failover.ts";
import { FailoverTargets } from "../../src/layers/failover_targets.ts";
import { loadBalance } from "../../src/layers/load_balance.ts";
import { LoadBalancer } from "../../src/layers/load_balancer.ts";
import { retry } from "../../src/layers/retry.ts";

const seed = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };
const urls = ["http://zero.example", "http://one.example", "http://two.example"];

/** What a target does with one call. */
type Fault = "none" | "refused" | "late" | "503" | "mistake";
const fault = fc.constantFrom<Fault>("none", "refused", "late", "503", "mistake");
/** What each of three targets does with each of some calls. */
const schedules = fc.array(fc.tuple(fault, fault, fault), { minLength: 1, maxLength: 30 });

function run(
  schedule: readonly (readonly Fault[])[],
  layer: (next: Fetch) => Fetch,
  each: (asked: readonly number[], result: Response | Error, faults: readonly Fault[]) => void,
): Promise<void> {
  let faults: readonly Fault[] = [];
  let asked: number[] = [];
  const send = layer((input) => {
    const index = urls.findIndex((url) => String(input).startsWith(url));
    asked.push(index);
    switch (faults[index]) {
      case "refused":
        return Promise.reject(new ClientConnectorError("Refused"));
      case "late":
        return Promise.reject(new IdleTimeoutError("Late"));
      case "mistake":
        return Promise.reject(new TypeError("Mistake"));
      case "503":
        return Promise.resolve(new Response("no", { status: 503 }));
      default:
        return Promise.resolve(new Response("yes"));
    }
  });
  return (async () => {
    for (const one of schedule) {
      [faults, asked] = [one, []];
      const result = await send("/").catch((error: unknown) => error as Error);
      each(asked, result, one);
      if (result instanceof Response) await result.text();
    }
  })();
}

Deno.test("load balance: each target once a call, no call left outstanding, any faults", async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const balancer = new LoadBalancer({ targets: urls, clock: new VirtualClock() });
      await run(schedule, loadBalance({ balancer }), (asked, result, faults) => {
        assert.equal(new Set(asked).size, asked.length);
        const last = faults[asked.at(-1) ?? -1];
        // All but the last failed in a way that another target can mend.
        for (const index of asked.slice(0, -1)) assert.match(faults[index] ?? "", /^refused|late$/);
        if (last === "none" || last === "503") assert.ok(result instanceof Response);
        else if (last === "mistake") assert.equal((result as Error).message, "Mistake");
        else assert.equal(asked.length, 3);
      });
      assert.ok(balancer.targets.every(({ outstanding }) => outstanding === 0));
    }),
    seed,
  );
});

Deno.test("failover: in order from the last that succeeded, any faults", async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const targets = new FailoverTargets(urls);
      let start = 0;
      await run(schedule, failover({ targets }), (asked, result, faults) => {
        // A model: the first from the start on that does not fail is the answer.
        const order = [0, 1, 2].map((step) => (start + step) % 3);
        const end = order.findIndex((index) => /none|mistake/.test(faults[index] ?? ""));
        assert.deepEqual(asked, end === -1 ? order : order.slice(0, end + 1));
        const last = order[end];
        if (last === undefined) {
          assert.equal((result as Error).name, "FailoverAllEndpointsFailedError");
        } else if (faults[last] === "mistake") assert.equal((result as Error).message, "Mistake");
        else start = last;
        assert.equal(targets.getSucceededEndpointIndex(), start);
      });
    }),
    seed,
  );
});

Deno.test("load balance: attempts of a retry around it go to different targets", async () => {
  for (let round = 0; round < 20; round++) {
    const asked: string[] = [];
    const failing: Fetch = (input) => {
      asked.push(String(input));
      return Promise.resolve(new Response("no", { status: asked.length < 3 ? 503 : 200 }));
    };
    const send = stack(
      failing,
      retry({ count: 2, interval: 1, random: () => 0 }),
      loadBalance({ targets: urls }),
    );
    assert.equal((await send("/")).status, 200);
    assert.deepEqual(asked.toSorted(), urls.map((url) => `${url}/`).toSorted());
  }
});
