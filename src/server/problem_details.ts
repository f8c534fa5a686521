/**
 * The body of an error reply that has none of its own: an error payload (spec 8.2), or problem
 * details (RFC 9457) where they are asked for.
 *
 * Both say the same: the status, what the error's message says, and which request it was. Neither
 * knows the error, so that nothing else of it can come out.
 *
 * @module
 */
import { negotiateMediaType } from "../message/negotiation.ts";
import { problemBody, problemMediaType } from "../message/problem.ts";
import { reasonPhrase } from "../message/status.ts";

/** The body of an error reply that has none of its own. */
export interface ErrorPayload {
  /** When the error was answered (RFC 3339, UTC). */
  readonly timestamp: string;
  /** The status code. */
  readonly status: number;
  /** The reason phrase of the status. */
  readonly reason: string;
  /** What went wrong, for people. */
  readonly message: string;
  /** The path and query of the request, as sent. */
  readonly path: string;
  /** The method of the request. */
  readonly method: string;
}

/** How the bodies of error replies are written. */
export interface ErrorFormat {
  /**
   * Whether errors without a body of their own are written as problem details (RFC 9457) rather
   * than as an error payload; `"negotiate"` leaves it to the request's `Accept`.
   *
   * @default false
   */
  readonly problemDetails?: boolean | "negotiate" | undefined;
}

/** What is said of an error, and of the request. */
export interface ErrorFacts {
  /** The status code. */
  readonly status: number;
  /** What went wrong; the reason phrase where there is nothing to say. */
  readonly message: string;
  /** The path and query of the request, as sent. */
  readonly path: string;
  /** The method of the request. */
  readonly method: string;
}

/** A body and its media type. */
export interface ErrorBody {
  /** The body, to be written as JSON. */
  readonly body: object;
  /** Its media type. */
  readonly mediaType: string;
}

/**
 * Checks the option `problemDetails`.
 *
 * @throws {TypeError} when it is something else than a boolean or `"negotiate"`.
 */
export function checkProblemDetails(subject: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean" || value === "negotiate") return;
  throw new TypeError(
    `${subject} has the problemDetails "${String(value)}": use true, false or "negotiate"`,
  );
}

/**
 * The body for an error in the format that is asked for.
 *
 * @param accept the request's `Accept`, of which an equal weight for both gives an error payload
 */
export function errorBody(
  facts: ErrorFacts,
  { problemDetails = false }: ErrorFormat,
  accept: string | null,
): ErrorBody {
  const isProblem = problemDetails === "negotiate" ? prefersProblem(accept) : problemDetails;
  return isProblem
    ? { body: toProblem(facts), mediaType: problemMediaType }
    : { body: toPayload(facts), mediaType: payloadMediaType };
}

const payloadMediaType = "application/json";

function prefersProblem(accept: string | null): boolean {
  // Who accepts neither still learns more from an answer that can be read than from none.
  return negotiateMediaType(accept, [payloadMediaType, problemMediaType]) === problemMediaType;
}

function toPayload({ status, message, path, method }: ErrorFacts): ErrorPayload {
  return { timestamp: now(), status, reason: reasonPhrase(status), message, path, method };
}

/** `timestamp` and `method` are extension members, as in an error payload. */
function toProblem({ status, message, path, method }: ErrorFacts): object {
  const title = reasonPhrase(status);
  return problemBody({
    type: "about:blank",
    title,
    status,
    detail: message === title ? undefined : message,
    instance: toReference(path),
    timestamp: now(),
    method,
  });
}

function now(): string {
  return new Date().toISOString();
}

/**
 * The target of a request as a URI reference to the same place: two slashes would begin a host's
 * name, and requests have characters that RFC 3986 does not allow.
 */
function toReference(target: string): string {
  const path = target.startsWith("//") ? `/.${target}` : target;
  return path.toWellFormed().replace(
    /[^\w\-.~:/?@!$&'()*+,;=%]|%(?![\dA-Fa-f]{2})/gu,
    (char) => encodeURIComponent(char),
  );
}
