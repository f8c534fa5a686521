/** Hedging: when a call is sent once more, which answer is taken, and what the losers leave. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import { hedge, type HedgeOptions } from "../../src/layers/hedge.ts";
import { HedgeBudget } from "../../src/layers/hedge_budget.ts";
import type { HedgeEvent } from "../../src/layers/hedge_call.ts";
import { HedgeLatencies } from "../../src/layers/hedge_latencies.ts";
import { earlierAttempts } from "../../src/layers/target_attempts.ts";
import {
  ClientConnectorError,
  SslError,
  UpstreamServiceUnavailableError,
} from "../../src/message/client_errors.ts";
import { countListeners, heldFetch, outcome, settle, watchedBody } from "./bulkhead_support.ts";

const url = "http://a.example/";
const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 500 };
const gone = () => new ClientConnectorError("gone");

/** A hedge layer over a fetch whose answers the test gives. */
function hedged(options: HedgeOptions, { heedsSignal = true } = {}) {
  const clock = new VirtualClock();
  const events: HedgeEvent[] = [];
  const { fetch, calls } = heldFetch({ heedsSignal });
  const onHedge = (event: HedgeEvent) => void events.push(event);
  return { clock, calls, events, swift: stack(fetch, hedge({ clock, onHedge, ...options })) };
}

Deno.test("hedge: an answer before the delay is the only request", async () => {
  const { clock, calls, swift, events } = hedged({ delay: 100 });
  const answer = swift(url);
  await clock.advance(99);
  calls[0]?.answer(new Response("first"));
  assert.equal(await (await answer).text(), "first");
  await clock.advance(1_000);
  assert.deepEqual([calls.length, events, clock.pendingTimers], [1, [], 0]);
});

Deno.test("hedge: after the delay the call is sent once more, and the loser is aborted", async () => {
  for (const winner of [0, 1]) {
    const { clock, calls, swift, events } = hedged({ delay: 100 });
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const answer = swift(url, { headers: { "x-a": "b" }, signal: controller.signal });
    await clock.advance(100);
    assert.equal(calls.length, 2);
    assert.deepEqual(calls[1]?.init?.headers, { "x-a": "b" });
    assert.deepEqual(events, [{ cause: "delay", count: 1, method: "GET", url }]);
    calls[winner]?.answer(new Response(`${winner}`));
    assert.equal(await (await answer).text(), `${winner}`);
    const [won, lost] = [calls[winner]!, calls[1 - winner]!];
    assert.equal(won.signal?.aborted, false);
    assert.equal(lost.signal?.reason.name, "AbortError");
    await clock.advance(0);
    assert.deepEqual([clock.pendingTimers, listeners()], [0, 0]);
    // The body of the winner is still the caller's to abort.
    controller.abort("late");
    assert.equal(won.signal?.reason, "late");
  }
});

Deno.test("hedge: a loser that answers all the same has its body cancelled", async () => {
  const { clock, calls, swift } = hedged({ delay: 10 }, { heedsSignal: false });
  const answer = swift(url);
  await clock.advance(10);
  calls[1]?.answer(new Response("second"));
  const { body, cancelled } = watchedBody();
  calls[0]?.answer(new Response(body));
  assert.equal(await (await answer).text(), "second");
  await settle();
  assert.equal(cancelled.length, 1);
});

Deno.test("hedge: a failure before the delay sends the next one at once", async () => {
  const failures: ((call: { answer(r?: Response): void; fail(e: unknown): void }) => void)[] = [
    (call) => call.fail(gone()),
    (call) => call.answer(new Response("bad", { status: 503 })),
  ];
  for (const failure of failures) {
    const { clock, calls, swift, events } = hedged({ delay: 100 });
    const answer = swift(url);
    failure(calls[0]!);
    await settle();
    assert.deepEqual([calls.length, events[0]?.cause], [2, "failure"]);
    // A load balance below learns of it, and chooses another target.
    assert.deepEqual(earlierAttempts(calls[0]?.init), []);
    assert.equal(earlierAttempts(calls[1]?.init).length, 1);
    calls[1]?.answer(new Response("good"));
    assert.equal(await (await answer).text(), "good");
    await clock.advance(0);
    assert.equal(clock.pendingTimers, 0);
  }
});

Deno.test("hedge: where all fail the answer is what failed last, and others are cancelled", async () => {
  const { calls, swift } = hedged({ delay: 100, maxHedges: 2 });
  const answer = swift(url);
  const { body, cancelled } = watchedBody();
  calls[0]?.answer(new Response(body, { status: 503 }));
  await settle();
  calls[1]?.fail(gone());
  await settle();
  calls[2]?.answer(new Response("last", { status: 502 }));
  const response = await answer;
  assert.deepEqual([response.status, await response.text(), cancelled.length], [502, "last", 1]);
  const other = hedged({ delay: 100 });
  const failing = other.swift(url);
  other.calls[0]?.answer(new Response("bad", { status: 503 }));
  await settle();
  const error = gone();
  other.calls[1]?.fail(error);
  await assert.rejects(failing, (thrown) => thrown === error);
});

