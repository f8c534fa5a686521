/**
 * One stream of a client over `node:http2`: the head of a response, its body as a web stream that is
 * read as slowly as its reader reads, its trailers, and what went wrong.
 *
 * Node and Deno end the body of a stream that was reset without an error, or whose connection was lost,
 * as if it were complete, but only once the stream is closed: what has ended before that has ended by
 * the server's own word (END_STREAM). Deno gives a body before its head to those who listen for both, so
 * that nobody listens before the head is there.
 *
 * @module
 */
import * as http2 from "node:http2";
import type { FieldList } from "../../message/connection.ts";
import {
  type Http2Exchange,
  Http2Failure,
  type Http2Response,
  type ResetReason,
} from "../http2_connection.ts";
import { type FlatFields, listFields } from "./fields.ts";

/** Bytes that are read ahead, so that a short body that nobody reads does not keep its connection. */
const bytesAhead = 65_536;

/** What an exchange needs to know. */
export interface ExchangeOptions {
  /** The event that tells the head: `push` for a promised response. */
  readonly headEvent: "response" | "push";
  /** The method of the request. */
  readonly method: string;
  /** Bytes of a header section, each field counted with 32 more. */
  readonly maxHeaderListSize: number;
  /** Informational responses that are taken. */
  readonly maxInformational: number;
  /** Told of each of them. */
  readonly onInformational: ((status: number, fields: FieldList) => void) | undefined;
  /** Why a stream ended that was reset with a code, where nothing else says so. */
  readonly failed: (rstCode: number) => Http2Failure;
}

/** One request and what comes back. */
export class NodeHttp2Exchange implements Http2Exchange {
  readonly response: Promise<Http2Response>;
  readonly closed: Promise<void>;
  explain: ((error: unknown) => unknown) | undefined = undefined;
  /** Called at 100 (Continue), and at the head of the response. */
  onContinue: ((isFinal: boolean) => void) | undefined = undefined;
  readonly #stream: http2.ClientHttp2Stream;
  readonly #options: ExchangeOptions;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined = undefined;
  #resolve!: (response: Http2Response) => void;
  #reject!: (error: unknown) => void;
  #resolveTrailers!: (fields: FieldList) => void;
  #rejectTrailers: ((error: unknown) => void) | undefined = undefined;
  /** What this end has given it up for. */
  #reason: { readonly error: unknown } | undefined = undefined;
  #platformError: unknown = undefined;
  #trailers: FieldList = [];
  /** What was there when the connection was lost, and is all there is. */
  #rescued: Uint8Array[] | undefined = undefined;
  /** Bytes of the body that were announced, and those that are missing. */
  #missing: number | undefined = undefined;
  /** Whether the server has said that nothing more comes (END_STREAM). */
  #hasEnded: boolean;
  #isComplete = false;
  #informed = 0;

