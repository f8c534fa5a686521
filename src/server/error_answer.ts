/**
 * The answer to a request that failed, and the word to whoever keeps the log.
 *
 * @module
 */
import { errorReply, isFault } from "./error_reply.ts";
import type { Exchange } from "./exchange.ts";
import { encodeReply, type ReplyRules } from "./reply_encoder.ts";
import { withoutBody } from "./without_body.ts";

/** How error replies are encoded: by the type of their body, unchecked. */
const errorRules: ReplyRules = {
  init: undefined,
  status: 500,
  mediaType: undefined,
  subtypePrefix: undefined,
  isSimple: true,
  responses: undefined,
};

/** How errors are answered, and who is told. */
export interface ErrorRules {
  /** Told of failures that are the program's own; the console where nobody else is. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

/** The answer to a failed request; never fails itself. */
export function answerError(
  exchange: Exchange,
  error: unknown,
  rules: ErrorRules,
): Response | Promise<Response> {
  observe(exchange, error, rules);
  try {
    const response = encodeReply(errorReply(exchange, error), errorRules);
    if (!(response instanceof Promise)) return finish(exchange, response);
    return response.then((done) => finish(exchange, done))
      .catch((second) => lastResort(exchange, second, rules));
  } catch (second) {
    return lastResort(exchange, second, rules);
  }
}

function finish(exchange: Exchange, response: Response): Response {
  return exchange.method === "HEAD" ? withoutBody(exchange, response) : response;
}

/** An error whose own body or headers cannot be sent. */
function lastResort(
  exchange: Exchange,
  error: unknown,
  rules: ErrorRules,
): Response {
  observe(exchange, error, rules);
  return new Response(null, { status: 500 });
}

/** Tells the observer of a failure that is the program's own; never fails itself. */
export function observe(
  exchange: Exchange,
  error: unknown,
  { onError }: ErrorRules,
): void {
  if (!needsObserver(error)) return;
  try {
    if (onError === undefined) console.error(error);
    else onError(error, exchange.request);
  } catch (second) {
    // An observer or a log that fails must not turn an answer into none.
    logIfPossible(second);
  }
}

/** An error that cannot even be looked at (a revoked proxy, a getter that throws) is a fault. */
function needsObserver(error: unknown): boolean {
  try {
    return isFault(error);
  } catch {
    return true;
  }
}

function logIfPossible(error: unknown): void {
  try {
    console.error(error);
  } catch {
    // There is nobody left to tell.
  }
}
