/**
 * Circuits that several instances share through a store: they open, try and close together, and go on
 * by themselves while it fails.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fetch } from "@pirouette/http";
import { VirtualClock } from "@pirouette/http/testing";
import type { CircuitBreakerConfig } from "../../src/layers/circuit_breaker_config.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import type { CircuitState } from "../../src/layers/circuit_breaker_state.ts";
import { CircuitOpenError } from "../../src/message/circuit_open_error.ts";
import { MemoryStore } from "../../src/stores/memory_store.ts";
import type { Store, StoreValue } from "../../src/stores/store.ts";

const url = "http://a.example/";
const key = "circuit:default:http://a.example";

/** Does as a store elsewhere does: answers later, or not at all. Counts what it is asked. */
class RemoteStore implements Store {
  calls = 0;
  mode: "up" | "down" | "hangs" = "up";
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  now = (): number => this.#store.now();
  get = (key: string): Promise<StoreValue | undefined> => this.#answer(() => this.#store.get(key));
  set: Store["set"] = (...parts) => this.#answer(() => this.#store.set(...parts));
  delete = (key: string): Promise<void> => this.#answer(() => this.#store.delete(key));
  update: Store["update"] = (key, change) => this.#answer(() => this.#store.update(key, change));

  async #answer<Result>(act: () => Result): Promise<Result> {
    this.calls++;
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    if (this.mode === "hangs") return await new Promise(() => {});
    if (this.mode === "down") throw new Error("The store is down");
    return act();
  }
}

/** Instances over one store. */
class Fleet {
  readonly clock = new VirtualClock();
  readonly memory = new MemoryStore({ clock: this.clock });
  readonly store: Store;
  readonly remote: RemoteStore;
  readonly errors: unknown[] = [];
  readonly instances: readonly CircuitBreaker[];

  constructor(isRemote: boolean, config: CircuitBreakerConfig = {}, count = 3) {
    this.remote = new RemoteStore(this.memory);
    this.store = isRemote ? this.remote : this.memory;
    this.instances = Array.from({ length: count }, () =>
      new CircuitBreaker({
        clock: this.clock,
        store: this.store,
        onError: (error) => this.errors.push(error),
        ...config,
      }));
  }

  /** What a call through an instance ends with. */
  async call(instance: number, status = 200): Promise<number | "refused"> {
    return await this.send(instance, () => Promise.resolve(new Response(null, { status })));
  }

  async send(instance: number, next: Fetch, init?: RequestInit): Promise<number | "refused"> {
    const answer = this.instances[instance]?.send(next, url, init);
    const ended = answer?.then(({ status }) => status, (error) => {
      if (error instanceof CircuitOpenError) return "refused" as const;
      throw error;
    });
    await this.clock.advance(0);
    return await ended ?? "refused";
  }

  states(): (CircuitState | undefined)[] {
    return this.instances.map((instance) => instance.currentState());
  }
}

/** A check with a store in memory, and with one that answers later. */
function shared(name: string, check: (open: typeof fleet) => Promise<void>): void {
  for (const isRemote of [false, true]) {
    Deno.test(`circuit breaker, shared (${isRemote ? "remote" : "memory"}): ${name}`, () =>
      check((config, count) => fleet(config, count, isRemote)));
  }
}

function fleet(config?: CircuitBreakerConfig, count?: number, isRemote = false): Fleet {
  return new Fleet(isRemote, config, count);
}

shared("calls count together, and those who never failed stop too", async (open) => {
  const all = open();
  const { clock } = all;
  // Too few in each instance, enough in all.
  for (let round = 0; round < 4; round++) {
    for (const instance of [0, 1]) assert.equal(await all.call(instance, 503), 503);
    await clock.advance(1_000);
  }
  assert.equal(await all.call(2), 200);
  assert.deepEqual(all.states(), ["CLOSED", "CLOSED", "CLOSED"]);
  await all.call(0, 503);
  await all.call(1, 503);
  // The next word with the store, a second later at the latest, is news to the rest.
  await clock.advance(1_000);
  await all.call(0, 503);
  await all.call(2);
  assert.equal(await all.call(2), "refused");
  assert.equal(all.states()[2], "OPEN");
});

shared("one whose own network fails stops alone", async (open) => {
  const all = open();
  for (let round = 0; round < 10; round++) {
    await all.call(0, 503);
    for (let at = 0; at < 10; at++) {
      for (const instance of [1, 2]) await all.call(instance);
    }
    if (round < 9) await all.clock.advance(1_000);
  }
  assert.deepEqual(all.states(), ["OPEN", "CLOSED", "CLOSED"]);
  await all.clock.advance(5_000);
  assert.equal(await all.call(0), 200);
  assert.deepEqual(all.states(), ["CLOSED", "CLOSED", "CLOSED"]);
});

