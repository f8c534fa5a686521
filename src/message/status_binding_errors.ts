/**
 * What a call rejects with whose response cannot be bound by its status (spec 2.4.1.9).
 *
 * A response of a status that is not declared is an error of its own: that of a 4xx or 5xx is also a
 * {@linkcode ClientRequestError} or {@linkcode RemoteServerError}. One of a declared status, whose
 * header fields, media type or payload do not fit, is a {@linkcode HeaderBindingError},
 * {@linkcode MediaTypeBindingError} or {@linkcode PayloadBindingError}. Whoever wants them all asks
 * for {@linkcode StatusCodeResponseBindingError}: `instanceof` takes all of these for one, as in the
 * original library, whose errors can be of several kinds.
 *
 * @module
 */
import {
  type ApplicationResponseDetail,
  ClientError,
  ClientRequestError,
  RemoteServerError,
} from "./client_errors.ts";
import { define, type HttpError } from "./errors.ts";

/** The response that could not be bound. */
export interface StatusCodeBindingDetail extends ApplicationResponseDetail {
  /** Whether `default` stood for the status, rather than an entry of its own. */
  readonly fromDefaultStatusCodeMapping: boolean;
}

/** What a {@linkcode StatusCodeResponseBindingError} tells besides its message. */
export interface StatusCodeBindingErrorOptions extends ErrorOptions {
  /** The response that could not be bound. */
  readonly detail: StatusCodeBindingDetail;
}

/** The errors that are of this kind whatever their class; forgetting an error forgets it here. */
const bindingErrors = new WeakSet<object>();

/**
 * A response could not be bound by its status. Of itself it is the error of a status below 400 that
 * is not declared; `instanceof` also takes for one every other error of binding by status.
 */
export class StatusCodeResponseBindingError extends ClientError {
  static {
    define(this, "StatusCodeResponseBindingError", 500);
  }

  /** Whether `value` is an error of binding by status, of this class or another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    if (this === StatusCodeResponseBindingError && bindingErrors.has(value)) return true;
    return Object.prototype.isPrototypeOf.call(this.prototype, value);
  }

  /** The response. */
  declare readonly detail: StatusCodeBindingDetail;

  /** Makes the error. */
  constructor(message: string, options: StatusCodeBindingErrorOptions) {
    super(message, options);
    Object.defineProperty(this, "detail", { value: options.detail });
  }
}

/** A response of a 4xx that is not declared; a {@linkcode StatusCodeResponseBindingError} as well. */
export class StatusCodeBindingClientRequestError extends ClientRequestError {
  static {
    define(this, "StatusCodeBindingClientRequestError", 400);
  }

  /** The response. */
  declare readonly detail: StatusCodeBindingDetail;

  /** Makes the error; it answers with the status of the response when it reaches a listener. */
  constructor(message: string, options: StatusCodeBindingErrorOptions) {
    super(message, options.detail, options);
    bindingErrors.add(this);
  }
}

/** A response of a 5xx that is not declared; a {@linkcode StatusCodeResponseBindingError} as well. */
export class StatusCodeBindingRemoteServerError extends RemoteServerError {
  static {
    define(this, "StatusCodeBindingRemoteServerError", 500);
  }

  /** The response. */
  declare readonly detail: StatusCodeBindingDetail;

  /** Makes the error; it answers with the status of the response when it reaches a listener. */
  constructor(message: string, options: StatusCodeBindingErrorOptions) {
    super(message, options.detail, options);
    bindingErrors.add(this);
  }
}

/**
 * Makes a {@linkcode StatusCodeResponseBindingError} of an error about a part of a response, which
 * stays what it is. It answers 500 when it reaches a listener: the client of that did nothing wrong.
 */
export function asStatusBindingError<E extends HttpError>(
  error: E,
  detail: StatusCodeBindingDetail,
): E & { readonly detail: StatusCodeBindingDetail } {
  Object.defineProperty(error, "detail", { value: detail, configurable: true });
  if (error.status !== 500) Object.defineProperty(error, "status", { value: 500 });
  bindingErrors.add(error);
  return error as E & { readonly detail: StatusCodeBindingDetail };
}
