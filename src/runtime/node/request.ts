/**
 * A `Request` out of what Node tells of one: nothing of the platform is built until it is needed.
 *
 * It is what the library works on inside. Whoever is outside gets the platform's own request in its
 * place, as `fetch` and `new Request` take nothing else.
 *
 * @module
 */
import { toPlatform, transportSignal } from "../../message/platform_request.ts";
import { readWhole } from "./body.ts";
import { NodeHeaders } from "./headers.ts";
import type { ReceivedMessage } from "./message.ts";
import { PlatformRequest } from "./platform_request.ts";
import { inspected, isDeno, RequestShape } from "./platform_shape.ts";

const utf8 = new TextDecoder();

/** A request as Node tells it. */
export class NodeRequest extends RequestShape {
  readonly #message: ReceivedMessage;
  #headers: NodeHeaders | undefined = undefined;
  #platform: Request | undefined = undefined;
  #bodyUsed = false;

  /** Keeps what was received. */
  constructor(message: ReceivedMessage) {
    super();
    this.#message = message;
  }

  /** The platform's request in its place. */
  [toPlatform](): Request {
    return this.#platform ??= this.#toPlatform();
  }

  /** Aborts when the client is gone. */
  get [transportSignal](): AbortSignal {
    return this.#message.signal;
  }

  /** The method, as it was sent. */
  override get method(): string {
    return this.#message.method;
  }

  /** The URL, as it was sent. */
  override get url(): string {
    return this.#message.url;
  }

  /** The header fields. */
  override get headers(): Headers {
    const headers = this.#headers ??= new NodeHeaders(this.#message.fields);
    // Its `new Response` takes nothing but its own for header fields; Node's, whatever can be iterated.
    return isDeno ? headers.platform() : headers;
  }

  /** Aborts when the client is gone. */
  override get signal(): AbortSignal {
    return this.#message.signal;
  }

  /** The body, which is the platform request's. */
  override get body(): Request["body"] {
    return this.#message.body === undefined ? null : this[toPlatform]().body;
  }

  /** Whether the body was read, or begun to be. */
  override get bodyUsed(): boolean {
    return this.#platform?.bodyUsed ?? this.#bodyUsed;
  }

  /** The body as bytes, whose memory may be the socket's: this library copies what it hands out. */
  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read((bytes) => bytes) ?? this[toPlatform]().bytes();
  }

  /** The body as an `ArrayBuffer`. */
  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read((bytes) => bytes.slice().buffer) ?? this[toPlatform]().arrayBuffer();
  }

  /** The body as text. */
  override text(): Promise<string> {
    return this.#read((bytes) => utf8.decode(bytes)) ?? this[toPlatform]().text();
  }

  /** The body as JSON. */
  // deno-lint-ignore no-explicit-any -- as the platform declares it
  override json(): Promise<any> {
    return this.#read((bytes) => JSON.parse(utf8.decode(bytes))) ?? this[toPlatform]().json();
  }

  /** The body as a blob. */
  override blob(): Promise<Blob> {
    return this[toPlatform]().blob();
  }

  /** The body as a form. */
  override formData(): Promise<FormData> {
    return this[toPlatform]().formData();
  }

  /** A request of the platform's with the same body. */
  override clone(): Request {
    return this[toPlatform]().clone();
  }

  /** As the platform has it for a request that nobody set it for. */
  override get cache(): RequestCache {
    return this[toPlatform]().cache;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get credentials(): RequestCredentials {
    return this[toPlatform]().credentials;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get destination(): RequestDestination {
    return this[toPlatform]().destination;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get integrity(): string {
    return this[toPlatform]().integrity;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get keepalive(): boolean {
    return this[toPlatform]().keepalive;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get mode(): RequestMode {
    return this[toPlatform]().mode;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get redirect(): RequestRedirect {
    return this[toPlatform]().redirect;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get referrer(): string {
    return this[toPlatform]().referrer;
  }

  /** As the platform has it for a request that nobody set it for. */
  override get referrerPolicy(): ReferrerPolicy {
    return this[toPlatform]().referrerPolicy;
  }

  /** What a log shows. */
  [inspected](): Request {
    return this[toPlatform]();
  }

  /** Always `half`: the answer may begin before the body has ended. */
  get duplex(): "half" {
    return "half";
  }

  /** What becomes of the whole body; `undefined` where it is the platform's to say. */
  #read<T>(convert: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> | undefined {
    const { body } = this.#message;
    if (this.#platform !== undefined || this.#bodyUsed) return undefined;
    if (body === undefined) return new Promise((resolve) => resolve(convert(new Uint8Array())));
    this.#bodyUsed = true;
    this.#message.beginBody?.();
    return readWhole(body, convert);
  }

  #toPlatform(): Request {
    const headers = this.#headers ??= new NodeHeaders(this.#message.fields);
    const request = PlatformRequest.of(this.#message, headers.platform(), this.#bodyUsed);
    headers.become(request.headers);
    return request;
  }
}
