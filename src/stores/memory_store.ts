/**
 * State in the memory of this process: the default store, shared by nobody, fast, bounded.
 *
 * It has no timers: what expired is dropped when it is asked for, or met on the way to a place for
 * something new.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { Change, KeepOptions, Store, StoreValue } from "./store.ts";

/** Options of {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many values are kept at most. When there are more, those go first that expired, then those
   * that were not used for the longest time, roughly.
   *
   * @default 100000
   */
  readonly maxEntries?: number;
  /**
   * Tells the time.
   *
   * @default systemClock
   */
  readonly clock?: Clock;
}

const knownOptions: Readonly<Record<keyof MemoryStoreOptions, true>> = {
  maxEntries: true,
  clock: true,
};

interface Entry {
  readonly key: string;
  value: StoreValue;
  /** When it is gone. */
  expires: number;
  /** Whether it was used since the hand passed it. */
  used: boolean;
}

/** How many entries are looked at to make room for one: a bound on what an insertion costs. */
const maxSteps = 32;

/**
 * Keeps values in memory.
 *
 * None of its methods makes anyone wait. Values are kept as they are, not copied.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@pirouette/http/layers";
 *
 * const store = new MemoryStore({ maxEntries: 10_000 });
 * store.set("greeting", "Hello", { ttl: 60_000 });
 * const count = store.update("count", (old) => {
 *   const value = typeof old === "number" ? old + 1 : 1;
 *   return { action: "set", value, result: value };
 * });
 * ```
 */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #clock: Clock;
  /**
   * Goes round the entries as the hand of a clock, and evicts what was not used since its last
   * round. An iterator, because a Map's first key is slow to find when many before it were deleted.
   */
  #hand: Iterator<Entry> = this.#entries.values();

  /**
   * Makes an empty store.
   *
   * @throws {TypeError} when an option is unknown.
   * @throws {RangeError} when `maxEntries` is not a whole number above 0.
   */
  constructor(options: MemoryStoreOptions = {}) {
    checkOptions("A MemoryStore", options, knownOptions);
    const { maxEntries = 100_000, clock = systemClock } = ownOptions(options);
    if (!Number.isInteger(maxEntries) || maxEntries < 1) {
      throw new RangeError(
        `Cannot keep ${maxEntries} entries: set maxEntries to a whole number, 1 or more`,
      );
    }
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  /** How many values are kept, those that expired and were not met since included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The time by this store's clock, in milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  /** The value of a key; `undefined` where there is none, or it is gone. */
  get(key: string): StoreValue | undefined {
    return this.#find(key, this.#clock.now())?.value;
  }

  /**
   * Keeps a value, in place of what was there.
   *
   * @throws {RangeError} when `ttl` is negative or not a number.
   */
  set(key: string, value: StoreValue, { ttl = Infinity }: KeepOptions = {}): void {
    const now = this.#clock.now();
    this.#keep(this.#find(key, now), key, value, expiry(now, ttl), now);
  }

  /** Removes a key; one that is not there is no failure. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes everything. */
  clear(): void {
    this.#entries.clear();
  }

  /**
   * Changes the value of a key in one step; `change` is called once.
   *
   * @throws {RangeError} when `ttl` is negative or not a number.
   */
  update<Result>(
    key: string,
    change: (value: StoreValue | undefined, now: number) => Change<Result>,
  ): Result {
    const now = this.#clock.now();
    const entry = this.#find(key, now);
    const changed = change(entry?.value, now);
    if (changed.action === "set") {
      this.#keep(entry, key, changed.value, expiry(now, changed.ttl ?? Infinity), now);
    } else if (changed.action === "delete") this.#entries.delete(key);
    return changed.result;
  }

  #find(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expires <= now) {
      this.#entries.delete(key);
      return undefined;
    }
    entry.used = true;
    return entry;
  }

  #keep(
    entry: Entry | undefined,
    key: string,
    value: StoreValue,
    expires: number,
    now: number,
  ): void {
    if (entry === undefined) {
      this.#makeRoom(now);
      this.#entries.set(key, { key, value, expires, used: false });
    } else {
      entry.value = value;
      entry.expires = expires;
    }
  }

  /** Drops what expired where the hand stands, and goes on until there is a place. */
  #makeRoom(now: number): void {
    const isFull = this.#entries.size >= this.#maxEntries;
    // Two steps for each that comes in keep what expired from piling up where nothing is full.
    for (let step = 1; step <= (isFull ? maxSteps : 2); step++) {
      const entry = this.#next();
      if (entry === undefined) return;
      if (entry.expires <= now || (isFull && (!entry.used || step === maxSteps))) {
        this.#entries.delete(entry.key);
        if (isFull) return;
      } else if (isFull) entry.used = false;
    }
  }

  /** The entry the hand comes to next; `undefined` where there are none. */
  #next(): Entry | undefined {
    let next = this.#hand.next();
    if (next.done === true) {
      this.#hand = this.#entries.values();
      next = this.#hand.next();
    }
    return next.done === true ? undefined : next.value;
  }
}

/** When a value is gone that is kept from `now` on. */
function expiry(now: number, ttl: number): number {
  if (ttl >= 0) return now + ttl;
  throw new RangeError(`Cannot keep a value for ${ttl} ms: set ttl to 0 or more`);
}