shared(
  "there are no more trials than one instance would make, and all learn of them",
  async (open) => {
    for (const trialRequests of [1, 2]) {
      const all = open({ trialRequests });
      all.instances[0]?.forceOpen("http://a.example");
      for (let at = 0; at < 12; at++) await all.call(1, 503);
      for (let at = 0; at < 12; at++) await all.call(2, 503);
      await all.clock.advance(5_000);
      const waiting: PromiseWithResolvers<Response>[] = [];
      const next: Fetch = () => {
        const answer = Promise.withResolvers<Response>();
        waiting.push(answer);
        return answer.promise;
      };
      const ends: Promise<number | "refused">[] = [];
      for (let at = 0; at < 100; at++) {
        for (const instance of [0, 1, 2]) ends.push(all.send(instance, next));
      }
      await all.clock.advance(0);
      assert.equal(waiting.length, trialRequests);
      for (const { resolve } of waiting) resolve(new Response());
      const refused = (await Promise.all(ends)).filter((end) => end === "refused");
      assert.equal(refused.length, 300 - trialRequests);
      await all.clock.advance(1_000);
      for (const instance of [0, 1, 2]) assert.equal(await all.call(instance), 200);
      assert.deepEqual(all.states(), ["CLOSED", "CLOSED", "CLOSED"]);
      assert.equal(all.clock.pendingTimers, 0);
    }
  },
);

shared("a trial that fails suspends them all for twice as long", async (open) => {
  const all = open();
  all.instances[0]?.forceOpen("http://a.example");
  await all.call(0);
  for (const instance of [1, 2]) {
    await all.call(instance);
    assert.equal(await all.call(instance), "refused");
  }
  await all.clock.advance(5_000);
  assert.equal(await all.call(1, 503), 503);
  assert.equal(all.instances[1]?.metrics().suspendedFor, 10_000);
  assert.equal(await all.call(0), "refused");
  assert.equal(all.instances[0]?.metrics().suspendedFor, 10_000);
  await all.clock.advance(10_000);
  assert.equal(await all.call(2), 200);
  assert.equal(await all.call(0), 200);
  assert.deepEqual(all.states().slice(0, 1), ["CLOSED"]);
});

shared("isolated and released by hand, one for all", async (open) => {
  const all = open();
  for (const instance of [0, 1, 2]) await all.call(instance);
  all.instances[0]?.isolate();
  await all.clock.advance(1_000);
  for (const instance of [1, 2]) {
    await all.call(instance);
    assert.equal(await all.call(instance), "refused");
  }
  await all.clock.advance(3_600_000);
  assert.equal(await all.call(2), "refused");
  all.instances[1]?.forceClose();
  await all.clock.advance(1_000);
  for (const instance of [0, 2]) {
    await all.call(instance);
    assert.equal(await all.call(instance), 200);
  }
  assert.deepEqual(all.states(), ["CLOSED", "CLOSED", "CLOSED"]);
});

Deno.test("circuit breaker, shared: a healthy circuit asks the store once a second, not once a call", async () => {
  const all = fleet({}, 1, true);
  for (let second = 0; second < 5; second++) {
    for (let at = 0; at < 1_000; at++) await all.instances[0]?.send(ok, url);
    await all.clock.advance(1_000);
  }
  assert.equal(all.remote.calls, 5);
  await all.call(0);
  // One that fails now and then tells of the first failure at once, of the others once a second.
  for (let at = 0; at < 100; at++) await all.call(0, at % 10 === 0 ? 503 : 200);
  assert.equal(all.remote.calls, 7);
});

Deno.test("circuit breaker, shared: while the store fails each goes on by itself", async () => {
  for (const mode of ["down", "hangs"] as const) {
    const all = fleet({ rollingWindow: { requestVolumeThreshold: 2 } }, 2, true);
    all.instances[0]?.forceOpen("http://a.example");
    await all.call(0);
    await all.clock.advance(0);
    all.remote.mode = mode;
    await all.call(1, 503);
    await all.call(1, 503);
    assert.equal(await all.call(1), "refused");
    await all.clock.advance(5_000);
    // This one is open because all are, and asks in vain whether it may try.
    const trial = all.instances[0]?.send(ok, url);
    await all.clock.advance(1_000);
    assert.equal((await trial)?.status, 200);
    assert.equal(await all.call(1), 200);
    assert.deepEqual(all.states(), ["CLOSED", "CLOSED"]);
    assert.equal(all.errors.length > 0, mode === "down");
    assert.equal(all.clock.pendingTimers, 0);
  }
});

