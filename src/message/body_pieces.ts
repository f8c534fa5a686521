/**
 * Reading a body as the platform has it, and within a deadline where a layer has put one on it: that
 * holds for what this library reads itself, at the cost of a property, where a response whose own
 * methods keep it costs a new prototype.
 *
 * @module
 */
import { PieceCollector } from "./piece_collector.ts";

/** What a response whose `body` is a layer's has below that. */
const platformBody = Object.getOwnPropertyDescriptor(Response.prototype, "body")?.get;

/** Takes the pieces of a body; what it throws ends the reading, and the source is cancelled. */
export type TakePiece = (piece: Uint8Array<ArrayBuffer>) => void;

/** How long reading a body may take. */
export interface BodyDeadline {
  /**
   * A wait that has not begun.
   *
   * @param giveUp called when time is up, with the error; the call is aborted by then. A source that
   * ignores that it is must be stopped.
   */
  newWait(giveUp: (error: unknown) => void): BodyWait;
  /** Whether it matters when pieces come, so that a long body must be read by pieces. */
  readonly countsPieces: boolean;
}

/** The wait for a body, piece by piece. */
export interface BodyWait {
  /** Begins to wait. */
  begin(): void;
  /** A piece came, and the next one is waited for. */
  advance(): void;
  /** Nothing is waited for any more; it may begin again. */
  end(): void;
}

/** Where a message keeps its deadline. */
export const bodyDeadline: unique symbol = Symbol("bodyDeadline");

/** A message whose body may have a deadline. */
export type Timed<Message> = Message & { [bodyDeadline]?: BodyDeadline | undefined };

/**
 * The length up to which a body that is read whole counts as one piece, in bytes: about what a
 * server sends before it waits for the client. To look at pieces costs a call on a socket 50 µs.
 */
export const ONE_PIECE = 16_384;

/** The whole body of a message that declares its length, by the platform's own method. */
export function readAtOnce(
  message: Request | Response,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const deadline = (message as Timed<Request | Response>)[bodyDeadline];
  if (deadline === undefined) return message.bytes();
  if (deadline.countsPieces && length > ONE_PIECE) return readSlowly(message);
  return inTime(() => Response.prototype.bytes.call(message), deadline);
}

/** What `read` gives, unless time is up before. */
export function inTime<T>(read: () => Promise<T>, deadline: BodyDeadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait = deadline.newWait(reject);
    wait.begin();
    read().then((value) => {
      wait.end();
      resolve(value);
    }, (error) => {
      wait.end();
      reject(error);
    });
  });
}

async function readSlowly(message: Request | Response): Promise<Uint8Array<ArrayBuffer>> {
  const collector = new PieceCollector();
  await readPieces(message, (piece) => collector.add(piece));
  return concat(collector.pieces());
}

/**
 * Reads the body of a message to its end, piece by piece; none has no piece.
 *
 * @throws {TypeError} when the body is locked, or a piece is no `Uint8Array`.
 * @throws whatever the source fails with, and `take` throws.
 */
export function readPieces(message: Request | Response, take: TakePiece): Promise<void> {
  const deadline = (message as Timed<Request | Response>)[bodyDeadline];
  if (deadline === undefined) {
    const { body } = message;
    return body === null ? Promise.resolve() : takeAll(body.getReader(), take);
  }
  const body: Response["body"] = platformBody?.call(message) ?? null;
  if (body === null) return Promise.resolve();
  return takeInTime(body.getReader(), take, deadline);
}

/**
 * Takes all that a reader gives, within a deadline.
 *
 * @throws {TypeError} when a piece is no `Uint8Array`.
 * @throws whatever the source fails with, `take` throws, and the deadline gives up with.
 */
export async function takeInTime(
  reader: PieceReader,
  take: TakePiece,
  deadline: BodyDeadline,
): Promise<void> {
  let isLate = false;
  let late: unknown;
  const wait = deadline.newWait((error) => {
    isLate = true;
    late = error;
    // What waits for a piece goes on, as at the end of the body.
    stop(reader, error);
  });
  wait.begin();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw late;
      if (done) return;
      takeOne(reader, take, value);
      wait.advance();
    }
  } finally {
    wait.end();
  }
}

/**
 * Takes all that a reader gives.
 *
 * @throws {TypeError} when a piece is no `Uint8Array`.
 * @throws whatever the source fails with, and `take` throws.
 */
export async function takeAll(reader: PieceReader, take: TakePiece): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    takeOne(reader, take, value);
  }
}

/** Reads the pieces of a body. */
export type PieceReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

function takeOne(reader: PieceReader, take: TakePiece, piece: Uint8Array<ArrayBuffer>): void {
  try {
    if (!(piece instanceof Uint8Array)) {
      throw new TypeError("Cannot read a body with a chunk that is no Uint8Array");
    }
    take(piece);
  } catch (error) {
    stop(reader, error);
    throw error;
  }
}

/** Not waited for: a source that never settles its cancellation must not hold up the error. */
function stop(reader: PieceReader, reason: unknown): void {
  reader.cancel(reason).catch(() => {});
}

/** Chunks as one, never the source's own memory. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
