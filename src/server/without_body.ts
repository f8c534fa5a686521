/**
 * The answer to HEAD: what GET would be answered with, less its body (RFC 9110 section 9.3.2).
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** `response` without its body; whatever feeds that is told to stop. */
export function withoutBody({ connection }: Exchange, response: Response): Response {
  if (response.body === null) return response;
  response.body.cancel().catch(() => {});
  // Of no body at all a transport says that its length is 0, which GET would not (section 8.6).
  return new Response(connection === undefined ? null : nothing(), response);
}

function nothing(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
