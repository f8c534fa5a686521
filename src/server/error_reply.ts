/**
 * What an error becomes when it reaches a listener: a reply of its status that says what went wrong
 * and nothing of how this program is made (spec 8.2).
 *
 * Errors of this library, and classes derived from them, say their status, message and header fields;
 * of everything else that can be thrown nothing is told but 500.
 *
 * @module
 */
import {
  ApplicationResponseError,
  ClientConnectorError,
  IdleTimeoutError,
  ResiliencyError,
} from "../message/client_errors.ts";
import { HttpError } from "../message/errors.ts";
import { ResourceMethodNotAllowedError } from "../message/listener_errors.ts";
import { Reply, type ReplyHeaders } from "../message/reply.ts";
import { isBodiless, reasonPhrase } from "../message/status.ts";
import { StatusCodeError } from "../message/status_code_error.ts";
import type { Exchange } from "./exchange.ts";
import { errorBody, type ErrorFormat } from "./problem_details.ts";
import { toHeaders } from "./reply_encoder.ts";
import { forwardedHeaders, upstreamReply } from "./upstream_reply.ts";

export type { ErrorPayload } from "./problem_details.ts";

/** The most characters of a message that are sent. */
const maxMessageLength = 8192;

/** An error that brings header fields, as `Allow`, `Retry-After` or `WWW-Authenticate`. */
type WithHeaders = HttpError & { readonly headers?: ReplyHeaders | undefined };

/**
 * The reply that `error` becomes.
 *
 * @throws whatever its getters throw: an error that cannot be looked at is for
 * {@linkcode failureReply}.
 */
export function errorReply(exchange: Exchange, error: unknown, format: ErrorFormat = {}): Reply {
  const status = errorStatus(error);
  if (status === undefined || !(error instanceof HttpError)) return failureReply(exchange, format);
  if (error instanceof ApplicationResponseError) {
    const { detail, message } = error;
    if (detail.body !== undefined) return upstreamReply(detail);
    return written(
      exchange,
      { status, message, headers: forwardedHeaders(detail.headers) },
      format,
    );
  }
  if (error instanceof StatusCodeError && error.body !== undefined && !isBodiless(status)) {
    const { body, headers, mediaType } = error;
    return new Reply(status, {
      body,
      ...(headers === undefined ? {} : { headers }),
      ...(mediaType === undefined ? {} : { mediaType }),
    });
  }
  return written(
    exchange,
    { status, message: messageOf(error), headers: headersOf(error) },
    format,
  );
}

/** The reply to a failure of which nothing is told. */
export function failureReply(exchange: Exchange, format: ErrorFormat = {}): Reply {
  return written(exchange, { status: 500, message: "", headers: undefined }, format);
}

/** Whether the cause of `error` is this program's fault and belongs in its log. */
export function isFault(error: unknown): boolean {
  const status = errorStatus(error);
  if (status === undefined) return true;
  return status >= 500 && (!(error instanceof StatusCodeError) || error.cause !== undefined);
}

/**
 * The status an error of this library answers with; `undefined` for what is none of them, and for
 * one whose status no error can have.
 */
function errorStatus(error: unknown): number | undefined {
  if (!(error instanceof HttpError)) return undefined;
  const { status } = error;
  // A status error may be thrown to redirect; that any other says 200 is a mistake.
  const least = error instanceof StatusCodeError ? 200 : 400;
  if (!Number.isInteger(status) || status < least || status > 599) return undefined;
  return status === 502 && error instanceof ResiliencyError && endsInTimeout(error) ? 504 : status;
}

/** Causes that are looked at: chains are short, and one may lead back to its beginning. */
const maxCauses = 16;

/** Whether what was tried last, by a retry or a failover, was not answered in time. */
function endsInTimeout(error: ResiliencyError): boolean {
  let cause: unknown = error.cause;
  for (let count = 0; count < maxCauses; count++) {
    if (cause instanceof IdleTimeoutError) return true;
    if (cause instanceof DOMException) return cause.name === "TimeoutError";
    if (Array.isArray(cause)) cause = cause.at(-1);
    else if (cause instanceof AggregateError) cause = cause.errors.at(-1);
    else if (cause instanceof Error) cause = cause.cause;
    else return false;
  }
  return false;
}

/**
 * The message of an error, and where no connection could be made also those of its causes: the first
 * says that it could not, they say why. What the platform says stays in the log.
 */
function messageOf(error: HttpError): string {
  if (!(error instanceof ClientConnectorError)) return error.message;
  const messages = [error.message];
  let { cause } = error;
  while (cause instanceof HttpError && messages.length < maxCauses) {
    messages.push(cause.message);
    ({ cause } = cause);
  }
  return messages.join(": ");
}

function headersOf(error: HttpError): ReplyHeaders | undefined {
  if (error instanceof ResourceMethodNotAllowedError) return { allow: error.allow.join(", ") };
  const { headers }: WithHeaders = error;
  return headers;
}

/** What is said of an error without a body of its own. */
interface Said {
  readonly status: number;
  readonly message: string;
  readonly headers: ReplyHeaders | undefined;
}

function written(
  exchange: Exchange,
  { status, message, headers }: Said,
  format: ErrorFormat,
): Reply {
  const own = headers === undefined ? undefined : withoutBodyFields(headers);
  if (isBodiless(status)) return new Reply(status, own === undefined ? {} : { headers: own });
  const facts = {
    status,
    message: shortened(message) || reasonPhrase(status),
    path: exchange.target,
    method: exchange.method,
  };
  const isNegotiated = format.problemDetails === "negotiate";
  const accept = isNegotiated ? exchange.request.headers.get("accept") : null;
  const parts = errorBody(facts, format, accept);
  const sent = isNegotiated ? varyingByAccept(own) : own;
  return new Reply(status, sent === undefined ? parts : { ...parts, headers: sent });
}

/** Header fields without those of a body that is not the one sent. */
function withoutBodyFields(given: ReplyHeaders): Headers {
  const headers = new Headers(toHeaders(given, undefined));
  for (const name of ["content-encoding", "content-length", "content-type", "transfer-encoding"]) {
    headers.delete(name);
  }
  return headers;
}

function varyingByAccept(headers: Headers = new Headers()): Headers {
  const fields = headers.get("vary")?.toLowerCase().split(",").map((name) => name.trim()) ?? [];
  if (!fields.includes("*") && !fields.includes("accept")) headers.append("vary", "Accept");
  return headers;
}

/** A message may quote what a client sent, and must not become much more than it. */
function shortened(message: unknown): string {
  if (typeof message !== "string") return "";
  if (message.length <= maxMessageLength) return message;
  return `${message.slice(0, maxMessageLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
