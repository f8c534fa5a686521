/**
 * What an error becomes when it reaches a listener: a reply of its status, with an error payload
 * that says what went wrong and nothing of how this program is made (spec 8.2).
 *
 * @module
 */
import { ApplicationResponseError } from "../message/client_errors.ts";
import { HttpError } from "../message/errors.ts";
import { ResourceMethodNotAllowedError } from "../message/listener_errors.ts";
import { Reply } from "../message/reply.ts";
import { reasonPhrase } from "../message/status.ts";
import { StatusCodeError } from "../message/status_code_error.ts";
import type { Exchange } from "./exchange.ts";

/** The body of an error reply that has none of its own. */
export interface ErrorPayload {
  /** When the error was answered (RFC 3339, UTC). */
  readonly timestamp: string;
  /** The status code. */
  readonly status: number;
  /** The reason phrase of the status. */
  readonly reason: string;
  /** What went wrong, for people. */
  readonly message: string;
  /** The path and query of the request, as sent. */
  readonly path: string;
  /** The method of the request. */
  readonly method: string;
}

/** Header fields of an upstream answer that describe its own connection or coding, not ours. */
const notForwarded: readonly string[] = [
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The reply that `error` becomes; only errors of this library shape it, all others give 500. */
export function errorReply(exchange: Exchange, error: unknown): Reply {
  if (error instanceof StatusCodeError) {
    const { headers, mediaType, status } = error;
    if (error.body === undefined) return payloadReply(exchange, status, error.message, headers);
    return new Reply(status, {
      body: error.body,
      ...(headers === undefined ? {} : { headers }),
      ...(mediaType === undefined ? {} : { mediaType }),
    });
  }
  if (error instanceof ApplicationResponseError) return upstreamReply(error);
  if (error instanceof ResourceMethodNotAllowedError) {
    const headers = { allow: error.allow.join(", ") };
    return payloadReply(exchange, error.status, error.message, headers);
  }
  if (error instanceof HttpError) return payloadReply(exchange, error.status, error.message);
  return payloadReply(exchange, 500, reasonPhrase(500));
}

/** Whether the cause of `error` is this program's fault and belongs in its log. */
export function isFault(error: unknown): boolean {
  if (error instanceof StatusCodeError) return error.status >= 500 && error.cause !== undefined;
  return !(error instanceof HttpError) || error.status >= 500;
}

function payloadReply(
  exchange: Exchange,
  status: number,
  message: string,
  headers: Reply["headers"] = undefined,
): Reply {
  const body: ErrorPayload = {
    timestamp: new Date().toISOString(),
    status,
    reason: reasonPhrase(status),
    message,
    path: exchange.target,
    method: exchange.method,
  };
  return new Reply(status, headers === undefined ? { body } : { body, headers });
}

function upstreamReply(error: ApplicationResponseError): Reply {
  const { statusCode, body } = error.detail;
  const headers = new Headers(error.detail.headers);
  const named = headers.get("connection")?.split(",") ?? [];
  for (const name of [...notForwarded, ...named]) headers.delete(name.trim());
  return new Reply(statusCode, { body, headers });
}
