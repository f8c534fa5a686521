/**
 * What goes wrong with a call over HTTP/2, as the errors that every transport of this library tells.
 *
 * @module
 */
import { explainFailure } from "../client/transport_failure.ts";
import {
  ClientConnectorError,
  Http2ClientError,
  ReadingInboundResponseHeadersError,
  WritingOutboundRequestBodyError,
} from "../message/client_errors.ts";
import { HttpError } from "../message/errors.ts";
import { Http2Failure } from "../runtime/http2_connection.ts";
import type { OutgoingRequest } from "./outgoing_request.ts";

/** What a call that failed rejects with; what is none of the connection's failures stays itself. */
export function explainHttp2Failure(
  error: unknown,
  { url, signal, body }: Pick<OutgoingRequest, "url" | "signal" | "body">,
  phase: "head" | "body",
): unknown {
  if (signal?.aborted && error === signal.reason) return error;
  if (error instanceof HttpError || error instanceof DOMException) return error;
  if (!(error instanceof Http2Failure)) {
    return error instanceof Error && "code" in error
      ? explainPlatform(error, { url, body, phase })
      : error;
  }
  const { kind, message, cause } = error;
  // What the platform says of a connection that broke tells more than that it did.
  if (kind === "broken" && cause instanceof Error && "code" in cause) {
    return explainPlatform(cause, { url, body, phase });
  }
  return Object.defineProperty(make(kind, message, { cause: cause ?? error }), "url", {
    value: url.origin + url.pathname,
    enumerable: true,
  });
}

function make(kind: Http2Failure["kind"], message: string, options: ErrorOptions): Error {
  if (kind === "connect") {
    return new ClientConnectorError(`Something wrong with the connection: ${message}`, options);
  }
  if (kind === "headerSize") {
    return new ReadingInboundResponseHeadersError(
      "Response max header size exceeds: raise maxHeaderListSize",
      options,
    );
  }
  if (kind === "requestBody") {
    return new WritingOutboundRequestBodyError(
      `Cannot send the request body: ${message}`,
      options,
    );
  }
  return new Http2ClientError(`The HTTP/2 exchange failed: ${message}`, options);
}

function explainPlatform(
  given: Error,
  { url, body, phase }: Pick<OutgoingRequest, "url" | "body"> & { phase: "head" | "body" },
): unknown {
  const { code } = given as { code?: unknown };
  // A server that speaks HTTP/1.1 only says so while TLS is set up.
  const cause = typeof code === "string" && code.includes("NO_APPLICATION_PROTOCOL")
    ? withCode("the server does not speak HTTP/2 over TLS", "ERR_HTTP2_ERROR", given)
    : withoutAddress(given);
  return explainFailure(new TypeError("fetch failed", { cause }), {
    url: url.href,
    hasBody: body !== undefined,
    phase,
  });
}

/** What the system says, without the address that it names. */
function withoutAddress(error: Error): Error {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code !== "string" || typeof syscall !== "string") return error;
  return withCode(`${syscall} ${code}`, code, error);
}

function withCode(message: string, code: string, cause: Error): Error {
  return Object.assign(new Error(message, { cause }), { code });
}
