/**
 * Requests that ask for another protocol (RFC 9110 section 7.8): which are handed on to a handler, and
 * what is done where nobody here speaks what they ask for.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** Whether a request asks for a WebSocket (RFC 6455 section 4.1), in whatever case. */
export function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** The bytes of a request as if it had not asked, and what came after its head. */
export function replayed(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  rest: Uint8Array,
): Uint8Array {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]);
}
