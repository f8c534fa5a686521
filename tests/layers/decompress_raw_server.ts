/**
 * A server of HTTP/1.1 written by hand, for responses that no server would send: bombs, lengths that
 * lie, bodies that break off.
 *
 * @module
 */

/** The bytes of a response, a part at a time; a text is sent as Latin-1. */
export type RawAnswer = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** The head of a response, its empty line included; every connection has one response. */
export function rawHead(status: string, ...fields: string[]): string {
  return [`HTTP/1.1 ${status}`, ...fields, "Connection: close", "", ""].join("\r\n");
}

/** Answers every request with the same bytes, then closes the connection. */
export class RawServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>[] = [];
  /** The heads of the requests that came. */
  readonly requests: string[] = [];
  /** How many bytes were handed to the system. */
  sent = 0;
  /** How many clients closed their connection before they had everything. */
  hungUp = 0;

  /** Listens; `answer` makes the bytes of each response. */
  constructor(answer: () => RawAnswer) {
    this.#work.push(this.#listen(answer));
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** Stops, and waits until nothing is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await Promise.all(this.#work);
  }

  /** Waits until every response that was begun was sent, or is wanted no more. */
  async settled(): Promise<void> {
    await Promise.all(this.#work.slice(1));
  }

  async #listen(answer: () => RawAnswer): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        this.#work.push(this.#answer(connection, answer()));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #answer(connection: Deno.TcpConn, answer: RawAnswer): Promise<void> {
    try {
      await this.#readHead(connection);
      for await (const part of answer) await this.#send(connection, bytesOf(part));
      await connection.closeWrite();
      // Closing at once would reset the connection, and take from the client what it has not read.
      while (await connection.read(new Uint8Array(1024)) !== null);
    } catch {
      this.hungUp++;
    } finally {
      close(connection);
    }
  }

  async #readHead(connection: Deno.TcpConn): Promise<void> {
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const buffer = new Uint8Array(16_384);
      const count = await connection.read(buffer);
      if (count === null) throw new Error("No request");
      head += new TextDecoder().decode(buffer.subarray(0, count));
    }
    this.requests.push(head);
  }

  async #send(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const count = await connection.write(rest.subarray(0, 16_384));
      this.sent += count;
      rest = rest.subarray(count);
    }
  }
}

function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? Uint8Array.from(part, (char) => char.charCodeAt(0)) : part;
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
