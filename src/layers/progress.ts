/**
 * How far a call is: the bytes of the body that is sent, and of the one that comes back.
 *
 * It belongs next to the transport, below whatever sends a call again or decompresses: each sending
 * is told by itself, from the first byte, and what is told is what goes over the wire. It limits
 * nothing and waits for nothing.
 *
 * @module
 */
import type { Fetch, Layer } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { counted, declaredTotal, type OnProgress } from "./progress_count.ts";
import { sendCounted } from "./progress_upload.ts";
import { withBody } from "./response_copy.ts";

/** Whom to tell of progress; one of them at least. */
export interface ProgressOptions {
  /**
   * Told how much of the body of a call the platform has taken: every 64 KiB, or each chunk of a
   * stream, and once more at the end. A server that answers early may cut it short.
   *
   * The total is known of text, bytes, blobs and forms, and of a stream with a `Content-Length` field.
   * Text, bytes and forms are copied once. The body of a `Request` is a stream.
   *
   * @default nobody
   */
  readonly onUpload?: OnProgress;
  /**
   * Told how much of the body of a response was read: each chunk, and once more at the end. Of a
   * response without a body only the end is told, before the call gives it.
   *
   * The total is the response's `Content-Length`, unless it is compressed: what is told then is the
   * bytes that the transport gives, which may have been decompressed already.
   *
   * @default nobody
   */
  readonly onDownload?: OnProgress;
}

const known: Readonly<Record<keyof ProgressOptions, true>> = { onUpload: true, onDownload: true };

/**
 * Tells how far each call is.
 *
 * What a callback throws is what the call rejects with, or, once there is a response, the reading of
 * its body; the transfer ends.
 *
 * @throws {TypeError} when an option is unknown or no function, or there is none.
 *
 * @example
 * ```ts
 * import { progress, stack } from "@pirouette/http/layers";
 *
 * const watched = stack(
 *   fetch,
 *   progress({
 *     onDownload({ loaded, total }) {
 *       console.log(total === undefined ? `${loaded} bytes` : `${100 * loaded / total} %`);
 *     },
 *   }),
 * );
 * const albums = await (await watched("https://albums.example/all")).bytes();
 * ```
 */
export function progress(options: ProgressOptions): Layer {
  checkOptions("progress", options, known);
  const callbacks = ownOptions(options);
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== "function") {
      throw new TypeError(`progress needs a function for ${name}`);
    }
  }
  if (callbacks.onUpload === undefined && callbacks.onDownload === undefined) {
    throw new TypeError("progress tells nobody: set onUpload, onDownload or both");
  }
  return (next) => withProgress(next, callbacks);
}

/** Tells how far the calls of one fetch are; {@linkcode progress} without its checks. */
export function withProgress(next: Fetch, { onUpload, onDownload }: ProgressOptions): Fetch {
  const send: Fetch = onUpload === undefined
    ? next
    : (input, init) => sendCounted(next, onUpload, input, init);
  if (onDownload === undefined) return send;
  return async (input, init) => receiveCounted(await send(input, init), onDownload);
}

async function receiveCounted(response: Response, onDownload: OnProgress): Promise<Response> {
  const { body, headers } = response;
  if (body === null) {
    await onDownload({ loaded: 0, total: 0, done: true });
    return response;
  }
  const total = isEncoded(headers) ? undefined : declaredTotal(headers);
  return withBody(response, counted(body, { total, tell: onDownload }));
}

function isEncoded(headers: Headers): boolean {
  const coding = headers.get("content-encoding");
  return coding !== null && coding.toLowerCase() !== "identity";
}
