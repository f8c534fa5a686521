/**
 * What a fetch call sends over HTTP/2: pseudo-header fields out of its address, its own fields without
 * those of HTTP/1.1 connections (RFC 9113 sections 8.2.2 and 8.3.1), and a body that is sent once more
 * where that is possible.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import { callSignal } from "../message/call_signal.ts";
import type { Http2RequestHead } from "../runtime/http2_connection.ts";

/** The body of a request. */
export interface OutgoingBody {
  /** Whether it can be sent, from its beginning. */
  readonly isThere: boolean;
  /** Gives it away. */
  open(): Uint8Array | ReadableStream<Uint8Array>;
  /** Tells its source, where nobody has begun to send it, that nobody will. */
  drop(reason: unknown): void;
}

/** A request that is to be sent. */
export interface OutgoingRequest {
  /** Its address. */
  readonly url: URL;
  /** Its head. */
  readonly head: Http2RequestHead;
  /** Its body, if it has one. */
  readonly body: OutgoingBody | undefined;
  /** The bytes that it has, as far as a header field says so. */
  readonly bodyLength: number | undefined;
  /** Whether the body waits until the server wants it. */
  readonly expectsContinue: boolean;
  /** Ends the call. */
  readonly signal: AbortSignal | undefined;
}

/** Fields that HTTP/2 has no place for; `Host` is what `:authority` says. */
const dropped: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** All that a field value may have (RFC 9110 section 5.5). */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads a fetch call.
 *
 * @throws {InitializingOutboundRequestError} when it cannot be sent as it is.
 * @throws {TypeError} when the platform makes no request of it.
 */
export function outgoingRequest(
  input: Request | URL | string,
  init: RequestInit | undefined,
): OutgoingRequest {
  // Node asks for `duplex` where the body is a stream, and Deno does not know it.
  const options: object = { duplex: "half", ...init };
  const request = new Request(input, options);
  const url = new URL(request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refusal(`its scheme is ${url.protocol} where only http: and https: are called`);
  }
  const body = outgoingBody(request, init?.body);
  const fields: [string, string][] = [];
  let authority = url.host;
  let expectsContinue = false;
  request.headers.forEach((value, name) => {
    if (!fieldValue.test(value)) throw refusal("a header field has a control character");
    if (name === "host") authority = value;
    if (dropped.has(name)) return;
    // Of what it may say, HTTP/2 knows this only.
    if (name === "te" && value.toLowerCase() !== "trailers") return;
    if (name === "expect" && value.toLowerCase() === "100-continue") {
      // There is nothing that it could be about.
      if (body === undefined) return;
      expectsContinue = true;
    }
    fields.push([name, value]);
  });
  const bodyLength = declaredLength(request.headers, body);
  if (body instanceof KnownBody && bodyLength === undefined) {
    fields.push(["content-length", String(body.size)]);
  }
  if (authority !== url.host && !/^[\w.~!$&'()*+,;=%[\]:-]+$/.test(authority)) {
    throw refusal("its Host is none");
  }
  return {
    url,
    head: {
      method: request.method,
      scheme: url.protocol.slice(0, -1),
      authority,
      path: url.pathname + url.search,
      fields,
    },
    body,
    bodyLength,
    expectsContinue,
    signal: callSignal(input, init),
  };
}

/** A length that is not the body's would let a proxy take a part of it for another request. */
function declaredLength(headers: Headers, body: OutgoingBody | undefined): number | undefined {
  const text = headers.get("content-length");
  if (text === null) return undefined;
  const length = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  const actual = body instanceof KnownBody ? body.size : 0;
  if (!Number.isNaN(length) && (body instanceof StreamBody || length === actual)) return length;
  throw refusal("its Content-Length is not the length of its body, leave it out");
}

function outgoingBody(
  request: Request,
  given: BodyInit | null | undefined,
): OutgoingBody | undefined {
  const bytes = bytesOf(given);
  if (bytes !== undefined) return new KnownBody(bytes);
  return request.body === null ? undefined : new StreamBody(request);
}

/** Bytes that are there already: they can be sent as often as need be. */
function bytesOf(given: BodyInit | null | undefined): Uint8Array | undefined {
  if (typeof given === "string") return new TextEncoder().encode(given);
  if (given instanceof URLSearchParams) return new TextEncoder().encode(given.toString());
  if (given instanceof ArrayBuffer) return new Uint8Array(given.slice(0));
  if (!ArrayBuffer.isView(given)) return undefined;
  // A copy: what the caller does with its own afterwards is not sent.
  return new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice();
}

class KnownBody implements OutgoingBody {
  readonly isThere = true;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  open(): Uint8Array {
    return this.#bytes;
  }

  drop(): void {}
}

class StreamBody implements OutgoingBody {
  readonly #request: Request;
  #isOpened = false;

  constructor(request: Request) {
    this.#request = request;
  }

  /** A stream that a connection was given may have been read, and cannot be sent again. */
  get isThere(): boolean {
    return !this.#isOpened;
  }

  open(): ReadableStream<Uint8Array> {
    this.#isOpened = true;
    return this.#request.body as ReadableStream<Uint8Array>;
  }

  drop(reason: unknown): void {
    const { body } = this.#request;
    if (body?.locked === false) body.cancel(reason).catch(() => {});
  }
}

function refusal(reason: string): InitializingOutboundRequestError {
  return new InitializingOutboundRequestError(`Cannot begin the request: ${reason}`);
}
