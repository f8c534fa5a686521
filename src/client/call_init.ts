/**
 * A call as `fetch` takes it: the method, the header fields and the encoded message.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import { HttpError } from "../message/errors.ts";
import { addForwarded, type ForwardedRules } from "../message/forwarded_build.ts";
import { forwardableHeaders } from "../message/hop_by_hop.ts";
import { encodePayload } from "../message/payload_encode.ts";
import { shorten } from "../message/payload_failure.ts";
import { toHeaders } from "./call_fields.ts";
import type { AnyCallOptions } from "./call_options.ts";

/** An init that also has what Node asks of streams; TypeScript's does not know it yet. */
export type CallInit = RequestInit & { duplex?: "half" };

/** What of a call's options its init is made of. */
export type InitOptions = Pick<AnyCallOptions, "headers" | "mediaType" | "signal">;

/**
 * The init of a call.
 *
 * @throws {InitializingOutboundRequestError} when the method, a header field or the message cannot be
 * sent.
 */
export function callInit(
  method: string,
  message: unknown,
  options: InitOptions,
  forwarded: ForwardedRules,
): CallInit {
  const init: CallInit = { method: methodOf(method, message) };
  const { headers, mediaType, signal } = options;
  if (headers !== undefined || mediaType !== undefined) init.headers = toHeaders(headers);
  if (signal !== undefined) init.signal = signal;
  if (message === undefined) return init;
  if (message instanceof Request) setRequest(init, message, mediaType, forwarded);
  else setMessage(init, message, mediaType);
  if (init.body instanceof ReadableStream) setStream(init, init.body);
  if (isBodiless(init.method) && init.body !== null) throw bodyOfBodiless(init.method);
  return init;
}

function setStream(init: CallInit, body: ReadableStream): void {
  if (body.locked) {
    throw new InitializingOutboundRequestError(
      "Cannot send the stream: it is read elsewhere, or was sent before, pass another",
    );
  }
  init.duplex = "half";
}

/** Those that the client's own functions name, which need no look at each call. */
const plainMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
]);

/**
 * The method to send. The platform writes six in capitals; `patch` would be sent as it is, which
 * nobody wants. An empty one is that of the received request, if the message is one.
 */
function methodOf(method: string, message: unknown): string {
  if (plainMethods.has(method)) return method;
  const capitals = method.toUpperCase();
  if (plainMethods.has(capitals)) return capitals;
  if (method === "") {
    if (message instanceof Request) return message.method;
    throw new InitializingOutboundRequestError(`HTTP Verb cannot be empty: name one as "GET"`);
  }
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(method)) {
    throw new InitializingOutboundRequestError(
      `Cannot send the method "${
        shorten(method.replace(/\p{Cc}/gu, "\ufffd"))
      }": it is no token, as GET is`,
    );
  }
  return method;
}

function isBodiless(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}

function bodyOfBodiless(method: string | undefined): Error {
  return new InitializingOutboundRequestError(
    `Cannot send a message with ${method}: the platform has no body for it, send a query or use POST`,
  );
}

function setMessage(init: CallInit, message: unknown, mediaType: string | undefined): void {
  const headers = init.headers as Headers | undefined;
  const chosen = mediaType ?? headers?.get("content-type") ?? undefined;
  const { body, contentType } = encode(message, chosen);
  init.body = body;
  if (contentType !== undefined) {
    if (headers === undefined) init.headers = { "content-type": contentType };
    else setContentType(headers, contentType);
  } else if (message instanceof FormData) {
    // The platform chooses a boundary and says so; another type would not have it.
    headers?.delete("content-type");
  }
}

function setContentType(headers: Headers, contentType: string): void {
  try {
    headers.set("content-type", contentType);
  } catch (cause) {
    throw new InitializingOutboundRequestError(
      "Cannot send the message: its mediaType has characters that no header field can have",
      { cause },
    );
  }
}

/**
 * A received request as a message: its body unread, and the fields that are about it. Redirects are
 * for whoever sent it.
 */
function setRequest(
  init: CallInit,
  message: Request,
  mediaType: string | undefined,
  forwarded: ForwardedRules,
): void {
  if (message.bodyUsed) {
    throw new InitializingOutboundRequestError(
      "Cannot pass the request on: its body was read before, pass a clone or the body itself",
    );
  }
  init.redirect = "manual";
  const headers = forwardableHeaders(message.headers);
  addForwarded(headers, message, forwarded);
  (init.headers as Headers | undefined)?.forEach((value, name) => headers.set(name, value));
  if (mediaType !== undefined) setContentType(headers, mediaType);
  init.headers = headers;
  init.body = message.body;
}

function encode(message: unknown, mediaType: string | undefined): ReturnType<typeof encodePayload> {
  try {
    return encodePayload(message, { mediaType });
  } catch (cause) {
    // What is wrong with the message is for whoever called: a client's error, not the root of all.
    const why = cause instanceof HttpError
      ? cause.message
      : "Cannot send the message: it is no data";
    throw new InitializingOutboundRequestError(why, { cause });
  }
}
