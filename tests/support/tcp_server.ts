/**
 * A server that says bytes which no HTTP server would say, and counts its connections.
 *
 * @module
 */

/** One connection that was accepted. */
export interface Accepted {
  /** Reads what is there, as Latin-1; `undefined` at the end. */
  read(): Promise<string | undefined>;
  /** Reads up to the empty line behind a request's head. */
  readHead(): Promise<string>;
  /** Sends a text, as Latin-1. */
  say(text: string): Promise<void>;
  /** The connection. */
  readonly socket: Deno.TcpConn;
}

/** A server on 127.0.0.1. */
export interface TcpServer extends AsyncDisposable {
  /** Its port. */
  readonly port: number;
  /** Its address. */
  readonly url: string;
  /** How many connections it accepted. */
  readonly accepted: number;
  /** How many of them said something: undici opens some to spare. */
  readonly used: number;
  /** The connections that are still open, closed at once. */
  drop(): void;
}

/** Starts a server that does `talk` on each connection and then closes it. */
export function tcpServer(talk: (connection: Accepted) => Promise<void>): TcpServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const talks = new Set<Promise<void>>();
  let accepted = 0;
  let used = 0;
  const drop = (): void => {
    for (const socket of open) close(socket);
    open.clear();
  };
  const accepting = (async () => {
    for await (const socket of listener) {
      accepted++;
      open.add(socket);
      const talked = talk(connectionOf(socket, () => used++)).catch(() => {}).finally(() => {
        if (open.delete(socket)) close(socket);
        talks.delete(talked);
      });
      talks.add(talked);
    }
  })();
  const { port } = listener.addr;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get accepted() {
      return accepted;
    },
    get used() {
      return used;
    },
    drop,
    async [Symbol.asyncDispose]() {
      listener.close();
      drop();
      await accepting;
      await Promise.all(talks);
    },
  };
}

/** A server that answers each connection's first request with `bytes` and closes the connection. */
export function sayingServer(bytes: string): TcpServer {
  return tcpServer(async (connection) => {
    await connection.readHead();
    await connection.say(bytes);
  });
}

/** A server that answers every request with `bytes` and leaves closing to the client. */
export function stayingServer(bytes: string): TcpServer {
  return tcpServer(async (connection) => {
    for (;;) {
      await connection.readHead();
      await connection.say(bytes);
    }
  });
}

function connectionOf(socket: Deno.TcpConn, onUse: () => void): Accepted {
  let isUsed = false;
  const read = async (): Promise<string | undefined> => {
    const buffer = new Uint8Array(65_536);
    const count = await socket.read(buffer);
    if (count === null) return undefined;
    if (!isUsed) onUse();
    isUsed = true;
    let text = "";
    for (const byte of buffer.subarray(0, count)) text += String.fromCharCode(byte);
    return text;
  };
  return {
    socket,
    read,
    async readHead() {
      let text = "";
      while (!text.includes("\r\n\r\n")) {
        const more = await read();
        if (more === undefined) throw new Error("The request broke off");
        text += more;
      }
      return text;
    },
    async say(text) {
      let rest: Uint8Array = Uint8Array.from(text, (character) => character.charCodeAt(0));
      while (rest.length > 0) rest = rest.subarray(await socket.write(rest));
    },
  };
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // The other end was first.
  }
}
