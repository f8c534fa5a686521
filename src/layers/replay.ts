/**
 * A call that can be sent several times, by layers that try again, elsewhere, or twice at once.
 *
 * Text, bytes, a `Blob`, `URLSearchParams` and `FormData` are sent as they are, a
 * {@linkcode replayable} stream is made anew, of other streams and of the body of a `Request` what was
 * read is kept up to a limit. It decides nothing: whether a call may be sent again is for the layer.
 *
 * @module
 */
import { callHeaders } from "../message/call_headers.ts";
import { type Connection, isConnection, keepConnection } from "../message/connection.ts";
import { asRequest, type Fetch } from "../message/fetch.ts";
import { isOneShot, madeAnew } from "./replay_body.ts";
import { initOf, repeatableInit, type StreamingInit } from "./replay_init.ts";
import { BodyTape } from "./replay_tape.ts";

/** What one request of a {@linkcode Replay} has of its own. */
export interface ReplayChanges {
  /**
   * Where it goes.
   *
   * @default the address of the call
   */
  readonly url?: string;
  /**
   * Its signal, in place of the caller's: join that one if it must be heard.
   *
   * @default the caller's
   */
  readonly signal?: AbortSignal;
  /**
   * Changes its header fields, of which it gets a copy.
   *
   * @default none
   */
  readonly headers?: (headers: Headers) => void;
}

/** A call that can be sent several times. */
export class Replay {
  /** The address, as the caller gave it. */
  readonly url: string;
  /** The method, as the caller gave it. */
  readonly method: string;
  readonly #input: Request | URL | string;
  readonly #init: RequestInit | undefined;
  readonly #bufferLimit: number;
  /** What a server passed beside the request. */
  readonly #connection: Connection | undefined;
  #tape: BodyTape | undefined;
  #isSent = false;

  /**
   * Takes what the caller passed to fetch, and sends nothing yet.
   *
   * @param bufferLimit how many bytes of a stream, and of the body of a `Request`, are kept
   * @throws {TypeError} when it is a request whose body was read before, or fields that none can have.
   */
  constructor(input: Request | URL | string, init: RequestInit | undefined, bufferLimit: number) {
    this.#bufferLimit = bufferLimit;
    if (input instanceof Request) {
      this.#connection = init !== undefined && isConnection(init) ? init : undefined;
      const request = asRequest(input, init);
      this.#input = request;
      this.#init = this.#connection === undefined ? init : undefined;
      this.url = request.url;
      this.method = request.method;
      return;
    }
    this.#input = input;
    this.#init = repeatableInit(init);
    this.url = typeof input === "string" ? input : input.href;
    this.method = init?.method ?? "GET";
  }

  /** The caller's signal. A request always has one, which costs to ask for. */
  get signal(): AbortSignal | undefined {
    const given = this.#init?.signal;
    if (given !== undefined) return given ?? undefined;
    return this.#input instanceof Request ? this.#input.signal : undefined;
  }

