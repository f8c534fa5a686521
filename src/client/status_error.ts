/**
 * The errors of a response that is bound by its status: they bring the response along.
 *
 * @module
 */
import { ApplicationResponseError, NoContentError } from "../message/client_errors.ts";
import {
  HeaderBindingError,
  type HttpError,
  MediaTypeBindingError,
  PayloadBindingError,
} from "../message/errors.ts";
import { mediaTypeEssence } from "../message/media_type.ts";
import {
  asStatusBindingError,
  StatusCodeBindingClientRequestError,
  type StatusCodeBindingDetail,
  type StatusCodeBindingErrorOptions,
  StatusCodeBindingRemoteServerError,
  StatusCodeResponseBindingError,
} from "../message/status_binding_errors.ts";
import { bindingError } from "./binding_error.ts";
import { responseError } from "./response_error.ts";

/** What came of reading the body of a response for its error. */
interface ErrorBody {
  readonly body: unknown;
  /** Why it could not be read. */
  readonly failure?: unknown;
}

/**
 * The error of a response whose status is not declared, its body decoded by its media type. Where the
 * body cannot be read, a {@linkcode PayloadBindingError} says so; its cause is the error without a
 * body, whose cause is what went wrong.
 *
 * @param declared the statuses that are, as a type is written
 */
export async function undeclaredStatus(
  response: Response,
  declared: string,
  limit: number,
): Promise<Error> {
  const { status } = response;
  const { body, failure } = await readErrorBody(response, limit);
  const message =
    `incompatible type: ${declared} found for the response with status code: ${status}`;
  const detail = detailOf(response, body, false);
  if (failure === undefined) return new (classOf(status))(message, { detail });
  return bindingError(
    `http:StatusCodeBindingError creation failed: ${status} response payload extraction failed`,
    new (classOf(status))(message, { detail, cause: failure }),
  );
}

/**
 * The error of a part of a response that does not fit, with the response. Whatever is no error of
 * binding, as a body that breaks off or a call that is aborted, stays as it is.
 *
 * Where the payload is what does not fit, it was read: the error has no body.
 */
export async function partError(
  error: unknown,
  response: Response,
  isDefault: boolean,
  limit: number,
): Promise<unknown> {
  if (!isBindingError(error)) {
    discard(response);
    return error;
  }
  const { body } = await readErrorBody(response, limit);
  return asStatusBindingError(error, detailOf(response, body, isDefault));
}

/** Frees the connection of a response whose body nobody will read; whether it does is not waited for. */
export function discard(response: Response): void {
  if (response.body?.locked === false) response.body.cancel().catch(() => {});
}

function isBindingError(error: unknown): error is HttpError {
  return error instanceof HeaderBindingError || error instanceof MediaTypeBindingError ||
    error instanceof PayloadBindingError || error instanceof NoContentError;
}

function classOf(
  status: number,
): new (message: string, options: StatusCodeBindingErrorOptions) => HttpError {
  if (status < 400) return StatusCodeResponseBindingError;
  return status < 500 ? StatusCodeBindingClientRequestError : StatusCodeBindingRemoteServerError;
}

function detailOf(
  { status, headers }: Response,
  body: unknown,
  fromDefaultStatusCodeMapping: boolean,
): StatusCodeBindingDetail {
  return { statusCode: status, headers, body, fromDefaultStatusCodeMapping };
}

async function readErrorBody(response: Response, limit: number): Promise<ErrorBody> {
  if (response.body === null || response.bodyUsed) return { body: undefined };
  // Events may go on for ever, and the error is known.
  if (mediaTypeEssence(response.headers.get("content-type") ?? "") === "text/event-stream") {
    discard(response);
    return { body: undefined };
  }
  // It reads a body of any status.
  const error = await responseError(response, limit);
  if (error instanceof ApplicationResponseError) return { body: error.detail.body };
  const { cause } = error;
  return { body: undefined, failure: cause instanceof Error ? cause.cause : cause };
}
