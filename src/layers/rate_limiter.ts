/**
 * A rate limit by key, with its state in a store: what the layer {@linkcode rateLimit} asks, and
 * what a handler can ask itself, for logins by user name, say.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { MemoryStore } from "../stores/memory_store.ts";
import type { Awaitable, Change, Store } from "../stores/store.ts";
import { boundedKey } from "./rate_limit_key.ts";
import type { Quota, RateAlgorithm, Take } from "./rate_quota.ts";
import { slidingWindow } from "./sliding_window.ts";
import { tokenBucket } from "./token_bucket.ts";

/** How a rate limit counts, and where. */
export interface RateLimiterOptions {
  /** How many units pass in a window; a request is one. */
  readonly limit: number;
  /** The window, in whole milliseconds. */
  readonly window: number;
  /**
   * How to count. A token bucket is refilled evenly and lets a burst through. A sliding window lets
   * through no more than the limit in a window by the clock.
   *
   * @default "token-bucket"
   */
  readonly algorithm?: "token-bucket" | "sliding-window";
  /**
   * How many units a token bucket holds, and so lets through at once. In any span of time no more
   * pass than these and those that are refilled in it.
   *
   * @default limit
   */
  readonly burst?: number;
  /**
   * Where the counts are kept; one that several instances share makes one limit of theirs.
   *
   * @default a MemoryStore of its own
   */
  readonly store?: Store;
  /**
   * Tells the time, where no {@linkcode store} is given; a store has its own.
   *
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * The name of the limit, in the RateLimit fields and before the keys in the store: limits of one
   * name in one store count together. At most 64 printable ASCII characters.
   *
   * @default "default"
   */
  readonly policyName?: string;
}

/** The options that are known. */
export const limiterOptions: Readonly<Record<keyof RateLimiterOptions, true>> = {
  limit: true,
  window: true,
  algorithm: true,
  burst: true,
  store: true,
  clock: true,
  policyName: true,
};

/**
 * Counts units by key.
 *
 * @example
 * ```ts
 * import { post, service, TooManyRequestsError } from "@pirouette/http";
 * import { RateLimiter } from "@pirouette/http/layers";
 *
 * const logins = new RateLimiter({ limit: 5, window: 60_000 });
 *
 * const users = service({ basePath: "/users" }, [
 *   post("/:name/login", async ({ path }) => {
 *     const { allowed, wait } = await logins.take(path.name);
 *     if (!allowed) {
 *       const headers = { "retry-after": Math.ceil(wait / 1000) };
 *       throw new TooManyRequestsError("Too many attempts", { headers });
 *     }
 *   }),
 * ]);
 * ```
 */
export class RateLimiter {
  /** How much may pass. */
  readonly quota: Quota;
  /** The name of the limit. */
  readonly policyName: string;
  readonly #algorithm: RateAlgorithm;
  readonly #store: Store;
  readonly #prefix: string;

  /**
   * Makes a limit that nobody used yet, or goes on with what the store has.
   *
   * @throws {TypeError} when an option is unknown, or has no effect beside the others.
   * @throws {RangeError} when a number is not whole and above 0, or all of them are too large to
   * count with.
   */
  constructor(options: RateLimiterOptions) {
    checkOptions("A RateLimiter", options, limiterOptions);
    const {
      limit,
      window,
      algorithm = "token-bucket",
      burst,
      store,
      clock,
      policyName = "default",
    } = ownOptions(options);
    if (algorithm !== "token-bucket" && algorithm !== "sliding-window") {
      throw new TypeError(
        `Cannot count by "${algorithm}": set algorithm to "token-bucket" or "sliding-window"`,
      );
    }
    if (burst !== undefined && algorithm === "sliding-window") {
      throw new TypeError('A sliding window has no burst: leave burst out, or use "token-bucket"');
    }
    if (store !== undefined && clock !== undefined) {
      throw new TypeError("A store has a clock of its own: give clock to the store, or no store");
    }
    if (!/^[ -~]{1,64}$/.test(policyName)) {
      throw new TypeError("Cannot use this policyName: give it 1 to 64 printable ASCII characters");
    }
    this.quota = checkedQuota({ limit, window, burst: burst ?? limit });
    this.policyName = policyName;
    this.#algorithm = algorithm === "token-bucket" ? tokenBucket : slidingWindow;
    this.#store = store ?? new MemoryStore(clock === undefined ? {} : { clock });
    this.#prefix = `${policyName}:`;
  }

  /**
   * Takes `cost` units of a key, or none where fewer are left. A cost above what may pass at once
   * counts as that; one of 0 only looks.
   *
   * It makes nobody wait where the store does not, except for a key of more than 64 characters.
   * Such a key is kept as its SHA-256.
   *
   * @throws {RangeError} when `cost` is not a whole number, 0 or more.
   */
  take(key: string, cost: number = 1): Awaitable<Take> {
    if (!Number.isInteger(cost) || cost < 0) {
      throw new RangeError(`Cannot take ${cost} units: a cost is a whole number, 0 or more`);
    }
    const bounded = boundedKey(key);
    return typeof bounded === "string"
      ? this.#take(bounded, cost)
      : bounded.then((short) => this.#take(short, cost));
  }

  #take(key: string, cost: number): Awaitable<Take> {
    return this.#store.update(this.#prefix + key, (state, now): Change<Take> => {
      const result = this.#algorithm.take(this.quota, state, now, cost);
      return result.state === undefined
        ? { action: "leave", result }
        : { action: "set", value: result.state, ttl: result.ttl, result };
    });
  }
}

function checkedQuota(quota: Quota): Quota {
  for (const [name, value] of Object.entries(quota)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Cannot limit by ${name} ${value}: set it to a whole number, 1 or more`);
    }
  }
  const { limit, window, burst } = quota;
  if (Math.max(limit, burst) * window > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `Cannot count ${Math.max(limit, burst)} units in ${window} ms exactly: use a shorter window`,
    );
  }
  return quota;
}
