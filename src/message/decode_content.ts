/**
 * Decoding the content of a request that was sent with a `Content-Encoding` (RFC 9110 section 8.4):
 * `gzip`, `deflate`, `br`, `zstd` where the runtime can, up to five of them one after the other.
 *
 * Bytes are fed to the platform's decoders in slices so small that what one expands to stays small
 * too, and counted before and after each decoder: a bomb ends at the first byte too many. Gzip of
 * more than one member, which the platform does not decode, is refused like any other data after
 * the end. Answers are not decoded here, `fetch` did that; `Transfer-Encoding` is the transport's.
 *
 * @module
 */
import { type ByteSource, pump } from "./byte_pump.ts";
import {
  type ByteTransform,
  canonicalCoding,
  type ContentCoding,
  decoderOf,
  isContentCoding,
} from "./content_coding.ts";
import { HttpError } from "./errors.ts";
import { trimHttp } from "./header_value.ts";
import { UnsupportedRequestMediaTypeError } from "./listener_errors.ts";
import { payloadFailure, shorten } from "./payload_failure.ts";
import { PayloadTooLargeError } from "./status_errors.ts";

/** More codings than anybody has a reason to apply; each can multiply the work of the one before. */
const MAX_CODINGS = 5;

/**
 * The most bytes a decoder is given at once.
 *
 * Deflate expands no byte to more than 1032, so that 1 KiB gives at most 1 MiB; that costs a fifth
 * more than whole chunks do. Brotli needs some ten bytes for each 16 MiB, and its slices cost eight
 * times what whole chunks do: still better than a quarter of a gigabyte from 405 bytes.
 */
const SLICE_SIZES: Readonly<Record<ContentCoding, number>> = {
  gzip: 1024,
  deflate: 1024,
  br: 16,
  zstd: 64,
};

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
  let explain = brokenOff;
  for (const decoder of decoders) {
    content = decodeOne(content, decoder, { limit, explain });
    // What comes out of a decoder fails with errors that say all there is to say.
    explain = (error) => error as Error;
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

/** A coding and what undoes it. */
interface Decoder {
  readonly coding: ContentCoding;
  readonly transform: ByteTransform;
}

function decoderFor(coding: ContentCoding): Decoder {
  const transform = decoderOf(coding);
  if (transform === undefined) throw unsupported(coding);
  return { coding, transform };
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
  return (Object.keys(SLICE_SIZES) as ContentCoding[])
    .filter((coding) => decoderOf(coding) !== undefined);
}

/** What the stages of decoding have in common. */
interface Stage {
  readonly limit: number;
  /** The error of the stage from what its source failed with. */
  readonly explain: (cause: unknown) => Error;
}

function decodeOne(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { coding, transform }: Decoder,
  { limit, explain }: Stage,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const ending = coding === "deflate" ? new ZlibEnding() : undefined;
  let received = 0;
  const inspect = (chunk: Uint8Array): void => {
    received += chunk.length;
    if (received > limit) throw tooLarge(limit, coding);
    ending?.encoded(chunk);
  };
  const source: ByteSource = body.getReader();
  pump(source, transform.writable, { sliceSize: SLICE_SIZES[coding], inspect, explain });
  const decoded = transform.readable.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await decoded.read().catch((cause) => {
        if (cause instanceof HttpError) throw cause;
        if (received === 0) return { done: true, value: undefined } as const;
        throw corrupt(coding, cause);
      });
      if (!done) {
        ending?.decoded(value);
        return controller.enqueue(value);
      }
      if (received > 0 && ending?.isWhole === false) throw corrupt(coding);
      controller.close();
    },
    cancel: (reason) => decoded.cancel(reason),
  }, { highWaterMark: 0 });
}

function tooLarge(limit: number, coding: string): Error {
  return new PayloadTooLargeError(
    `The body of the request is over its limit of ${limit} bytes: it has more, in ${coding}`,
  );
}

function corrupt(coding: string, cause?: unknown): Error {
  return payloadFailure(`the payload is not valid ${coding}, or not whole`, cause);
}

/**
 * Whether data in the zlib format ends as it must: in the Adler-32 checksum of what it decodes to
 * (RFC 1950). The platform notices a wrong checksum, but not that there is none.
 */
class ZlibEnding {
  #tail = 0;
  #low = 1;
  #high = 0;

  /** Takes note of bytes as they were sent. */
  encoded(chunk: Uint8Array): void {
    for (const byte of chunk.subarray(-4)) this.#tail = (this.#tail << 8) | byte;
  }

  /** Takes note of what they were decoded to. */
  decoded(chunk: Uint8Array): void {
    // So many bytes at a time that no sum grows past what an integer holds exactly.
    for (let start = 0; start < chunk.length; start += 4096) {
      const end = Math.min(start + 4096, chunk.length);
      for (let at = start; at < end; at++) {
        this.#low += chunk[at] as number;
        this.#high += this.#low;
      }
      this.#low %= 65521;
      this.#high %= 65521;
    }
  }

  /** Whether the last four bytes are the checksum. */
  get isWhole(): boolean {
    return (this.#tail >>> 0) === this.#high * 65536 + this.#low;
  }
}
