/**
 * The connections of an HTTP/2 client, by origin: many calls share one, and another is made where those
 * there are full (spec: `PoolConfiguration`). Connections that the server leaves, or that were idle for
 * long, are not used again.
 *
 * @module
 */
import { GenericClientError, MaximumWaitTimeExceededError } from "../message/client_errors.ts";
import type { Timer } from "../message/clock.ts";
import { Http2Failure } from "../runtime/http2_connection.ts";
import { type Http2Connect, http2Connect } from "../runtime/open_http2_connection.ts";
import type { Http2PoolSettings } from "./http2_settings.ts";
import { PooledConnection } from "./pooled_connection.ts";

/** The connections to one origin. */
interface Line {
  readonly origin: URL;
  readonly connections: Set<PooledConnection>;
  /** Those who wait for a connection, the longest first. */
  readonly waiting: Set<() => void>;
}

/** Connections that calls share. */
export class ConnectionPool {
  readonly #lines = new Map<string, Line>();
  readonly #settings: Http2PoolSettings;
  readonly #isExclusive: boolean;
  readonly #open: Http2Connect;
  readonly #sweeps: (Timer | undefined)[] = [undefined, undefined];
  #isClosed = false;
  #closing: (() => void) | undefined = undefined;

  /** Makes a pool; with `takesPushes` each connection has one call at a time. */
  constructor(settings: Http2PoolSettings) {
    this.#settings = settings;
    this.#isExclusive = settings.connect.takesPushes;
    this.#open = http2Connect(settings.connect);
  }

  /**
   * Finds a connection to an origin, or makes one, and enters it: who gets it calls `leave`.
   *
   * @throws {MaximumWaitTimeExceededError} when none became free in time.
   * @throws {GenericClientError} when the pool is closed.
   */
  async enter(origin: string, signal: AbortSignal | undefined): Promise<PooledConnection> {
    signal?.throwIfAborted();
    while (true) {
      if (this.#isClosed) throw closed();
      const line = this.#line(origin);
      const found = this.#find(line) ?? this.#make(line);
      if (found !== undefined) {
        found.enter();
        // Where there is room for another, it need not wait for somebody to leave.
        if (line.waiting.size > 0 && this.#find(line) !== undefined) wakeNext(line);
        return found;
      }
      await this.#wait(line, signal);
    }
  }

  /** Refuses further calls and closes; settles once what is in flight has ended. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const line of this.#lines.values()) {
        for (const connection of line.connections) connection.close();
        for (const wake of [...line.waiting]) wake();
      }
      this.#stopSweeping();
    }
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      const before = this.#closing;
      this.#closing = () => {
        before?.();
        resolve();
      };
    });
  }

  get #isEmpty(): boolean {
    return [...this.#lines.values()].every(({ connections }) => connections.size === 0);
  }

  #line(origin: string): Line {
    let line = this.#lines.get(origin);
    if (line === undefined) {
      line = { origin: new URL(origin), connections: new Set(), waiting: new Set() };
      this.#lines.set(origin, line);
    }
    return line;
  }

  #find({ connections }: Line): PooledConnection | undefined {
    for (const connection of connections) {
      if (connection.hasRoom && !(this.#isExclusive && connection.active > 0)) return connection;
    }
    return undefined;
  }

  #make(line: Line): PooledConnection | undefined {
    let used = 0;
    // One that the server leaves is not used for another call, so that it does not keep one out.
    for (const { staleSince } of line.connections) if (staleSince === undefined) used++;
    if (used >= this.#settings.maxConnections) return undefined;
    const made = new PooledConnection(
      this.#connect(line.origin),
      this.#settings,
      () => wakeNext(line),
    );
    line.connections.add(made);
    const forget = (): void => {
      line.connections.delete(made);
      for (const wake of [...line.waiting]) wake();
      if (line.connections.size === 0 && line.waiting.size === 0) {
        this.#lines.delete(line.origin.origin);
      }
      if (!this.#isEmpty) return;
      this.#stopSweeping();
      this.#closing?.();
    };
    made.ready.then((connection) => connection.closed).then(forget, forget);
    if (!this.#isClosed) this.#sweep();
    return made;
  }

  async #connect(origin: URL): ReturnType<Http2Connect> {
    const { clock, connectTimeout } = this.#settings;
    const attempt = new AbortController();
    const timer = clock.setTimer(() => {
      attempt.abort(
        new Http2Failure("connect", `no connection was there within ${connectTimeout} ms`),
      );
    }, connectTimeout);
    try {
      return await this.#open(origin, attempt.signal);
    } finally {
      timer.clear();
    }
  }

  #wait(line: Line, signal: AbortSignal | undefined): Promise<void> {
    const { clock, waitTime, maxConnections } = this.#settings;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timer.clear();
        signal?.removeEventListener("abort", onAbort);
        line.waiting.delete(wake);
      };
      const wake = (): void => {
        stop();
        resolve();
      };
      const onAbort = (): void => {
        stop();
        reject(signal?.reason);
      };
      const timer = clock.setTimer(() => {
        stop();
        reject(
          new MaximumWaitTimeExceededError(
            `No connection became free within ${waitTime} ms: raise pool.maxActiveConnections ` +
              `(${maxConnections}) or pool.waitTime, or read bodies to their end`,
          ),
        );
      }, waitTime);
      line.waiting.add(wake);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Looks from time to time, while there is something to look at. */
  #sweep(): void {
    const { clock, idleRuns, idleTime, staleRuns, staleTime } = this.#settings;
    const repeat = (at: number, delay: number, look: (now: number) => void): void => {
      this.#sweeps[at] ??= clock.setTimer(() => {
        this.#sweeps[at] = undefined;
        look(clock.now());
        repeat(at, delay, look);
      }, delay);
    };
    repeat(0, idleRuns, (now) => {
      for (const connection of this.#connections()) {
        if (connection.active === 0 && now - connection.idleSince >= idleTime) connection.close();
      }
    });
    repeat(1, staleRuns, (now) => {
      for (const connection of this.#connections()) {
        if (now - (connection.staleSince ?? now) < staleTime) continue;
        if (connection.staleSince === undefined) continue;
        connection.destroy(
          new Http2Failure("broken", `the server left, and it was not done within ${staleTime} ms`),
        );
      }
    });
  }

  *#connections(): Iterable<PooledConnection> {
    for (const { connections } of this.#lines.values()) yield* [...connections];
  }

  #stopSweeping(): void {
    for (const [at, timer] of this.#sweeps.entries()) {
      timer?.clear();
      this.#sweeps[at] = undefined;
    }
  }
}

/** Lets the one try again who waits the longest. */
function wakeNext({ waiting }: Line): void {
  for (const wake of waiting) return wake();
}

function closed(): GenericClientError {
  return new GenericClientError("Cannot call: the HTTP/2 client is closed, make another");
}
