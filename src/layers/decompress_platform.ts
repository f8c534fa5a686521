/**
 * Which content codings a platform's `fetch` has undone by itself, which no response tells: its
 * `Content-Encoding` and `Content-Length` are still those of what was sent.
 *
 * Measured on Deno 2.9.6: it undoes `gzip` or `br` alone, in any case and whatever was accepted, but
 * nothing where the request accepts `identity` only or has a `Range`; of two header lines it looks at
 * the first. Node 20 (undici) undoes `gzip`, `x-gzip`, `deflate`, bare or not, and `br`, several after
 * each other too, and nothing at all once one of them is another; later ones undo `zstd` too. Browsers are taken to be as
 * Node.
 *
 * @module
 */
import { decoderOf } from "../message/content_coding.ts";

/** What is known of a response and the request it answers. */
export interface CodedResponse {
  /** The `Content-Encoding` of the response. */
  readonly contentEncoding: string;
  /** The header fields of the request. */
  readonly asked: Headers;
}

/** Tells whether a fetch undid the codings of a response that it gave: all of them or none. */
export type DecodingFetch = (response: CodedResponse) => boolean;

/** What this platform's own fetch undoes. */
export function platformDecodes(): DecodingFetch {
  // A user agent of programs is there to tell runtimes apart; Node 20 has none.
  if (globalThis.navigator?.userAgent?.startsWith("Deno/")) return denoDecodes;
  // A runtime that has zstd for programs has it for its fetch.
  return decodesAll(decoderOf("zstd") === undefined ? UNDICI : [...UNDICI, "zstd"]);
}

/** A fetch that undoes the given codings, several after each other too. */
export function decodesAll(codings: readonly string[]): DecodingFetch {
  const undone = new Set(codings.map((coding) => coding.toLowerCase()));
  return ({ contentEncoding }) => {
    return contentEncoding.split(",").every((name) => undone.has(name.trim().toLowerCase()));
  };
}

const UNDICI: readonly string[] = ["gzip", "x-gzip", "deflate", "br"];

function denoDecodes({ contentEncoding, asked }: CodedResponse): boolean {
  const coding = contentEncoding.trim().toLowerCase();
  if (coding !== "gzip" && coding !== "br") return false;
  return asked.get("accept-encoding")?.toLowerCase() !== "identity" && !asked.has("range");
}
