/** State in memory: the contract of stores, and its bounds. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "@pirouette/http/testing";
import { MemoryStore } from "../../src/stores/memory_store.ts";
import { testStore } from "./contract.ts";

const settings = { seed: Number(Deno.env.get("FC_SEED") ?? Date.now()), numRuns: 200 };

testStore("memory store", () => {
  const clock = new VirtualClock();
  return Promise.resolve({
    store: new MemoryStore({ clock }),
    advance: (milliseconds) => clock.advance(milliseconds),
  });
});

Deno.test("memory store: it makes nobody wait", () => {
  const store = new MemoryStore();
  store.set("a", 1);
  const value: unknown = store.get("a");
  assert.equal(value, 1);
  assert.equal(store.update("a", () => ({ action: "leave", result: 2 })), 2);
});

Deno.test("memory store: it never keeps more than it may, and what came last is there", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.nat(200), { maxLength: 300 }),
      (maxEntries, keys) => {
        const store = new MemoryStore({ maxEntries });
        for (const key of keys) {
          store.set(String(key), key);
          assert.ok(store.size <= maxEntries);
          assert.equal(store.get(String(key)), key);
        }
      },
    ),
    settings,
  );
});

Deno.test("memory store: what is used stays when others come once", () => {
  const store = new MemoryStore({ maxEntries: 100 });
  store.set("used", 1);
  for (let at = 0; at < 10_000; at++) {
    assert.equal(store.get("used"), 1, String(at));
    store.set(`once ${at}`, at);
  }
  assert.equal(store.size, 100);
});

Deno.test("memory store: what expired goes before what did not", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore({ maxEntries: 20, clock });
  for (let at = 0; at < 10; at++) store.set(`stays ${at}`, at);
  for (let at = 0; at < 10; at++) store.set(`goes ${at}`, at, { ttl: 10 });
  for (let at = 0; at < 10; at++) store.get(`stays ${at}`);
  await clock.advance(10);
  for (let at = 0; at < 10; at++) store.set(`new ${at}`, at);
  for (let at = 0; at < 10; at++) assert.equal(store.get(`stays ${at}`), at);
});

Deno.test("memory store: what expired does not pile up where nothing is full", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore({ clock });
  for (let at = 0; at < 20_000; at++) {
    store.set(String(at), at, { ttl: 100 });
    if (at % 10 === 0) await clock.advance(1);
  }
  // A thousand live at a time.
  assert.ok(store.size < 4000, String(store.size));
});

Deno.test("memory store: making room takes a bounded time, whatever was used", () => {
  const store = new MemoryStore({ maxEntries: 50_000 });
  for (let at = 0; at < 50_000; at++) store.set(String(at), at);
  for (let at = 0; at < 50_000; at++) store.get(String(at));
  const start = performance.now();
  for (let at = 0; at < 20_000; at++) store.set(`new ${at}`, at);
  const time = performance.now() - start;
  // Linear in each insertion would be minutes.
  assert.ok(time < 1000, `${time} ms`);
});

Deno.test("memory store: clear removes everything, and it goes on", () => {
  const store = new MemoryStore({ maxEntries: 2 });
  for (const key of "abcdef") store.set(key, key);
  store.clear();
  assert.equal(store.size, 0);
  for (const key of "abc") store.set(key, key);
  assert.equal(store.get("c"), "c");
  assert.equal(store.size, 2);
});

Deno.test("memory store: bad options are named", () => {
  assert.throws(() => new MemoryStore({ maxEntries: 0 }), {
    name: "RangeError",
    message: /maxEntries/,
  });
  assert.throws(() => new MemoryStore({ maxEntries: 1.5 }), RangeError);
  const wrong = { maxEntries: 1, maxEntry: 1 };
  assert.throws(() => new MemoryStore(wrong), {
    name: "TypeError",
    message: /no option "maxEntry"/,
  });
});
