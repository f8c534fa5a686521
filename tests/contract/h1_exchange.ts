/**
 * A request and its response over HTTP/1.1, on a connection of their own.
 *
 * @module
 */
import {
  type Answer,
  type Asked,
  BrokenOff,
  type Exchange,
  field,
  type Fields,
  type Head,
} from "./ask.ts";
import { fromLatin1, H1Connection, joined } from "./h1_connection.ts";
import type { Place } from "./target.ts";

/** An exchange over HTTP/1.1. */
export class H1Exchange implements Exchange, Disposable {
  readonly #connection: H1Connection;
  readonly #method: string;
  readonly informational: Head[] = [];
  #head: Head | undefined = undefined;
  /** Bytes of the body or of the chunk that are still to come. */
  #left = 0;
  #framing: "none" | "length" | "chunked" | "close" = "none";
  #isOver = false;
  #trailers: Fields = [];

  private constructor(connection: H1Connection, method: string) {
    this.#connection = connection;
    this.#method = method;
  }

  /** Connects and sends the head, and the body that is there. */
  static async open(place: Place, asked: Asked): Promise<H1Exchange> {
    const connection = await H1Connection.open(place);
    const { method = "GET", body } = asked;
    const exchange = new H1Exchange(connection, method);
    await connection.send(headOf(place, asked));
    if (body !== undefined && body !== "streamed") await connection.send(bytesOf(body));
    return exchange;
  }

  async send(piece: Uint8Array | string): Promise<void> {
    const bytes = bytesOf(piece);
    await this.#connection.send(`${bytes.length.toString(16)}\r\n`);
    await this.#connection.send(bytes);
    await this.#connection.send("\r\n");
  }

  async end(trailers: Fields = []): Promise<void> {
    const lines = trailers.map(([name, value]) => `${name}: ${value}\r\n`);
    await this.#connection.send(`0\r\n${lines.join("")}\r\n`);
  }

  async inform(): Promise<Head | undefined> {
    const head = await this.#connection.readHead();
    if (head === undefined) throw new BrokenOff("No response");
    if (head.status >= 200 || head.status === 101) {
      this.#begin(head);
      return undefined;
    }
    this.informational.push(head);
    return head;
  }

  async head(): Promise<Head> {
    while (this.#head === undefined) await this.inform();
    return this.#head;
  }

  async read(): Promise<Uint8Array | undefined> {
    await this.head();
    if (this.#isOver) return undefined;
    if (this.#framing === "chunked" && this.#left === 0 && !await this.#nextChunk()) {
      this.#isOver = true;
      return undefined;
    }
    const piece = await this.#connection.readSome(this.#left);
    if (piece === undefined) {
      this.#isOver = true;
      if (this.#framing === "close") return undefined;
      throw new BrokenOff(`${this.#left} bytes are missing`);
    }
    this.#left -= piece.length;
    if (this.#left > 0) return piece;
    if (this.#framing === "chunked") await this.#connection.readLine();
    else this.#isOver = true;
    return piece;
  }

  async answer(): Promise<Answer> {
    const head = await this.head();
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.read();
      if (piece === undefined) break;
      pieces.push(piece);
    }
    const { informational } = this;
    return { ...head, informational, body: joined(pieces), trailers: this.#trailers };
  }

  leave(): void {
    this.#connection[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  #begin(head: Head): void {
    this.#head = head;
    const { status } = head;
    const length = field(head, "content-length");
    const isBodiless = this.#method === "HEAD" || status < 200 || status === 204 || status === 304;
    if (isBodiless) this.#framing = "none";
    else if (field(head, "transfer-encoding") === "chunked") this.#framing = "chunked";
    else if (length !== undefined) this.#framing = "length";
    else this.#framing = "close";
    if (this.#framing === "length") this.#left = Number(length);
    if (this.#framing === "close") this.#left = Infinity;
    this.#isOver = this.#framing !== "chunked" && this.#left === 0;
  }

  async #nextChunk(): Promise<boolean> {
    const line = await this.#connection.readLine();
    if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`No size of a chunk: ${line.slice(0, 100)}`);
    this.#left = parseInt(line, 16);
    if (this.#left > 0) return true;
    this.#trailers = await this.#connection.readFields();
    return false;
  }
}

/** A head as it is sent. */
export function headOf({ port }: Pick<Place, "port">, asked: Asked): Uint8Array {
  const { method = "GET", path, fields = [], host = `127.0.0.1:${port}`, body } = asked;
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  if (body === "streamed") lines.push("Transfer-Encoding: chunked");
  else if (body !== undefined) lines.push(`Content-Length: ${bytesOf(body).length}`);
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  return fromLatin1([...lines, "", ""].join("\r\n"));
}

function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}
