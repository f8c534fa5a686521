/**
 * Parts of what a handler answered: 206 and 416 in place of a whole body that is in memory
 * (RFC 9110 section 14).
 *
 * @module
 */
import { parseHttpDate } from "../message/http_date.ts";
import {
  type PartSource,
  partsResponse,
  rangesFor,
  unsatisfiedRange,
} from "../message/partial_content.ts";
import { RangeNotSatisfiableError } from "../message/status_errors.ts";

/** Whether a request asks for a part of an answer that could be sent in parts. */
export function asksForPart(request: Request, response: Response): boolean {
  return response.status === 200 && request.method === "GET" &&
    request.headers.get("range") !== null;
}

/** Whether an answer says itself that parts of it can be had. */
export function offersParts(response: Response): boolean {
  return response.headers.get("accept-ranges")?.toLowerCase() === "bytes";
}

/**
 * The parts of an answer that a request asks for; the answer itself where its `Range` does not
 * count.
 *
 * @param response whose body was not read yet.
 * @param blob the body, where it is one: it is then read from the middle.
 * @throws {RangeNotSatisfiableError} (as a rejection) when the body has no such part.
 */
export async function partOf(
  request: Request,
  response: Response,
  blob: Blob | undefined,
): Promise<Response> {
  const { headers } = response;
  const source = blob === undefined ? await inMemory(response) : inBlob(blob);
  const ranges = rangesFor(request, source.size, {
    etag: headers.get("etag") ?? undefined,
    lastModified: parseHttpDate(headers.get("last-modified")),
  });
  if (ranges === undefined) {
    if (!response.bodyUsed) return response;
    return new Response(await source.read(0, source.size), { headers });
  }
  if (!response.bodyUsed) response.body?.cancel().catch(() => {});
  if (ranges !== "unsatisfiable") return await partsResponse(source, ranges, headers);
  throw new RangeNotSatisfiableError(`The range is outside of the body's ${source.size} bytes`, {
    headers: { "content-range": unsatisfiedRange(source.size) },
  });
}

async function inMemory(response: Response): Promise<PartSource> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end) };
}

function inBlob(blob: Blob): PartSource {
  return { size: blob.size, read: (start, end) => blob.slice(start, end) };
}
