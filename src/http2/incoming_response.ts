/**
 * What comes back over HTTP/2 as a `Response`, its trailers kept beside it.
 *
 * @module
 */
import { InitializingInboundResponseError } from "../message/client_errors.ts";
import { keepReceivedTrailers } from "../message/trailers.ts";
import type { FieldList } from "../message/connection.ts";
import type { Http2Response } from "../runtime/http2_connection.ts";

/**
 * Makes the response.
 *
 * @throws {InitializingInboundResponseError} when the platform makes none of it.
 */
export function incomingResponse(url: URL, received: Http2Response): Response {
  const { status, fields, body, trailers } = received;
  const isBeyond = status > 599;
  let response: Response;
  try {
    response = new Response(body ?? null, {
      status: isBeyond ? 200 : status,
      headers: toHeaders(fields),
    });
  } catch (cause) {
    body?.cancel().catch(() => {});
    throw new InitializingInboundResponseError(
      "No response could be read: a header field is none",
      { cause },
    );
  }
  if (isBeyond) define(response, { status, ok: false });
  define(response, { url: withoutFragment(url) });
  // Made once more where the response is sent on to somebody else.
  keepReceivedTrailers(response, async () => toHeaders(await trailers));
  return response;
}

/** Header fields, each as often as it came. */
export function toHeaders(fields: FieldList): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}

function withoutFragment(url: URL): string {
  return url.hash === "" ? url.href : url.href.slice(0, url.href.indexOf("#"));
}

/** Configurable, so that a layer outside can say where the response came from. */
function define(response: Response, values: Partial<Response>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
}
