/**
 * A listener that listens.
 *
 * @module
 */
import { type Clock, LONGEST_TIMER } from "../message/clock.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import type { RunningTransport, TransportName } from "../runtime/transport.ts";
import type { Stopping } from "./stopping.ts";

export type { TransportName };

/** What a running server needs beside its transport. */
export interface RunningServerOptions {
  /** Whether connections are encrypted. */
  readonly isSecure: boolean;
  /** How long a graceful stop waits, in milliseconds, unless it is told. */
  readonly gracefulStopTimeout: number;
  /** Tells the time. */
  readonly clock: Clock;
  /** Tells answers that last that they should end. */
  readonly stopping: Stopping;
  /** Reads the files of TLS again; `undefined` without TLS. */
  readonly reload: { reload(): Promise<void> } | undefined;
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

  /** Aborts when it begins to stop; for what a program does beside answering. */
  get stopping(): AbortSignal {
    return this.#options.stopping.signal;
  }

  /**
   * Ends event streams between two events and tells whoever listens to `context.stopping`, waits for
   * the requests in flight, whether they are still coming in or being answered, and closes whatever is
   * left after `deadline` milliseconds. New connections are refused meanwhile, by `deno_serve` with 503
   * for each request and by `node_http` with a closed port; with `reusePort` requests are answered until
   * the port is closed, on connections that are then closed.
   *
   * @param deadline the listener's `gracefulStopTimeout` if not given; `Infinity` for none
   */
  async gracefulStop(deadline: number = this.#options.gracefulStopTimeout): Promise<void> {
    this.#options.stopping.begin();
    // The platforms' timers fire at once when they are to wait for longer, as for Infinity.
    const delay = Math.min(deadline, LONGEST_TIMER);
    const timer = this.#options.clock.setTimer(() => this.#transport.abort(), delay);
    try {
      await Promise.race([this.#transport.shutdown(), this.finished]);
      await this.finished;
    } finally {
      timer.clear();
    }
  }

  /** Closes everything now, whatever is in flight. */
  async immediateStop(): Promise<void> {
    this.#options.stopping.begin();
    this.#transport.abort();
    await this.finished;
  }

  /**
   * Reads certificates, keys and all else of TLS again, for connections to come; those that are there
   * go on.
   *
   * @throws {GenericListenerError} (as a rejection) when something cannot be used, and what there was
   * is kept; when connections are not encrypted, or the transport cannot change certificates.
   */
  async reloadCertificates(): Promise<void> {
    const { reload } = this.#options;
    if (reload === undefined) {
      throw new GenericListenerError("There are no certificates to read again: give tls");
    }
    await reload.reload();
  }

  /** Stops gracefully. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.gracefulStop();
  }
}
