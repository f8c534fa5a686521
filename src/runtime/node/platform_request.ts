/**
 * The platform's own request out of what Node tells of one: `fetch` and `new Request` take it, and what
 * is read of it most, its signal and its body as a whole, comes from Node without the platform's
 * machinery, which takes ten times as long.
 *
 * @module
 */
import { shownSignal, transportSignal } from "../../message/platform_request.ts";
import { BodySource, readWhole } from "./body.ts";
import type { ReceivedMessage } from "./message.ts";
import { isDeno } from "./platform_shape.ts";

const utf8 = new TextDecoder();

/** A request of the platform's. */
export class PlatformRequest extends Request {
  readonly #message: ReceivedMessage;
  /** The body as it came: after `clone` the platform has another. */
  readonly #stream: ReadableStream | undefined;
  #signal: (() => AbortSignal) | undefined = undefined;
  #isRead = false;

  private constructor(url: string, init: RequestInit, message: ReceivedMessage) {
    super(url, init);
    this.#message = message;
    this.#stream = init.body as ReadableStream | undefined;
  }

  /**
   * Makes one.
   *
   * @param isRead whether its body is gone already
   */
  static of(message: ReceivedMessage, headers: Headers, isRead: boolean): PlatformRequest {
    const { method, url, body } = message;
    const init: RequestInit & { duplex?: "half" } = { headers };
    // Its signals follow each other by other means than events.
    if (isDeno) init.signal = message.signal;
    if (!unbuildable.test(method)) init.method = method;
    else if (body !== undefined) init.method = "POST";
    if (body !== undefined) {
      init.body = isRead
        ? new ReadableStream<Uint8Array<ArrayBuffer>>()
        : new ReadableStream<Uint8Array<ArrayBuffer>>(new BodySource(body, message), nothingAhead);
      init.duplex = "half";
    }
    // One whose URL is none is refused elsewhere, and must be seen by error hooks all the same.
    const request = new PlatformRequest(
      URL.canParse(url) ? url : "http://localhost/",
      init,
      message,
    );
    if (!isDeno) message.onGone(() => request.#tellFollowers());
    // Nothing comes of it any more, which is what whoever looks must see.
    if (isRead) request.body?.getReader().cancel();
    return request;
  }

  /** Aborts when the client is gone. */
  get [transportSignal](): AbortSignal {
    return this.#message.signal;
  }

  /** Shows another signal in place of {@linkcode signal}. */
  [shownSignal](signal: () => AbortSignal): void {
    this.#signal = signal;
  }

  /** Aborts when the client is gone; building a request with it takes as long again. */
  override get signal(): AbortSignal {
    return this.#signal?.() ?? this.#message.signal;
  }

  /** The method, as it was sent: the platform builds no request of some. */
  override get method(): string {
    return this.#message.method;
  }

  /** Whether the body was read, or begun to be. */
  override get bodyUsed(): boolean {
    return this.#isRead || super.bodyUsed;
  }

  /** The body as bytes. */
  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read((bytes) => bytes.slice()) ?? super.bytes();
  }

  /** The body as an `ArrayBuffer`. */
  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read((bytes) => bytes.slice().buffer) ?? super.arrayBuffer();
  }

  /** The body as text. */
  override text(): Promise<string> {
    return this.#read((bytes) => utf8.decode(bytes)) ?? super.text();
  }

  /** The body as JSON. */
  // deno-lint-ignore no-explicit-any -- as the platform declares it
  override json(): Promise<any> {
    return this.#read((bytes) => JSON.parse(utf8.decode(bytes))) ?? super.json();
  }

  /**
   * Aborts what was made of it, as `fetch` and `new Request` do: on Node they listen to a signal that
   * only the platform's class sees, and that nobody aborts. To build a request that follows another one
   * costs 5 to 40 µs.
   */
  #tellFollowers(): void {
    super.signal.dispatchEvent(new Event("abort"));
  }

  /** What becomes of the whole body; `undefined` where it is the platform's to say. */
  #read<T>(convert: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> | undefined {
    const { body } = this.#message;
    const stream = this.body;
    if (
      body === undefined || stream === null || stream !== this.#stream || stream.locked ||
      this.bodyUsed
    ) return undefined;
    // As the platform leaves it: nobody else can read it, nor hand it on.
    stream.getReader();
    this.#isRead = true;
    this.#message.beginBody?.();
    return readWhole(body, convert);
  }
}

/** The methods that no request can be built with, in any case (Fetch standard, forbidden methods). */
const unbuildable = /^(?:connect|trace|track)$/i;

/** Nothing is read before somebody asks for it. */
const nothingAhead: QueuingStrategy<Uint8Array<ArrayBuffer>> = { highWaterMark: 0 };
