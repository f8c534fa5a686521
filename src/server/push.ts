/**
 * What a handler promises beside its answer, and how it keeps that (spec section 10.1.1): the streams
 * that the transport has opened for it.
 *
 * @module
 */
import type { Connection, PushStream } from "../message/connection.ts";
import {
  GenericListenerError,
  InitializingOutboundResponseError,
  WritingOutboundResponseBodyError,
} from "../message/listener_errors.ts";
import { reply } from "../message/reply.ts";
import { fieldsOf, type PushPromise } from "./push_promise.ts";
import { encodeReply, type ReplyRules } from "./reply_encoder.ts";

/** A pushed value is encoded by its type alone. */
const rules: ReplyRules = {
  init: undefined,
  status: 200,
  mediaType: undefined,
  subtypePrefix: undefined,
  isSimple: true,
  responses: undefined,
};

/** The promises of one request. */
export class Pushes {
  readonly #connection: Connection;
  /** What was promised and not kept yet. */
  readonly #streams = new Map<PushPromise, PushStream>();
  /** Whether nobody is left to keep another. */
  #isOver = false;

  /** Keeps the promises that are made on a connection. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Announces a response.
   *
   * @returns whether the client takes it.
   * @throws {InitializingOutboundResponseError} when the transport cannot push, or the promise cannot
   * be sent as it is.
   */
  promise(promise: PushPromise): boolean {
    if (this.#streams.has(promise)) return true;
    if (this.#isOver) return false;
    const connection = this.#connection;
    if (connection.push === undefined) {
      throw new InitializingOutboundResponseError(
        "Cannot push a response: this transport has nothing for it, " +
          'give the listener transport: "node"',
      );
    }
    const { method, path } = promise;
    let stream: PushStream | undefined;
    try {
      stream = connection.push({ method, path, headers: fieldsOf(promise) });
    } catch (cause) {
      throw new InitializingOutboundResponseError(
        `Cannot promise "${path}": it cannot be sent as it is`,
        { cause },
      );
    }
    if (stream === undefined) return false;
    this.#streams.set(promise, stream);
    return true;
  }

  /** Breaks the promises that nobody has begun to keep, so that no client waits for them. */
  end(): void {
    this.#isOver = true;
    for (const stream of this.#streams.values()) stream.cancel();
    this.#streams.clear();
  }

  /**
   * Keeps a promise.
   *
   * @throws {GenericListenerError} (as a rejection) when it was not promised, not taken, or kept before.
   * @throws {InitializingOutboundResponseError} (as a rejection) when the value cannot be sent.
   * @throws {WritingOutboundResponseBodyError} (as a rejection) when the client has refused it, or gone.
   */
  async keep(promise: PushPromise, value: unknown): Promise<void> {
    const stream = this.#streams.get(promise);
    if (stream === undefined) throw notPromised(promise);
    this.#streams.delete(promise);
    let response: Response;
    try {
      response = await encodeReply(value === undefined ? reply(200) : value, rules);
    } catch (error) {
      // The client waits for it, and does not ask.
      stream.cancel();
      throw error;
    }
    try {
      await stream.respond(response);
    } catch (cause) {
      throw new WritingOutboundResponseBodyError(
        `Cannot push "${promise.path}": the client has refused it, or gone`,
        { cause },
      );
    }
  }
}

/** What the promises of a request are kept by, and who may keep them. */
export interface Promising {
  /** The connection of the request. */
  readonly connection: Connection | undefined;
  /** The answer, where it has to be waited for. */
  readonly answering: Promise<unknown> | undefined;
  /** What the handler gave, where it has to be waited for. */
  readonly handling: Promise<unknown> | undefined;
}

/** Kept by the exchange, for its handler and for all that is around it. */
const kept = new WeakMap<Promising, Pushes>();

/** The promises of a request; those that are left when nobody is left to keep them are broken. */
export function pushesOf(exchange: Promising): Pushes | undefined {
  const { connection } = exchange;
  const there = kept.get(exchange);
  if (there !== undefined || connection === undefined) return there;
  const made = new Pushes(connection);
  kept.set(exchange, made);
  // What runs at the moment leaves what it waits for in the exchange.
  queueMicrotask(async () => {
    await exchange.answering?.catch(() => {});
    await exchange.handling?.catch(() => {});
    made.end();
  });
  return made;
}

/** The error of a promise that cannot be kept. */
export function notPromised({ path }: PushPromise): GenericListenerError {
  return new GenericListenerError(
    `Cannot push "${path}": it was not promised, not taken, kept before, or the handler has ended`,
  );
}
