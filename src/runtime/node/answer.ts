/**
 * A `Response` that is only what is to be sent: a body as a whole, a status and a content type.
 *
 * To make one of the platform's of a text, and to read it again for the socket, costs Node 15 to 40 µs
 * a request. This one is made into that only when something is asked that it does not know itself.
 *
 * @module
 */
import { ResponseShape } from "./platform_shape.ts";

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** The body of an answer, there as a whole. */
export type WholeBody = string | Uint8Array<ArrayBuffer> | null;

/** An answer with its body as a whole. */
export class NodeAnswer extends ResponseShape {
  readonly #body: WholeBody;
  readonly #status: number;
  readonly #contentType: string | undefined;
  #headers: Headers | undefined = undefined;
  #platform: Response | undefined = undefined;
  #bodyUsed = false;

  /**
   * Keeps what is to be sent.
   *
   * @throws {RangeError} when no response has the status.
   * @throws {TypeError} when there is a body and the status has none.
   */
  constructor(body: WholeBody, status: number, contentType: string | undefined) {
    super();
    if (!(status >= 200 && status <= 599)) {
      throw new RangeError(`A response cannot have the status ${status}: use 200 to 599`);
    }
    if (body !== null && hasNoBody(status)) {
      throw new TypeError(`A response of status ${status} has no body`);
    }
    this.#body = body;
    this.#status = status;
    this.#contentType = contentType;
  }

  /** Whether a response is one of these that is not read yet, and so can be sent as it is. */
  static isWhole(response: Response): response is NodeAnswer {
    return #body in response && !response.#bodyUsed && response.#platform === undefined;
  }

  /** The body to send. */
  get whole(): WholeBody {
    return this.#body;
  }

  /** The only header field to send; `undefined` for none, or where {@linkcode headers} are asked. */
  get onlyContentType(): string | undefined {
    return this.#contentType;
  }

  /** Whether there may be more header fields than {@linkcode onlyContentType}. */
  get hasHeaders(): boolean {
    return this.#headers !== undefined;
  }

  /** The status. */
  override get status(): number {
    return this.#status;
  }

  /** Whether the status is one of success. */
  override get ok(): boolean {
    return this.#status < 300;
  }

  /** The header fields. */
  override get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    const headers = new Headers();
    if (this.#contentType !== undefined) headers.set("content-type", this.#contentType);
    return this.#headers = headers;
  }

  /** The body as a stream. */
  override get body(): Response["body"] {
    return this.#body === null ? null : this.#toPlatform().body;
  }

  /** Whether the body was read, or begun to be. */
  override get bodyUsed(): boolean {
    return this.#platform?.bodyUsed ?? this.#bodyUsed;
  }

  /** None but the standard's. */
  override get statusText(): string {
    return "";
  }

  /** As of any response that is not fetched. */
  override get type(): ResponseType {
    return "default";
  }

  /** As of any response that is not fetched. */
  override get url(): string {
    return "";
  }

  /** As of any response that is not fetched. */
  override get redirected(): boolean {
    return false;
  }

  /** The body as text. */
  override text(): Promise<string> {
    return this.bytes().then((bytes) => fromUtf8.decode(bytes));
  }

  /** The body as bytes. */
  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#platform !== undefined || this.#bodyUsed) return this.#toPlatform().bytes();
    if (this.#body === null) return Promise.resolve(new Uint8Array());
    this.#bodyUsed = true;
    return Promise.resolve(toBytes(this.#body));
  }

  /** The body as an `ArrayBuffer`. */
  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.bytes().then(({ buffer }) => buffer);
  }

  /** The body as JSON. */
  // deno-lint-ignore no-explicit-any -- as the platform declares it
  override json(): Promise<any> {
    return this.text().then((text) => JSON.parse(text));
  }

  /** The body as a blob. */
  override blob(): Promise<Blob> {
    return this.#toPlatform().blob();
  }

  /** The body as a form. */
  override formData(): Promise<FormData> {
    return this.#toPlatform().formData();
  }

  /**
   * Another one with the same body.
   *
   * @throws {TypeError} when the body was read before.
   */
  override clone(): Response {
    const { body } = this.#toPlatform().clone();
    return new Response(body, { status: this.#status, headers: this.headers });
  }

  /** The platform's response, which has the body from now on. */
  #toPlatform(): Response {
    if (this.#platform !== undefined) return this.#platform;
    // Of a text the platform would make a content type of its own.
    const body = this.#body === null ? null : toBytes(this.#body);
    const platform = new Response(body, { status: this.#status, headers: this.headers });
    // Read already, which is what whoever looks must see.
    if (this.#bodyUsed) platform.body?.getReader().cancel();
    return this.#platform = platform;
  }
}

/** Whether no response of a status has a body (RFC 9110 section 6.4.1; the Fetch standard adds 205). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function toBytes(body: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? utf8.encode(body) : new Uint8Array(body);
}
