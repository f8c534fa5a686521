/**
 * Sends a response on a stream of Node's HTTP/2: its fields in one frame, and its body as fast as the
 * client takes it.
 *
 * A body that fails breaks the stream off with INTERNAL_ERROR (RFC 9113 section 7), so that nobody
 * takes what has come for all of it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ServerHttp2Stream } from "node:http2";
import { trailerNames, type Trailers, trailersOf } from "../../message/trailers.ts";
import { hasNoBody, NodeAnswer, type WholeBody } from "../node/answer.ts";
import { http2Head, http2Trailers, noHttp2Fields } from "./fields.ts";

/** The most bytes given to a stream at once. */
const pieceSize = 16_384;

/**
 * What is given to it first, and at least. What a client takes is seen only where a write is done, and
 * whoever takes less within the time there is for it is taken for one that takes nothing: whoever is
 * slow is given less at once.
 */
const firstSize = 4_096;
const leastSize = 1_024;

/** The time for a write where none is set, in milliseconds. */
const usualPatience = 30_000;

/** Whose response it is. */
export interface Http2Sending {
  /** Whether it answers a HEAD request. */
  readonly isHead: boolean;
  /** How long the client may take for a write, in milliseconds; 0 for no limit. */
  readonly patience?: number;
  /** How many writes the client has taken, for whoever looks whether it takes any. */
  taken: number;
  /** Breaks the stream off. */
  giveUp(): void;
}

/**
 * Breaks a stream off with INTERNAL_ERROR. Node's own `close` with a code ends the body first, as if
 * it were complete (Node 20 to 24, Deno 2.9.6).
 */
export function breakOff(stream: ServerHttp2Stream): void {
  stream.destroy(new Error("Broken off"));
}

/** Sends a response; where its body fails later, the stream is broken off. */
export function sendHttp2(
  stream: ServerHttp2Stream,
  response: Response,
  sending: Http2Sending,
): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return drop(response);
  const trailers = trailersOf(response);
  if (trailers === undefined && NodeAnswer.isWhole(response)) {
    return sendWhole(stream, response, sending);
  }
  const { status, body } = response;
  const isBodiless = sending.isHead || status < 200 || hasNoBody(status);
  const fields = http2Head(status < 200 ? 500 : status, response.headers);
  if (isBodiless || body === null && trailers === undefined) {
    drop(response);
    if (!isBodiless) fields["content-length"] ??= 0;
    stream.respond(fields, { endStream: true });
    return;
  }
  if (trailers !== undefined) {
    const announced = trailerNames(trailers) ?? response.headers.get("trailer");
    if (announced !== null) fields["trailer"] = announced;
    stream.once("wantTrailers", () => void sendTrailers(stream, trailers, sending));
  }
  stream.respond(fields, { waitForTrailers: trailers !== undefined });
  if (body === null) stream.end();
  else void pump(stream, body.getReader(), sending);
}

/** A response that is not sent: whatever feeds its body is told to stop. */
function drop(response: Response): void {
  if (NodeAnswer.isWhole(response)) return;
  response.body?.cancel().catch(() => {});
}

function sendWhole(stream: ServerHttp2Stream, answer: NodeAnswer, sending: Http2Sending): void {
  const { isHead } = sending;
  const { whole, status, onlyContentType } = answer;
  const fields = answer.hasHeaders ? http2Head(status, answer.headers) : noHttp2Fields();
  fields[":status"] = status;
  if (!answer.hasHeaders && onlyContentType !== undefined) {
    fields["content-type"] = onlyContentType;
  }
  const length = lengthOf(whole);
  // GET may be answered with more than HEAD knows of.
  if (!hasNoBody(status) && (!isHead || whole !== null)) fields["content-length"] = length;
  if (whole === null || isHead || length === 0) {
    stream.respond(fields, { endStream: true });
    return;
  }
  stream.respond(fields);
  if (length <= pieceSize) {
    stream.end(whole);
    return;
  }
  const bytes = typeof whole === "string" ? Buffer.from(whole) : whole;
  void sendPieces(stream, bytes, sending).then((isThere) => isThere && stream.end());
}

function lengthOf(body: WholeBody): number {
  if (body === null) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}

async function sendTrailers(
  stream: ServerHttp2Stream,
  trailers: Trailers,
  sending: Http2Sending,
): Promise<void> {
  try {
    const given = typeof trailers === "function" ? await trailers() : trailers;
    if (!stream.destroyed) stream.sendTrailers(http2Trailers(given));
  } catch {
    // What the program says about its body is missing, so that the body is worth nothing. Deno (2.9.6)
    // forgets what is done to a stream while it asks for its trailers.
    setImmediate(() => sending.giveUp());
  }
}

async function pump(
  stream: ServerHttp2Stream,
  reader: ReadableStreamDefaultReader<unknown>,
  sending: Http2Sending,
): Promise<void> {
  const gone = (): void => void reader.cancel(new Error("The client is gone")).catch(() => {});
  stream.once("close", gone);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) throw new TypeError("A body gave something but bytes");
      // What was not written says so before the stream does.
      if (!await write(stream, value, sending)) return gone();
    }
    stream.end();
  } catch {
    sending.giveUp();
    gone();
  } finally {
    stream.off("close", gone);
  }
}

/** Whether the stream is still there for more. */
function write(
  stream: ServerHttp2Stream,
  bytes: Uint8Array,
  sending: Http2Sending,
): boolean | Promise<boolean> {
  if (stream.destroyed || stream.closed) return false;
  if (bytes.length > pieceSize) return sendPieces(stream, bytes, sending);
  return stream.write(bytes, () => void sending.taken++) || drained(stream);
}

/** Settles once the stream takes more, with whether it will. */
function drained(stream: ServerHttp2Stream): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve(!stream.destroyed && !stream.closed);
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/**
 * Writes much in pieces, each when the one before was taken: the next one is larger when that was soon,
 * and smaller when it took long of the time there is.
 */
function sendPieces(
  stream: ServerHttp2Stream,
  bytes: Uint8Array,
  sending: Http2Sending,
): Promise<boolean> {
  const slow = (sending.patience || usualPatience) / 8;
  return new Promise((resolve) => {
    let sent = 0;
    let size = firstSize;
    let since = performance.now();
    const next = (error?: Error | null): void => {
      if (error || stream.destroyed || stream.closed) return resolve(false);
      if (sent > 0) sending.taken++;
      if (sent >= bytes.length) return resolve(true);
      if (sent > 0) {
        const now = performance.now();
        size = now - since > slow ? Math.max(size / 2, leastSize) : Math.min(size * 2, pieceSize);
        since = now;
      }
      const piece = bytes.subarray(sent, sent += size);
      stream.write(piece, next);
    };
    next();
  });
}
