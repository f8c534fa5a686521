/**
 * The load balance cases (spec 2.4.1.7), and what the original library's own tests hold beyond them.
 * Its times are kept, by a clock that nobody waits for.
 */
import assert from "node:assert/strict";
import { AllLoadBalanceEndpointsFailedError, type Fetch, stack } from "@pirouette/http";
import { timeout } from "@pirouette/http/layers";
import { VirtualClock } from "@pirouette/http/testing";
import { loadBalance, type LoadBalanceOptions } from "../../src/layers/load_balance.ts";
import { roundRobin } from "../../src/layers/load_balance_round_robin.ts";
import type { LoadBalancerRule } from "../../src/layers/load_balance_rule.ts";
import { conformance } from "./cases.ts";

/** The address of a service; 4 and 5 take 5 s. */
function mock(number: number): string {
  return `http://127.0.0.1:8093/LBMock${number}`;
}

function services(clock: VirtualClock): Fetch {
  return (input, init) => {
    const { url, signal } = new Request(input, init);
    const number = Number(/LBMock(\d)/.exec(url)?.[1]);
    const text = `Mock${number} Resource is Invoked.`;
    if (number < 4) return Promise.resolve(new Response(text));
    return new Promise((resolve, reject) => {
      const late = clock.setTimer(() => resolve(new Response(text)), 5_000);
      signal.addEventListener("abort", () => {
        late.clear();
        reject(signal.reason);
      });
    });
  };
}

/** Gives what `count` calls, one after the other, are answered with: the service's number. */
function caller(options: LoadBalanceOptions): (count: number) => Promise<number[]> {
  const clock = new VirtualClock();
  const send = stack(
    services(clock),
    // The original's tests send POST on after a timeout.
    loadBalance({ methods: ["POST"], ...options }),
    timeout({ headers: 2_000, clock }),
  );
  return async (count) => {
    const numbers: number[] = [];
    for (let call = 0; call < count; call++) {
      const sent = send("/", { method: "POST", body: '{"name":"Ballerina"}' });
      // Whoever waits for it sees how it ends.
      sent.catch(() => {});
      await clock.advance(10_000);
      const text = await (await sent).text();
      numbers.push(Number(/^Mock(\d) Resource is Invoked\.$/.exec(text)?.[1]));
    }
    assert.equal(clock.pendingTimers, 0);
    return numbers;
  };
}

/** The rule of the original's test: takes turns, from a place on. */
function turnsFrom(start: number): LoadBalancerRule {
  let index = start;
  return { getNextClient: ({ length }) => index++ % length };
}

conformance("loadbalance", {
  "custom rule": async () => {
    const calls = caller({ targets: [mock(1), mock(2), mock(3)], rule: turnsFrom(2) });
    assert.deepEqual(await calls(4), [3, 1, 2, 3]);
  },
  "failover inside round robin": async () => {
    const calls = caller({ targets: [mock(4), mock(2), mock(3)], rule: roundRobin() });
    assert.deepEqual(await calls(3), [2, 3, 2]);
  },
});

Deno.test("loadbalance, original: round robin begins at the first target", async () => {
  const calls = caller({ targets: [mock(1), mock(2), mock(3)], rule: roundRobin() });
  assert.deepEqual(await calls(4), [1, 2, 3, 1]);
});

Deno.test("loadbalance, original: the last error is told where all fail", async () => {
  const calls = caller({ targets: [mock(4), mock(5)], rule: roundRobin() });
  await assert.rejects(calls(1), (error: unknown) => {
    assert.ok(error instanceof AllLoadBalanceEndpointsFailedError);
    assert.equal(
      error.message,
      "All the load balance endpoints failed. Last error was: " +
        "Idle timeout triggered before initiating inbound response",
    );
    assert.ok(error.cause instanceof AggregateError);
    assert.equal(error.cause.errors.length, 2);
    return true;
  });
});

Deno.test("loadbalance, original: without failover the error of the first target is the call's", async () => {
  const clock = new VirtualClock();
  const send = stack(
    services(clock),
    loadBalance({ targets: [mock(4), mock(2)], rule: roundRobin(), failover: false }),
    timeout({ headers: 2_000, clock }),
  );
  const sent = send("/");
  sent.catch(() => {});
  await clock.advance(2_000);
  await assert.rejects(sent, { name: "IdleTimeoutError" });
  assert.equal(await (await send("/")).text(), "Mock2 Resource is Invoked.");
});

Deno.test("loadbalance, original: an error of the rule is the call's", async () => {
  const rule = (): number => {
    throw new AllLoadBalanceEndpointsFailedError(
      "Provided index is doesn't match with the targets.",
    );
  };
  await assert.rejects(loadBalance({ targets: [mock(1)], rule })(fetch)("/"), {
    name: "AllLoadBalanceEndpointsFailedError",
    message: "Provided index is doesn't match with the targets.",
  });
});

Deno.test("loadbalance, original: a response of any status is the answer", async () => {
  for (const status of [200, 404, 500, 503]) {
    let calls = 0;
    const answering: Fetch = () => {
      calls++;
      return Promise.resolve(new Response(null, { status }));
    };
    const send = loadBalance({ targets: [mock(1), mock(2)] })(answering);
    assert.equal((await send("/")).status, status);
    assert.equal(calls, 1);
  }
});

Deno.test("loadbalance, original: one target is enough", async () => {
  const text = "Hello World";
  const echo: Fetch = (input, init) => Promise.resolve(new Response(new Request(input, init).body));
  const send = loadBalance({ targets: ["http://127.0.0.1:8093"] })(echo);
  assert.equal(await (await send("/echo", { method: "POST", body: text })).text(), text);
});
