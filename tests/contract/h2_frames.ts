/**
 * HTTP/2 written by hand, frame by frame (RFC 9113 section 4): what a client of `node:http2` does not
 * let a test send. Only what a test sends is written; what comes back is read and dropped.
 *
 * @module
 */
import type { Fields } from "./ask.ts";
import { fromLatin1, joined } from "./h1_connection.ts";
import type { Place } from "./target.ts";

const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;

/** A connection of HTTP/2. */
export class H2Frames implements Disposable {
  readonly #socket: Deno.Conn;
  readonly #scheme: string;
  readonly #authority: string;
  #isClosed = false;
  /** Settles when the server has closed the connection. */
  readonly ended: Promise<void>;

  private constructor(socket: Deno.Conn, { port, ca }: Place) {
    this.#socket = socket;
    this.#scheme = ca === undefined ? "http" : "https";
    this.#authority = `127.0.0.1:${port}`;
    this.ended = this.#drop();
  }

  /** Connects and sends the preface. */
  static async open(place: Place): Promise<H2Frames> {
    const { port, ca } = place;
    const socket = ca === undefined
      ? await Deno.connect({ hostname: "127.0.0.1", port })
      : await Deno.connectTls({
        hostname: "127.0.0.1",
        port,
        caCerts: [ca],
        alpnProtocols: ["h2"],
      });
    const frames = new H2Frames(socket, place);
    await frames.#write(fromLatin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    await frames.#frame(types.settings, 0, 0, new Uint8Array());
    return frames;
  }

  /** Begins a request. */
  async head(stream: number, method: string, path: string, fields: Fields = []): Promise<void> {
    const pseudo: Fields = [
      [":method", method],
      [":scheme", this.#scheme],
      [":authority", this.#authority],
      [":path", path],
    ];
    const block = joined([...pseudo, ...fields].map(literal));
    await this.#frame(types.headers, END_HEADERS, stream, block);
  }

  /** Sends a piece of a body. */
  async data(stream: number, piece: string, isLast: boolean): Promise<void> {
    await this.#frame(types.data, isLast ? END_STREAM : 0, stream, fromLatin1(piece));
  }

  /** Resets a stream. */
  async reset(stream: number, code: number): Promise<void> {
    await this.#frame(types.reset, 0, stream, new Uint8Array([0, 0, 0, code]));
  }

  /** Disconnects. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  async #frame(type: number, flags: number, stream: number, payload: Uint8Array): Promise<void> {
    const head = new Uint8Array(9);
    const view = new DataView(head.buffer);
    view.setUint32(0, payload.length << 8 | type);
    head[4] = flags;
    view.setUint32(5, stream);
    await this.#write(joined([head, payload]));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) rest = rest.subarray(await this.#socket.write(rest));
  }

  async #drop(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    // A connection that is cut has ended as well.
    while (await this.#socket.read(buffer).catch(() => null) !== null);
  }
}

/** A field without any table and any Huffman code (RFC 7541 section 6.2.2). */
function literal([name, value]: readonly [string, string]): Uint8Array {
  return joined([new Uint8Array([0]), text(name), text(value)]);
}

function text(value: string): Uint8Array {
  const bytes = fromLatin1(value);
  if (bytes.length > 126) throw new Error("Longer texts are not written here");
  return joined([new Uint8Array([bytes.length]), bytes]);
}
