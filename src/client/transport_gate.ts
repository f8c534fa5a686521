/**
 * Limits how many connections to an origin are in use at once (spec: `maxActiveConnections` and
 * `waitTime` of `PoolConfiguration`): neither runtime can do both. Over HTTP/1.1 a connection is in
 * use from the call to the end of the response's body.
 *
 * @module
 */
import { withBody } from "../layers/response_copy.ts";
import { MaximumWaitTimeExceededError } from "../message/client_errors.ts";
import type { Clock } from "../message/clock.ts";
import type { GateSettings } from "./transport_settings.ts";

/** The calls of one origin. */
interface Line {
  /** How many use a connection. */
  active: number;
  /** Those that wait, the longest first. */
  readonly waiting: Set<() => void>;
}

/** Lets so many calls of each origin through at once, first come, first served. */
export class ConnectionGate {
  readonly #lines = new Map<string, Line>();
  readonly #settings: GateSettings;
  readonly #clock: Clock;

  /** Makes a gate that all calls of a transport pass. */
  constructor(settings: GateSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * Sends a call once a connection may be used for it.
   *
   * @param send sends it; it is not called where the wait was in vain.
   * @throws {MaximumWaitTimeExceededError} when none became free in `waitTime` milliseconds.
   */
  async pass(
    origin: string,
    signal: AbortSignal | null | undefined,
    send: () => Promise<Response>,
  ): Promise<Response> {
    await this.#enter(origin, signal);
    let response: Response;
    try {
      response = await send();
    } catch (error) {
      this.#leave(origin);
      throw error;
    }
    const { body } = response;
    if (body === null || response.status < 200) {
      this.#leave(origin);
      return response;
    }
    return withBody(response, watchEnd(body, signal, () => this.#leave(origin)));
  }

  #enter(origin: string, signal: AbortSignal | null | undefined): Promise<void> {
    signal?.throwIfAborted();
    let line = this.#lines.get(origin);
    if (line === undefined) this.#lines.set(origin, line = { active: 0, waiting: new Set() });
    if (line.active < this.#settings.limit) {
      line.active++;
      return Promise.resolve();
    }
    return this.#wait(line, signal);
  }

  #wait(line: Line, signal: AbortSignal | null | undefined): Promise<void> {
    const { limit, waitTime } = this.#settings;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timer.clear();
        signal?.removeEventListener("abort", onAbort);
        line.waiting.delete(onFree);
      };
      const onFree = (): void => {
        stop();
        resolve();
      };
      const onAbort = (): void => {
        stop();
        reject(signal?.reason);
      };
      const timer = this.#clock.setTimer(() => {
        stop();
        reject(
          new MaximumWaitTimeExceededError(
            `No connection became free within ${waitTime} ms: raise ` +
              `pool.maxActiveConnections (${limit}) or pool.waitTime, or read bodies to their end`,
          ),
        );
      }, waitTime);
      line.waiting.add(onFree);
      signal?.addEventListener("abort", onAbort);
    });
  }

  #leave(origin: string): void {
    const line = this.#lines.get(origin);
    if (line === undefined) return;
    const [next] = line.waiting;
    // Whoever waits takes the place over, so that nobody can come in between.
    if (next !== undefined) next();
    else if (--line.active === 0) this.#lines.delete(origin);
  }
}

/**
 * The same bytes; `free` is called once, when they are read, break off, are not wanted, or the call is
 * aborted, which ends its connection whether somebody reads or not.
 */
function watchEnd(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | null | undefined,
  free: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let isOver = false;
  const ended = (): void => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", ended);
    free();
  };
  if (signal?.aborted) ended();
  else signal?.addEventListener("abort", ended);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        ended();
        return controller.error(error);
      }
      ended();
      controller.close();
    },
    async cancel(reason) {
      try {
        await reader.cancel(reason);
      } finally {
        ended();
      }
    },
  }, { highWaterMark: 0 });
}