Deno.test("hedge: a good answer of one wins though another failed, before or after", async () => {
  const { clock, calls, swift } = hedged({ delay: 10 });
  const answer = swift(url);
  await clock.advance(10);
  calls[0]?.fail(gone());
  await settle();
  assert.equal(calls.length, 2);
  calls[1]?.answer(new Response("second"));
  assert.equal(await (await answer).text(), "second");
});

Deno.test("hedge: a failure that trying again cannot change ends the call and the others", async () => {
  const { clock, calls, swift } = hedged({ delay: 10 });
  const answer = outcome(swift(url));
  await clock.advance(10);
  const error = new SslError("not trusted");
  calls[0]?.fail(error);
  await settle();
  assert.equal(answer.error, error);
  assert.equal(calls[1]?.signal?.aborted, true);
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("hedge: a request that a layer below refuses does not end the others", async () => {
  const refusal = new UpstreamServiceUnavailableError("open");
  const { clock, calls, swift } = hedged({ delay: 10 });
  const answer = swift(url);
  await clock.advance(10);
  calls[1]?.fail(refusal);
  await settle();
  calls[0]?.answer(new Response("first"));
  assert.equal(await (await answer).text(), "first");
  // With nothing else it is the answer, at once; a failure that somebody saw is a better one.
  const alone = hedged({ delay: 10 });
  const refused = alone.swift(url);
  alone.calls[0]?.fail(refusal);
  await assert.rejects(refused, (error) => error === refusal);
  const both = hedged({ delay: 10 });
  const failed = both.swift(url);
  both.calls[0]?.answer(new Response("bad", { status: 503 }));
  await settle();
  both.calls[1]?.fail(refusal);
  assert.equal(await (await failed).text(), "bad");
});

Deno.test("hedge: the caller's abort ends all requests with its own reason", async () => {
  const { clock, calls, swift } = hedged({ delay: 10 });
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const answer = outcome(swift(url, { signal: controller.signal }));
  await clock.advance(10);
  controller.abort("mine");
  await settle();
  assert.equal(answer.error, "mine");
  assert.deepEqual(calls.map(({ signal }) => signal?.reason), ["mine", "mine"]);
  assert.equal(listeners(), 0);
  await assert.rejects(swift(url, { signal: controller.signal }), (e) => e === "mine");
  assert.equal(calls.length, 2);
});

Deno.test("hedge: up to four more, each after the delay; a delay of 0 sends them together", async () => {
  const { clock, calls, swift } = hedged({ delay: 10, maxHedges: 4 });
  const answer = swift(url);
  for (const expected of [1, 2, 3, 4, 5, 5]) {
    assert.equal(calls.length, expected);
    await clock.advance(10);
  }
  calls[3]?.answer();
  await answer;
  const together = hedged({ delay: 0, maxHedges: 2 });
  const three = together.swift(url);
  assert.equal(together.calls.length, 3);
  together.calls[2]?.answer();
  await three;
});

Deno.test("hedge: what may be carried out once only passes untouched", async () => {
  const init: RequestInit = { method: "POST", body: "a" };
  let seen: unknown;
  const inside: Fetch = (_, given) => {
    seen = given;
    return Promise.resolve(new Response());
  };
  await stack(inside, hedge({ delay: 1 }))(url, init);
  assert.equal(seen, init);
  const put = { method: "PUT", body: "a" };
  await stack(inside, hedge({ delay: 1 }))(url, put);
  assert.equal(seen, put);
  await stack(inside, hedge({ delay: 1, methods: ["put"] }))(url, put);
  assert.notEqual(seen, put);
});

Deno.test("hedge: bodies are sent again, from a Request too", async () => {
  const isSafe = (method: string, address: string) =>
    method === "POST" && address.endsWith("/find");
  const search = `${url}find`;
  const inputs: [Request | string, RequestInit?][] = [
    [search, { method: "POST", body: "query" }],
    [new Request(search, { method: "POST", body: "query" })],
  ];
  for (const [input, init] of inputs) {
    const { clock, calls, swift } = hedged({ delay: 10, isSafe });
    const answer = swift(input, init);
    await clock.advance(10);
    // The body of a Request is read beside the first sending, which the platform does in its own time.
    while (calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
    for (const call of calls) {
      assert.equal(await new Request(call.input, call.init).text(), "query");
    }
    calls[1]?.answer();
    await answer;
  }
});

Deno.test("hedge: a stream that is over the limit is sent once", async () => {
  const { clock, calls, swift } = hedged({ delay: 10, methods: ["PUT"], bufferLimit: 2 });
  const body = watchedBody(["abc", "def"]).body;
  const answer = swift(url, { method: "PUT", body });
  const sent = new Response(calls[0]?.init?.body);
  assert.equal(await sent.text(), "abcdef");
  await clock.advance(100);
  assert.equal(calls.length, 1);
  calls[0]?.answer(new Response("ok"));
  assert.equal(await (await answer).text(), "ok");
});

Deno.test("hedge: a budget with nothing left lets no hedge be sent", async () => {
  let left = 1;
  const budget = { withdraw: () => left-- > 0 };
  const { clock, calls, swift } = hedged({ delay: 10, budget });
  const [one, other] = [swift(url), swift(url)];
  await clock.advance(10);
  assert.equal(calls.length, 3);
  for (const call of calls) call.answer();
  await Promise.all([one, other]);
  const failing = swift(url);
  calls[3]?.fail(gone());
  await assert.rejects(failing, ClientConnectorError);
});

Deno.test("hedge: by default one call in ten is hedged, after ten at the beginning", async () => {
  const { clock, calls, swift } = hedged({ delay: 10 });
  for (let call = 0; call < 200; call++) {
    const answer = swift(url);
    await clock.advance(10);
    calls.at(-1)?.answer();
    await answer;
  }
  const hedges = calls.length - 200;
  assert.ok(hedges >= 28 && hedges <= 30, `${hedges}`);
});

Deno.test("hedge: the delay follows the percentile of the last calls", async () => {
  const latencies = new HedgeLatencies();
  const { clock, calls, swift } = hedged({ percentile: 0.9, latencies });
  for (let call = 1; call <= 24; call++) {
    const answer = swift(url);
    await clock.advance(call <= 20 ? call : 5);
    calls.at(-1)?.answer();
    await answer;
  }
  // Of 20 calls that took 1 to 20 ms nine tenths took less than 19.
  assert.equal(latencies.percentile(0.9), 19);
  const slow = swift(url);
  const before = calls.length;
  await clock.advance(18);
  assert.equal(calls.length, before);
  await clock.advance(1);
  assert.equal(calls.length, before + 1);
  await clock.advance(2);
  calls.at(-1)?.answer();
  await slow;
  // The loser counts too: it had taken 21 ms.
  assert.equal(latencies.count, 26);
});

Deno.test("hedge: until enough calls are known, nothing is hedged by time", async () => {
  const { clock, calls, swift } = hedged({});
  const answer = swift(url);
  await clock.advance(100_000);
  assert.equal(calls.length, 1);
  calls[0]?.answer();
  await answer;
});

Deno.test("hedge latencies: a percentile is that of the last so many", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (times, part) => {
        const latencies = new HedgeLatencies(50);
        for (const time of times) latencies.add(time);
        const last = times.slice(-50).sort((a, b) => a - b);
        const expected = times.length < 20 ? undefined : last[Math.floor(part * last.length)];
        assert.equal(latencies.percentile(part), expected);
      },
    ),
    settings,
  );
});