Deno.test("circuit breaker, shared: a caller does not wait longer for a trial than for the call", async () => {
  const all = fleet({}, 1, true);
  all.instances[0]?.forceOpen("http://a.example");
  await all.call(0);
  await all.clock.advance(5_000);
  all.remote.mode = "hangs";
  const controller = new AbortController();
  const call = all.instances[0]?.send(ok, url, { signal: controller.signal });
  await all.clock.advance(10);
  controller.abort("enough");
  await assert.rejects(async () => await call, (reason) => reason === "enough");
  all.remote.mode = "up";
  assert.equal(await all.call(0), 200);
  await all.clock.advance(1_000);
  assert.equal(all.clock.pendingTimers, 0);
});

Deno.test("circuit breaker, shared: what others wrote to the store is none of ours", async () => {
  const foreign: StoreValue[] = [
    null,
    7,
    "open",
    [],
    {},
    { until: "soon" },
    { until: -1, isIsolated: false, openings: 0, trials: [], passed: 0, buckets: [] },
    { until: 0, isIsolated: 1, openings: 0, trials: [], passed: 0, buckets: [] },
    { until: 0, isIsolated: false, openings: 0, trials: ["x"], passed: 0, buckets: [] },
    { until: 0, isIsolated: false, openings: 0, trials: [], passed: 0, buckets: {} },
    { until: 0, isIsolated: false, openings: 0, trials: [], passed: 0, buckets: [[1], null, "x"] },
  ];
  for (const value of foreign) {
    const all = fleet({ rollingWindow: { requestVolumeThreshold: 2 } }, 2);
    all.memory.set(key, value);
    assert.equal(await all.call(0), 200);
    await all.call(0, 503);
    await all.call(0, 503);
    assert.deepEqual(all.errors, []);
    assert.equal(all.instances[0]?.currentState(), "OPEN", JSON.stringify(value));
  }
});

Deno.test("circuit breaker, shared: names and targets keep circuits apart", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore({ clock });
  const [one, other] = ["one", "other"].map((name) => new CircuitBreaker({ clock, store, name }));
  one?.isolate("http://a.example");
  const long = `http://${"a".repeat(100)}.example`;
  one?.isolate(long);
  await clock.advance(1_000);
  for (const target of [url, "http://b.example/", `${long}/`]) {
    assert.equal((await other?.send(ok, target))?.status, 200);
  }
  assert.equal((await one?.send(ok, "http://b.example/"))?.status, 200);
  // One that comes later learns of it, if not at once: a long name is hashed first.
  const third = new CircuitBreaker({ clock, store, name: "one" });
  await assert.rejects(third.send(ok, url), CircuitOpenError);
  while (third.currentState(long) !== "OPEN") {
    await third.send(ok, `${long}/`).catch(() => {});
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve));
  }
});

Deno.test("circuit breaker, shared: a store that answers again is asked again", async () => {
  const all = fleet({}, 2, true);
  await all.call(0);
  all.remote.mode = "hangs";
  await all.clock.advance(1_000);
  await all.call(0);
  all.remote.mode = "up";
  all.instances[1]?.isolate("http://a.example");
  await all.clock.advance(29_999);
  await all.call(0);
  assert.equal(await all.call(0), 200);
  await all.clock.advance(1);
  await all.call(0);
  assert.equal(await all.call(0), "refused");
});

Deno.test("circuit breaker, shared: the last word by hand is the one that holds", async () => {
  const clock = new VirtualClock();
  const memory = new MemoryStore({ clock });
  const waiting: (() => void)[] = [];
  // The one that came last is answered first.
  const store = new RemoteStore(memory);
  store.update = (key, change) =>
    new Promise((resolve) => {
      waiting.unshift(() => resolve(memory.update(key, change)));
    });
  const breaker = new CircuitBreaker({ clock, store });
  breaker.isolate("http://a.example");
  breaker.forceOpen("http://a.example");
  breaker.forceClose("http://a.example");
  while (waiting.length > 0) {
    waiting.shift()?.();
    await clock.advance(0);
  }
  assert.equal(breaker.currentState(), "CLOSED");
  const other = new CircuitBreaker({ clock, store: memory });
  assert.equal((await other.send(ok, url)).status, 200);
  assert.equal(other.currentState(), "CLOSED");
});

function ok(): Promise<Response> {
  return Promise.resolve(new Response());
}
