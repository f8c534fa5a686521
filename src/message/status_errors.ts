/**
 * An error for each 4xx and 5xx status code: thrown or returned anywhere in a service, it becomes a
 * reply of its status (see {@linkcode StatusCodeError}).
 *
 * @module
 */
import { define } from "./errors.ts";
import { ClientStatusError, ServerStatusError } from "./status_code_error.ts";

/** Answers 400 Bad Request. */
export class BadRequestError extends ClientStatusError {
  static {
    define(this, "BadRequestError", 400);
  }
}

/** Answers 401 Unauthorized. */
export class UnauthorizedError extends ClientStatusError {
  static {
    define(this, "UnauthorizedError", 401);
  }
}

/** Answers 402 Payment Required. */
export class PaymentRequiredError extends ClientStatusError {
  static {
    define(this, "PaymentRequiredError", 402);
  }
}

/** Answers 403 Forbidden. */
export class ForbiddenError extends ClientStatusError {
  static {
    define(this, "ForbiddenError", 403);
  }
}

/** Answers 404 Not Found. */
export class NotFoundError extends ClientStatusError {
  static {
    define(this, "NotFoundError", 404);
  }
}

/** Answers 405 Method Not Allowed. */
export class MethodNotAllowedError extends ClientStatusError {
  static {
    define(this, "MethodNotAllowedError", 405);
  }
}

/** Answers 406 Not Acceptable. */
export class NotAcceptableError extends ClientStatusError {
  static {
    define(this, "NotAcceptableError", 406);
  }
}

/** Answers 407 Proxy Authentication Required. */
export class ProxyAuthenticationRequiredError extends ClientStatusError {
  static {
    define(this, "ProxyAuthenticationRequiredError", 407);
  }
}

/** Answers 408 Request Timeout. */
export class RequestTimeoutError extends ClientStatusError {
  static {
    define(this, "RequestTimeoutError", 408);
  }
}

/** Answers 409 Conflict. */
export class ConflictError extends ClientStatusError {
  static {
    define(this, "ConflictError", 409);
  }
}

/** Answers 410 Gone. */
export class GoneError extends ClientStatusError {
  static {
    define(this, "GoneError", 410);
  }
}

/** Answers 411 Length Required. */
export class LengthRequiredError extends ClientStatusError {
  static {
    define(this, "LengthRequiredError", 411);
  }
}

/** Answers 412 Precondition Failed. */
export class PreconditionFailedError extends ClientStatusError {
  static {
    define(this, "PreconditionFailedError", 412);
  }
}

/** Answers 413 Payload Too Large. */
export class PayloadTooLargeError extends ClientStatusError {
  static {
    define(this, "PayloadTooLargeError", 413);
  }
}

/** Answers 414 URI Too Long. */
export class UriTooLongError extends ClientStatusError {
  static {
    define(this, "UriTooLongError", 414);
  }
}

/** Answers 415 Unsupported Media Type. */
export class UnsupportedMediaTypeError extends ClientStatusError {
  static {
    define(this, "UnsupportedMediaTypeError", 415);
  }
}

/** Answers 416 Range Not Satisfiable. */
export class RangeNotSatisfiableError extends ClientStatusError {
  static {
    define(this, "RangeNotSatisfiableError", 416);
  }
}

/** Answers 417 Expectation Failed. */
export class ExpectationFailedError extends ClientStatusError {
  static {
    define(this, "ExpectationFailedError", 417);
  }
}

/** Answers 421 Misdirected Request. */
export class MisdirectedRequestError extends ClientStatusError {
  static {
    define(this, "MisdirectedRequestError", 421);
  }
}

/** Answers 422 Unprocessable Entity. */
export class UnprocessableEntityError extends ClientStatusError {
  static {
    define(this, "UnprocessableEntityError", 422);
  }
}

/** Answers 423 Locked. */
export class LockedError extends ClientStatusError {
  static {
    define(this, "LockedError", 423);
  }
}

/** Answers 424 Failed Dependency. */
export class FailedDependencyError extends ClientStatusError {
  static {
    define(this, "FailedDependencyError", 424);
  }
}

/** Answers 425 Too Early. */
export class TooEarlyError extends ClientStatusError {
  static {
    define(this, "TooEarlyError", 425);
  }
}

/** Answers 426 Upgrade Required. */
export class UpgradeRequiredError extends ClientStatusError {
  static {
    define(this, "UpgradeRequiredError", 426);
  }
}

/** Answers 428 Precondition Required. */
export class PreconditionRequiredError extends ClientStatusError {
  static {
    define(this, "PreconditionRequiredError", 428);
  }
}

/** Answers 429 Too Many Requests. */
export class TooManyRequestsError extends ClientStatusError {
  static {
    define(this, "TooManyRequestsError", 429);
  }
}

/** Answers 431 Request Header Fields Too Large. */
export class RequestHeaderFieldsTooLargeError extends ClientStatusError {
  static {
    define(this, "RequestHeaderFieldsTooLargeError", 431);
  }
}

/** Answers 451 Unavailable For Legal Reasons. */
export class UnavailableForLegalReasonsError extends ClientStatusError {
  static {
    define(this, "UnavailableForLegalReasonsError", 451);
  }
}

/** Answers 500 Internal Server Error. */
export class InternalServerError extends ServerStatusError {
  static {
    define(this, "InternalServerError", 500);
  }
}

/** Answers 501 Not Implemented. */
export class NotImplementedError extends ServerStatusError {
  static {
    define(this, "NotImplementedError", 501);
  }
}

/** Answers 502 Bad Gateway. */
export class BadGatewayError extends ServerStatusError {
  static {
    define(this, "BadGatewayError", 502);
  }
}

/** Answers 503 Service Unavailable. */
export class ServiceUnavailableError extends ServerStatusError {
  static {
    define(this, "ServiceUnavailableError", 503);
  }
}

/** Answers 504 Gateway Timeout. */
export class GatewayTimeoutError extends ServerStatusError {
  static {
    define(this, "GatewayTimeoutError", 504);
  }
}

/** Answers 505 HTTP Version Not Supported. */
export class HttpVersionNotSupportedError extends ServerStatusError {
  static {
    define(this, "HttpVersionNotSupportedError", 505);
  }
}

/** Answers 506 Variant Also Negotiates. */
export class VariantAlsoNegotiatesError extends ServerStatusError {
  static {
    define(this, "VariantAlsoNegotiatesError", 506);
  }
}

/** Answers 507 Insufficient Storage. */
export class InsufficientStorageError extends ServerStatusError {
  static {
    define(this, "InsufficientStorageError", 507);
  }
}

/** Answers 508 Loop Detected. */
export class LoopDetectedError extends ServerStatusError {
  static {
    define(this, "LoopDetectedError", 508);
  }
}

/** Answers 510 Not Extended. */
export class NotExtendedError extends ServerStatusError {
  static {
    define(this, "NotExtendedError", 510);
  }
}

/** Answers 511 Network Authentication Required. */
export class NetworkAuthenticationRequiredError extends ServerStatusError {
  static {
    define(this, "NetworkAuthenticationRequiredError", 511);
  }
}
