/** The rules of load balance: whom they choose. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  consistentHash,
  type ConsistentHashOptions,
} from "../../src/layers/load_balance_consistent_hash.ts";
import { leastOutstanding } from "../../src/layers/load_balance_least_outstanding.ts";
import { peakEwma, type PeakEwmaOptions } from "../../src/layers/load_balance_peak_ewma.ts";
import { roundRobin, weightedRoundRobin } from "../../src/layers/load_balance_round_robin.ts";
import {
  BalancedCall,
  type LoadBalancerRule,
  type TargetState,
} from "../../src/layers/load_balance_rule.ts";

const seed = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()) };

function target(index: number, state: Partial<TargetState> = {}): TargetState {
  return { index, url: `http://target-${index}.example`, weight: 1, outstanding: 0, ...state };
}

const three = [target(0), target(1), target(2)];

function call(path = "/", now = 0, init?: RequestInit): BalancedCall {
  return new BalancedCall("GET", path, now, path, init);
}

/** The indexes of the targets that a rule chooses. */
function choices(rule: LoadBalancerRule, targets: readonly TargetState[], count: number): number[] {
  return Array.from({ length: count }, () => choice(rule, targets));
}

function choice(rule: LoadBalancerRule, targets: readonly TargetState[], one = call()): number {
  const chosen = targets[rule.getNextClient(targets, one)];
  assert.ok(chosen !== undefined);
  return chosen.index;
}

Deno.test("round robin: takes turns, also past targets that are left out", () => {
  const rule = roundRobin();
  assert.deepEqual(choices(rule, three, 4), [0, 1, 2, 0]);
  assert.deepEqual(choices(rule, [target(0), target(2)], 3), [2, 0, 2]);
  assert.deepEqual(choices(rule, three, 2), [0, 1]);
  assert.deepEqual(choices(rule, [target(1)], 2), [1, 1]);
});

Deno.test("weighted round robin: is smooth", () => {
  const targets = [target(0, { weight: 5 }), target(1), target(2)];
  assert.deepEqual(choices(weightedRoundRobin(), targets, 7), [0, 0, 1, 0, 2, 0, 0]);
  assert.deepEqual(choices(weightedRoundRobin(), three, 4), [0, 1, 2, 0]);
});

Deno.test("weighted round robin: in each round each target has its share", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, (list) => {
      const targets = list.map((weight, index) => target(index, { weight }));
      const round = list.reduce((sum, weight) => sum + weight);
      const rule = weightedRoundRobin();
      for (let turn = 0; turn < 2; turn++) {
        const chosen = choices(rule, targets, round);
        const counts = list.map((_, index) => chosen.filter((one) => one === index).length);
        assert.deepEqual(counts, list);
      }
    }),
    seed,
  );
});

Deno.test("least outstanding: the least busy for its weight, equals in turn", () => {
  assert.deepEqual(choices(leastOutstanding(), three, 4), [0, 1, 2, 0]);
  const busy = [target(0, { outstanding: 2 }), target(1, { outstanding: 1 }), target(2)];
  assert.deepEqual(choices(leastOutstanding(), busy, 2), [2, 2]);
  const weighted = [target(0, { outstanding: 3, weight: 5 }), target(1)];
  assert.equal(choice(leastOutstanding(), weighted), 0);
});

/** Numbers that make `peakEwma` compare the targets at these places of three. */
function comparing(one: number, other: number): () => number {
  const step = (other - one + 3) % 3 - 1;
  const numbers = [one / 3 + 0.01, step / 2 + 0.01];
  let asked = 0;
  return () => numbers[asked++ % 2] ?? 0;
}

Deno.test("peak EWMA: of two by chance the one with the lower latency", () => {
  const rule = peakEwma({ random: comparing(0, 1) });
  rule.observe?.(target(0), { outcome: "success", latency: 50, now: 0 });
  rule.observe?.(target(1), { outcome: "success", latency: 20, now: 0 });
  assert.equal(choice(rule, three), 1);
  // The same with calls under way: 20 x 3 against 50 x 1.
  assert.equal(choice(rule, [target(0), target(1, { outstanding: 2 }), target(2)]), 0);
  // And by weight: 60 / 4 against 50.
  assert.equal(choice(rule, [target(0), target(1, { outstanding: 2, weight: 4 }), target(2)]), 1);
});

Deno.test("peak EWMA: a rise counts at once, a fall in time", () => {
  const rule = peakEwma({ random: comparing(0, 1) });
  const observe = (index: number, latency: number, now: number): void =>
    rule.observe?.(target(index), { outcome: "success", latency, now });
  observe(0, 10, 0);
  observe(1, 100, 0);
  assert.equal(choice(rule, three), 0);
  observe(0, 400, 1);
  assert.equal(choice(rule, three, call("/", 1)), 1);
  // One fast answer right after it does not hide it.
  observe(0, 10, 2);
  assert.equal(choice(rule, three, call("/", 2)), 1);
  observe(1, 100, 15_000);
  assert.equal(choice(rule, three, call("/", 15_000)), 0);
});

Deno.test("peak EWMA: a target that fails fast does not look fast", () => {
  const rule = peakEwma({ random: comparing(0, 1) });
  rule.observe?.(target(0), { outcome: "failure", latency: 0.1, now: 0 });
  rule.observe?.(target(1), { outcome: "success", latency: 300, now: 0 });
  assert.equal(choice(rule, three), 1);
});

