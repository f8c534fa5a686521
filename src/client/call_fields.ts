/**
 * Header fields of a call, from a record to what the platform takes.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";

/** The value of a header field; one that is `null` or `undefined` is not sent. */
export type CallHeaderValue = string | number | boolean | null | undefined;

/** Header fields: a record, where a list is sent as several fields, or anything `Headers` takes. */
export type CallHeaders =
  | HeadersInit
  | Readonly<Record<string, CallHeaderValue | readonly CallHeaderValue[]>>;

/**
 * Header fields as the platform takes them.
 *
 * @throws {InitializingOutboundRequestError} when a name is no token, or a value has a control
 * character; the message has the name and not the value.
 */
export function toHeaders(given: CallHeaders | undefined): Headers {
  const headers = new Headers();
  if (given === undefined) return headers;
  if (given instanceof Headers) {
    given.forEach((value, name) => headers.append(name, value));
    return headers;
  }
  const entries = Symbol.iterator in given
    ? given as Iterable<readonly [string, string]>
    : Object.entries(given);
  for (const [name, value] of entries) {
    if (Array.isArray(value)) { for (const item of value) append(headers, name, item); }
    else append(headers, name, value);
  }
  return headers;
}

function append(headers: Headers, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  try {
    headers.append(name, String(value));
  } catch {
    // The platform's message has the value, which may be a secret: it is no cause to keep.
    throw new InitializingOutboundRequestError(
      `Cannot send header field "${
        String(name).slice(0, 40).replace(/\p{Cc}/gu, "\ufffd")
      }": its name is no token or its value has control characters or none of Latin-1`,
    );
  }
}
