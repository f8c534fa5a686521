/**
 * A connection of HTTP/1.1 that sends any bytes and reads responses as they were sent.
 *
 * @module
 */
import { BrokenOff, type Fields, type Head } from "./ask.ts";
import type { Place } from "./target.ts";

/** One connection to a server. */
export class H1Connection implements Disposable {
  readonly #socket: Deno.Conn;
  readonly #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  /** What was received beyond what was read. */
  #rest: Uint8Array = new Uint8Array();
  #isClosed = false;

  private constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** Connects, over TLS where the place has an authority. */
  static async open({ port, ca }: Place): Promise<H1Connection> {
    const place = { hostname: "127.0.0.1", port };
    if (ca === undefined) return new H1Connection(await Deno.connect(place));
    const socket = await Deno.connectTls({
      ...place,
      caCerts: [ca],
      alpnProtocols: ["http/1.1"],
    });
    return new H1Connection(socket);
  }

  /** Sends bytes; a server that closed the connection already is no failure. */
  async send(bytes: string | Uint8Array): Promise<void> {
    let rest = typeof bytes === "string" ? fromLatin1(bytes) : bytes;
    try {
      while (rest.length > 0) rest = rest.subarray(await this.#socket.write(rest));
    } catch (error) {
      if (!isDisconnection(error)) throw error;
    }
  }

  /** Says that nothing more will be sent. */
  async endSending(): Promise<void> {
    const socket = this.#socket as Deno.TcpConn;
    await socket.closeWrite();
  }

  /** Reads the head of a response; `undefined` where the connection ends before one begins. */
  async readHead(): Promise<(Head & { readonly line: string }) | undefined> {
    const head = await this.#readUntil("\r\n\r\n");
    if (head === undefined) {
      if (this.#rest.length === 0) return undefined;
      throw new BrokenOff(`In a head: ${toLatin1(this.#rest).slice(0, 200)}`);
    }
    const [line = "", ...lines] = head.split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]);
    if (Number.isNaN(status)) throw new Error(`No status line of HTTP/1.1: ${line.slice(0, 200)}`);
    return { status, line, fields: fieldsOf(lines) };
  }

  /** Reads a piece of `length` bytes at most; `undefined` where the connection has ended. */
  async readSome(length: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0 && !await this.#receive()) return undefined;
    return this.#take(Math.min(length, this.#rest.length));
  }

  /** Reads a line. */
  async readLine(): Promise<string> {
    const line = await this.#readUntil("\r\n");
    if (line === undefined) throw new BrokenOff("In a line");
    return line;
  }

  /** Reads fields up to an empty line. */
  async readFields(): Promise<Fields> {
    const lines: string[] = [];
    for (let line = await this.readLine(); line !== ""; line = await this.readLine()) {
      lines.push(line);
    }
    return fieldsOf(lines);
  }

  /** Reads until the server has closed the connection; what was sent before. */
  async readEnd(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.readSome(Infinity);
      if (piece === undefined) break;
      pieces.push(piece.slice());
    }
    return joined(pieces);
  }

  /** Disconnects. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  async #readUntil(mark: string): Promise<string | undefined> {
    let from = 0;
    for (;;) {
      const text = toLatin1(this.#rest.subarray(from));
      const index = text.indexOf(mark);
      if (index !== -1) {
        const taken = this.#take(from + index + mark.length);
        return toLatin1(taken.subarray(0, from + index));
      }
      from = Math.max(0, this.#rest.length - mark.length);
      if (!await this.#receive()) return undefined;
    }
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Receives what is there; false at the end. */
  async #receive(): Promise<boolean> {
    const count = await this.#socket.read(this.#buffer).catch((error) => {
      if (isDisconnection(error)) return null;
      throw error;
    });
    if (count === null) return false;
    this.#rest = joined([this.#rest, this.#buffer.subarray(0, count)]);
    return true;
  }
}

/** Pieces as one, which is nobody else's. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A text as bytes, one a character. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

function toLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return text;
}

function fieldsOf(lines: readonly string[]): Fields {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
}

/** Whether the other end closed the connection; it may well do so while we still send. */
function isDisconnection(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    // What a TLS socket says where the connection ends without its closing alert.
    error instanceof Deno.errors.UnexpectedEof;
}
