/**
 * What a platform's `fetch` rejects with, as an error of this library (spec section 2.4, "Error"):
 * Deno and Node tell failures apart only in texts and codes of causes, and this is the one place
 * that reads them.
 *
 * What the platform said is the `cause`. Messages of ours name the address without its query and
 * credentials, because both carry secrets.
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
  const place = call.url === undefined ? "" : ` ${shownAddress(call.url)}`;
  // What a header field says may be a password, and the platform's message quotes it.
  const options = kind === "header" ? undefined : { cause: error };
  return makers[kind](place, reason, options);
}

type Make = (place: string, reason: string, options: ErrorOptions | undefined) => ClientError;

const makers: Readonly<Record<FailureKind, Make>> = {
  connect: (place, reason, options) =>
    new ClientConnectorError(
      `Cannot connect to${place || " the remote service"}: ${reason}`,
      options,
    ),
  tls: (place, reason, options) =>
    new SslError(
      `Cannot make a TLS connection to${place || " the remote service"}: ${reason}`,
      options,
    ),
  http2: (place, reason, options) =>
    new Http2ClientError(`The HTTP/2 exchange with${place || " the service"} failed: ${reason}`, {
      ...options,
    }),
  call: (place, reason, options) =>
    new InitializingOutboundRequestError(
      `Cannot begin the request${place && ` to${place}`}: ${reason}`,
      options,
    ),
  header: (place, _reason, options) =>
    new InitializingOutboundRequestError(
      `Cannot begin the request${
        place && ` to${place}`
      }: a header field has a name that is no token ` +
        "or a value with CR, LF, NUL or a character beyond Latin-1",
      options,
    ),
  requestBody: (place, reason, options) =>
    new WritingOutboundRequestBodyError(
      `Cannot send the request body${place && ` to${place}`}: ${reason}`,
      options,
    ),
  responseStart: (place, reason, options) =>
    new InitializingInboundResponseError(
      `No response could be read${place && ` from${place}`}: ${reason}`,
      options,
    ),
  responseHeaders: (place, reason, options) =>
    new ReadingInboundResponseHeadersError(
      `Cannot read the response headers${place && ` of${place}`}: ${reason}`,
      options,
    ),
  responseHeaderSize: (place, _reason, options) =>
    new ReadingInboundResponseHeadersError(
      `Response max header size exceeds: the header section${place && ` of${place}`} is larger ` +
        "than this runtime takes",
      options,
    ),
  responseBody: (place, reason, options) =>
    new ReadingInboundResponseBodyError(
      `The response body${place && ` of${place}`} broke off: ${reason}`,
      options,
    ),
  idle: (_place, reason, options) => new IdleTimeoutError(reason, options),
  closed: (place, _reason, options) =>
    new GenericClientError(
      `Cannot call${place || " the service"}: its transport is closed, make another`,
      options,
    ),
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
