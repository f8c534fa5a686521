/**
 * Errors that are answers: thrown or returned anywhere in a service, each becomes a reply of its
 * status, with its `body` verbatim where it has one and an error payload where it has none.
 *
 * @module
 */
import { define, HttpError } from "./errors.ts";
import type { ReplyHeaders, ReplyOptions } from "./reply.ts";

/** What a status error takes beside its message: the reply's parts, and the cause to keep. */
export interface StatusErrorOptions extends ReplyOptions<unknown> {
  /** What led to this error; kept for the log, never sent. */
  readonly cause?: unknown;
}

/** An error that answers with a status: the common base, never thrown itself. */
export abstract class StatusCodeError extends HttpError {
  /** The body to send verbatim; an error payload is sent where it is `undefined`. */
  readonly body: unknown;
  /** Header fields to add to the reply. */
  readonly headers: ReplyHeaders | undefined;
  /** The content type of {@linkcode body}, in place of the default of its type. */
  readonly mediaType: string | undefined;

  /** Makes the error; its message goes into the error payload. */
  constructor(message?: string, options: StatusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.body = options.body;
    this.headers = options.headers;
    this.mediaType = options.mediaType;
  }
}

/**
 * Answers with whatever status it is given; without one, with the status of its cause, else 500.
 */
export class DefaultStatusCodeError extends StatusCodeError {
  static {
    define(this, "DefaultStatusCodeError", 500);
  }

  /** Makes the error; `options.status` is the status to answer with. */
  constructor(message?: string, options: StatusErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    const { status, cause } = options;
    const inherited = cause instanceof HttpError ? cause.status : undefined;
    const own = status ?? inherited;
    if (own !== undefined) Object.defineProperty(this, "status", { value: own });
  }
}

/** The base of the errors that answer 4xx: the client is at fault. */
export abstract class ClientStatusError extends StatusCodeError {}

/** The base of the errors that answer 5xx: the server is at fault. */
export abstract class ServerStatusError extends StatusCodeError {}
