/**
 * One body for several readers, each at its own pace, in bounded memory.
 *
 * `Response.clone` keeps whatever one reader has taken and another has not, without limit. Here the
 * source is read when a reader wants more than there is, what all have taken is let go of, and a
 * reader that falls too far behind the fastest fails rather than hold it up.
 *
 * @module
 */
import { ReadingInboundResponseBodyError } from "../message/client_errors.ts";

/** The bytes of a piece. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a piece takes at least, so that many tiny ones count as what they cost. */
const pieceCost = 256;

/** How a body ended. */
export interface BodyEnd {
  /** What it broke off with, if it did. */
  readonly error?: unknown;
}

/** A body that is read by several. */
export class SharedBody {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #limit: number;
  readonly #branches = new Set<Branch>();
  /** Pieces that somebody has not taken yet. */
  readonly #pieces: Bytes[] = [];
  /** The number of the first of them, counted from the beginning. */
  #first = 0;
  #cost = 0;
  #isReading = false;
  #end: BodyEnd | undefined = undefined;

  /**
   * Takes over a body.
   *
   * @param limit how many bytes a reader may be behind the fastest
   */
  constructor(body: ReadableStream<Bytes>, limit: number) {
    this.#reader = body.getReader();
    this.#limit = limit;
  }

  /**
   * The body for one reader; all are made before the first one reads.
   *
   * @param signal ends this reader only
   */
  branch(signal: AbortSignal | undefined): ReadableStream<Bytes> {
    const branch = new Branch(this, signal);
    this.#branches.add(branch);
    return branch.stream;
  }

  /** Gives a reader what it wants next, now or when it comes. */
  serve(branch: Branch): void {
    const at = branch.at - this.#first;
    const piece = this.#pieces[at];
    if (piece !== undefined) {
      branch.at++;
      // A reader may change what it is given, or send it to another thread.
      const isLast = at === 0 && this.#slowest() > this.#first;
      branch.give(isLast ? piece : piece.slice());
      this.#trim();
    } else if (this.#end !== undefined) {
      this.#branches.delete(branch);
      branch.finish(this.#end);
    } else {
      branch.isWaiting = true;
      if (!this.#isReading) this.#read();
    }
  }

  /** Takes a reader out; after the last one the source is told to stop. */
  async leave(branch: Branch, reason: unknown): Promise<void> {
    if (!this.#branches.delete(branch)) return;
    this.#trim();
    if (this.#branches.size === 0 && this.#end === undefined) {
      this.#end = {};
      await this.#reader.cancel(reason);
    }
  }

  #read(): void {
    this.#isReading = true;
    this.#reader.read().then(({ done, value }) => {
      this.#isReading = false;
      if (done) this.#finish({});
      else this.#add(value);
    }, (error) => {
      this.#isReading = false;
      this.#finish({ error });
    });
  }

  #add(value: Bytes): void {
    // What comes from a socket may be a few bytes of a large buffer.
    const piece = value.length * 2 < value.buffer.byteLength ? value.slice() : value;
    this.#pieces.push(piece);
    this.#cost += costOf(piece);
    for (const branch of this.#branches) this.#serveWaiting(branch);
    this.#dropLaggards();
  }

  #finish(end: BodyEnd): void {
    this.#end ??= end;
    for (const branch of this.#branches) this.#serveWaiting(branch);
    // The others have what is left, and need not be told of anything.
    for (const branch of this.#branches) branch.forget();
  }

  #serveWaiting(branch: Branch): void {
    if (!branch.isWaiting) return;
    branch.isWaiting = false;
    this.serve(branch);
  }

  #dropLaggards(): void {
    while (this.#cost > this.#limit) {
      const slowest = this.#slowest();
      for (const branch of this.#branches) {
        if (branch.at > slowest) continue;
        this.#branches.delete(branch);
        branch.finish({ error: tooSlow(this.#limit) });
      }
      this.#trim();
    }
  }

  #slowest(): number {
    let slowest = Infinity;
    for (const { at } of this.#branches) slowest = Math.min(slowest, at);
    return slowest;
  }

  #trim(): void {
    const count = Math.min(this.#slowest() - this.#first, this.#pieces.length);
    if (count <= 0) return;
    for (const piece of this.#pieces.splice(0, count)) this.#cost -= costOf(piece);
    this.#first += count;
  }
}

/** One reader. */
export class Branch {
  /** The number of the piece that it takes next. */
  at = 0;
  /** Whether it waits for that piece. */
  isWaiting = false;
  /** What it reads. */
  readonly stream: ReadableStream<Bytes>;
  readonly #body: SharedBody;
  readonly #signal: AbortSignal | undefined;
  #controller: ReadableStreamDefaultController<Bytes> | undefined;
  #pulled: (() => void) | undefined = undefined;

  /** Makes one at the beginning of a body. */
  constructor(body: SharedBody, signal: AbortSignal | undefined) {
    this.#body = body;
    this.#signal = signal;
    signal?.addEventListener("abort", this);
    this.stream = new ReadableStream<Bytes>({
      start: (controller) => void (this.#controller = controller),
      pull: () =>
        new Promise<void>((resolve) => {
          this.#pulled = resolve;
          body.serve(this);
        }),
      cancel: (reason) => {
        this.forget();
        return body.leave(this, reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Gives it a piece. */
  give(piece: Bytes): void {
    this.#controller?.enqueue(piece);
    this.#pulled?.();
  }

  /** Tells it that there is no more. */
  finish(end: BodyEnd): void {
    this.forget();
    if ("error" in end) this.#controller?.error(end.error);
    else this.#controller?.close();
    this.#pulled?.();
  }

  /** Listens to its caller no more. */
  forget(): void {
    this.#signal?.removeEventListener("abort", this);
  }

  /** Its caller aborted. */
  handleEvent(): void {
    const reason = this.#signal?.reason;
    this.finish({ error: reason });
    this.#body.leave(this, reason).catch(() => {});
  }
}

function costOf({ length }: Bytes): number {
  return Math.max(length, pieceCost);
}

function tooSlow(limit: number): ReadingInboundResponseBodyError {
  return new ReadingInboundResponseBodyError(
    `A body that several calls share was not read for ${limit} bytes: read it sooner, or raise bufferLimit of coalesce`,
  );
}
