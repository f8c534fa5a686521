/**
 * One request over HTTP/2 and its response: what Node tells of it, and what can be done for it.
 *
 * It is both the message that a `Request` is made of and the connection that is handed over beside it:
 * a stream is one request, so that one object does for both.
 *
 * @module
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { brokenBody } from "../../message/broken_body.ts";
import type {
  Connection,
  FieldList,
  InformationalStatus,
  PlatformAddress,
  PushedRequest,
  PushStream,
  TlsConnection,
} from "../../message/connection.ts";
import { type Deferred, deferred } from "../../message/deferred.ts";
import { addHttp2List, noHttp2Fields } from "./fields.ts";
import { NodeAnswer, type WholeBody } from "../node/answer.ts";
import { readHttp2Head, type RefusedHead } from "./head.ts";
import { holdEnd } from "./body.ts";
import { pushHttp2 } from "./push.ts";
import { afterReading } from "./release.ts";
import { breakOff, type Http2Sending, sendHttp2 } from "./sender.ts";
import type { Http2Link } from "./shared.ts";
import type { ReceivedMessage } from "../node/message.ts";
import { NodeRequest } from "../node/request.ts";

/** One request and its response. */
export class Http2Exchange implements ReceivedMessage, Connection, Http2Sending {
  /** The stream. */
  readonly stream: ServerHttp2Stream;
  /** The connection it is one of. */
  readonly connection: Http2Link;
  /** When it began. */
  readonly since: number;
  /** How many pieces have come, or writes were taken, when it was last looked at. */
  seen: number = -1;
  /** Since when that is as much. */
  seenAt: number;
  /** How many pieces of the body have come. */
  came = 0;
  /** How many writes the client has taken. */
  taken = 0;
  /** The method, as it was sent. */
  method = "";
  /** The whole URL. */
  url = "";
  /** Names and values in turn. */
  fields: readonly string[] = [];
  /** The body as it comes in; `undefined` where there is none. */
  body: Readable | undefined = undefined;
  /** Asks the client for the body, where it waits for that (RFC 9110 section 10.1.1). */
  beginBody: (() => void) | undefined = undefined;
  #isClosed = false;
  /** Whether the stream is broken off from here, so that it is not the client's doing. */
  #isGivenUp = false;
  #controller: AbortController | undefined = undefined;
  #completed: Deferred<void> | undefined = undefined;
  #trailers: Headers | undefined = undefined;
  #wantedTrailers: Deferred<Headers> | undefined = undefined;

