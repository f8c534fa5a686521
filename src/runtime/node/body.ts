/**
 * The body of a request out of Node's stream: at once, or as the platform's stream with backpressure.
 *
 * Neither destroys what it reads from: that would take the connection along, and the answer with it.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { brokenBody } from "../../message/broken_body.ts";
import type { ReceivedMessage } from "./message.ts";

/** Another program has taken a body out of Node's own request. */
function readElsewhere(): TypeError {
  return new TypeError(
    "The body was read before it came here: put body parsers behind this handler",
  );
}

/**
 * Reads a body to its end, and gives what `convert` makes of it. What comes in one piece is given as it
 * came, in memory that is the socket's: whoever hands it out makes a copy.
 */
export function readWhole<T>(
  body: Readable,
  convert: (bytes: Uint8Array<ArrayBuffer>) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (body.readableEnded) return reject(readElsewhere());
    if (body.destroyed) return reject(brokenBody());
    const pieces: Uint8Array[] = [];
    let length = 0;
    body.on("data", (piece: Uint8Array) => {
      pieces.push(piece);
      length += piece.length;
    });
    body.on("end", () => {
      try {
        resolve(convert(joined(pieces, length)));
      } catch (error) {
        reject(error);
      }
    });
    body.on("error", (error) => reject(brokenBody(error)));
    body.on("close", () => {
      // An error costs more than all the rest, and every request is closed in the end.
      if (!body.readableEnded) reject(brokenBody());
    });
  });
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) {
    return new Uint8Array(first.buffer as ArrayBuffer, first.byteOffset, first.length);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * What a stream of a body is made of. Nothing is read until it is asked for, and nothing while what was
 * read is not taken.
 */
export class BodySource implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  readonly #body: Readable;
  readonly #message: Pick<ReceivedMessage, "beginBody">;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined = undefined;
  #onData: ((piece: Uint8Array) => void) | undefined = undefined;
  #isDone = false;

  /** Reads from `body`; the message is told before it begins to. */
  constructor(body: Readable, message: Pick<ReceivedMessage, "beginBody">) {
    this.#body = body;
    this.#message = message;
  }

  /** Called by the stream when it is made. */
  start(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    this.#controller = controller;
  }

  /** Called when somebody reads. */
  pull(): void {
    if (this.#onData === undefined) this.#open();
    this.#body.resume();
  }

  /** Called when nobody will. */
  cancel(): void {
    this.#finish(() => this.#body.pause());
  }

  #open(): void {
    const body = this.#body;
    this.#message.beginBody?.();
    this.#onData = (piece) => {
      body.pause();
      this.#controller?.enqueue(new Uint8Array(piece));
    };
    body.on("end", () => this.#finish(() => this.#controller?.close()));
    body.on("error", (error) => this.#fail(() => brokenBody(error)));
    body.on("close", () => this.#fail(brokenBody));
    body.on("data", this.#onData);
    if (body.readableEnded) this.#fail(readElsewhere);
    else if (body.destroyed) this.#fail(brokenBody);
  }

  #fail(makeError: () => Error): void {
    this.#finish(() => this.#controller?.error(makeError()));
  }

  #finish(act: () => void): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.#onData !== undefined) this.#body.off("data", this.#onData);
    act();
  }
}
