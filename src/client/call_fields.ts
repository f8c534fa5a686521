/**
 * Header fields of a call, from a record to what the platform takes.
 *
 * @module
 */
import { InitializingOutboundRequestError } from "../message/client_errors.ts";
import { shorten } from "../message/payload_failure.ts";

/** The value of a header field; one that is `null` or `undefined` is not sent. */
export type CallHeaderValue = string | number | boolean | null | undefined;

/** Header fields: a record, where a list is sent as several fields, or anything `Headers` takes. */
export type CallHeaders =
  | HeadersInit
  | Readonly<Record<string, CallHeaderValue | readonly CallHeaderValue[]>>;

/**
 * Header fields as the platform takes them, which takes line breaks around a value away.
 *
 * @throws {InitializingOutboundRequestError} when a name is no token, a value has a control character
 * or is no text, number or boolean, or a pair is none; the message has the name and not the value.
 */
export function toHeaders(given: CallHeaders | undefined): Headers {
  const headers = new Headers();
  if (given === undefined) return headers;
  if (given instanceof Headers) {
    given.forEach((value, name) => headers.append(name, value));
    return headers;
  }
  if (typeof given !== "object" || given === null) throw unpaired();
  const isList = Symbol.iterator in given;
  for (const entry of isList ? given as Iterable<unknown> : Object.entries(given)) {
    if (!Array.isArray(entry) || entry.length !== 2) throw unpaired();
    const [name, value] = entry;
    if (Array.isArray(value)) { for (const item of value) append(headers, name, item); }
    else append(headers, name, value);
  }
  return headers;
}

function unpaired(): Error {
  return new InitializingOutboundRequestError(
    "Cannot send header fields: they are no record, or one of the list is no pair of a name and a value",
  );
}

function append(headers: Headers, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const type = typeof value;
  if (type !== "string" && type !== "number" && type !== "boolean") {
    throw unfit(name, `its value is ${type}, pass text, a number, a boolean or a list of them`);
  }
  try {
    headers.append(name, String(value));
  } catch {
    // The platform's message has the value, which may be a secret: it is no cause to keep.
    throw unfit(
      name,
      "its name is no token or its value has control characters or none of Latin-1",
    );
  }
}

function unfit(name: string, why: string): Error {
  const shown = shorten(String(name).replace(/\p{Cc}/gu, "\ufffd"));
  return new InitializingOutboundRequestError(`Cannot send header field "${shown}": ${why}`);
}
