/**
 * A body that can be read only once, read several times: what is read of it is kept up to a limit, and
 * each reader gets that first and then the rest as it comes.
 *
 * The source is read no faster than the fastest reader, unless {@linkcode BodyTape.fill} reads ahead.
 *
 * @module
 */

/** The bytes of a piece. */
type Bytes = Uint8Array<ArrayBuffer>;

/** How many turns of the microtask queue a body that is in memory may take to come. */
const SETTLE_TURNS = 24;

/** One reading of the tape. */
export interface TapeReading {
  /** The body; nothing is read before it is asked for. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Ends it with an error, unless it has ended. */
  fail(error: unknown): void;
}

/** Where a reading stands. */
interface Cursor {
  at: number;
}

/** A body that is kept while it is read. */
export class BodyTape {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #limit: number;
  /** What is kept: the first `size` bytes. Copies, as a piece of a socket can hold 64 KiB for one byte. */
  #kept = new Uint8Array(0);
  #size = 0;
  /** How much has been taken from the source and given to someone. */
  #position = 0;
  /** The next piece, once for all who wait for it; it stays until someone takes it. */
  #reading: Promise<ReadableStreamReadResult<Bytes>> | undefined;
  readonly #cursors = new Set<Cursor>();
  #isDone = false;
  #isBroken = false;
  #isStopped = false;

  /**
   * Locks `source`.
   *
   * @param limit how many bytes are kept
   * @throws {TypeError} when it is locked already.
   */
  constructor(source: ReadableStream<Uint8Array<ArrayBuffer>>, limit: number) {
    this.#reader = source.getReader();
    this.#limit = limit;
  }

  /** Whether a reading that is opened now gets all of the body. */
  get canOpen(): boolean {
    return !this.#isBroken && !this.#isStopped && this.#size === this.#position;
  }

  /** The whole body, once all of it has come; `undefined` before, and where not all is kept. */
  get whole(): Uint8Array<ArrayBuffer> | undefined {
    return this.#isDone && this.canOpen ? this.#kept.subarray(0, this.#size) : undefined;
  }

  /** Another reading from the beginning. */
  open(): TapeReading {
    const cursor: Cursor = { at: 0 };
    this.#cursors.add(cursor);
    let controller: ReadableStreamDefaultController<Bytes> | undefined;
    const stream = new ReadableStream<Bytes>({
      start: (given) => {
        controller = given;
      },
      pull: (given) => this.#pull(cursor, given),
      cancel: (reason) => this.#close(cursor, reason),
    }, { highWaterMark: 0 });
    const fail = (error: unknown): void => {
      if (!this.#cursors.has(cursor)) return;
      controller?.error(error);
      this.#close(cursor, error);
    };
    return { stream, fail };
  }

  /** Reads ahead as far as the limit, and keeps it. */
  async fill(): Promise<void> {
    try {
      while (!this.#isDone && !this.#isStopped && this.canOpen) {
        const reading = this.#read();
        const { done, value } = await reading;
        if (this.#isStopped) return;
        if (done) this.#isDone = true;
        // Someone else took it.
        else if (this.#reading !== reading) continue;
        else if (!this.#fits(value)) return;
        else this.#take(value);
      }
    } catch {
      // Whoever sends the body meets the same failure, and reports it.
      this.#isBroken = true;
    }
  }

  /** Gives a body that is in memory the time to come, without waiting for others. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS && !this.#isDone && this.canOpen; turn++) {
      await undefined;
    }
  }

  /**
   * Keeps nothing more. Who reads now reads on to the end; the source is cancelled when nobody does.
   * May be called at any time, and again.
   */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#release(undefined);
  }

  async #pull(cursor: Cursor, controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    if (cursor.at < this.#size) {
      controller.enqueue(this.#kept.slice(cursor.at, this.#size));
      cursor.at = this.#size;
      return;
    }
    if (cursor.at !== this.#position) {
      throw new TypeError("Cannot read the body again: more was read than is kept");
    }
    if (!this.#isDone) {
      const reading = this.#read();
      const { done, value } = await this.#orBreak(reading, cursor);
      if (!this.#cursors.has(cursor)) return;
      if (!done) {
        if (this.#reading === reading) this.#take(value);
        // The platform says what is wrong with one that is none.
        if (value instanceof Uint8Array) cursor.at += value.length;
        controller.enqueue(value);
        return;
      }
      this.#isDone = true;
    }
    this.#cursors.delete(cursor);
    controller.close();
  }

  #read(): Promise<ReadableStreamReadResult<Bytes>> {
    return this.#reading ??= this.#reader.read();
  }

  async #orBreak<T>(reading: Promise<T>, cursor: Cursor): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#isBroken = true;
      this.#cursors.delete(cursor);
      throw error;
    }
  }

  #fits(piece: Bytes): boolean {
    return this.canOpen && piece instanceof Uint8Array && this.#size + piece.length <= this.#limit;
  }

  #take(piece: Bytes): void {
    this.#reading = undefined;
    if (!(piece instanceof Uint8Array)) {
      this.#isBroken = true;
      return;
    }
    if (this.#fits(piece)) this.#keep(piece);
    this.#position += piece.length;
  }

  #keep(piece: Bytes): void {
    const size = this.#size + piece.length;
    if (size > this.#kept.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(size, this.#kept.length * 2)));
      larger.set(this.#kept.subarray(0, this.#size));
      this.#kept = larger;
    }
    this.#kept.set(piece, this.#size);
    this.#size = size;
  }

  #close(cursor: Cursor, reason: unknown): void {
    this.#cursors.delete(cursor);
    this.#release(reason);
  }

  #release(reason: unknown): void {
    if (!this.#isStopped || this.#cursors.size > 0 || this.#isDone) return;
    this.#reader.cancel(reason).catch(() => {});
  }
}