Deno.test("hedge budget: never more than a tenth of the calls and ten", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
      const budget = new HedgeBudget();
      let [calls, hedges] = [0, 0];
      for (const isCall of steps) {
        if (isCall) {
          calls++;
          budget.deposit();
        } else if (budget.withdraw()) hedges++;
        assert.ok(hedges <= 10 + calls / 10 + 1e-9);
        assert.ok(budget.balance >= 0);
      }
    }),
    settings,
  );
});

Deno.test("hedge: what onHedge throws is what the call rejects with", async () => {
  const clock = new VirtualClock();
  const { fetch, calls } = heldFetch();
  const onHedge = () => {
    throw new Error("mine");
  };
  const answer = outcome(stack(fetch, hedge({ delay: 10, clock, onHedge }))(url));
  await clock.advance(10);
  assert.match(String(answer.error), /mine/);
  assert.equal(calls[0]?.signal?.aborted, true);
});

Deno.test("hedge: configurations that harm, do nothing or cannot be are refused", () => {
  const table: [HedgeOptions, typeof TypeError | typeof RangeError, RegExp][] = [
    [{ methods: ["GET", "post"] }, TypeError, /would carry out POST twice/],
    [{ methods: ["GET"], isSafe: () => true }, TypeError, /methods and isSafe/],
    [{ delay: 10, percentile: 0.9 }, TypeError, /percentile has no effect/],
    [{ delay: 10, minDelay: 1 }, TypeError, /minDelay has no effect/],
    [{ delay: -1 }, RangeError, /delay, not -1/],
    [{ percentile: 95 }, RangeError, /percentile, not 95/],
    [{ maxHedges: 5 }, RangeError, /maxHedges, not 5/],
    [{ bufferLimit: -1 }, RangeError, /bufferLimit, not -1/],
    [{ budget: {} as HedgeBudget }, TypeError, /withdraw\(\) for budget/],
    [{ statusCodes: [1] }, RangeError, /cannot take 1/],
    [{ delays: 10 } as HedgeOptions, TypeError, /no option "delays"/],
  ];
  for (const [options, error, message] of table) {
    assert.throws(() => hedge(options), (thrown) => {
      assert.ok(thrown instanceof error, String(thrown));
      assert.match(thrown.message, message);
      return true;
    });
  }
  assert.throws(() => new HedgeLatencies(5), RangeError);
  assert.throws(() => new HedgeBudget(0), RangeError);
});
