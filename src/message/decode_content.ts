/**
 * Decoding the content of a request that was sent with a `Content-Encoding` (RFC 9110 section 8.4):
 * `gzip`, `deflate`, `br`, `zstd` where the runtime can, up to five of them one after the other.
 *
 * Bytes are counted before and after each decoder, which is fed in small slices: a bomb ends at the
 * first byte too many. Answers are not decoded here but by `fetch`, and by the decompress layer;
 * `Transfer-Encoding` is the transport's.
 *
 * @module
 */
import { decodeCoding, type Decoder } from "./coding_decoder.ts";
import {
  canonicalCoding,
  CONTENT_CODINGS,
  type ContentCoding,
  decoderOf,
  isContentCoding,
  MAX_CODINGS,
} from "./content_coding.ts";
import { trimHttp } from "./header_value.ts";
import { UnsupportedRequestMediaTypeError } from "./listener_errors.ts";
import { payloadFailure, shorten } from "./payload_failure.ts";
import { PayloadTooLargeError } from "./status_errors.ts";

/**
 * The content of a request is coded in a way that this server does not decode; answered with an
 * `Accept-Encoding` that says what it does (RFC 9110 section 12.5.3).
 */
export class UnsupportedContentCodingError extends UnsupportedRequestMediaTypeError {
  /** The header fields of the answer: `accept-encoding`. */
  readonly headers: { readonly "accept-encoding": string };

  /** Makes the error; `decodable` lists the codings that are decoded. */
  constructor(message: string, decodable: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.headers = { "accept-encoding": decodable.join(", ") };
  }
}

/**
 * The content of a request as it was before it was coded; `body` itself where no coding is named.
 *
 * The stream fails with a {@linkcode PayloadBindingError} (400) when the content is not what the
 * coding says, is not whole or its sender goes away, and with a {@linkcode PayloadTooLargeError}
 * (413) over the limit. An empty body is empty, whatever its coding.
 *
 * @param contentEncoding the value of the `Content-Encoding` header.
 * @param limit the most bytes to accept, of what was sent and between two codings; whoever reads the
 * stream counts what comes out of it.
 * @throws {UnsupportedContentCodingError} (415) when a coding is not known, or there are more than
 * five.
 */
export function decodeContent(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  contentEncoding: string,
  limit: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // All of them before the first begins to read: one that is not known leaves the body alone.
  const decoders = readCodings(contentEncoding).map(decoderFor);
  let content = body;
  let explain: (cause: unknown) => unknown = brokenOff;
  for (const decoder of decoders) {
    let received = 0;
    const encoded = (chunk: Uint8Array): void => {
      received += chunk.length;
      if (received > limit) throw tooLarge(limit, decoder.coding);
    };
    content = decodeCoding(content.getReader(), decoder, { encoded, explain, corrupt });
    // What comes out of a decoder fails with errors that say all there is to say.
    explain = (error) => error;
  }
  return content;
}

/** The error of a payload whose sender went away, or failed. */
export function brokenOff(cause: unknown): Error {
  return payloadFailure("the payload broke off before its end", cause);
}

/** The codings to undo, the first one first: the header lists them as they were applied. */
function readCodings(contentEncoding: string): ContentCoding[] {
  // One part more than is allowed is enough to know that there are too many.
  const parts = contentEncoding.split(",", MAX_CODINGS + 1);
  if (parts.length > MAX_CODINGS) {
    throw new UnsupportedContentCodingError(
      `Cannot decode more than ${MAX_CODINGS} content codings: apply one`,
      decodable(),
    );
  }
  const codings: ContentCoding[] = [];
  for (const part of parts) {
    const name = trimHttp(part);
    const coding = canonicalCoding(name);
    if (coding === "" || coding === "identity") continue;
    if (!isContentCoding(coding)) throw unsupported(name);
    codings.push(coding);
  }
  return codings.reverse();
}

function decoderFor(coding: ContentCoding): Decoder {
  const transform = decoderOf(coding);
  if (transform === undefined) throw unsupported(coding);
  return { coding, transform, isZlib: coding === "deflate" };
}

function unsupported(coding: string): Error {
  const known = decodable();
  return new UnsupportedContentCodingError(
    `Cannot decode the content coding "${shorten(coding)}": use ${known.join(", ")} or none`,
    known,
  );
}

/** Asked only for an error, as each answer makes a decoder. */
function decodable(): readonly ContentCoding[] {
  return CONTENT_CODINGS.filter((coding) => decoderOf(coding) !== undefined);
}

function tooLarge(limit: number, coding: string): Error {
  return new PayloadTooLargeError(
    `The body of the request is over its limit of ${limit} bytes: it has more, in ${coding}`,
  );
}

function corrupt(coding: string, cause?: unknown): Error {
  return payloadFailure(`the payload is not valid ${coding}, or not whole`, cause);
}
