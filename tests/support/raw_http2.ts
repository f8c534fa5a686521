/**
 * HTTP/2 written by hand (RFC 9113): sends frames that no client would send, and reads what comes back.
 *
 * Header fields are written as literals without indexing, so that a block is what it looks like; those
 * of responses are not read, only that they came.
 *
 * @module
 */
import { createConnection, type Socket } from "node:net";
import { within } from "./within.ts";

/** The types of frames (RFC 9113 section 6). */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. */
export const frameFlag = { none: 0, endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

/** A frame that was received. */
export interface RawFrame {
  /** Its type. */
  readonly type: number;
  /** Its flags. */
  readonly flags: number;
  /** Its stream; 0 for the connection. */
  readonly stream: number;
  /** What it says. */
  readonly payload: Uint8Array;
}

/** What every client begins with. */
export const preface: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The bytes of a frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A payload of one 32-bit number: an error code, or how far a window opens. */
export function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A payload of settings, as number and value. */
export function settings(...pairs: readonly (readonly [number, number])[]): Uint8Array {
  const bytes = new Uint8Array(6 * pairs.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [name, value]] of pairs.entries()) {
    view.setUint16(6 * index, name);
    view.setUint32(6 * index + 2, value);
  }
  return bytes;
}

/** A block of header fields (RFC 7541): literals without indexing. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Uint8Array {
  return joined(fields.flatMap(([name, value]) => [Uint8Array.of(0), text(name), text(value)]));
}

/** The pseudo-header fields of a request. */
export function requestFields(
  path: string,
  method = "GET",
): readonly (readonly [string, string])[] {
  return [[":method", method], [":scheme", "http"], [":path", path], [":authority", "localhost"]];
}

/** Bytes after one another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One connection to a server. */
export class RawHttp2 implements Disposable {
  readonly #socket: Socket;
  readonly #frames: RawFrame[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #rest: Uint8Array = new Uint8Array();
  #isClosed = false;
  #arrived = Promise.withResolvers<void>();
  #lastStream = -1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#receive(new Uint8Array(bytes)));
    // The server may close while we still send: that is what most tests wait for.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#closed.resolve();
      this.#wake();
    });
  }

  /** Connects, and says nothing. */
  static async connect({ port }: { readonly port: number }): Promise<RawHttp2> {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.setNoDelay(true);
    const connected = Promise.withResolvers<void>();
    socket.once("connect", connected.resolve);
    socket.once("error", connected.reject);
    await connected.promise;
    return new RawHttp2(socket);
  }

  /** Connects, and says the preface and settings. */
  static async open(
    server: { readonly port: number },
    ...pairs: readonly (readonly [number, number])[]
  ): Promise<RawHttp2> {
    const connection = await RawHttp2.connect(server);
    await connection.send(preface, frame(frameType.settings, 0, 0, settings(...pairs)));
    await connection.send(frame(frameType.settings, frameFlag.ack, 0));
    return connection;
  }

  /** The frames that came so far. */
  get frames(): readonly RawFrame[] {
    return this.#frames;
  }

  /** Whether the server has closed the connection. */
  get isClosed(): boolean {
    return this.#isClosed || this.#socket.destroyed;
  }

  /** A stream that is not used yet. */
  nextStream(): number {
    return this.#lastStream += 2;
  }

  /** Sends bytes, and waits until they are on their way; nothing where the connection is closed. */
  async send(...bytes: readonly Uint8Array[]): Promise<void> {
    if (this.isClosed) return;
    const sent = Promise.withResolvers<void>();
    this.#socket.write(joined(bytes), () => sent.resolve());
    await Promise.race([sent.promise, this.#closed.promise]);
  }

  /** Begins a request that has no body, and gives its stream. */
  async request(path: string): Promise<number> {
    const stream = this.nextStream();
    const { headers } = frameType;
    const flags = frameFlag.endHeaders | frameFlag.endStream;
    await this.send(frame(headers, flags, stream, headerBlock(requestFields(path))));
    return stream;
  }

  /** Reads no more, so that the server's own sending comes to a halt. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** The first frame that is looked for, among those that came and those to come. */
  async find(
    what: string,
    isIt: (one: RawFrame) => boolean,
    timeout?: number,
  ): Promise<RawFrame> {
    const look = async (): Promise<RawFrame> => {
      for (let index = 0;; index++) {
        while (index >= this.#frames.length) {
          if (this.#isClosed) throw new Error(`The connection was closed without ${what}`);
          await this.#arrived.promise;
        }
        const one = this.#frames[index]!;
        if (isIt(one)) return one;
      }
    };
    return await within(look(), what, timeout);
  }

  /** The error code that the connection was ended with (GOAWAY). */
  async goaway(timeout?: number): Promise<number> {
    const { payload } = await this.find(
      "GOAWAY",
      ({ type }) => type === frameType.goaway,
      timeout,
    );
    return new DataView(payload.buffer, payload.byteOffset).getUint32(4);
  }

  /** The error code that a stream was ended with (RST_STREAM). */
  async reset(stream: number, timeout?: number): Promise<number> {
    const { payload } = await this.find(
      "RST_STREAM",
      (one) => one.type === frameType.rstStream && one.stream === stream,
      timeout,
    );
    return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
  }

  /** Waits for the head of a response. */
  async head(stream: number, timeout?: number): Promise<RawFrame> {
    const { headers } = frameType;
    return await this.find(
      "a head",
      (one) => one.type === headers && one.stream === stream,
      timeout,
    );
  }

  /**
   * What comes first: the head or the end of a stream, or the end of the connection, which is told by
   * GOAWAY or not at all.
   */
  async outcome(stream: number, timeout?: number): Promise<RawFrame | undefined> {
    const { headers, rstStream, goaway } = frameType;
    const isIt = (one: RawFrame): boolean =>
      one.type === goaway || one.stream === stream && [headers, rstStream].includes(one.type as 1);
    return await this.find("an outcome", isIt, timeout).catch((error) => {
      if (this.#isClosed) return undefined;
      throw error;
    });
  }

  /** Waits until the server has closed the connection. */
  async closed(timeout?: number): Promise<void> {
    await within(this.#closed.promise, "the end of the connection", timeout);
  }

  /** Disconnects. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): void {
    let rest = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    for (;;) {
      if (rest.length < 9) break;
      const view = new DataView(rest.buffer, rest.byteOffset);
      const length = view.getUint32(0) >>> 8;
      if (rest.length < 9 + length) break;
      this.#frames.push({
        type: view.getUint8(3),
        flags: view.getUint8(4),
        stream: view.getUint32(5) & 0x7fff_ffff,
        payload: rest.slice(9, 9 + length),
      });
      rest = rest.subarray(9 + length);
    }
    this.#rest = rest;
    this.#wake();
  }

  /** Lets everybody look who waits for a frame. */
  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }
}

/** A text with its length before it, as HPACK writes it. */
function text(value: string): Uint8Array {
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  if (bytes.length < 127) return joined([Uint8Array.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = rest >>> 7) length.push(rest & 127 | 128);
  length.push(rest);
  return joined([Uint8Array.from(length), bytes]);
}
