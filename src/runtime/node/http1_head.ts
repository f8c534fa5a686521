/**
 * What the head of a request over HTTP/1.1 says that a `Request` needs, found in one pass over its
 * fields, or that it is refused.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TargetReader } from "./target.ts";

/** What a head says. */
export interface RequestFacts {
  /** The URL. */
  readonly url: string;
  /** Whether the request can have a body. */
  readonly hasBody: boolean;
  /** Whether it asks for another protocol (RFC 9110 section 7.8). */
  readonly asksToLeave: boolean;
}

/** What the head of a request with this target says; 400 where it contradicts itself. */
export function requestFacts(
  { rawHeaders, httpVersionMinor, socket, method }: IncomingMessage,
  target: string,
  targets: TargetReader,
): RequestFacts | 400 {
  let host: string | undefined;
  let hasBody = false;
  let asksToLeave = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    // Asked by their lengths, which no other field of most requests has.
    if (name.length === 4 && name.toLowerCase() === "host") {
      if (host !== undefined) return 400;
      host = rawHeaders[index + 1] as string;
    } else if (name.length === 14 && name.toLowerCase() === "content-length") {
      hasBody ||= rawHeaders[index + 1] !== "0";
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      hasBody = true;
    } else if (name.length === 7 && name.toLowerCase() === "upgrade") {
      asksToLeave = true;
    }
  }
  if (host === undefined && httpVersionMinor !== 0) return 400;
  const url = targets.url(target, host, () => localAuthority(socket));
  if (url === undefined) return 400;
  // No `Request` of these methods has a body; what comes is thrown away once they are answered.
  return { url, hasBody: hasBody && method !== "GET" && method !== "HEAD", asksToLeave };
}

/** Answers without a handler, and closes. */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
): void {
  request.resume();
  response.writeHead(status, ["content-length", "0", "connection", "close"]);
  response.end();
}

function localAuthority({ localAddress = "localhost", localPort = 80 }: Socket): string {
  return `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}