  /** Listens to a stream. */
  constructor(stream: http2.ClientHttp2Stream, options: ExchangeOptions) {
    this.#stream = stream;
    this.#options = options;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may well fail before anybody waits for it.
    this.response.catch(() => {});
    this.closed = new Promise((resolve) => stream.once("close", resolve));
    const events = stream as NodeJS.EventEmitter;
    events.on(options.headEvent, (headers, _flags, raw) => this.#onHead(headers, raw));
    events.on("headers", (headers, _flags, raw) => this.#onInformational(headers, raw));
    events.on("trailers", (headers, _flags, raw) => {
      this.#trailers = listFields(raw, headers);
      this.#isTooLarge(this.#trailers);
    });
    // Ahead of the platform's own listener, which destroys the stream.
    stream.prependListener("end", () => this.#onEnd());
    events.on("error", (error) => this.#platformError ??= error);
    events.on("close", () => this.#onClose());
    // Node keeps a stream that was reset without an error until its request is sent and all is read.
    events.on("aborted", () => {
      if (!this.#hasEnded) queueMicrotask(() => stream.destroy());
    });
    const { destroy, push } = stream;
    stream.destroy = (error) => {
      this.#rescue();
      return destroy.call(stream, error);
    };
    // Deno tells of a promise after what has come of it already.
    const { _readableState: state } = stream as { _readableState?: { readonly ended?: boolean } };
    this.#hasEnded = state?.ended === true && !stream.rstCode;
    stream.push = (chunk, encoding) => {
      if (chunk === null && !stream.closed) this.#hasEnded = true;
      return push.call(stream, chunk, encoding);
    };
  }

  reset(reason: ResetReason, error: unknown): void {
    if (this.#isComplete) return;
    this.#reason ??= { error };
    this.#close(http2.constants[`NGHTTP2_${reason}`]);
    // The platform may take its time; whoever waits does not.
    this.#fail(error);
  }

  #close(code: number): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    // The platform would end the request's body first, so that a part of it passes for the whole.
    if (!stream.writableEnded) stream.end = () => stream;
    // What is reset in the turn in which it was begun Deno (2.9.6) resets once there is more to send.
    // What has ended meanwhile is kept by nothing but what nobody reads.
    setTimeout(() => {
      if (stream.destroyed) return;
      if (stream.closed) return void stream.destroy();
      stream.close(code);
      stream.resume();
    });
  }

  #onHead(headers: http2.IncomingHttpHeaders, raw: FlatFields | undefined): void {
    const status = Number(headers[":status"]);
    const fields = listFields(raw, headers);
    if (!(status >= 200 && status <= 999)) {
      this.reset("PROTOCOL_ERROR", new Http2Failure("protocol", "its status is none"));
      return;
    }
    if (this.#isTooLarge(fields)) return;
    this.onContinue?.(true);
    const isEmpty = this.#options.method === "HEAD" || status === 204 || status === 205 ||
      status === 304;
    const trailers = new Promise<FieldList>((resolve, reject) => {
      this.#resolveTrailers = resolve;
      this.#rejectTrailers = reject;
    });
    trailers.catch(() => {});
    const stream = this.#stream;
    let body: Http2Response["body"];
    if (isEmpty) {
      if (!stream.destroyed) stream.resume();
    } else {
      const length = headers["content-length"];
      if (length !== undefined) this.#missing = Number(length);
      body = this.#body();
    }
    this.#resolve({ status, fields, body, trailers });
    if (this.#rescued !== undefined) this.#complete();
  }

  /** The platform's own limit does not hold for streams that are opened before the server knows it. */
  #isTooLarge(fields: FieldList): boolean {
    let size = 0;
    for (const [name, value] of fields) size += name.length + value.length + 32;
    if (size <= this.#options.maxHeaderListSize) return false;
    this.reset("ENHANCE_YOUR_CALM", new Http2Failure("headerSize", "there are too many of them"));
    return true;
  }

  #body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const stream = this.#stream;
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#controller = controller;
        stream.pause();
        stream.on("data", (chunk: Uint8Array) => {
          this.#give(chunk);
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        });
        for (const chunk of this.#rescued ?? []) this.#give(chunk);
      },
      pull: () => {
        stream.resume();
      },
      cancel: () => {
        this.#controller = undefined;
        this.#resolveTrailers([]);
        this.#rescued = undefined;
        this.#close(http2.constants.NGHTTP2_CANCEL);
      },
    }, { highWaterMark: bytesAhead, size: (chunk) => chunk.byteLength });
  }

  #onInformational(headers: http2.IncomingHttpHeaders, raw: FlatFields | undefined): void {
    if (++this.#informed > this.#options.maxInformational) {
      this.reset(
        "ENHANCE_YOUR_CALM",
        new Http2Failure("protocol", "the server sends too many informational responses"),
      );
      return;
    }
    const status = Number(headers[":status"]);
    if (status === 100) this.onContinue?.(false);
    try {
      this.#options.onInformational?.(status, listFields(raw, headers));
    } catch (error) {
      // The program's own error is the call's, and not the end of the program.
      this.reset("CANCEL", error);
    }
  }

  #give(chunk: Uint8Array): void {
    if (this.#missing !== undefined) this.#missing -= chunk.length;
    // A copy, because chunks are parts of what is received for all streams.
    this.#controller?.enqueue(new Uint8Array(chunk));
  }

  #onEnd(): void {
    const stream = this.#stream;
    if (stream.destroyed || this.#reason !== undefined || this.#isComplete) return;
    if (this.#rejectTrailers === undefined || !this.#hasEnded) return;
    this.#complete();
    // The server has said all, and wants no more of the request (RFC 9113 section 8.1): to close it
    // would wait until all of it is sent.
    if (!stream.writableFinished) stream.destroy();
  }

  /**
   * Takes what has come as a whole, and was not read yet, out of a stream before it is destroyed: the
   * platform forgets it where the connection closes behind the last response.
   */
  #rescue(): void {
    const stream = this.#stream;
    if (stream.destroyed || this.#isComplete || this.#reason !== undefined) return;
    if (!this.#hasEnded || this.#rescued !== undefined) return;
    this.#rescued = [];
    // Read pieces are told to whoever listens, which is the body once it is there.
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
      if (this.#controller === undefined) this.#rescued.push(chunk);
    }
    if (this.#rejectTrailers !== undefined) this.#complete();
  }

  #complete(): void {
    if (this.#isComplete) return;
    if (this.#controller !== undefined && (this.#missing ?? 0) !== 0) {
      this.#fail(new Http2Failure("protocol", "the body has another length than its header says"));
      return;
    }
    this.#isComplete = true;
    this.#controller?.close();
    this.#controller = undefined;
    this.#resolveTrailers(this.#trailers);
  }

  #onClose(): void {
    if (!this.#isComplete && this.#rescued === undefined) this.#fail(this.#explain());
  }

  #explain(): unknown {
    if (this.#reason !== undefined) return this.#reason.error;
    const { rstCode = 0 } = this.#stream;
    const platform = this.#platformError;
    if (platform instanceof Http2Failure) return platform;
    const failure = this.#options.failed(rstCode);
    if (failure.cause !== undefined || failure.kind !== "broken" || platform === undefined) {
      return failure;
    }
    return new Http2Failure("broken", failure.message, { cause: platform });
  }

  #fail(error: unknown): void {
    this.#reject(error);
    if (this.#rejectTrailers === undefined) return;
    const explained = this.explain?.(error) ?? error;
    this.#rejectTrailers(explained);
    this.#controller?.error(explained);
    this.#controller = undefined;
  }
}
