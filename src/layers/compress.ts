/**
 * Compression of answers (RFC 9110 sections 8.4 and 12.5.3; spec 4.1), around any fetch.
 *
 * Left as they are: answers that have a content coding, a range, `no-transform` or no body, statuses
 * that never have one, media types that gain nothing, and event streams. What is compressed has a
 * weak `ETag`, as its bytes are others, and so does not match an `If-Match`; every answer whose type
 * can be compressed says `Vary: Accept-Encoding`. A compressor holds bytes back until it has
 * enough of them: say `Cache-Control: no-transform` on a stream whose parts must not wait.
 *
 * **Secrets:** where one body has a secret and text that an attacker chooses, its compressed length
 * tells the secret bit by bit (BREACH). Leave such answers uncompressed with `no-transform`, as
 * pages with a CSRF token that does not change.
 *
 * @module
 */
import { dropByteFields } from "../message/byte_fields.ts";
import { negotiateCoding } from "../message/content_coding.ts";
import type { ContentCoding } from "../message/content_coding.ts";
import { listMatches, weaken } from "../message/etag.ts";
import { asRequest, type Layer } from "../message/fetch.ts";
import { copyTrailers } from "../message/trailers.ts";
import { addVary } from "../message/vary.ts";
import { compressBody } from "./compress_body.ts";
import {
  type CompressionConfig,
  type CompressionRules,
  readCompression,
} from "./compress_config.ts";
import { editHeaders } from "./response_headers.ts";

export type { CompressionConfig, CompressionMode } from "./compress_config.ts";

/**
 * Compresses the answers of what it is put around.
 *
 * @throws {TypeError} when an option is not known, or its value is none that it can have.
 * @throws {RangeError} when `minimumSize` is no whole number from 0.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 * import { compress } from "@pirouette/http/layers";
 *
 * const squeezed = compress({ contentTypes: ["application/json", "text/*"] });
 * const albums = service({ layers: [squeezed] }, [get("/albums", () => ["Blue"])]);
 * ```
 */
export function compress(config: CompressionConfig = {}): Layer {
  const answer = compressor(config);
  return (next) => async (input, init) => {
    const request = asRequest(input, init);
    return await answer(request, await next(request));
  };
}

/** Compresses the answer to a request; gives it back at once where it is left as it is. */
export type Compressor = (request: Request, response: Response) => Response | Promise<Response>;

/**
 * What {@linkcode compress} does, for a server that calls it with each answer itself.
 *
 * A promise is given only for what is compressed, or has to be read to know how long it is.
 *
 * @throws {TypeError} when an option is not known, or its value is none that it can have.
 * @throws {RangeError} when `minimumSize` is no whole number from 0.
 */
export function compressor(config: CompressionConfig = {}): Compressor {
  const rules = readCompression(config);
  if (rules === undefined) return (_, response) => response;
  const choose = chooser(rules);
  return (request, response) => {
    if (response.status === 304) return notModified(request, response);
    if (response.status === 206) return partial(response, rules);
    if (!isCovered(response, rules)) return response;
    const varied = editHeaders(response, (headers) => addVary(headers, "Accept-Encoding"));
    if (request.method === "HEAD") return varied;
    const coding = choose(request.headers.get("accept-encoding"));
    if (coding === undefined || isShort(varied, rules.minimumSize)) return varied;
    return varied.body === null || varied.body.locked
      ? varied
      : encode(varied, varied.body, coding, rules.minimumSize);
  };
}

/** Chooses a coding; browsers all say the same, so that the last choice is often the next one. */
function chooser(
  { codings, unasked }: CompressionRules,
): (accept: string | null) => ContentCoding | undefined {
  let last: string | undefined;
  let chosen: ContentCoding | undefined;
  return (accept) => {
    if (accept === null) return unasked;
    if (accept === last) return chosen;
    const coding = negotiateCoding(accept, codings);
    chosen = codings.find((offered) => offered === coding);
    last = accept;
    return chosen;
  };
}

function isCovered({ headers, status }: Response, { covers }: CompressionRules): boolean {
  if (status < 200 || status === 204 || status === 205 || status === 206) return false;
  const contentType = headers.get("content-type");
  if (contentType === null || !covers(contentType)) return false;
  const coding = headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity") return false;
  if (headers.has("content-range")) return false;
  return !headers.get("cache-control")?.toLowerCase().includes("no-transform");
}

/** Whether it is known, unread, that a body is under the minimum. */
function isShort({ headers }: Response, minimumSize: number): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) < Math.max(minimumSize, 1);
}

/** The client that has the compressed variant knows it by its weak tag. */
function notModified(request: Request, response: Response): Response {
  return editHeaders(response, (headers) => {
    // The media type is not told any more, so that any answer may be one that varies.
    addVary(headers, "Accept-Encoding");
    const etag = headers.get("etag");
    if (etag === null || etag.startsWith("W/")) return;
    const known = request.headers.get("if-none-match");
    if (known === null || !known.includes(`W/${etag}`)) return;
    if (!listMatches(known, etag, "strong")) headers.set("etag", weaken(etag));
  });
}

/** A part is sent as it is, and says what the whole would (RFC 9110 section 15.3.7). */
function partial(response: Response, { covers }: CompressionRules): Response {
  const contentType = response.headers.get("content-type");
  const isMultipart = contentType?.startsWith("multipart/byteranges") === true;
  if (contentType === null || !(isMultipart || covers(contentType))) return response;
  return editHeaders(response, (headers) => addVary(headers, "Accept-Encoding"));
}

async function encode(
  response: Response,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  coding: ContentCoding,
  minimumSize: number,
): Promise<Response> {
  const compressed = await compressBody(body, coding, minimumSize);
  const { status, statusText, headers } = response;
  const answer = new Response(compressed.body, { status, statusText, headers });
  if (compressed.isCompressed) describe(answer.headers, coding);
  copyTrailers(response, answer);
  return answer;
}

function describe(headers: Headers, coding: ContentCoding): void {
  dropByteFields(headers);
  headers.set("content-encoding", coding);
  const etag = headers.get("etag");
  if (etag !== null) headers.set("etag", weaken(etag));
}
