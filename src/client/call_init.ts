/**
 * A call as `fetch` takes it: the method, the header fields and the encoded message.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import { HttpError } from "../message/errors.ts";
import { forwardableHeaders } from "../message/hop_by_hop.ts";
import { encodePayload } from "../message/payload_encode.ts";
import { toHeaders } from "./call_fields.ts";
import type { AnyCallOptions } from "./call_options.ts";

/** An init that also has what Node asks of streams; TypeScript's does not know it yet. */
export type CallInit = RequestInit & { duplex?: "half" };

/** What of a call's options its init is made of. */
type InitOptions = Pick<AnyCallOptions, "headers" | "mediaType" | "signal">;

/**
 * The init of a call.
 *
 * @throws {InitializingOutboundRequestError} when the method, a header field or the message cannot be
 * sent.
 */
export function callInit(method: string, message: unknown, options: InitOptions): CallInit {
  const init: CallInit = { method: methodOf(method) };
  const { headers, mediaType, signal } = options;
  if (headers !== undefined || mediaType !== undefined) init.headers = toHeaders(headers);
  if (signal !== undefined) init.signal = signal;
  if (message === undefined) return init;
  if (message instanceof Request) setRequest(init, message);
  else setMessage(init, message, mediaType);
  if (init.body instanceof ReadableStream) init.duplex = "half";
  return init;
}

/** The platform writes six methods in capitals; `patch` would be sent as it is, which nobody wants. */
function methodOf(method: string): string {
  return method.toLowerCase() === "patch" ? "PATCH" : method;
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
function setRequest(init: CallInit, message: Request): void {
  init.redirect = "manual";
  const headers = forwardableHeaders(message.headers);
  (init.headers as Headers | undefined)?.forEach((value, name) => headers.set(name, value));
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
