/**
 * Whether a response can be sent at all, asked before a transport is given it.
 *
 * `Headers` lets control characters through that no field value may have (RFC 9110 section 5.5),
 * and Deno 2.9.6 answers one with a panic: its process ends. A client whose text reaches a header
 * field must not be able to do that.
 *
 * @module
 */
import { InitializingOutboundResponseError } from "../message/listener_errors.ts";
import { dropUnsent } from "./unsent.ts";

/** All that a field value may have: horizontal tab, space, visible characters, and octets above. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether every transport can send this as the value of a header field. */
export function isFieldValue(value: string): boolean {
  return fieldValue.test(value);
}

/**
 * A response that somebody else made, if it can be sent.
 *
 * @throws {InitializingOutboundResponseError} when it is no response, was sent or read before, is a
 * network error, or a header field has a control character.
 */
export function sendable(response: Response): Response {
  if (!(response instanceof Response)) throw unsendable("it is none");
  if (response.type === "error") throw unsendable("it is a network error");
  if (response.bodyUsed) throw unsendable("its body was read or sent before, send a clone");
  let refused: string | undefined;
  // An iterator over header fields costs three times as much.
  response.headers.forEach((value, name) => {
    if (!isFieldValue(value)) refused = name;
  });
  if (refused === undefined) return response;
  dropUnsent(response);
  throw unsendable(`"${refused}" has a control character`);
}

function unsendable(why: string): InitializingOutboundResponseError {
  return new InitializingOutboundResponseError(`Cannot send a response: ${why}`);
}
