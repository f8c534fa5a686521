/**
 * A listener that listens.
 *
 * @module
 */
import type { Clock } from "../message/clock.ts";
import type { RunningTransport, TransportName } from "../runtime/transport.ts";

/** What a running server needs beside its transport. */
export interface RunningServerOptions {
  /** Whether connections are encrypted. */
  readonly isSecure: boolean;
  /** How long a graceful stop waits, in milliseconds, unless it is told. */
  readonly gracefulStopTimeout: number;
  /** Tells the time. */
  readonly clock: Clock;
  /** Called once, when the last connection is closed. */
  readonly onStop: () => void;
}

/** A listener that listens; `await using` stops it gracefully. */
export class RunningServer implements AsyncDisposable {
  readonly #transport: RunningTransport;
  readonly #options: RunningServerOptions;
  /** Settles when the server has stopped. */
  readonly finished: Promise<void>;

  /** Made by `serve` and `Listener.start`. */
  constructor(transport: RunningTransport, options: RunningServerOptions) {
    this.#transport = transport;
    this.#options = options;
    this.finished = transport.finished.finally(options.onStop);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#transport.port;
  }

  /** The IP address it listens on. */
  get hostname(): string {
    return this.#transport.hostname;
  }

  /** A URL under which this machine reaches it. */
  get url(): string {
    const { hostname, port } = this;
    const unspecified = hostname === "0.0.0.0" || hostname === "::";
    const reachable = unspecified ? "127.0.0.1" : hostname;
    const scheme = this.#options.isSecure ? "https" : "http";
    return `${scheme}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
  }

  /** The name of the transport that serves. */
  get transport(): TransportName {
    return this.#transport.name;
  }

  /**
   * Refuses new requests with 503, waits for those in flight, whether they are still coming in or
   * being answered, and closes whatever is left after `deadline` milliseconds.
   *
   * @param deadline the listener's `gracefulStopTimeout` if not given
   */
  async gracefulStop(deadline: number = this.#options.gracefulStopTimeout): Promise<void> {
    const timer = this.#options.clock.setTimer(() => this.#transport.abort(), deadline);
    try {
      await Promise.race([this.#transport.shutdown(), this.finished]);
      await this.finished;
    } finally {
      timer.clear();
    }
  }

  /** Closes everything now, whatever is in flight. */
  async immediateStop(): Promise<void> {
    this.#transport.abort();
    await this.finished;
  }

  /** Stops gracefully. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.gracefulStop();
  }
}
