/**
 * What tests use of `Deno.connect` and `Deno.listen`, over `node:net`: bytes are written and read by
 * hand, a connection is half closed, and whoever closed it is told as Deno tells it.
 *
 * Used where tests run on Node, by `tests_on_node.ts`, and nowhere else.
 *
 * @module
 */
import { connect as connectTo, createServer, type Server, type Socket } from "node:net";

/** Where to connect to, or to listen; a port of this machine, or a socket in a file. */
export interface SocketPlace {
  /** The host. @default "127.0.0.1" */
  readonly hostname?: string;
  /** The port; 0 to listen on any. */
  readonly port?: number;
  /** The file of a Unix socket. */
  readonly path?: string;
}

/** An end of a connection. */
export interface SocketAddress {
  /** As Deno calls it. */
  readonly transport: "tcp" | "unix";
  /** The IP address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** The errors that sockets fail with: those of `Deno.errors`. */
export type SocketErrors = Readonly<Record<string, new (message: string) => Error>>;

/** `Deno.connect` and `Deno.listen`. */
export interface SocketsOnNode {
  /** Connects. */
  connect(place: SocketPlace): Promise<SocketOnNode>;
  /** Listens, from now on. */
  listen(place: SocketPlace): ListenerOnNode;
}

/** Makes both of them, failing with the errors that they are given. */
export function socketsOnNode(errors: SocketErrors): SocketsOnNode {
  return {
    connect: async (place) => {
      const { hostname = "127.0.0.1", port = 0, path } = place;
      const socket = path === undefined
        ? connectTo({ host: hostname, port, allowHalfOpen: true })
        : connectTo({ path, allowHalfOpen: true });
      await settled(errors, (done) => socket.once("error", done).once("connect", done));
      return new SocketOnNode(socket, errors);
    },
    listen: (place) => new ListenerOnNode(place, errors),
  };
}

/** A connection, as `Deno.TcpConn` is one. */
export class SocketOnNode implements Disposable {
  readonly #socket: Socket;
  readonly #errors: SocketErrors;
  #failure: Error | undefined;
  #isEnded = false;
  #isClosed = false;
  /** Called when there may be something to read. */
  #wake: () => void = () => {};
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  /** Takes a connection that nobody has read from. */
  constructor(socket: Socket, errors: SocketErrors) {
    this.#socket = socket;
    this.#errors = errors;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => {
      this.#isEnded = true;
      this.#wake();
    });
    socket.on("error", (error) => {
      this.#failure = translated(error, errors);
      this.#wake();
    });
    socket.on("close", () => this.#wake());
  }

  /** What comes, as a stream. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= new ReadableStream({
      pull: async (controller) => {
        const buffer = new Uint8Array(65_536);
        const count = await this.read(buffer);
        if (count === null) controller.close();
        else controller.enqueue(buffer.subarray(0, count));
      },
      cancel: () => this[Symbol.dispose](),
    });
  }

  /** What goes, as a stream; closing it sends the end. */
  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= new WritableStream({
      write: async (bytes) => {
        await this.write(bytes);
      },
      close: () => this.closeWrite(),
      abort: () => this[Symbol.dispose](),
    });
  }

  /** This end. */
  get localAddr(): SocketAddress {
    const { localAddress = "", localPort = 0 } = this.#socket;
    return { transport: "tcp", hostname: withoutMapping(localAddress), port: localPort };
  }

  /** The other end. */
  get remoteAddr(): SocketAddress {
    const { remoteAddress = "", remotePort = 0 } = this.#socket;
    return { transport: "tcp", hostname: withoutMapping(remoteAddress), port: remotePort };
  }

  /** Reads what is there, as soon as there is something; null at the end. */
  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      this.#mustBeOpen();
      const there = Math.min(this.#socket.readableLength, buffer.length);
      const bytes: Uint8Array | null = there > 0 ? this.#socket.read(there) : null;
      if (bytes !== null) {
        buffer.set(bytes);
        return bytes.length;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isEnded || this.#socket.destroyed) return null;
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      // Asked for nothing, it looks whether there is more, or the end.
      this.#socket.read(0);
      await woken;
    }
  }

  /** Writes all of it. */
  async write(bytes: Uint8Array): Promise<number> {
    this.#mustBeOpen();
    if (this.#failure !== undefined) throw this.#failure;
    const copy = bytes.slice();
    await settled(this.#errors, (done) => this.#socket.write(copy, done));
    return bytes.length;
  }

  /** Sends the end, and reads on. */
  async closeWrite(): Promise<void> {
    this.#mustBeOpen();
    await settled(this.#errors, (done) => this.#socket.end(done));
  }

  /** Closes both halves at once. */
  close(): void {
    this.#mustBeOpen();
    this.#isClosed = true;
    this.#socket.destroy();
    this.#wake();
  }

  /** Sends small pieces as they are written. */
  setNoDelay(): void {
    this.#socket.setNoDelay(true);
  }

  /** Closes it, if it is open. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  #mustBeOpen(): void {
    const { BadResource = Error } = this.#errors;
    if (this.#isClosed) throw new BadResource("Bad resource ID");
  }
}

/** A listening socket, as `Deno.listen` gives one. */
export class ListenerOnNode implements Disposable, AsyncIterable<SocketOnNode> {
  readonly #server: Server;
  readonly #errors: SocketErrors;
  readonly #hostname: string;
  readonly #waiting: SocketOnNode[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  /** Listens from now on. */
  constructor({ hostname = "0.0.0.0", port = 0, path }: SocketPlace, errors: SocketErrors) {
    this.#errors = errors;
    this.#hostname = hostname;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#waiting.push(new SocketOnNode(socket, errors));
      this.#wake();
    });
    // With no host the port is bound at once; looking up even an address takes a turn.
    if (path === undefined) this.#server.listen(port);
    else this.#server.listen(path);
  }

  /** Where it listens. */
  get addr(): SocketAddress {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return { transport: "tcp", hostname: this.#hostname, port };
  }

  /** The next connection. */
  async accept(): Promise<SocketOnNode> {
    for (;;) {
      const { BadResource = Error } = this.#errors;
      if (this.#isClosed) throw new BadResource("Bad resource ID");
      const socket = this.#waiting.shift();
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Every connection, until it is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SocketOnNode> {
    try {
      for (;;) yield await this.accept();
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
  }

  /** Listens no more; what it accepted stays open, what nobody asked for does not. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#waiting) socket.close();
    this.#wake();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Waits for a callback of Node's. */
function settled(
  errors: SocketErrors,
  start: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) =>
    start((error) => error ? reject(translated(error, errors)) : resolve())
  );
}

const names: Readonly<Record<string, string>> = {
  EADDRINUSE: "AddrInUse",
  ECONNABORTED: "ConnectionAborted",
  ECONNREFUSED: "ConnectionRefused",
  ECONNRESET: "ConnectionReset",
  ENOENT: "NotFound",
  EPIPE: "BrokenPipe",
  ERR_STREAM_DESTROYED: "BrokenPipe",
  ERR_STREAM_WRITE_AFTER_END: "BrokenPipe",
};

function translated(error: Error & { readonly code?: string }, errors: SocketErrors): Error {
  const Named = errors[names[error.code ?? ""] ?? ""];
  return Named === undefined ? error : new Named(error.message);
}

function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
