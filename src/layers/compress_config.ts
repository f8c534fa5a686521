/**
 * How answers are compressed: the options, checked and read once.
 *
 * @module
 */
import { type ContentCoding, encoderOf, isContentCoding } from "../message/content_coding.ts";
import { essenceMatches, mediaTypeEssence } from "../message/media_type.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { isCompressible, isEventStream } from "./compress_types.ts";

/** When answers are compressed: never, as the client asks, or even where it does not say. */
export type CompressionMode = "AUTO" | "ALWAYS" | "NEVER";

/** How answers are compressed (spec 4.1); options of {@linkcode compress}. */
export interface CompressionConfig {
  /**
   * `AUTO` compresses for clients that accept it, `ALWAYS` for those too that send no
   * `Accept-Encoding` at all, `NEVER` for nobody. A client that refuses is never sent a coding.
   *
   * @default "AUTO"
   */
  readonly enable?: CompressionMode;
  /**
   * The media types to compress, as `application/json` or `text/*`, in any case; parameters are
   * ignored. Empty for all that are worth it: text, JSON, XML, scripts, WebAssembly, fonts and images
   * that are not compressed already. `text/event-stream` is never compressed.
   *
   * @default []
   */
  readonly contentTypes?: readonly string[];
  /**
   * The least size of a body to compress, in bytes. A stream, whose size nobody knows, is compressed.
   *
   * @default 1024 with `AUTO`, 0 with `ALWAYS`
   */
  readonly minimumSize?: number;
  /**
   * The codings to offer, the first one preferred where the client likes several the same.
   *
   * Brotli makes bodies a tenth to a fifth smaller than gzip, for twice the processor time and seven
   * times the memory (3 MiB a stream, on Deno 2.9).
   *
   * @default gzip, br, zstd, deflate: those that the runtime can do
   */
  readonly codings?: readonly ContentCoding[];
}

/** A configuration, read. */
export interface CompressionRules {
  /** The coding for a client that sends no `Accept-Encoding`. */
  readonly unasked: ContentCoding | undefined;
  /** The least size to compress, in bytes. */
  readonly minimumSize: number;
  /** The codings to offer, best first. */
  readonly codings: readonly ContentCoding[];
  /** Whether bodies of a `Content-Type` are compressed. */
  readonly covers: (contentType: string) => boolean;
}

const known: Readonly<Record<keyof CompressionConfig, true>> = {
  enable: true,
  contentTypes: true,
  minimumSize: true,
  codings: true,
};

const ALL_CODINGS: readonly ContentCoding[] = ["gzip", "br", "zstd", "deflate"];

/**
 * Checks and reads a configuration; `undefined` for one that compresses nothing.
 *
 * @throws {TypeError} when an option is not known, or its value is none that it can have.
 * @throws {RangeError} when `minimumSize` is no whole number from 0.
 */
export function readCompression(config: CompressionConfig): CompressionRules | undefined {
  checkOptions("compression", config, known);
  const { enable = "AUTO", contentTypes = [], minimumSize, codings } = ownOptions(config);
  if (enable !== "AUTO" && enable !== "ALWAYS" && enable !== "NEVER") {
    throw new TypeError(`compression.enable is "${enable}": use AUTO, ALWAYS or NEVER`);
  }
  const least = minimumSize ?? (enable === "ALWAYS" ? 0 : 1024);
  if (!Number.isSafeInteger(least) || least < 0) {
    throw new RangeError(
      `compression.minimumSize is ${least}: give a whole number of bytes from 0`,
    );
  }
  const covers = readTypes(contentTypes);
  const offered = codings === undefined ? ALL_CODINGS.filter(canEncode) : readCodings(codings);
  const unasked = offered.includes("gzip") ? "gzip" : offered[0];
  return enable === "NEVER" ? undefined : {
    unasked: enable === "ALWAYS" ? unasked : undefined,
    minimumSize: least,
    codings: offered,
    covers,
  };
}

function readTypes(contentTypes: readonly string[]): CompressionRules["covers"] {
  const ranges = contentTypes.map((type) => {
    const range = mediaTypeEssence(type.trim());
    if (range === "") {
      throw new TypeError(
        `compression.contentTypes has "${type}": write a type as application/json or text/*`,
      );
    }
    if (!isEventStream(range)) return range;
    throw new TypeError(
      `compression.contentTypes has "${type}": remove it, events would wait in the compressor`,
    );
  });
  if (ranges.length === 0) return (contentType) => isCompressible(mediaTypeEssence(contentType));
  return (contentType) => {
    const essence = mediaTypeEssence(contentType);
    if (essence === "" || isEventStream(essence)) return false;
    return ranges.some((range) => essenceMatches(range, essence));
  };
}

function readCodings(codings: readonly ContentCoding[]): readonly ContentCoding[] {
  if (codings.length === 0) {
    throw new TypeError('compression.codings is empty: leave it out, or set enable to "NEVER"');
  }
  for (const coding of codings) {
    if (isContentCoding(coding) && canEncode(coding)) continue;
    const able = ALL_CODINGS.filter(canEncode).join(", ");
    throw new TypeError(`compression.codings has "${coding}": this runtime can do ${able}`);
  }
  return [...codings];
}

function canEncode(coding: ContentCoding): boolean {
  return encoderOf(coding) !== undefined;
}
