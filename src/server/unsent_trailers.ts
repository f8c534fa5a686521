/**
 * Trailer fields that nobody would send: a transport that has nothing for them must not lose them in
 * silence.
 *
 * @module
 */
import { InitializingOutboundResponseError } from "../message/listener_errors.ts";
import { Reply } from "../message/reply.ts";
import { hasOwnTrailers } from "../message/trailers.ts";
import type { Exchange } from "./exchange.ts";
import { dropUnsent } from "./unsent.ts";

/**
 * Refuses what a handler returned where it has trailer fields and the transport cannot send them.
 *
 * @throws {InitializingOutboundResponseError} when it does; the remedy is in the message.
 */
export function refuseUnsentTrailers({ connection }: Exchange, value: unknown): void {
  if (connection === undefined || connection.sendsTrailers === true) return;
  if (!hasTrailers(value)) return;
  dropUnsent(value);
  throw new InitializingOutboundResponseError(
    'Cannot send trailer fields: this transport has nothing for them, give the listener transport: "node"',
  );
}

function hasTrailers(value: unknown): boolean {
  if (value instanceof Reply) return value.trailers !== undefined;
  return value instanceof Response && hasOwnTrailers(value);
}
