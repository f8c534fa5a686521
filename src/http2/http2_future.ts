/**
 * A call that was submitted (spec section 2.4.2.5): its response, and what the server pushes beside it.
 *
 * Promises are told ahead of the response that they belong to, so that those there are are known once
 * its head is there; what a server promises later is kept, and told to whoever looks again.
 *
 * @module
 */
import { Http2ClientError } from "../message/client_errors.ts";
import type { Timer } from "../message/clock.ts";
import { deferred } from "../message/deferred.ts";
import {
  type Http2Connection,
  type Http2Exchange,
  Http2Failure,
  type Http2PromisedExchange,
} from "../runtime/http2_connection.ts";
import { Http2Promise, promisedUrl } from "./http2_promise.ts";
import type { Http2Settings } from "./http2_settings.ts";

/** A call that was submitted. */
export class Http2Future implements Disposable {
  /**
   * The response. It rejects with an error of the tree below {@linkcode ClientError}, or with the
   * reason of the call's own signal.
   */
  readonly response: Promise<Response>;
  readonly #url: URL;
  readonly #settings: Http2Settings;
  readonly #controller: AbortController;
  /** Promises that nobody was told of. */
  readonly #untold: Http2Promise[] = [];
  /** Promises whose response nobody has asked for. */
  readonly #unclaimed = new Set<Http2Promise>();
  readonly #ends: Promise<void>[] = [];
  /** Settles at the next promise, and when it is known that there is none; then another is made. */
  #news = deferred<void>();
  #isHeadThere = false;
  #count = 0;
  #timer: Timer | undefined = undefined;

  /**
   * Made by the client.
   *
   * @param call makes the call, and tells of its connection and of its stream
   */
  constructor(
    url: URL,
    settings: Http2Settings,
    controller: AbortController,
    call: (hooks: {
      onConnection: (connection: Http2Connection) => void;
      freed: (exchange: Http2Exchange) => Promise<void>;
    }) => Promise<Response>,
  ) {
    this.#url = url;
    this.#settings = settings;
    this.#controller = controller;
    let connection: Http2Connection | undefined;
    this.response = call({
      onConnection: (taken) => {
        connection = taken;
        taken.onPromise = (promise) => this.#take(promise, taken);
      },
      freed: async (exchange) => {
        await exchange.closed;
        this.#expire();
        for (let at = 0; at < this.#ends.length; at++) await this.#ends[at];
        this.#timer?.clear();
        if (connection !== undefined) connection.onPromise = undefined;
      },
    });
    const told = (): void => {
      this.#isHeadThere = true;
      this.#tell();
    };
    this.response.then(told, told);
  }

  /**
   * What the server promises. Iteration waits for promises until the head of the response is there, and
   * ends once all that came before it were told. It may begin anew, and tells then what has come since.
   *
   * It fails as {@linkcode response} does.
   */
  get promises(): AsyncIterable<Http2Promise> {
    const next = async (): Promise<IteratorResult<Http2Promise, undefined>> => {
      const value = await this.nextPromise();
      return value === undefined ? { done: true, value } : { done: false, value };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /**
   * Whether there is a promise that {@linkcode nextPromise} would give, once that is known.
   *
   * @throws {ClientError} (as a rejection) when the call fails.
   */
  async hasPromise(): Promise<boolean> {
    while (this.#untold.length === 0) {
      if (this.#isHeadThere) {
        await this.response;
        return false;
      }
      await this.#news.promise;
    }
    return true;
  }

  /**
   * The next promise, in the order in which they were made; `undefined` where there is none.
   *
   * @throws {ClientError} (as a rejection) when the call fails.
   */
  async nextPromise(): Promise<Http2Promise | undefined> {
    while (await this.hasPromise()) {
      const next = this.#untold.shift();
      // Another who waits for the next one may have been faster.
      if (next !== undefined) return next;
    }
    return undefined;
  }

  /** Gives the call up, and everything that was promised with it. */
  cancel(): void {
    for (const promise of [...this.#unclaimed]) promise.reject();
    this.#controller.abort(
      new Http2ClientError("The HTTP/2 exchange failed: the program has cancelled it"),
    );
  }

  /** Rejects promises that nobody has asked for; gives the call up where there is no response yet. */
  [Symbol.dispose](): void {
    if (!this.#isHeadThere) return this.cancel();
    for (const promise of [...this.#unclaimed]) promise.reject();
  }

  #take(exchange: Http2PromisedExchange, connection: Http2Connection): void {
    const { maxPromises } = this.#settings;
    if (++this.#count > maxPromises) {
      const failure = new Http2Failure(
        "protocol",
        `the server makes more than ${maxPromises} promises`,
      );
      return connection.destroy(failure);
    }
    this.#ends.push(exchange.closed);
    const url = promisedUrl(exchange.head, this.#url);
    if (url === undefined) {
      return exchange.reset(
        "PROTOCOL_ERROR",
        new Http2Failure("protocol", "the server promises what it may not"),
      );
    }
    const promise = new Http2Promise(url, exchange, (claimed) => this.#unclaimed.delete(claimed));
    this.#unclaimed.add(promise);
    exchange.closed.then(() => this.#unclaimed.delete(promise));
    this.#untold.push(promise);
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = deferred<void>();
    resolve();
  }

  /** Refuses what nobody asks for in time, because it takes memory and the connection. */
  #expire(): void {
    if (this.#unclaimed.size === 0) return;
    const { pool, promiseTimeout } = this.#settings;
    this.#timer = pool.clock.setTimer(() => {
      for (const promise of [...this.#unclaimed]) promise.reject();
    }, promiseTimeout);
  }
}
