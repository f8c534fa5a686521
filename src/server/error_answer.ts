/**
 * The answer to a request that failed, and the word to whoever keeps the log.
 *
 * @module
 */
import { isDepartureError } from "../message/broken_body.ts";
import { brokenOff } from "../message/decode_content.ts";
import { HttpError } from "../message/errors.ts";
import type { Reply } from "../message/reply.ts";
import { errorReply, failureReply, isFault } from "./error_reply.ts";
import type { Exchange, Watcher } from "./exchange.ts";
import type { ErrorFormat } from "./problem_details.ts";
import { encodeReply, isPlainData, type ReplyRules } from "./reply_encoder.ts";
import { withoutBody } from "./without_body.ts";

/** How error replies are encoded: by the type of their body, unchecked. */
const encodingRules: ReplyRules = {
  init: undefined,
  status: 500,
  mediaType: undefined,
  subtypePrefix: undefined,
  isSimple: true,
  responses: undefined,
};

/** How errors are answered, and who is told. */
export interface ErrorRules extends ErrorFormat {
  /** Told of failures that are the program's own; the console where nobody else is. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

/** Is told of panics: errors that nobody expected (spec 8.2.5). */
export interface PanicWatcher {
  /** Called once the log was told, before the answer is sent. */
  panicked?(exchange: Exchange): void;
}

/** The answer to a failed request; never fails itself. */
export function answerError(
  exchange: Exchange,
  error: unknown,
  rules: ErrorRules,
): Response | Promise<Response> {
  const reply = toReply(exchange, error, rules);
  try {
    const response = encodeReply(reply, encodingRules, undefined, exchange);
    exchange.isWhole = isPlainData(reply.body);
    if (!(response instanceof Promise)) return finish(exchange, response);
    return response.then((done) => finish(exchange, done))
      .catch((second) => lastResort(exchange, second, rules));
  } catch (second) {
    return lastResort(exchange, second, rules);
  }
}

function toReply(exchange: Exchange, error: unknown, rules: ErrorRules): Reply {
  const isTold = observe(exchange, error, rules);
  try {
    // A client that has only half left may still read what is said of its request.
    const isClients = !isTold && holds(() => isFault(error) && isDepartureError(error));
    return errorReply(exchange, isClients ? brokenOff(error) : error, rules);
  } catch (second) {
    if (!isTold) tell(exchange, second, rules);
    return failureReply(exchange, rules);
  }
}

function finish(exchange: Exchange, response: Response): Response {
  return exchange.received.method === "HEAD" ? withoutBody(exchange, response) : response;
}

/** An error whose own body or headers cannot be sent. */
function lastResort(exchange: Exchange, error: unknown, rules: ErrorRules): Response {
  tell(exchange, error, rules);
  const response = encodeReply(failureReply(exchange, rules), encodingRules);
  return response instanceof Response
    ? finish(exchange, response)
    : new Response(null, { status: 500 });
}

/**
 * Tells the observer of a failure that is the program's own, and whoever watches for panics; never
 * fails itself.
 *
 * @returns whether the observer was told.
 */
export function observe(exchange: Exchange, error: unknown, rules: ErrorRules): boolean {
  if (!holds(() => isFault(error)) || isDeparture(exchange, error)) return false;
  // An error hook may throw what it was given.
  const isTold = exchange.told?.error === error && exchange.told !== undefined;
  exchange.told = { error };
  if (!isTold) tell(exchange, error, rules);
  if (exchange.mayRecover) return true;
  const watcher: (Watcher & PanicWatcher) | undefined = exchange.surroundings?.watcher;
  if (watcher?.panicked !== undefined && isPanic(exchange, error)) watcher.panicked(exchange);
  return true;
}

/** Whether an error was thrown that is none of this library's; what is given back was expected. */
function isPanic(exchange: Exchange, error: unknown): boolean {
  const wasReturned = exchange.returnedError !== undefined && exchange.returnedError === error;
  return !wasReturned && holds(() => !(error instanceof HttpError));
}

/**
 * Whether an error only says that the client has gone: reading its body fails then, and what a handler
 * waits for with the request's signal, and that is nobody's fault. A deadline that has passed is another
 * matter.
 */
function isDeparture(exchange: Exchange, error: unknown): boolean {
  try {
    if (isDepartureError(error)) return true;
    const { aborted, reason } = exchange.request.signal;
    if (!aborted) return false;
    const name = error instanceof DOMException ? error.name : "";
    return name === "AbortError" || error === reason && name !== "TimeoutError";
  } catch {
    return false;
  }
}

/** What cannot even be looked at (a revoked proxy, a getter that throws) is taken for the worst. */
function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch {
    return true;
  }
}

function tell(exchange: Exchange, error: unknown, { onError }: ErrorRules): void {
  try {
    if (onError === undefined) console.error(error);
    else onError(error, exchange.visibleRequest);
  } catch (second) {
    // An observer or a log that fails must not turn an answer into none.
    logIfPossible(second);
  }
}

function logIfPossible(error: unknown): void {
  try {
    console.error(error);
  } catch {
    // There is nobody left to tell.
  }
}
