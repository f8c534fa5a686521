/**
 * Content codings (RFC 9110 sections 8.4.1 and 12.5.3): choosing one by an `Accept-Encoding`, and
 * what this runtime's `CompressionStream` calls those that it can do.
 *
 * Deno 2.9 does `gzip`, `deflate` and `br`, and no `zstd`; nothing is assumed, each is asked for
 * where it is used. Encoding is in the compress layer, decoding in `decode_content.ts`.
 *
 * @module
 */
import { parseQualityList, type QualityValue } from "./negotiation.ts";

/**
 * The content coding to answer with: one of `offered`, `"identity"` for none, or `undefined` when
 * the client refuses all of them and the bare content too.
 *
 * The coding with the highest weight is chosen, the first of `offered` among equals. `*` stands for
 * every coding that the header does not name, `q=0` refuses one, and `x-gzip` is `gzip`. The bare
 * content wins only where `identity` has a higher weight of its own, or nothing else is acceptable;
 * it is so without a header too, where RFC 9110 leaves the choice to the server.
 *
 * @param acceptEncoding the value of the `Accept-Encoding` header, `null` when there is none; at
 * most 256 members are read.
 * @param offered codings in lower case, the best first.
 *
 * @example
 * ```ts
 * import { negotiateCoding } from "@pirouette/http";
 *
 * console.log(negotiateCoding("gzip, br;q=0.9", ["br", "gzip"])); // gzip
 * console.log(negotiateCoding("gzip;q=0, *", ["gzip", "br"])); // br
 * console.log(negotiateCoding("identity;q=0", ["gzip"])); // undefined
 * ```
 */
export function negotiateCoding(
  acceptEncoding: string | null,
  offered: readonly string[],
): string | undefined {
  const members = acceptEncoding === null ? [] : parseQualityList(acceptEncoding);
  const others = weightOf(members, "*");
  let best: string | undefined;
  let weight = 0;
  for (const coding of offered) {
    const own = weightOf(members, coding) ?? others ?? 0;
    if (own <= weight) continue;
    best = coding;
    weight = own;
  }
  const identity = weightOf(members, "identity");
  if (best !== undefined) return (identity ?? 0) > weight ? "identity" : best;
  return (identity ?? others) === 0 ? undefined : "identity";
}

/** The weight of the first member that names `coding`. */
function weightOf(members: readonly QualityValue[], coding: string): number | undefined {
  return members.find(({ value }) => canonicalCoding(value) === coding)?.quality;
}

/** The name of a coding as it is registered, in lower case: `x-gzip` is `gzip`. */
export function canonicalCoding(name: string): string {
  const lower = name.toLowerCase();
  return lower === "x-gzip" ? "gzip" : lower;
}

/** The codings that a runtime may be able to do, by their registered names. */
export type ContentCoding = "gzip" | "deflate" | "br" | "zstd";

/** What the platform calls each coding. */
const FORMATS: Readonly<Record<ContentCoding, string>> = {
  gzip: "gzip",
  // What HTTP calls deflate is the zlib format (RFC 9110 section 8.4.1.2).
  deflate: "deflate",
  br: "brotli",
  zstd: "zstd",
};

/** The codings that some runtime can do. */
export const CONTENT_CODINGS: readonly ContentCoding[] = ["gzip", "deflate", "br", "zstd"];

/**
 * The most codings of one message that are undone, `identity` among them: more than anybody has a
 * reason to apply, where each can multiply the work of the one before.
 */
export const MAX_CODINGS = 5;

/** Whether `name` is a coding that some runtime can do. */
export function isContentCoding(name: string): name is ContentCoding {
  return Object.hasOwn(FORMATS, name);
}

/** A transformation of bytes by the platform. */
export interface ByteTransform {
  /** Where the bytes go in. */
  readonly writable: WritableStream<Uint8Array>;
  /** Where they come out. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A transform that encodes; `undefined` where this runtime cannot do the coding. */
export function encoderOf(coding: ContentCoding): ByteTransform | undefined {
  return make(CompressionStream, coding);
}

/** A transform that decodes; `undefined` where this runtime cannot do the coding. */
export function decoderOf(coding: ContentCoding): ByteTransform | undefined {
  return make(DecompressionStream, coding);
}

/**
 * A transform that decodes bare deflate data, which some servers send as `deflate` though HTTP means
 * the zlib format around it.
 */
export function bareDeflateDecoder(): ByteTransform {
  return new DecompressionStream("deflate-raw") as ByteTransform;
}

function make(
  Stream: new (format: CompressionFormat) => unknown,
  coding: ContentCoding,
): ByteTransform | undefined {
  try {
    return new Stream(FORMATS[coding] as CompressionFormat) as ByteTransform;
  } catch (error) {
    // The platform's way to say that it does not know the format.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
