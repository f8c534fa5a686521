/**
 * A bulkhead: no more than so many calls at a time, so that one slow service does not take all that a
 * program has (as of resilience4j and Polly; it is not in the specification).
 *
 * It counts calls of one program. It does not look at how they end, and makes no guess at how many
 * are good: that is `adaptive_concurrency.ts`.
 *
 * @module
 */
import { type Clock, systemClock } from "../message/clock.ts";
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { BulkheadFullError } from "../message/overload_errors.ts";
import { type CountUntil, Gate } from "./call_gate.ts";
import { WaitingLine } from "./waiting_line.ts";
import {
  type CallPriority,
  enterAndSend,
  QUEUE_TIMEOUT,
  type QueueOptions,
  queueOptions,
  type QueueState,
  UNREAD_LIMIT,
} from "./call_queue.ts";
import { checkMilliseconds, checkWhole } from "./number_checks.ts";

/** How many calls there may be. */
export interface BulkheadLimits extends QueueOptions {
  /** How many calls may be on their way at a time, 1 or more. */
  readonly maxConcurrent: number;
  /**
   * Until when a call counts: the head of its response, or the end of its body. One of at most 16 KiB,
   * by its `Content-Length`, ends with its head.
   *
   * @default "body"
   */
  readonly until?: CountUntil;
  /**
   * How long nobody may wait for the body of a response before its place is given to another call
   * that needs it, in milliseconds. So a body that is dropped takes no place for good, and a response
   * that a server sends on untouched, which no layer can see, takes one for this long; set `until` to
   * "head" for such a gateway.
   *
   * @default 250
   */
  readonly unreadLimit?: number;
  /**
   * Tells the time.
   *
   * @default the platform's
   */
  readonly clock?: Clock;
}

/** What is in a bulkhead. */
export interface BulkheadMetrics extends QueueState {
  /** How many calls are on their way. */
  readonly active: number;
  /** How many may be. */
  readonly maxConcurrent: number;
}

const limitNames: Readonly<Record<keyof BulkheadLimits, true>> = {
  ...queueOptions,
  maxConcurrent: true,
  until: true,
  unreadLimit: true,
  clock: true,
};

/**
 * The places of a bulkhead, to be shared by layers or looked at.
 *
 * @example
 * ```ts
 * import { Bulkhead, bulkhead, stack } from "@pirouette/http/layers";
 *
 * const places = new Bulkhead({ maxConcurrent: 20, maxQueue: 100 });
 * const albums = stack(fetch, bulkhead({ bulkhead: places }));
 * console.log(places.metrics.active, albums);
 * ```
 */
export class Bulkhead {
  readonly #gate: Gate;
  readonly #line: WaitingLine;

  /**
   * Makes an empty bulkhead.
   *
   * @throws {TypeError} when an option is unknown, or has no effect beside the others.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(limits: BulkheadLimits) {
    checkOptions("A Bulkhead", limits, limitNames);
    const options = ownOptions(limits);
    const { maxConcurrent, maxQueue = 0, until = "body", clock = systemClock } = options;
    const { queueTimeout = QUEUE_TIMEOUT, unreadLimit = UNREAD_LIMIT } = options;
    checkWhole("A Bulkhead", "maxConcurrent", maxConcurrent, 1);
    checkWhole("A Bulkhead", "maxQueue", maxQueue, 0);
    checkMilliseconds("A Bulkhead", "queueTimeout", queueTimeout);
    checkMilliseconds("A Bulkhead", "unreadLimit", unreadLimit);
    if (maxQueue === 0 && options.queueTimeout !== undefined) {
      throw new TypeError(
        "A Bulkhead without maxQueue has nobody who waits: leave out queueTimeout",
      );
    }
    if (until !== "head" && until !== "body") {
      throw new TypeError(`A Bulkhead cannot count until "${until}": use "head" or "body"`);
    }
    if (until === "head" && options.unreadLimit !== undefined) {
      throw new TypeError("A Bulkhead that counts until the head has no use for unreadLimit");
    }
    this.#line = new WaitingLine({
      subject: `${maxConcurrent} calls are on their way`,
      refuse: (message) => new BulkheadFullError(message),
      maxQueue,
      queueTimeout,
      clock,
    });
    this.#gate = new Gate({ limit: maxConcurrent, line: this.#line, until, unreadLimit, clock });
  }

  /** What is in it now. */
  get metrics(): BulkheadMetrics {
    const { active, limit: maxConcurrent } = this.#gate;
    const { size: queued, refused, timedOut } = this.#line;
    return { active, maxConcurrent, queued, refused, timedOut };
  }

  /**
   * Sends a call when there is a place for it.
   *
   * Rejects with {@linkcode BulkheadFullError} where too many wait, with
   * {@linkcode MaximumWaitTimeExceededError} when it waited too long, and with the caller's own reason
   * when the caller aborted.
   *
   * @param priority higher ones go first
   */
  send(
    next: Fetch,
    input: Request | URL | string,
    init?: RequestInit,
    priority?: CallPriority,
  ): Promise<Response> {
    return enterAndSend(this.#gate, priority, next, input, init);
  }
}

/** Options of {@linkcode bulkhead}: limits of its own, or a bulkhead that is shared. */
export interface BulkheadOptions extends Partial<BulkheadLimits> {
  /**
   * The places, where others use or look at them too. They have their own limits.
   *
   * @default one of its own
   */
  readonly bulkhead?: Bulkhead;
  /**
   * Which calls go first when a place becomes free: those for which it gives a higher number. Those
   * with equal numbers go in the order they came.
   *
   * @default all are equal
   */
  readonly priority?: CallPriority;
}

const known: Readonly<Record<keyof BulkheadOptions, true>> = {
  ...limitNames,
  bulkhead: true,
  priority: true,
};

/**
 * Lets no more than so many calls be on their way at a time.
 *
 * A call more waits, where `maxQueue` lets it, or rejects with {@linkcode BulkheadFullError}. One that
 * waits for longer than `queueTimeout` rejects with {@linkcode MaximumWaitTimeExceededError}. Neither
 * was sent.
 *
 * @throws {TypeError} when an option is unknown, or has no effect beside the others.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import { bulkhead, stack } from "@pirouette/http/layers";
 *
 * const careful = stack(fetch, bulkhead({ maxConcurrent: 10, maxQueue: 50, queueTimeout: 2_000 }));
 * const response = await careful("https://albums.example/latest");
 * ```
 */
export function bulkhead(options: BulkheadOptions): Layer {
  checkOptions("bulkhead", options, known);
  const { bulkhead: given, priority, ...limits } = ownOptions(options);
  const [first] = Object.keys(limits);
  if (given !== undefined && first !== undefined) {
    throw new TypeError(`bulkhead was given a Bulkhead, which has its own ${first}: set it there`);
  }
  const places = given ?? new Bulkhead(limits as BulkheadLimits);
  return (next) => (input, init) => places.send(next, input, init, priority);
}
