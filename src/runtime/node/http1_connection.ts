/**
 * One connection over HTTP/1.1: what it is about, and whether it takes its time.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { WatchedConnection } from "./guard.ts";
import type { Http1Limits } from "./http1_limits.ts";

/** The statuses with which a transport refuses what is no request. */
export type RefusedStatus = 400 | 408 | 413 | 414 | 431 | 501 | 503;

/** The reasons of what is answered without a handler. */
const reasons: Readonly<Record<RefusedStatus, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** How long a client may take to see why it was refused, in milliseconds. */
const farewell = 500;

/**
 * How many times as many requests as may wait there may be in what has come already. Node parses all of
 * it, and 64 KiB of the shortest ones take it 40 ms and 10 MiB: whoever sends those is closed instead.
 */
const burst = 10;

/** A connection over HTTP/1.1. */
export class Http1Connection implements WatchedConnection {
  /** The socket. */
  readonly socket: Socket;
  readonly #limits: Http1Limits;
  /** How many requests have been begun. */
  requests = 0;
  /** Whether something of what follows may be lost, so that nothing may be made of it. */
  isLosing = false;
  /** How many requests wait for those before them. */
  waiting = 0;
  /** The request that is being answered, or was last. */
  request: IncomingMessage | undefined = undefined;
  /** The answer to it. */
  response: ServerResponse | undefined = undefined;
  /** The number of the request that was seen last, and whether it was answered by then. */
  #seen = 0;
  #wasIdle = true;
  #since: number;
  #headSince: number | undefined;
  #read = 0;
  #readAt: number;
  #sent = 0;
  #sentAt: number;
  #refusedAt: number | undefined = undefined;
  /** What is refused when everything before it is answered. */
  #refusal: RefusedStatus | undefined = undefined;

  /** Begins with the time at which it was made. */
  constructor(socket: Socket, limits: Http1Limits, now: number) {
    this.socket = socket;
    this.#limits = limits;
    this.#since =
      this.#headSince =
      this.#readAt =
      this.#sentAt =
        now;
  }

  /** Whether every request that has come as a whole is answered. */
  get isIdle(): boolean {
    const { response } = this;
    return this.waiting === 0 && (response === undefined || response.writableFinished);
  }

  /** Takes a request that has to wait, unless there are too many; beyond what may wait, no more is read. */
  hold(): boolean {
    const { socket } = this;
    const { maxPipelined } = this.#limits;
    this.waiting++;
    if (this.waiting > burst * maxPipelined) {
      socket.destroy();
      return false;
    }
    if (this.waiting === maxPipelined) socket.pause();
    return true;
  }

  /** Lets go of a request that need not wait any longer. */
  release(): void {
    this.waiting--;
    if (this.waiting === this.#limits.maxPipelined - 1) this.#readOn();
  }

  /** Closes it as soon as there is nothing to answer. */
  closeWhenIdle(): void {
    if (this.isIdle) return void this.socket.destroy();
    this.response?.once("close", () => {
      // An answer that was told to close does so itself, once the client has taken it.
      if (this.isIdle) this.socket.destroySoon();
    });
  }

  /** Looks whether it is in time, and ends it where it is not. */
  check(now: number): void {
    if (this.#refusedAt !== undefined) {
      if (now - this.#refusedAt >= farewell) this.socket.destroy();
    } else if (this.isIdle) {
      if (this.#refusal === undefined) this.#checkIdle(now);
      else this.refuse(this.#refusal, now);
    } else {
      this.#checkBusy(now);
    }
  }

  /** Answers what is no request, or does not become one, and closes. */
  refuse(status: RefusedStatus, now: number): void {
    refuse(this.socket, status, this.response);
    this.#refusedAt = now;
  }

  /** Refuses bytes that are no HTTP: those behind a whole request once that is answered. */
  refuseBytes(status: RefusedStatus, now: number): void {
    if (this.isIdle || this.request?.complete !== true) this.refuse(status, now);
    else this.#refusal = status;
  }

  #readOn(): void {
    const { socket } = this;
    if (this.waiting >= this.#limits.maxPipelined) return;
    // Node does not read either while the client does not take what it has asked for.
    if (socket.writableNeedDrain) socket.once("drain", () => this.#readOn());
    else socket.resume();
  }

  #checkIdle(now: number): void {
    const { bytesRead } = this.socket;
    const { headerTimeout, keepAliveTimeout } = this.#limits;
    if (!this.#wasIdle || this.#seen !== this.requests) {
      this.#wasIdle = true;
      this.#seen = this.requests;
      this.#since = now;
      this.#read = bytesRead;
      this.#headSince = undefined;
    } else if (bytesRead !== this.#read) {
      this.#headSince ??= now;
    }
    if (this.#headSince !== undefined) {
      if (now - this.#headSince >= headerTimeout) this.refuse(408, now);
    } else if (now - this.#since >= keepAliveTimeout) {
      this.socket.destroy();
    }
  }

  #checkBusy(now: number): void {
    const { socket, request } = this;
    const { requestTimeout, receiveTimeout, sendTimeout } = this.#limits;
    const { bytesRead, writableLength } = socket;
    if (this.#wasIdle || this.#seen !== this.requests) {
      this.#wasIdle = false;
      this.#seen = this.requests;
      this.#since = this.#readAt = this.#sentAt = now;
    }
    if (request?.complete === false) {
      // What is not read because nobody asks for it is not the client's fault.
      if (bytesRead !== this.#read || request.readableFlowing !== true) this.#readAt = now;
      const isStuck = receiveTimeout > 0 && now - this.#readAt >= receiveTimeout;
      const isLate = requestTimeout > 0 && now - this.#since >= requestTimeout;
      if (isStuck || isLate) return this.refuse(408, now);
    }
    this.#read = bytesRead;
    const sent = socket.bytesWritten - writableLength;
    if (writableLength === 0 || sent !== this.#sent) this.#sentAt = now;
    this.#sent = sent;
    if (sendTimeout > 0 && now - this.#sentAt >= sendTimeout) socket.destroy();
  }
}

/** Answers without a handler, unless an answer has begun already, and closes. */
export function refuse(
  socket: Duplex,
  status: RefusedStatus,
  begun: ServerResponse | undefined,
): void {
  if (!socket.writable || (begun?.headersSent === true && !begun.writableFinished)) {
    socket.destroy();
    return;
  }
  const line = `HTTP/1.1 ${status} ${reasons[status]}`;
  socket.end(`${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
