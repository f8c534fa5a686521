/**
 * Asking servers for compressed responses, or for none (RFC 9110 section 12.5.3; the client's
 * `compression` option, spec 2.4).
 *
 * It writes the header field only; what the platform's `fetch` does not undo is undone by a layer
 * that decompresses. Deno 2.9 asks for `gzip,br` where nobody says anything, for `identity` where
 * there is a `Range`; it undoes these two whatever was asked for, except after exactly `identity`.
 *
 * @module
 */
import { callHeaders, withHeaders } from "../message/call_headers.ts";
import { type ContentCoding, decoderOf } from "../message/content_coding.ts";
import type { Layer } from "../message/fetch.ts";
import type { CompressionMode } from "./compress_config.ts";

/** Codings by what they save, the best first. */
const preferred: readonly ContentCoding[] = ["br", "zstd", "gzip", "deflate"];

/**
 * Says in `Accept-Encoding` which codings a response may have.
 *
 * `AUTO` leaves it to the caller and the platform. `ALWAYS` asks for all that this library can undo
 * on this runtime where the caller asks for nothing, but not for parts of a body (`Range`), which could
 * not be undone. `NEVER` asks for none, whatever the caller says.
 *
 * @throws {TypeError} when there is no such mode.
 *
 * @example
 * ```ts
 * import { acceptEncoding, stack } from "@pirouette/http/layers";
 *
 * const uncompressed = stack(fetch, acceptEncoding("NEVER"));
 * ```
 */
export function acceptEncoding(mode: CompressionMode = "AUTO"): Layer {
  if (mode === "AUTO") return (next) => next;
  if (mode !== "ALWAYS" && mode !== "NEVER") {
    throw new TypeError(`acceptEncoding has no mode "${mode}": use "AUTO", "ALWAYS" or "NEVER"`);
  }
  const isNever = mode === "NEVER";
  const value = isNever
    ? "identity"
    : preferred.filter((coding) => decoderOf(coding) !== undefined).join(", ");
  return (next) => (input, init) => {
    const headers = callHeaders(input, init);
    if (!isNever && (headers.has("accept-encoding") || headers.has("range"))) {
      return next(input, init);
    }
    headers.set("accept-encoding", value);
    return withHeaders(next, headers, input, init);
  };
}
