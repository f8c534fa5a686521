/**
 * A request as Node's modules tell it, whichever version of HTTP it came in: what a `Request` is made
 * of, as late and as little as possible.
 *
 * @module
 */
import type { Readable } from "node:stream";

/** A request that is being received. */
export interface ReceivedMessage {
  /** The method, as it was sent. */
  readonly method: string;
  /** The whole URL, its scheme and authority those of the connection. */
  readonly url: string;
  /** Names and values in turn, as they were sent; none begins with a colon. */
  readonly fields: readonly string[];
  /** The body as it comes in; `undefined` where the message can have none. */
  readonly body: Readable | undefined;
  /** Called before the body is first read, where something has to be done for it to come. */
  readonly beginBody?: (() => void) | undefined;
  /** Aborts when the client is gone before it is answered; made when it is first asked for. */
  readonly signal: AbortSignal;
  /** Calls back when that happens, at less cost than a signal. */
  onGone(tell: () => void): void;
}
