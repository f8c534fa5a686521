/**
 * HTTP/1.1 written by hand: sends bytes that no client would send, and reads what comes back.
 *
 * A text is sent as Latin-1, one byte a character, so that a test can write any byte it likes.
 *
 * @module
 */

/** A response as it was received. */
export interface RawResponse {
  /** The status code. */
  readonly status: number;
  /** The head without its last, empty line: status line and header fields as they were sent. */
  readonly head: string;
  /** The header fields. */
  readonly headers: Headers;
  /** The body without its chunks, as UTF-8. */
  readonly body: string;
}

/** What to expect of a response. */
export interface ReadOptions {
  /** Whether it answers a HEAD request, and so has no body whatever its fields say. */
  readonly head?: boolean;
  /**
   * How long to wait for it, in milliseconds.
   *
   * @default 5000
   */
  readonly timeout?: number;
}

/** Where to connect to: a running server is one. */
export interface Port {
  /** The port on 127.0.0.1. */
  readonly port: number;
}

/** The bytes of a request: header fields as given, the empty line and the body added. */
export function rawRequest(line: string, fields: readonly string[] = [], body = ""): string {
  return [line, ...fields, "", body].join("\r\n");
}

/**
 * Sends bytes on a connection of their own and reads one response.
 *
 * @returns `undefined` where the server closed the connection without a response.
 * @throws {Error} when no response came in time, or what came is not HTTP/1.1.
 */
export async function sendRaw(
  { port }: Port,
  bytes: string | Uint8Array,
  options?: ReadOptions,
): Promise<RawResponse | undefined> {
  using connection = await RawConnection.open({ port });
  await connection.send(bytes);
  return await connection.read(options);
}

/** One connection to a server. */
export class RawConnection implements Disposable {
  readonly #socket: Deno.TcpConn;
  #closed = false;
  /** What was received beyond what was read. */
  #received = "";

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects. */
  static async open({ port }: Port): Promise<RawConnection> {
    return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
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

  /** Reads one response; `undefined` where the connection ends before one begins. */
  async read(
    { head = false, timeout = 5_000 }: ReadOptions = {},
  ): Promise<RawResponse | undefined> {
    // Real time, because a server that answers nothing must fail a test and not hang it; the
    // server is another task of this process, and a virtual clock would never reach it.
    const timer = setTimeout(() => this.#close(), timeout);
    try {
      return await this.#readResponse(head);
    } catch (error) {
      if (!this.#closed) throw error;
      throw new Error(`No response within ${timeout} ms, only: ${this.#received.slice(0, 200)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says that nothing more will be sent. */
  async closeWrite(): Promise<void> {
    await this.#socket.closeWrite();
  }

  /** Disconnects. */
  [Symbol.dispose](): void {
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  async #readResponse(isHead: boolean): Promise<RawResponse | undefined> {
    const head = await this.#readUntil("\r\n\r\n");
    if (head === undefined) {
      if (this.#received === "") return undefined;
      throw new Error(`The response broke off: ${this.#received.slice(0, 200)}`);
    }
    const [line = "", ...fields] = head.split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]);
    if (Number.isNaN(status)) throw new Error(`No status line of HTTP/1.1: ${line.slice(0, 200)}`);
    const headers = new Headers();
    for (const field of fields) {
      const colon = field.indexOf(":");
      headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
    }
    const isBodiless = isHead || status < 200 || status === 204 || status === 304;
    const body = isBodiless ? "" : await this.#readBody(headers);
    return { status, head, headers, body: new TextDecoder().decode(fromLatin1(body)) };
  }

  async #readBody(headers: Headers): Promise<string> {
    if (headers.get("transfer-encoding") === "chunked") return await this.#readChunks();
    const length = headers.get("content-length");
    if (length !== null) return await this.#readLength(Number(length));
    while (await this.#receive());
    return this.#take(this.#received.length);
  }

  async #readChunks(): Promise<string> {
    let body = "";
    for (;;) {
      const size = parseInt(await this.#readUntil("\r\n") ?? "", 16);
      if (Number.isNaN(size)) throw new Error("A chunk has no size");
      body += await this.#readLength(size);
      await this.#readUntil("\r\n");
      if (size === 0) return body;
    }
  }

  async #readLength(length: number): Promise<string> {
    while (this.#received.length < length) {
      if (!await this.#receive()) throw new Error(`The body broke off before ${length} bytes`);
    }
    return this.#take(length);
  }

  /** What comes before `mark`; `undefined` where the connection ends first. */
  async #readUntil(mark: string): Promise<string | undefined> {
    for (;;) {
      const index = this.#received.indexOf(mark);
      if (index !== -1) return this.#take(index + mark.length).slice(0, index);
      if (!await this.#receive()) return undefined;
    }
  }

  #take(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  /** Receives what is there; false at the end. */
  async #receive(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const count = await this.#socket.read(buffer).catch((error) => {
      if (!this.#closed && isDisconnection(error)) return null;
      throw error;
    });
    if (count === null) return false;
    this.#received += toLatin1(buffer.subarray(0, count));
    return true;
  }
}

/** Whether the other end closed the connection; it may well do so while we still send. */
function isDisconnection(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}

function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

function toLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
