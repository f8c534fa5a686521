/**
 * Requests and their responses over HTTP/2, as streams of one connection of `node:http2`.
 *
 * @module
 */
import * as http2 from "node:http2";
import {
  type Answer,
  type Asked,
  BrokenOff,
  type Exchange,
  type Fields,
  type Head,
} from "./ask.ts";
import { joined } from "./h1_connection.ts";
import type { Place } from "./target.ts";

/** Connects. */
export async function openSession(
  { port, ca }: Place,
  options: http2.ClientSessionOptions = {},
): Promise<http2.ClientHttp2Session> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const scheme = ca === undefined ? "http" : "https";
  const authority = `${scheme}://127.0.0.1:${port}`;
  const secure = ca === undefined ? {} : { ca };
  const session = http2.connect(authority, { ...options, ...secure });
  session.on("error", reject);
  session.once("connect", () => resolve());
  await promise;
  return session;
}

/** An exchange over HTTP/2. */
export class H2Exchange implements Exchange {
  readonly #stream: http2.ClientHttp2Stream;
  readonly informational: Head[] = [];
  readonly #head = Promise.withResolvers<Head>();
  readonly #over = Promise.withResolvers<void>();
  readonly #pieces: Uint8Array[] = [];
  #more = Promise.withResolvers<void>();
  #trailers: Fields = [];
  #ended = false;

  /** Sends the head, and the body that is there. */
  constructor(session: http2.ClientHttp2Session, asked: Asked) {
    const { method = "GET", path, fields = [], host, body } = asked;
    // Without a prototype, so that a field may be called `constructor`.
    const headers: http2.OutgoingHttpHeaders = Object.create(null);
    headers[":method"] = method;
    headers[":path"] = path;
    if (host !== undefined) headers[":authority"] = host;
    for (const [name, value] of fields) {
      const before = headers[name] as string | string[] | undefined;
      headers[name] = before === undefined ? value : [before, value].flat();
    }
    const isWhole = body !== undefined && body !== "streamed";
    if (isWhole) headers["content-length"] = bytesOf(body).length;
    const stream = session.request(headers, {
      endStream: body === undefined,
      waitForTrailers: body === "streamed",
    });
    this.#stream = stream;
    this.#listen();
    if (isWhole) stream.end(bytesOf(body));
  }

  async send(piece: Uint8Array | string): Promise<void> {
    const bytes = bytesOf(piece);
    // A stream that was reset takes nothing and says nothing.
    if (this.#stream.destroyed || this.#stream.closed) return;
    await Promise.race([
      new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve())),
      this.#over.promise.catch(() => {}),
    ]);
  }

  end(trailers: Fields = []): Promise<void> {
    const stream = this.#stream;
    stream.on("wantTrailers", () => stream.sendTrailers(Object.fromEntries(trailers)));
    stream.end();
    return Promise.resolve();
  }

  inform(): Promise<Head | undefined> {
    throw new Error("HTTP/2 tells informational responses in `informational`");
  }

  head(): Promise<Head> {
    return this.#head.promise;
  }

  async read(): Promise<Uint8Array | undefined> {
    await this.head();
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      if (this.#ended) {
        await this.#over.promise;
        return undefined;
      }
      this.#more = Promise.withResolvers();
      await this.#more.promise;
    }
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
    this.#stream.close(http2.constants.NGHTTP2_CANCEL);
    // With something left to send, the stream never says that it is closed.
    this.#fail(new BrokenOff("Nobody reads on"));
  }

  #listen(): void {
    const stream = this.#stream;
    this.#head.promise.catch(() => {});
    this.#over.promise.catch(() => {});
    stream.on("headers", (headers) => this.informational.push(headOf(headers)));
    stream.on("response", (headers) => this.#head.resolve(headOf(headers)));
    stream.on("trailers", (headers) => this.#trailers = headOf(headers).fields);
    stream.on("data", (piece: Uint8Array) => {
      this.#pieces.push(new Uint8Array(piece));
      this.#more.resolve();
    });
    // The end of a response may come long before that of its request, and of the stream.
    stream.on("end", () => {
      if ((stream.rstCode ?? 0) === 0) this.#close(0);
    });
    // What went wrong is told by the close, with its code.
    stream.on("error", () => {});
    stream.on("close", () => this.#close(stream.rstCode));
  }

  #close(code: number | undefined): void {
    this.#ended = true;
    if (code === 0 || code === undefined) {
      this.#over.resolve();
      this.#head.reject(new BrokenOff("The connection ended", code));
      this.#more.resolve();
    } else {
      this.#fail(new BrokenOff(`The stream was reset with ${code}`, code));
    }
  }

  #fail(error: BrokenOff): void {
    this.#ended = true;
    this.#over.reject(error);
    this.#head.reject(error);
    this.#more.resolve();
  }
}

function headOf(headers: http2.IncomingHttpHeaders): Head {
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of [value].flat()) fields.push([name, one]);
  }
  return { status: Number(headers[":status"]), fields };
}

function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}
