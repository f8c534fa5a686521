/**
 * What every store must do, whatever keeps its values.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Store, StoreValue } from "../../src/stores/store.ts";

/** A store under test. */
export interface StoreUnderTest {
  /** A store that is empty. */
  readonly store: Store;
  /** Another instance over the same values, where they can be shared; two race in the tests. */
  readonly other?: Store;
  /** Lets time pass for the store. */
  advance(milliseconds: number): Promise<void>;
  /** Ends it. */
  close?(): Promise<void>;
}

/** Declares the tests of a store. */
export function testStore(name: string, open: () => Promise<StoreUnderTest>): void {
  const check = (what: string, run: (test: StoreUnderTest) => Promise<void>): void => {
    Deno.test(`${name}: ${what}`, async () => {
      const test = await open();
      try {
        await run(test);
      } finally {
        await test.close?.();
      }
    });
  };

  check("a value that was set is there until it is deleted", async ({ store }) => {
    assert.equal(await store.get("a"), undefined);
    for (const value of values) {
      await store.set("a", value);
      assert.deepEqual(await store.get("a"), value);
    }
    await store.delete("a");
    assert.equal(await store.get("a"), undefined);
    await store.delete("a");
  });

  check("any text is a key, and no two are one", async ({ store }) => {
    for (const [at, key] of keys.entries()) await store.set(key, at);
    for (const [at, key] of keys.entries()) assert.equal(await store.get(key), at, key);
    for (const key of keys) await store.delete(key);
    for (const key of keys) assert.equal(await store.get(key), undefined, key);
  });

  check("a value is gone when its time is over, and not before", async ({ store, advance }) => {
    await store.set("a", 1, { ttl: 1000 });
    await store.set("b", 1);
    await advance(999);
    assert.equal(await store.get("a"), 1);
    await advance(1);
    assert.equal(await store.get("a"), undefined);
    assert.equal(await store.update("a", (old) => ({ action: "leave", result: old })), undefined);
    assert.equal(await store.get("b"), 1);
  });

  check("setting a value again starts its time again", async ({ store, advance }) => {
    await store.set("a", 1, { ttl: 1000 });
    await advance(600);
    await store.set("a", 2, { ttl: 1000 });
    await advance(600);
    assert.equal(await store.get("a"), 2);
    await store.set("a", 3);
    await advance(10_000);
    assert.equal(await store.get("a"), 3);
  });

  check("an update sets, leaves or deletes, and tells its result", async ({ store, advance }) => {
    const set = await store.update("a", (old) => ({
      action: "set",
      value: [1, { b: "c" }],
      ttl: 1000,
      result: [old, "set"],
    }));
    assert.deepEqual(set, [undefined, "set"]);
    const left = await store.update("a", (old) => ({ action: "leave", result: old }));
    assert.deepEqual(left, [1, { b: "c" }]);
    await advance(1000);
    assert.equal(await store.get("a"), undefined);
    await store.set("a", null);
    assert.equal(await store.update("a", (old) => ({ action: "delete", result: old })), null);
    assert.equal(await store.get("a"), undefined);
    await store.update("a", () => ({ action: "delete", result: 1 }));
  });

  check("an update that leaves a value leaves its time", async ({ store, advance }) => {
    await store.set("a", 1, { ttl: 1000 });
    await advance(600);
    await store.update("a", () => ({ action: "leave", result: 1 }));
    await advance(400);
    assert.equal(await store.get("a"), undefined);
  });

  check("the time that an update sees goes on", async ({ store, advance }) => {
    const at = (): Promise<number> =>
      Promise.resolve(store.update("a", (_, now) => ({ action: "leave", result: now })));
    const start = await at();
    assert.ok(Math.abs(store.now() - start) < 1000);
    await advance(5000);
    const passed = await at() - start;
    assert.ok(passed >= 5000 && passed < 10_000, String(passed));
  });

  check("an error of an update passes through and changes nothing", async ({ store }) => {
    await store.set("a", 1);
    const failing = async (): Promise<void> => {
      await store.update("a", () => {
        throw new RangeError("no");
      });
    };
    await assert.rejects(failing, RangeError);
    assert.equal(await store.get("a"), 1);
  });

  check("a time that is none is refused", async ({ store }) => {
    for (const ttl of [-1, NaN]) {
      await assert.rejects(async () => await store.set("a", 1, { ttl }), RangeError);
      await assert.rejects(
        async () => await store.update("a", () => ({ action: "set", value: 1, ttl, result: 1 })),
        RangeError,
      );
    }
    assert.equal(await store.get("a"), undefined);
  });

  check("of updates at once none is lost", async ({ store, other = store }) => {
    const results = await Promise.all(Array.from({ length: 40 }, async (_, at) => {
      const one = at % 2 === 0 ? store : other;
      return await one.update("count", (old) => {
        const value = typeof old === "number" ? old + 1 : 1;
        return { action: "set", value, result: value };
      });
    }));
    assert.deepEqual(results.toSorted((a, b) => a - b), results.map((_, at) => at + 1));
    assert.equal(await other.get("count"), 40);
  });

  Deno.test(`${name}: it does what a plain map of values and times does`, async () => {
    const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const { store, advance, close } = await open();
        const model = new Map<string, { value: StoreValue; expires: number }>();
        let now = 0;
        const find = (key: string): StoreValue | undefined => {
          const found = model.get(key);
          return found !== undefined && found.expires > now ? found.value : undefined;
        };
        try {
          for (const { action, key, value, ttl } of commands) {
            const entry = { value, expires: now + (ttl ?? Infinity) };
            const options = ttl === undefined ? {} : { ttl };
            if (action === "advance") {
              await advance(ttl ?? 100);
              now += ttl ?? 100;
            } else if (action === "get") assert.deepEqual(await store.get(key), find(key));
            else if (action === "delete") {
              await store.delete(key);
              model.delete(key);
            } else if (action === "set") {
              await store.set(key, value, options);
              model.set(key, entry);
            } else {
              const old = await store.update(key, (result) => {
                return { action: "set", value, ...options, result };
              });
              assert.deepEqual(old, find(key));
              model.set(key, entry);
            }
          }
        } finally {
          await close?.();
        }
      }),
      { seed, numRuns: 100 },
    );
  });
}

const values: readonly StoreValue[] = [
  ...[null, true, false, 0, -1.5, 1e21, "", "text", "é\u0000\ud83d\ude00", []],
  [1, [2, null], { a: [] }],
  {},
  JSON.parse('{"__proto__":{"x":1},"constructor":1,"a":{"b":null}}'),
];

const keys: readonly string[] = [
  ...["", "a", "A", "a ", " a", "a/b", "a:b", "a\u0000", "a\n", "é", "e\u0301", "*", "?", "[a]"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "0", "00", "x".repeat(512)],
];

const command = fc.record({
  action: fc.constantFrom("set", "set", "get", "get", "delete", "update", "advance"),
  key: fc.constantFrom("a", "b", "__proto__"),
  value: fc.constantFrom(...values),
  ttl: fc.constantFrom(undefined, 50, 100, 250),
});
