/**
 * The body of a request out of Node's stream: at once, or as the platform's stream with backpressure.
 *
 * Neither destroys what it reads from: that would take the connection along, and the answer with it.
 *
 * @module
 */
import type { Readable } from "node:stream";

/** A body that broke off says so with the error that `fetch` has for it. */
function brokenOff(cause?: unknown): TypeError {
  return new TypeError("The body of the request broke off", { cause });
}

/** Another program has taken a body out of Node's own request. */
function readElsewhere(): TypeError {
  return new TypeError(
    "The body was read before it came here: put body parsers behind this handler",
  );
}

/**
 * Reads a body to its end. What comes in one piece is given as it came, in memory that is the socket's:
 * whoever hands it out makes a copy.
 */
export function readWhole(body: Readable): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    if (body.readableEnded) return reject(readElsewhere());
    if (body.destroyed) return reject(brokenOff());
    const pieces: Uint8Array[] = [];
    let length = 0;
    body.on("data", (piece: Uint8Array) => {
      pieces.push(piece);
      length += piece.length;
    });
    body.on("end", () => resolve(joined(pieces, length)));
    body.on("error", (error) => reject(brokenOff(error)));
    body.on("close", () => {
      // An error costs more than all the rest, and every request is closed in the end.
      if (!body.readableEnded) reject(brokenOff());
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
 * A body as a stream. Nothing is read until it is asked for, and nothing while what was read is not
 * taken.
 *
 * @param onRead called before it is first read
 */
export function streamOf(
  body: Readable,
  onRead?: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOpen = false;
  let isDone = false;
  const take = (piece: Uint8Array): void => source?.enqueue(new Uint8Array(piece));
  let source: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  const finish = (act: () => void): void => {
    if (isDone) return;
    isDone = true;
    body.off("data", onData);
    act();
  };
  const onData = (piece: Uint8Array): void => {
    body.pause();
    take(piece);
  };
  const open = (): void => {
    isOpen = true;
    onRead?.();
    body.on("end", () => finish(() => source?.close()));
    body.on("error", (error) => finish(() => source?.error(brokenOff(error))));
    body.on("close", () => finish(() => source?.error(brokenOff())));
    body.on("data", onData);
    if (body.readableEnded) finish(() => source?.error(readElsewhere()));
    else if (body.destroyed) finish(() => source?.error(brokenOff()));
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      source = controller;
    },
    pull() {
      if (!isOpen) open();
      body.resume();
    },
    cancel() {
      finish(() => body.pause());
    },
  }, { highWaterMark: 0 });
}
