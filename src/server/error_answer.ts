/**
 * The answer to a request that failed, and the word to whoever keeps the log.
 *
 * @module
 */
import { errorReply, isFault } from "./error_reply.ts";
import type { Exchange } from "./exchange.ts";
import { encodeReply, type ReplyRules } from "./reply_encoder.ts";

/** How error replies are encoded: by the type of their body, unchecked. */
const errorRules: ReplyRules = {
  init: undefined,
  status: 500,
  mediaType: undefined,
  subtypePrefix: undefined,
  responses: undefined,
};

/** Told of failures that are the program's own. */
export type ErrorObserver = (error: unknown, request: Request) => void;

/** The answer to a failed request; never fails itself. */
export function answerError(
  exchange: Exchange,
  error: unknown,
  observer: ErrorObserver | undefined,
): Response | Promise<Response> {
  observe(exchange, error, observer);
  try {
    const response = encodeReply(errorReply(exchange, error), errorRules);
    if (!(response instanceof Promise)) return response;
    return response.catch((second) => lastResort(exchange, second, observer));
  } catch (second) {
    return lastResort(exchange, second, observer);
  }
}

/** An error whose own body or headers cannot be sent. */
function lastResort(
  exchange: Exchange,
  error: unknown,
  observer: ErrorObserver | undefined,
): Response {
  observe(exchange, error, observer);
  return new Response(null, { status: 500 });
}

/** Tells the observer of a failure that is the program's own; never fails itself. */
export function observe(
  exchange: Exchange,
  error: unknown,
  observer: ErrorObserver | undefined,
): void {
  if (!isFault(error)) return;
  if (observer === undefined) {
    console.error(error);
    return;
  }
  try {
    observer(error, exchange.request);
  } catch (second) {
    // An observer that fails must not turn an answer into none.
    console.error(second);
  }
}