Deno.test("peak EWMA: who gives up knows how long it took at least", () => {
  const rule = peakEwma({ random: comparing(0, 1) });
  rule.observe?.(target(0), { outcome: "success", latency: 50, now: 0 });
  rule.observe?.(target(1), { outcome: "success", latency: 60, now: 0 });
  rule.observe?.(target(0), { outcome: "unanswered", latency: 10, now: 0 });
  assert.equal(choice(rule, three), 0);
  rule.observe?.(target(0), { outcome: "unanswered", latency: 500, now: 0 });
  assert.equal(choice(rule, three), 1);
});

Deno.test("peak EWMA: a target of which nothing is known gets one call, then the others do", () => {
  const rule = peakEwma({ random: comparing(0, 1) });
  rule.observe?.(target(1), { outcome: "success", latency: 20, now: 0 });
  assert.equal(choice(rule, three), 0);
  assert.equal(choice(rule, [target(0, { outstanding: 1 }), target(1), target(2)]), 1);
});

Deno.test("peak EWMA: each pair can be drawn", () => {
  const drawn = new Set<number>();
  for (const [one, other] of [[0, 1], [1, 2], [2, 0], [1, 0], [2, 1], [0, 2]] as const) {
    const targets = three.map((state) =>
      state.index === other ? state : { ...state, outstanding: 9 }
    );
    drawn.add(choice(peakEwma({ random: comparing(one, other) }), targets));
  }
  assert.deepEqual([...drawn].toSorted(), [0, 1, 2]);
  assert.equal(choice(peakEwma(), [target(1)]), 1);
});

const someTargets = Array.from({ length: 5 }, (_, index) => target(index));
const keys = Array.from({ length: 1_000 }, (_, number) => `/albums/${number}`);

function chosenFor(rule: LoadBalancerRule, targets: readonly TargetState[], path: string): number {
  return choice(rule, targets, call(path));
}

Deno.test("consistent hash: one key, one target; each target its share of the keys", () => {
  const rule = consistentHash();
  const counts = [0, 0, 0, 0, 0];
  for (const key of keys) {
    const index = chosenFor(rule, someTargets, key);
    assert.equal(chosenFor(consistentHash(), someTargets.toReversed(), key), index);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 140 && count < 260, counts.join());
});

Deno.test("consistent hash: when a target goes only its keys move, and to all others", () => {
  const rule = consistentHash();
  const left = someTargets.filter(({ index }) => index !== 2);
  const moved = new Set<number>();
  for (const key of keys) {
    const before = chosenFor(rule, someTargets, key);
    const after = chosenFor(rule, left, key);
    if (before === 2) moved.add(after);
    else assert.equal(after, before);
  }
  assert.deepEqual([...moved].toSorted(), [0, 1, 3, 4]);
});

Deno.test("consistent hash: a target of twice the weight has twice the keys", () => {
  const rule = consistentHash();
  const targets = [target(0, { weight: 2 }), target(1), target(2)];
  const count = keys.filter((key) => chosenFor(rule, targets, key) === 0).length;
  assert.ok(count > 440 && count < 560, String(count));
});

Deno.test("consistent hash: no target has more calls under way than loadFactor allows", () => {
  const loads = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
  const factors = fc.double({ min: 1, max: 3, noNaN: true });
  fc.assert(
    fc.property(loads, factors, fc.string(), (list, loadFactor, key) => {
      const targets = list.map((outstanding, index) => target(index, { outstanding }));
      const calls = list.reduce((sum, load) => sum + load, 1);
      const chosen = chosenFor(consistentHash({ loadFactor, key: () => key }), targets, "/");
      assert.ok((list[chosen] ?? 0) + 1 <= Math.ceil(loadFactor * calls / list.length));
    }),
    seed,
  );
});

Deno.test("consistent hash: without a bound a key stays, without a key the least busy is chosen", () => {
  const faithful = consistentHash({ loadFactor: Infinity, key: () => "key" });
  const home = chosenFor(faithful, someTargets, "/");
  const busy = someTargets.map((one) => one.index === home ? { ...one, outstanding: 99 } : one);
  assert.equal(chosenFor(faithful, busy, "/"), home);
  assert.notEqual(chosenFor(consistentHash({ key: () => "key" }), busy, "/"), home);
  assert.equal(
    chosenFor(
      consistentHash({ key: () => undefined }),
      [target(0, { outstanding: 1 }), target(1)],
      "/",
    ),
    1,
  );
});

Deno.test("consistent hash: the key can be of a header field", () => {
  const rule = consistentHash({ key: ({ headers }) => headers.get("x-user") ?? undefined });
  const of = (user: string, path: string): number =>
    choice(rule, someTargets, call(path, 0, { headers: { "x-user": user } }));
  assert.equal(of("alice", "/a"), of("alice", "/b"));
  const users = new Set(keys.map((user) => of(user, "/")));
  assert.equal(users.size, 5);
});

const bad: readonly (readonly [() => unknown, RegExp])[] = [
  [() => peakEwma({ decay: 0 }), /peakEwma needs milliseconds above 0 for decay, not 0/],
  [() => peakEwma({ penalty: -1 }), /milliseconds above 0 for penalty, not -1/],
  [() => peakEwma({ halfLife: 1 } as PeakEwmaOptions), /peakEwma has no option "halfLife"/],
  [() => consistentHash({ loadFactor: 0.9 }), /needs a loadFactor from 1, not 0.9/],
  [
    () => consistentHash({ key: "path" } as unknown as ConsistentHashOptions),
    /consistentHash needs a function for key/,
  ],
];

for (const [make, message] of bad) {
  Deno.test(`load balance rules: refuse options, ${message.source}`, () => {
    assert.throws(make, message);
  });
}