  /** Takes a stream that has begun. */
  constructor(stream: ServerHttp2Stream, connection: Http2Link) {
    this.stream = stream;
    this.connection = connection;
    this.since = this.seenAt = connection.shared.clock.now();
    // Told by "close" as well, where it is acted upon.
    stream.on("error", nothing);
    stream.on("close", () => this.#close());
  }

  /** Hands the request over, and sends what comes of it. */
  answer(raw: readonly string[]): void {
    const { stream, connection } = this;
    const { shared, scheme } = connection;
    const head = readHttp2Head(raw, scheme, shared.limits);
    if (typeof head === "number") return this.#refuse(head);
    this.method = head.method;
    this.url = head.url;
    this.fields = head.fields;
    // One of `Content-Length: 0` has ended for Deno (2.9.6) before anyone could see it.
    if (!stream.endAfterHeaders && !isEmpty(head.fields)) this.#expectBody();
    connection.work(1);
    const answer = shared.handler(new NodeRequest(this), this);
    if (answer instanceof Promise) answer.then((response) => this.#send(response), this.#fail);
    else this.#send(answer);
  }

  /** Breaks the stream off from here. */
  giveUp(): void {
    this.#isGivenUp = true;
    afterReading(() => breakOff(this.stream));
  }

  /** Answers a request that has not come in time, or breaks it off where it is answered already. */
  expire(): void {
    if (this.stream.headersSent) return this.giveUp();
    this.#refuse(408);
    this.#controller?.abort(gone());
  }

  /** Whether it has no body whatever its fields say. */
  get isHead(): boolean {
    return this.method === "HEAD";
  }

  /** How long the client may take for a write, in milliseconds. */
  get patience(): number {
    return this.connection.shared.limits.sendTimeout;
  }

  /** Aborts when the client is gone before it is answered. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isClosed) this.#controller.abort(gone());
    }
    return this.#controller.signal;
  }

  /** Calls back when the client is gone before it is answered. */
  onGone(tell: () => void): void {
    const { stream } = this;
    const leave = (): void => {
      if (!stream.writableFinished || stream.aborted) tell();
    };
    if (this.#isClosed) leave();
    else stream.once("close", leave);
  }

  /** The version of HTTP. */
  get httpVersion(): "2" {
    return "2";
  }

  /** Trailer fields are sent. */
  get sendsTrailers(): boolean {
    return true;
  }

  /** The client's end. */
  get remoteAddr(): PlatformAddress {
    return this.connection.remoteAddr;
  }

  /** This end. */
  get localAddr(): PlatformAddress {
    return this.connection.localAddr;
  }

  /** What TLS has agreed on. */
  get tls(): TlsConnection | undefined {
    return this.connection.tls;
  }

  /** Settles when the response is sent, or cannot be. */
  get completed(): Promise<void> {
    if (this.#completed === undefined) {
      this.#completed = deferred<void>();
      this.#completed.promise.catch(nothing);
      if (this.#isClosed) this.#settle(this.#completed);
    }
    return this.#completed.promise;
  }

  /** The trailer fields of the request, once its body was read. */
  requestTrailers(): Promise<Headers> {
    const { stream } = this;
    if (this.body === undefined || stream.readableEnded || this.#trailers !== undefined) {
      return Promise.resolve(this.#trailers ?? new Headers());
    }
    if (this.#isClosed) return Promise.reject(brokenBody());
    if (this.#wantedTrailers === undefined) {
      const wanted = this.#wantedTrailers = deferred<Headers>();
      wanted.promise.catch(nothing);
      stream.on("end", () => wanted.resolve(this.#trailers ?? new Headers()));
    }
    return this.#wantedTrailers.promise;
  }

  /** Sends an informational response, unless the final one has begun. */
  inform(status: InformationalStatus, headers: FieldList): boolean {
    const { stream } = this;
    if (stream.headersSent || stream.destroyed || stream.closed) return false;
    const fields = noHttp2Fields();
    fields[":status"] = status;
    stream.additionalHeaders(addHttp2List(fields, headers));
    return true;
  }

  /** Makes a response that is sent at less cost than the platform's. */
  respond(body: WholeBody, status: number, contentType: string | undefined): Response {
    return new NodeAnswer(body, status, contentType);
  }

  /** Promises a response that nobody asked for, where the client takes it. */
  push(request: PushedRequest): PushStream | undefined {
    const { connection, stream } = this;
    if (!connection.shared.limits.serverPush || !stream.pushAllowed) return undefined;
    return pushHttp2(stream, this.url, connection, request);
  }

  #expectBody(): void {
    const { stream, fields } = this;
    holdEnd(stream, () => this.came++);
    // No `Request` of these can have one (Fetch standard), and it means nothing (RFC 9110 section 9.3.1).
    if (bodiless.test(this.method)) return void stream.resume();
    this.body = stream;
    stream.on("trailers", (sent: IncomingHttpHeaders) => this.#trailers = trailerFields(sent));
    const expect = fields.findIndex((name, index) => index % 2 === 0 && name === "expect");
    if (expect === -1 || fields[expect + 1]?.toLowerCase() !== "100-continue") return;
    this.beginBody = () => {
      this.beginBody = undefined;
      this.inform(100, []);
    };
  }

  #refuse(status: RefusedHead | 408): void {
    const { stream } = this;
    if (stream.headersSent || stream.destroyed) return;
    const fields = noHttp2Fields();
    fields[":status"] = status;
    fields["content-length"] = 0;
    stream.respond(fields, { endStream: true });
  }

  #send(response: Response): void {
    this.connection.work(-1);
    try {
      sendHttp2(this.stream, response, this);
    } catch {
      // Node refuses what no field may have, which a Response never has; nobody is left waiting.
      this.giveUp();
    }
  }

  readonly #fail = (): void => {
    this.connection.work(-1);
    this.giveUp();
  };

  #close(): void {
    this.#isClosed = true;
    const { stream } = this;
    const isReset = !this.#isGivenUp && stream.rstCode !== 0;
    if (!stream.writableFinished || stream.aborted) this.#controller?.abort(gone());
    this.#wantedTrailers?.reject(brokenBody());
    if (this.#completed !== undefined) this.#settle(this.#completed);
    this.connection.ended(this, isReset);
  }

  #settle({ resolve, reject }: Deferred<void>): void {
    const { stream } = this;
    if (stream.rstCode === 0 && !stream.aborted) resolve();
    else reject(gone());
  }
}

/** In any case, as `Request` takes them. */
const bodiless = /^(?:get|head)$/i;

function gone(): DOMException {
  return new DOMException("The client is gone", "AbortError");
}

function nothing(): void {}

/** Trailer fields as Node has parsed them. */
function trailerFields(sent: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  return headers;
}

/** Whether a body is declared to have nothing in it. */
function isEmpty(fields: readonly string[]): boolean {
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === "content-length");
  return at !== -1 && fields[at + 1] === "0";
}
