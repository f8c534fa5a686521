/**
 * What connections may cost (spec row 19 of SECURITY.md): how many there are, and how long each may
 * take for what it is about.
 *
 * Nothing is set or cleared per request: one look at all connections, several times within the
 * shortest of the limits, sees which of them have not moved since. A limit is therefore overrun by up
 * to half of itself, by half a second at most, and never fallen short of.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Clock, Timer } from "../../message/clock.ts";

/** What there is to limit, everything checked and in milliseconds; 0 for no limit of time. */
export interface GuardLimits {
  /** Connections at once. */
  readonly maxConnections: number;
  /** Connections at once from one address. */
  readonly maxConnectionsPerAddress: number;
  /** Until something of a message comes, or of one that is being sent is taken, and so on. */
  readonly times: readonly number[];
}

/** A connection that is watched. */
export interface WatchedConnection {
  /** Looks whether it is in time, and ends it where it is not. */
  check(now: number): void;
}

/** Watches the connections of one server. */
export class SocketGuard {
  readonly #limits: GuardLimits;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #watched = new Set<WatchedConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #interval: number;
  #timer: Timer | undefined = undefined;

  /** Begins to look at once a connection is there. */
  constructor(limits: GuardLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    const times = limits.times.filter((time) => time > 0);
    this.#interval = Math.min(250, Math.max(10, Math.min(...times) / 4));
  }

  /** Takes a connection that was made, or closes it where there are too many. */
  admit(socket: Socket): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const address = socket.remoteAddress ?? "";
    const already = this.#byAddress.get(address) ?? 0;
    // A connection over the limit costs nothing more than its end.
    if (this.#sockets.size >= maxConnections || already >= maxConnectionsPerAddress) {
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    if (maxConnectionsPerAddress !== Infinity) this.#byAddress.set(address, already + 1);
    // A reset is no news: whoever reads or writes is told by the end of the connection.
    socket.on("error", ignore);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (maxConnectionsPerAddress !== Infinity) this.#leave(address);
    });
    this.#arm();
    return true;
  }

  /** Looks at a connection until it is closed. */
  watch(socket: Socket, connection: WatchedConnection): void {
    this.#watched.add(connection);
    socket.on("close", () => this.#watched.delete(connection));
  }

  /** The connections that are watched. */
  get watched(): Iterable<WatchedConnection> {
    return this.#watched;
  }

  /** Closes every connection. */
  abort(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stops looking. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #leave(address: string): void {
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimer(() => this.#look(), this.#interval);
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const connection of this.#watched) connection.check(now);
    if (this.#sockets.size > 0) this.#arm();
  }
}

function ignore(): void {}
