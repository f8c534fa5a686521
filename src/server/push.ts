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

/** The error of a promise that cannot be kept. */
export function notPromised({ path }: PushPromise): GenericListenerError {
  return new GenericListenerError(
    `Cannot push "${path}": it was not promised, not taken, or kept before`,
  );
}
