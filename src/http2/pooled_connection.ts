/**
 * A connection that calls share: how many it has, whether it takes more, and since when it is idle or
 * the server has said that it goes.
 *
 * @module
 */
import { Http2Failure } from "../runtime/http2_connection.ts";
import type { Http2Connection } from "../runtime/http2_connection.ts";
import type { Timer } from "../message/clock.ts";
import type { Http2PoolSettings } from "./http2_settings.ts";

/** A connection, or the attempt to make one. */
export class PooledConnection {
  /** The connection, once it is there; rejects where it cannot be made. */
  readonly ready: Promise<Http2Connection>;
  /** Calls that use it, or wait for it. */
  active = 0;
  /** When its last call has ended. */
  idleSince: number;
  /** When the server has said that it goes. */
  staleSince: number | undefined = undefined;
  readonly #settings: Http2PoolSettings;
  readonly #onChange: () => void;
  #connection: Http2Connection | undefined = undefined;
  #ping: Timer | undefined = undefined;
  #isClosing = false;

  /**
   * Waits for a connection.
   *
   * @param onChange told when it takes no more calls, or another
   */
  constructor(
    connecting: Promise<Http2Connection>,
    settings: Http2PoolSettings,
    onChange: () => void,
  ) {
    this.#settings = settings;
    this.#onChange = onChange;
    this.idleSince = settings.clock.now();
    this.ready = connecting.then((connection) => this.#open(connection));
    // Those who call are told.
    this.ready.catch(() => {});
  }

  /** Whether it takes another call. */
  get hasRoom(): boolean {
    if (this.staleSince !== undefined || this.#isClosing) return false;
    const allowed = this.#connection?.maxStreams ?? Infinity;
    return this.active < Math.min(this.#settings.maxStreams, allowed) &&
      (this.#connection?.isOpen ?? true);
  }

  /** Begins a call. */
  enter(): void {
    if (this.active++ === 0) this.#ping ??= this.#pingLater();
  }

  /** Ends a call. */
  leave(): void {
    if (--this.active > 0) return this.#onChange();
    this.idleSince = this.#settings.clock.now();
    this.#ping?.clear();
    this.#ping = undefined;
    if (this.staleSince !== undefined || this.#isClosing) this.#connection?.close();
    this.#onChange();
  }

  /** Takes no more calls, and closes once those in flight have ended. */
  close(): void {
    this.#isClosing = true;
    if (this.active === 0) this.#connection?.close();
  }

  /** Closes at once. */
  destroy(error: Error): void {
    this.#isClosing = true;
    this.#connection?.destroy(error);
  }

  #open(connection: Http2Connection): Http2Connection {
    this.#connection = connection;
    connection.onGoing = () => {
      this.staleSince ??= this.#settings.clock.now();
      this.#onChange();
    };
    connection.closed.then(() => this.#ping?.clear());
    if (this.#isClosing && this.active === 0) connection.close();
    if (this.active > 0) this.#ping ??= this.#pingLater();
    return connection;
  }

  #pingLater(): Timer | undefined {
    const { clock, pingInterval } = this.#settings;
    const connection = this.#connection;
    if (pingInterval === 0 || connection === undefined) return undefined;
    return clock.setTimer(() => {
      let isAnswered = false;
      connection.ping().then(() => isAnswered = true, () => {});
      this.#ping = clock.setTimer(() => {
        if (isAnswered) this.#ping = this.#pingLater();
        else connection.destroy(new Http2Failure("broken", "a ping was not answered in time"));
      }, pingInterval);
    }, pingInterval);
  }
}
