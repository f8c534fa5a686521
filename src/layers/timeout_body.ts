/**
 * Deadlines on reading the body of a response, without building the response anew.
 *
 * A response around a stream of ours costs 4 µs, whether anybody reads it or not. Here it stays the
 * object it was, with its address, type and immutable header fields, and only its reading methods are
 * ours, for 0.4 µs. One that is dropped, or has no body, leaves nothing behind. `body` gives a stream
 * of ours, made when it is asked for.
 *
 * What the platform reads itself, as the body of a response that a handler of `Deno.serve` returns
 * untouched, does not pass through here and has no deadline.
 *
 * @module
 */
import {
  type BodyDeadline,
  bodyDeadline,
  type BodyWait,
  concat,
  inTime,
  ONE_PIECE,
  takeInTime,
  type Timed,
} from "../message/body_pieces.ts";
import { PieceCollector } from "../message/piece_collector.ts";
import { withBody } from "./response_copy.ts";
import type { TimeoutPolicy } from "./timeout_policy.ts";
import { Stamp } from "./stamp.ts";
import { BoundWait } from "./timeout_bound.ts";
import { BodyWatch } from "./timeout_watch.ts";

/**
 * Puts a watch on the body of a response, and gives the response: itself, except where it is of a
 * class of its own, which gives a copy with the same body.
 */
export function watchBody(
  response: Response,
  policy: TimeoutPolicy,
  start: number,
  controller: AbortController,
): Response {
  const prototype = Object.getPrototypeOf(response);
  if (policy.isForBound) {
    if (prototype === WatchedResponse.prototype) return response;
    const timed: Timed<Response> = response;
    timed[bodyDeadline] = new BoundWait(policy, start, controller);
    return response;
  }
  if (prototype === WatchedResponse.prototype) {
    const below = Kept.watchOf(response)?.without(policy);
    Kept.setWatch(response, new BodyWatch(policy, start, controller, below));
    return response;
  }
  const watch = new BodyWatch(policy, start, controller, undefined);
  if (prototype === Response.prototype) return mark(response, watch);
  // Neither an upgrade nor a network error has a body, or can be made again.
  return response.status < 200 ? response : mark(withBody(response, response.body), watch);
}

function mark(response: Response, watch: BodyWatch): Response {
  new Kept(response, watch);
  return Object.setPrototypeOf(response, WatchedResponse.prototype);
}

type Bytes = Uint8Array<ArrayBuffer>;
type Body = ReadableStream<Bytes>;
type BodyReader = ReadableStreamDefaultReader<Bytes>;

/** What a watched response keeps: private fields, see {@linkcode Stamp}. */
class Kept extends Stamp {
  #watch: BodyWatch;
  #stream: Body | undefined = undefined;

  constructor(response: Response, watch: BodyWatch) {
    super(response);
    this.#watch = watch;
  }

  static watchOf(response: object): BodyWatch | undefined {
    return #watch in response ? response.#watch : undefined;
  }

