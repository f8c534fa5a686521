/**
 * The errors of a response that cannot be bound. They are those of a service's payloads, but here it
 * is not the caller's request that is at fault: unhandled in a service they answer 500, as every
 * error of a client does that has no status of its own.
 *
 * @module
 */
import {
  HttpError,
  MediaTypeBindingError,
  PayloadBindingError,
  PayloadValidationError,
} from "../message/errors.ts";

/** A response's payload cannot be decoded, or does not fit the declared type. */
export function bindingError(message: string, cause?: unknown): PayloadBindingError {
  return atClient(
    new PayloadBindingError(message, cause === undefined ? undefined : { cause }),
  );
}

/** A response's payload was decoded but breaks a constraint of its schema. */
export function validationError(message: string): PayloadValidationError {
  return atClient(new PayloadValidationError(message));
}

/** What decoding a response failed with, as the error of a client. */
export function decodingError(error: unknown): unknown {
  if (error instanceof PayloadBindingError || error instanceof MediaTypeBindingError) {
    return atClient(error);
  }
  // Errors of a request's head, as of its charset: those of a response are about its payload.
  return error instanceof HttpError && error.status >= 400 && error.status < 500
    ? bindingError(error.message, error)
    : error;
}

function atClient<E extends HttpError>(error: E): E {
  Object.defineProperty(error, "status", { value: 500 });
  return error;
}
