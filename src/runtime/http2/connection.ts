/**
 * One HTTP/2 connection: its streams, and what is borne of its client. nghttp2, on which Node's and
 * Deno's modules stand, has limits of its own for frames that cost nothing to send; what a program
 * pays for, streams that are begun and given up, is counted here.
 *
 * @module
 */
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { PlatformAddress, TlsConnection } from "../../message/connection.ts";
import { Http2Exchange } from "./exchange.ts";
import { RateCount } from "./rate.ts";
import { afterReading, releaseLater } from "./release.ts";
import type { Http2Link, Http2Promise, Http2Shared } from "./shared.ts";

/** Error codes (RFC 9113 section 7). */
const noError = 0;
const refusedStream = 7;
const enhanceYourCalm = 11;

/** Within how many milliseconds resets, pings and settings are counted. */
const countedTime = 10_000;

/** Pings and settings that a client may send within that time; browsers send one or two. */
const maxControlFrames = 500;

/** How long what is said last may take to be sent, in milliseconds. */
export const partingTime = 1_000;

/** What Node tells of a stream; its types know of the list only on the client's side. */
type BegunStream = [
  stream: ServerHttp2Stream,
  headers: object,
  flags: number,
  raw: readonly string[],
];

/** One HTTP/2 connection. */
export class Http2Connection implements Http2Link {
  /** Node's object for it. */
  readonly session: ServerHttp2Session;
  /** What it has in common with the others. */
  readonly shared: Http2Shared;
  /** The client's end. */
  readonly remoteAddr: PlatformAddress;
  /** This end. */
  readonly localAddr: PlatformAddress;
  /** The scheme of every URL. */
  readonly scheme: "http" | "https";
  /** What TLS has agreed on. */
  readonly tls: TlsConnection | undefined;
  /** The streams that are open. */
  readonly streams: Set<Http2Exchange> = new Set();
  /** What was promised on it and is not sent yet. */
  readonly promises: Set<Http2Promise> = new Set();
  /** When it was made. */
  readonly since: number;
  /** When the last stream ended. */
  idleSince: number;
  /** Whether the client's settings have come. */
  hasBegun = false;
  /** Since when it waits for its last streams to end, if it does. */
  closingSince: number | undefined = undefined;
  /** When the last ping was sent. */
  pingedAt: number;
  /** How many pings are still to be answered. */
  unanswered = 0;
  /** What the socket had received when the last ping was due. */
  receivedThen = 0;
  /** What the socket had received when it was last known that no header block was begun in it. */
  receivedWhole = 0;
  /** Since when the client is asked about that, if it is. */
  askedAt: number | undefined = undefined;
  /** What the socket has sent when it was last looked at, and since when it is as much. */
  sent = 0;
  /** Since when nothing was sent. */
  sentAt: number;
  readonly #socket: Socket;
  readonly #resets: RateCount;
  readonly #controls: RateCount;
  #requests = 0;
  /** Requests whose handlers are at work, whether their streams are open or not. */
  #working = 0;
  #isCalmed = false;
  #isParting = false;

  /** Speaks HTTP/2 on a connection. */
  constructor(
    session: ServerHttp2Session,
    socket: Socket,
    shared: Http2Shared,
    onClose: (connection: Http2Connection) => void,
  ) {
    this.session = session;
    this.shared = shared;
    this.#socket = socket;
    this.remoteAddr = {
      transport: "tcp",
      hostname: plainAddress(socket.remoteAddress),
      port: socket.remotePort ?? 0,
    };
    this.localAddr = {
      transport: "tcp",
      hostname: plainAddress(socket.localAddress),
      port: socket.localPort ?? 0,
    };
    this.scheme = "encrypted" in socket ? "https" : "http";
    this.tls = shared.tlsOf(socket);
    this.since =
      this.idleSince =
      this.pingedAt =
      this.sentAt =
        shared.clock.now();
    this.#resets = new RateCount(shared.limits.maxResets, countedTime);
    this.#controls = new RateCount(maxControlFrames, countedTime);
    releaseLater(session);
    session.on("stream", (...[stream, , , raw]: BegunStream) => this.#begin(stream, raw));
    session.on("ping", () => this.#countControl());
    session.on("remoteSettings", () => {
      this.hasBegun = true;
      this.#countControl();
    });
    // What the client did wrong is its own affair; the connection ends in any case.
    session.on("error", () => {});
    session.on("close", () => onClose(this));
    // A client that says no more reads no more either; Node waits for it where half-open is allowed.
    socket.once("end", () => this.destroy());
  }

  /** Bytes that have come. */
  get received(): number {
    return this.#socket.bytesRead ?? 0;
  }

  /** Bytes that were sent. */
  get written(): number {
    return this.#socket.bytesWritten ?? 0;
  }

  /** Counts a handler that has begun, or is done with (-1). */
  work(change: 1 | -1): void {
    this.#working += change;
  }

  /** A stream has closed; `isReset` where that was the client's doing, by RST_STREAM or by a fault. */
  ended(stream: object, isReset: boolean): void {
    this.streams.delete(stream as Http2Exchange);
    const now = this.shared.clock.now();
    if (this.streams.size === 0) this.idleSince = now;
    if (isReset && this.#resets.exceeds(now)) this.#calm();
  }

  /**
   * Tells the client to go, and closes the connection once its streams have ended. What it sends from
   * now on is not taken, and it knows so by the number of the last stream (RFC 9113 section 6.8): Node
   * has nothing for the notice that may come before that.
   */
  goAway(): void {
    if (this.closingSince !== undefined || this.session.destroyed) return;
    this.closingSince = this.shared.clock.now();
    this.session.close();
  }

  /** Ends the connection with an error code, and does not wait long for the client to take it. */
  destroy(code: number = noError): void {
    // The socket may outlive the session for a while, in which this is asked for at each look.
    if (this.#isParting) return;
    this.#isParting = true;
    const socket = this.#socket;
    // Node takes a code for none where no error comes with it.
    if (code === noError) this.session.destroy();
    else this.session.destroy(new Error(`HTTP/2 error ${code}`), code);
    if (socket.destroyed) return;
    const timer = this.shared.clock.setTimer(() => socket.destroy(), partingTime);
    socket.once("close", () => timer.clear());
  }

  /** Closes the connection now. */
  abort(): void {
    this.session.destroy();
    this.#socket.destroy();
  }

  #begin(stream: ServerHttp2Stream, raw: readonly string[]): void {
    const { maxActiveStreams, maxRequests } = this.shared.limits;
    this.hasBegun = true;
    // A client that resets what it has begun keeps handlers at work which count as no stream.
    if (this.#working >= 2 * maxActiveStreams) {
      stream.on("error", () => {});
      afterReading(() => stream.close(refusedStream));
      return;
    }
    const exchange = new Http2Exchange(stream, this);
    this.streams.add(exchange);
    exchange.answer(raw);
    this.#requests++;
    if (this.#requests >= maxRequests) this.goAway();
  }

  /** Ends the connection of a client that does too much of something. */
  #calm(): void {
    if (this.#isCalmed) return;
    this.#isCalmed = true;
    // Later, because frames may be read out of the same bytes just now.
    setImmediate(() => this.destroy(enhanceYourCalm));
  }

  #countControl(): void {
    if (this.#controls.exceeds(this.shared.clock.now())) this.#calm();
  }
}

/** An IPv4 address as such, where a socket for both families writes it as one of IPv6. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