  static setWatch(response: object, watch: BodyWatch): void {
    if (#watch in response) response.#watch = watch;
  }

  /** The stream that was given out as the body, if it was asked for. */
  static streamOf(response: object): Body | undefined {
    return #stream in response ? response.#stream : undefined;
  }

  static setStream(response: object, stream: Body): Body {
    if (#stream in response) response.#stream = stream;
    return stream;
  }
}

/** Never constructed: the prototype that watched responses get. */
class WatchedResponse extends Response {
  override get body(): Body | null {
    const given = Kept.streamOf(this);
    if (given !== undefined) return given;
    if (super.body === null) return null;
    return Kept.setStream(this, watchedStream(this, () => super.body));
  }

  override clone(): Response {
    if (isLocked(this)) throw locked();
    // A stream of ours that is out already goes on with this half: it looks when it is read.
    const copy = super.clone();
    const watch = Kept.watchOf(this);
    return watch === undefined ? copy : mark(copy, watch);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    const convert = (chunks: Bytes[]) => concat(chunks).buffer;
    return readWhole(this, () => super.arrayBuffer(), () => super.body, convert);
  }

  override blob(): Promise<Blob> {
    const convert = (chunks: Bytes[]) => again(this, chunks).blob();
    return readWhole(this, () => super.blob(), () => super.body, convert);
  }

  override bytes(): Promise<Bytes> {
    return readWhole(this, () => super.bytes(), () => super.body, concat);
  }

  override formData(): Promise<FormData> {
    const convert = (chunks: Bytes[]) => again(this, chunks).formData();
    return readWhole(this, () => super.formData(), () => super.body, convert);
  }

  override json(): Promise<unknown> {
    const convert = (chunks: Bytes[]) => JSON.parse(decoded(chunks));
    return readWhole(this, () => super.json(), () => super.body, convert);
  }

  override text(): Promise<string> {
    return readWhole(this, () => super.text(), () => super.body, decoded);
  }

  /** For readers of this library, which need no method or stream of ours in between. */
  get [bodyDeadline](): BodyDeadline | undefined {
    if (isLocked(this)) throw locked();
    return Kept.watchOf(this);
  }
}

/**
 * Reads a body to its end: by the platform's own method, unless it matters when pieces come, which
 * that one does not show.
 */
function readWhole<T>(
  response: Response,
  read: () => Promise<T>,
  source: () => Body | null,
  convert: (chunks: Bytes[]) => T | Promise<T>,
): Promise<T> {
  if (isLocked(response)) return Promise.reject(locked());
  const watch = Kept.watchOf(response);
  if (watch === undefined) return read();
  if (!watch.countsPieces || isOnePiece(response)) return inTime(read, watch);
  const body = source();
  // The platform knows best what to say of a body that cannot be read.
  if (body === null || body.locked || response.bodyUsed) return read();
  const collector = new PieceCollector();
  return takeInTime(body.getReader(), (piece) => collector.add(piece), watch)
    .then(() => convert(collector.pieces()));
}

/** Whether a body says that it is so short that all of it comes at once. */
function isOnePiece(response: Response): boolean {
  const length = response.headers.get("content-length");
  return length !== null && Number(length) <= ONE_PIECE;
}

function watchedStream(response: Response, source: () => Body | null): Body {
  let reader: BodyReader | undefined;
  let wait: BodyWait | undefined;
  return new ReadableStream<Bytes>({
    pull(controller) {
      // Not before: until then the response can be read by its methods, and cloned.
      const from = reader ??= source()?.getReader();
      if (from === undefined) return controller.close();
      wait ??= Kept.watchOf(response)?.newWait((error) => {
        controller.error(error);
        stop(from, error);
      });
      wait?.begin();
      return from.read().then(({ done, value }) => {
        wait?.end();
        if (done) controller.close();
        else controller.enqueue(value);
      }, (error) => {
        wait?.end();
        throw error;
      });
    },
    async cancel(reason) {
      wait?.end();
      await (reader ?? source())?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** Tells a source to stop that ignores that the call was aborted. */
function stop(reader: BodyReader, reason: unknown): void {
  reader.cancel(reason).catch(() => {});
}

/** Whether somebody has the stream of ours in hand, which the platform cannot know. */
function isLocked(response: Response): boolean {
  return Kept.streamOf(response)?.locked === true;
}

function locked(): TypeError {
  return new TypeError("Cannot read a body whose stream is locked: read it in one way only");
}

const utf8 = new TextDecoder();

function decoded(chunks: Bytes[]): string {
  return utf8.decode(chunks.length === 1 ? chunks[0] : concat(chunks));
}

function again(response: Response, chunks: Bytes[]): Response {
  const type = response.headers.get("content-type");
  return new Response(concat(chunks), type === null ? {} : { headers: { "content-type": type } });
}
