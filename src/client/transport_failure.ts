/**
 * What a platform's `fetch` rejects with, as an error of this library (spec section 2.4, "Error"):
 * Deno and Node tell failures apart only in texts and codes of causes, and this is the one place
 * that reads them.
 *
 * What the platform said is the `cause`. A message does not name the address, as it is told to clients of
 * a service that lets the error through; the error's `url` does, without query and credentials, because
 * both carry secrets.
 *
 * @module
 */
import {
  ClientConnectorError,
  type ClientError,
  GenericClientError,
  Http2ClientError,
  IdleTimeoutError,
  InitializingInboundResponseError,
  InitializingOutboundRequestError,
  ReadingInboundResponseBodyError,
  ReadingInboundResponseHeadersError,
  SslError,
  WritingOutboundRequestBodyError,
} from "../message/client_errors.ts";
import { type FailureKind, failureOf } from "./transport_failure_kind.ts";
import { tlsReason } from "./transport_failure_tls.ts";

/** What is known of the call that failed. */
export interface FailedCall {
  /** The address of the call, whole or not. */
  readonly url?: string;
  /** The signal of the call: its reason is the caller's own error, and passes through. */
  readonly signal?: AbortSignal | null;
  /** Whether the request had a body. */
  readonly hasBody?: boolean;
  /**
   * What was being done: waiting for the response's head, or reading its body.
   *
   * @default "head"
   */
  readonly phase?: "head" | "body";
}

/**
 * The error of this library that says what failed, or `error` itself where it is no failure of the
 * platform: the reason of an abort, an error of a layer, a missing permission.
 *
 * @example
 * ```ts
 * import { explainFailure } from "@pirouette/http";
 *
 * try {
 *   await fetch("http://127.0.0.1:9/albums");
 * } catch (error) {
 *   throw explainFailure(error, { url: "http://127.0.0.1:9/albums" });
 * }
 * ```
 */
export function explainFailure(error: unknown, call: FailedCall = {}): unknown {
  if (!(error instanceof TypeError)) return error;
  if (call.signal?.aborted && call.signal.reason === error) return error;
  const failure = failureOf(error, { phase: call.phase ?? "head", hasBody: call.hasBody ?? true });
  if (failure === undefined) return error;
  const { kind, reason } = failure;
  // What a header field says may be a password, and the platform's message quotes it.
  const explained = makers[kind](reason, kind === "header" ? undefined : { cause: error });
  if (call.url === undefined) return explained;
  return Object.defineProperty(explained, "url", {
    value: shownAddress(call.url),
    enumerable: true,
  });
}

type Make = (reason: string, options: ErrorOptions | undefined) => ClientError;

const makers: Readonly<Record<FailureKind, Make>> = {
  connect: (reason, options) =>
    new ClientConnectorError(`Something wrong with the connection: ${reason}`, options),
  tls: (reason, options) => new SslError(`SSL connection failed: ${tlsReason(reason)}`, options),
  http2: (reason, options) =>
    new Http2ClientError(`The HTTP/2 exchange failed: ${reason}`, options),
  call: (reason, options) =>
    new InitializingOutboundRequestError(`Cannot begin the request: ${reason}`, options),
  header: (_reason, options) =>
    new InitializingOutboundRequestError(
      "Cannot begin the request: a header field has a name that is no token or a value with CR, LF, " +
        "NUL or a character beyond Latin-1",
      options,
    ),
  requestBody: (reason, options) =>
    new WritingOutboundRequestBodyError(`Cannot send the request body: ${reason}`, options),
  responseStart: (reason, options) =>
    new InitializingInboundResponseError(`No response could be read: ${reason}`, options),
  responseHeaders: (reason, options) =>
    new ReadingInboundResponseHeadersError(`Cannot read the response headers: ${reason}`, options),
  responseHeaderSize: (_reason, options) =>
    new ReadingInboundResponseHeadersError(
      "Response max header size exceeds: the header section is larger than this runtime takes",
      options,
    ),
  responseBody: (reason, options) =>
    new ReadingInboundResponseBodyError(`The response body broke off: ${reason}`, options),
  idle: (reason, options) => new IdleTimeoutError(reason, options),
  closed: (_reason, options) =>
    new GenericClientError("Cannot call: the transport is closed, make another", options),
};

const maxShown = 120;

/** An address fit for a message: no credentials, no query, no fragment, and not too long. */
export function shownAddress(text: string): string {
  const url = URL.parse(text);
  // Text that is no URL is shown up to where a secret could begin.
  const shown = url === null ? `"${beforeSecrets(text)}"` : shownUrl(url);
  return shown.length > maxShown ? `${shown.slice(0, maxShown - 1)}…` : shown;
}

function shownUrl({ protocol, host, pathname }: URL): string {
  // What follows data: is all content.
  return host === "" ? protocol : `${protocol}//${host}${pathname}`;
}

function beforeSecrets(text: string): string {
  const query = text.search(/[?#]/);
  const path = query === -1 ? text : text.slice(0, query);
  const shown = path.slice(path.lastIndexOf("@") + 1, path.length);
  return shown.slice(0, maxShown).replace(/\p{Cc}/gu, "\ufffd");
}
