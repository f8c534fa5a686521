/**
 * Looks at the HTTP/2 connections of a listener from time to time, and ends what takes too long: a
 * connection or stream that is waited for costs no timer of its own, and nothing while it is used.
 *
 * How far a stream has come is told by counts: of the pieces of its body that have come, and of the
 * writes that the client has taken.
 *
 * @module
 */
import type { Timer } from "../../message/clock.ts";
import { type Http2Connection, partingTime } from "./connection.ts";
import type { Http2Exchange } from "./exchange.ts";
import { cancelPush } from "./push.ts";
import type { Http2Limits, Http2Promise, Http2Shared } from "./shared.ts";

/** An error code (RFC 9113 section 7). */
const enhanceYourCalm = 11;

/** Looks after connections. */
export class Http2Watch {
  readonly #shared: Http2Shared;
  readonly #connections: ReadonlySet<Http2Connection>;
  readonly #interval: number;
  #timer: Timer | undefined = undefined;
  #evictedAt: number;

  /** Looks after those of `connections` that there are at the time. */
  constructor(shared: Http2Shared, connections: ReadonlySet<Http2Connection>) {
    this.#shared = shared;
    this.#connections = connections;
    this.#interval = interval(shared.limits);
    this.#evictedAt = shared.clock.now();
  }

  /** Begins to look, where there is something to look at; goes on until there is nothing. */
  begin(): void {
    this.#timer ??= this.#shared.clock.setTimer(() => this.#look(), this.#interval);
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const { clock, limits } = this.#shared;
    const now = clock.now();
    const evicts = now - this.#evictedAt >= limits.evictionInterval;
    if (evicts) this.#evictedAt = now;
    for (const connection of [...this.#connections]) {
      lookAtConnection(connection, now, limits);
      if (evicts && isStale(connection, now, limits)) connection.goAway();
    }
    if (this.#connections.size > 0) this.begin();
  }
}

/** A quarter of the shortest time there is, so that nothing takes a quarter longer than it may. */
function interval(limits: Http2Limits): number {
  const times = [
    limits.headerTimeout,
    limits.requestTimeout,
    limits.receiveTimeout,
    limits.sendTimeout,
    limits.evictionInterval,
    limits.pingInterval,
  ].filter((time) => time > 0);
  return Math.min(Math.max(Math.min(...times) / 4, 10), 5_000);
}

function isStale(
  { streams, promises, idleSince }: Http2Connection,
  now: number,
  { idleTimeout }: Http2Limits,
): boolean {
  return streams.size + promises.size === 0 && now - idleSince >= idleTimeout;
}

function lookAtConnection(connection: Http2Connection, now: number, limits: Http2Limits): void {
  if (!connection.hasBegun && now - connection.since >= limits.headerTimeout) {
    return connection.destroy();
  }
  if (isOver(connection, now)) return connection.abort();
  if (isDead(connection, now, limits) || isHeadLate(connection, now, limits)) {
    return connection.destroy();
  }
  // What is pushed keeps a connection in use.
  if (connection.promises.size > 0) connection.idleSince = now;
  const { written } = connection;
  if (written !== connection.sent) {
    connection.sent = written;
    connection.sentAt = now;
  }
  for (const exchange of connection.streams) lookAtStream(exchange, connection, now, limits);
  for (const promise of connection.promises) lookAtPromise(promise, now, limits);
}

/** Whether nothing is left of a connection but a client that does not close it. */
function isOver(
  { streams, promises, closingSince, idleSince }: Http2Connection,
  now: number,
): boolean {
  if (closingSince === undefined || streams.size + promises.size > 0) return false;
  return now - Math.max(closingSince, idleSince) >= partingTime;
}

/**
 * Whether a ping was not answered until the next was due; otherwise sends that. Where something else
 * came meanwhile, the answer may be behind it, and is waited for once more.
 */
function isDead(connection: Http2Connection, now: number, { pingInterval }: Http2Limits): boolean {
  if (pingInterval === 0 || now - connection.pingedAt < pingInterval) return false;
  const { received, session, unanswered } = connection;
  const isSilent = received === connection.receivedThen;
  if (unanswered > 1 || unanswered === 1 && isSilent) return true;
  connection.pingedAt = now;
  connection.receivedThen = received;
  if (session.destroyed) return false;
  connection.unanswered++;
  session.ping(() => connection.unanswered = 0);
  return false;
}

/**
 * Whether a header block was begun and not ended in time. Node does not tell of its beginning, but in the
 * middle of one a client can send nothing else (RFC 9113 section 6.10), so that it cannot answer a ping
 * either. It is asked where something has come that may have been a beginning, and no stream is open
 * whose body it could have been.
 */
function isHeadLate(connection: Http2Connection, now: number, limits: Http2Limits): boolean {
  const { askedAt, received, session, streams, promises } = connection;
  if (streams.size + promises.size > 0 || session.destroyed) return false;
  if (askedAt !== undefined) return now - askedAt >= limits.headerTimeout;
  if (received === connection.receivedWhole || connection.closingSince !== undefined) return false;
  connection.askedAt = now;
  session.ping(() => {
    connection.askedAt = undefined;
    connection.receivedWhole = connection.received;
  });
  return false;
}

/** Gives up what the client does not take, or the program does not send. */
function lookAtPromise(promise: Http2Promise, now: number, limits: Http2Limits): void {
  const { stream, since } = promise;
  if (stream === undefined || stream.destroyed) return;
  const { requestTimeout, sendTimeout } = limits;
  const isStalled = stream.headersSent && stream.writableLength > 0 &&
    isStuck(promise, promise.taken, now, sendTimeout);
  const isForgotten = !stream.headersSent && requestTimeout > 0 && now - since >= requestTimeout;
  if (isStalled || isForgotten) cancelPush(stream);
}

function lookAtStream(
  exchange: Http2Exchange,
  connection: Http2Connection,
  now: number,
  limits: Http2Limits,
): void {
  const { stream } = exchange;
  if (stream.destroyed) return;
  if (stream.writableLength > 0) {
    if (isStuck(exchange, exchange.taken, now, limits.sendTimeout)) {
      // Where the whole connection takes nothing, it is not told either.
      if (now - connection.sentAt >= limits.sendTimeout) connection.destroy(enhanceYourCalm);
      else exchange.giveUp();
    }
    return;
  }
  if (exchange.body === undefined || stream.readableEnded || isHalfClosed(exchange)) {
    // What is to be sent next has its time from then on.
    exchange.seen = -1;
    return;
  }
  if (limits.requestTimeout > 0 && now - exchange.since >= limits.requestTimeout) {
    return exchange.expire();
  }
  // What is not read because nobody asks for it is not the client's fault.
  const isRead = stream.readableFlowing === true && stream.readableLength === 0;
  if (!isRead) exchange.seen = -1;
  else if (isStuck(exchange, exchange.came, now, limits.receiveTimeout)) exchange.giveUp();
}

/** Whether the client has sent the end of its request. */
function isHalfClosed({ stream }: Http2Exchange): boolean {
  return stream.state.remoteClose === 1;
}

/** Whether a number has been the same for longer than it may; 0 for no limit. */
function isStuck(
  exchange: Http2Exchange | Http2Promise,
  seen: number,
  now: number,
  limit: number,
): boolean {
  if (seen !== exchange.seen) {
    exchange.seen = seen;
    exchange.seenAt = now;
    return false;
  }
  return limit > 0 && now - exchange.seenAt >= limit;
}