  /**
   * Whether it can be sent, now that it was before. A promise only for the body of a `Request`, which
   * is not waited for longer than it takes one that is in memory.
   */
  canSendAgain(): boolean | Promise<boolean> {
    const tape = this.#tape;
    if (tape !== undefined) {
      if (!(this.#input instanceof Request)) return tape.canOpen;
      return tape.settle().then(() => tape.canOpen);
    }
    if (!this.#isSent) return true;
    return this.#input instanceof Request ? !this.#input.bodyUsed : !this.#hasOneShot();
  }

  /**
   * Sends the call to `next`. No `Request` is built where the caller passed an address and an init, and
   * nothing is changed for the first time.
   *
   * Rejects with what `next` does, and with a {@linkcode TypeError} when the body cannot be sent again.
   */
  send(next: Fetch, changes?: ReplayChanges): Promise<Response> {
    const isFirst = !this.#isSent;
    this.#isSent = true;
    try {
      return this.#input instanceof Request
        ? this.#sendRequest(next, this.#input, changes, isFirst)
        : this.#sendInit(next, this.#input, changes, isFirst);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Lets go of what is kept of the body: it was sent for the last time. What is being sent goes on. May
   * be called at any time, and again.
   */
  drop(): void {
    this.#tape?.stop();
  }

  #hasOneShot(): boolean {
    const body = this.#init?.body;
    return isOneShot(body) && madeAnew(body) === undefined;
  }

  #sendInit(
    next: Fetch,
    input: URL | string,
    changes: ReplayChanges | undefined,
    isFirst: boolean,
  ): Promise<Response> {
    const to = changes?.url ?? input;
    const body = this.#init?.body;
    if (!isOneShot(body)) {
      return next(to, changes === undefined ? this.#init : changed(input, this.#init, changes));
    }
    const init: StreamingInit = changed(input, this.#init, changes);
    const made = madeAnew(body);
    if (made !== undefined) {
      if (!isFirst) init.body = made;
      return next(to, init);
    }
    // Other iterables than streams are bodies too.
    this.#tape ??= new BodyTape(
      body instanceof ReadableStream ? body : ReadableStream.from(body),
      this.#bufferLimit,
    );
    return sendTape(this.#tape, (stream) => {
      const streaming: StreamingInit = { ...init, body: stream, duplex: "half" };
      return next(to, streaming);
    });
  }

  #sendRequest(
    next: Fetch,
    request: Request,
    changes: ReplayChanges | undefined,
    isFirst: boolean,
  ): Promise<Response> {
    if (isFirst) this.#tape = this.#keepBody(request, changes?.url !== undefined);
    if (this.#tape !== undefined && (!isFirst || changes?.url !== undefined)) {
      return this.#sendKept(this.#tape, next, request, changes);
    }
    if (changes?.url !== undefined) {
      return next(changes.url, changed(request, initOf(request, this.#init), changes));
    }
    if (changes === undefined) return this.#pass(next, request);
    return this.#pass(next, new Request(request, changed(request, undefined, changes)));
  }

  /** Begins to keep the body of a request that has one; `isMoved` if it cannot be sent itself. */
  #keepBody(request: Request, isMoved: boolean): BodyTape | undefined {
    // What was read before is the platform's to refuse.
    if (request.bodyUsed || request.method === "GET" || request.method === "HEAD") return undefined;
    // Whose `body` was asked for is sent without a length, so it is only asked of a clone.
    const { body } = isMoved ? request : request.clone();
    if (body === null) return undefined;
    const tape = new BodyTape(body, this.#bufferLimit);
    tape.fill().then(() => {
      // What nobody reads of a clone would pile up.
      if (!isMoved && tape.whole === undefined) tape.stop();
    });
    return tape;
  }

  async #sendKept(
    tape: BodyTape,
    next: Fetch,
    request: Request,
    changes: ReplayChanges | undefined,
  ): Promise<Response> {
    // Bytes have a length, a stream has none.
    await tape.settle();
    const bytes = tape.whole;
    const send = (body: BodyInit): Promise<Response> => {
      const init: StreamingInit = changed(request, initOf(request, this.#init), changes);
      init.body = body;
      if (bytes === undefined) init.duplex = "half";
      return changes?.url === undefined
        ? this.#pass(next, new Request(request, init))
        : next(changes.url, init);
    };
    return bytes === undefined ? await sendTape(tape, send) : await send(bytes);
  }

  #pass(next: Fetch, request: Request): Promise<Response> {
    const connection = this.#connection;
    if (connection === undefined) return next(request);
    keepConnection(request, connection);
    return next(request, connection as RequestInit);
  }
}

/** Sends one reading of a body; the failed one reads no further. */
async function sendTape(
  tape: BodyTape,
  send: (body: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<Response>,
): Promise<Response> {
  if (!tape.canOpen) throw cannotSend();
  const reading = tape.open();
  try {
    return await send(reading.stream);
  } catch (error) {
    reading.fail(error);
    throw error;
  }
}

function cannotSend(): TypeError {
  return new TypeError(
    "Cannot send the body again: pass text, bytes, a Blob or a replayable() stream, or raise bufferLimit",
  );
}

function changed(
  input: Request | URL | string,
  init: RequestInit | undefined,
  changes: ReplayChanges | undefined,
): RequestInit {
  const result: RequestInit = { ...init };
  if (changes?.signal !== undefined) result.signal = changes.signal;
  if (changes?.headers !== undefined) {
    const headers = callHeaders(input, init);
    changes.headers(headers);
    result.headers = headers;
  }
  return result;
}
