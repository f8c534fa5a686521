/**
 * Where state that outlives a request is kept, so that several instances of a program can share
 * it: rate limits, circuit breakers, caches.
 *
 * The interface is small enough for Deno KV (a commit that checks versionstamps) and Redis (WATCH,
 * or a script that compares). `tests/stores/contract.ts` says what every store must do.
 *
 * @module
 */

/** What a store keeps: JSON. What was given to a store or came from one is never changed. */
export type StoreValue =
  | null
  | boolean
  | number
  | string
  | readonly StoreValue[]
  | { readonly [name: string]: StoreValue };

/**
 * A value that is there, or a promise of one: a store in memory need not make anyone wait. A
 * promise is a `Promise` of the platform's.
 */
export type Awaitable<Value> = Value | Promise<Value>;

/** How long a value is kept. */
export interface KeepOptions {
  /**
   * Milliseconds until the value is gone; it is never gone earlier because of its age. A store that
   * is full may drop it at any time.
   *
   * @default Infinity
   */
  readonly ttl?: number;
}

/** What {@linkcode Store.update} is to do with a value, and what to tell its caller. */
export type Change<Result> =
  | {
    /** Keeps `value` in place of what was there. */
    readonly action: "set";
    /** The value to keep. */
    readonly value: StoreValue;
    /**
     * Milliseconds until it is gone.
     *
     * @default Infinity
     */
    readonly ttl?: number;
    /** What the update resolves to. */
    readonly result: Result;
  }
  | {
    /** Leaves what is there, or removes it. */
    readonly action: "leave" | "delete";
    /** What the update resolves to. */
    readonly result: Result;
  };

/**
 * Keeps values by key.
 *
 * A key is any text of at most 512 UTF-8 bytes; `__proto__` is one like any other. A store that
 * cannot be reached throws or rejects, and says so with an error of its own.
 */
export interface Store {
  /**
   * The time that the instances which share this store agree on, in milliseconds: since the epoch
   * where there are several, within the skew of their clocks. State that depends on time is
   * written by it.
   */
  now(): number;
  /** The value of a key; `undefined` where there is none, or it is gone. */
  get(key: string): Awaitable<StoreValue | undefined>;
  /** Keeps a value, in place of what was there. */
  set(key: string, value: StoreValue, options?: KeepOptions): Awaitable<void>;
  /** Removes a key; one that is not there is no failure. */
  delete(key: string): Awaitable<void>;
  /**
   * Changes the value of a key in one step: nobody else changes it between what `change` saw and
   * what it gave.
   *
   * `change` is given the value and the store's time. It may be called again where somebody else
   * was faster, so all it does is to compute. A change that leaves what is there writes nothing.
   * An error that it throws passes through, and nothing is changed.
   */
  update<Result>(
    key: string,
    change: (value: StoreValue | undefined, now: number) => Change<Result>,
  ): Awaitable<Result>;
}
