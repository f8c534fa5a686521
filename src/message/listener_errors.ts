/**
 * What can go wrong while a listener receives, dispatches and answers a request (spec 8.2.2).
 *
 * @module
 */
import { define, HttpError } from "./errors.ts";

/** The root of the errors of a listener. */
export class ListenerError extends HttpError {
  static {
    define(this, "ListenerError", 500);
  }
}

/** A request could not be received. */
export class InboundRequestError extends ListenerError {
  static {
    define(this, "InboundRequestError", 400);
  }
}

/** The request line or target is malformed. */
export class InitializingInboundRequestError extends InboundRequestError {
  static {
    define(this, "InitializingInboundRequestError", 400);
  }
}

/** The header section could not be read. */
export class ReadingInboundRequestHeadersError extends InboundRequestError {
  static {
    define(this, "ReadingInboundRequestHeadersError", 400);
  }
}

/** The body broke off or could not be read. */
export class ReadingInboundRequestBodyError extends InboundRequestError {
  static {
    define(this, "ReadingInboundRequestBodyError", 400);
  }
}

/** A response could not be sent. */
export class OutboundResponseError extends ListenerError {
  static {
    define(this, "OutboundResponseError", 500);
  }
}

/** A reply cannot be turned into a response: its status, a header or its body is not sendable. */
export class InitializingOutboundResponseError extends OutboundResponseError {
  static {
    define(this, "InitializingOutboundResponseError", 500);
  }
}

/** The header section could not be sent. */
export class WritingOutboundResponseHeadersError extends OutboundResponseError {
  static {
    define(this, "WritingOutboundResponseHeadersError", 500);
  }
}

/** The body broke off while it was sent. */
export class WritingOutboundResponseBodyError extends OutboundResponseError {
  static {
    define(this, "WritingOutboundResponseBodyError", 500);
  }
}

/** A 100 (Continue) could not be begun. */
export class Initiating100ContinueResponseError extends OutboundResponseError {
  static {
    define(this, "Initiating100ContinueResponseError", 500);
  }
}

/** A 100 (Continue) could not be sent. */
export class Writing100ContinueResponseError extends OutboundResponseError {
  static {
    define(this, "Writing100ContinueResponseError", 500);
  }
}

/** A cookie to set is not valid. */
export class InvalidCookieError extends OutboundResponseError {
  static {
    define(this, "InvalidCookieError", 500);
  }
}

/** A listener was used or configured wrongly, or failed for a reason of the program's. */
export class GenericListenerError extends ListenerError {
  static {
    define(this, "GenericListenerError", 500);
  }
}

/** An interceptor used or returned `next()` wrongly (spec 8.1). */
export class InterceptorReturnError extends ListenerError {
  static {
    define(this, "InterceptorReturnError", 500);
  }
}

/** A path parameter cannot be converted to its declared type (spec 2.3.3). */
export class PathParameterBindingError extends ListenerError {
  static {
    define(this, "PathParameterBindingError", 400);
  }
}

/** A query parameter is missing or cannot be converted (spec 2.3.4.3). */
export class QueryParameterBindingError extends ListenerError {
  static {
    define(this, "QueryParameterBindingError", 400);
  }
}

/** A query parameter was converted but breaks a constraint of its schema. */
export class QueryParameterValidationError extends QueryParameterBindingError {
  static {
    define(this, "QueryParameterValidationError", 400);
  }
}

/** The root of the errors of finding what answers a request. */
export class RequestDispatchingError extends ListenerError {
  static {
    define(this, "RequestDispatchingError", 500);
  }
}

/** No service could be chosen for a request. */
export class ServiceDispatchingError extends RequestDispatchingError {
  static {
    define(this, "ServiceDispatchingError", 500);
  }
}

/** No service is mounted at the path. */
export class ServiceNotFoundError extends ServiceDispatchingError {
  static {
    define(this, "ServiceNotFoundError", 404);
  }
}

/** A matrix parameter in the path is malformed. */
export class BadMatrixParamError extends ServiceDispatchingError {
  static {
    define(this, "BadMatrixParamError", 400);
  }
}

/** No resource of the service could be chosen for a request. */
export class ResourceDispatchingError extends RequestDispatchingError {
  static {
    define(this, "ResourceDispatchingError", 500);
  }
}

/** No resource of the service matches the path. */
export class ResourceNotFoundError extends ResourceDispatchingError {
  static {
    define(this, "ResourceNotFoundError", 404);
  }
}

/** A path parameter was converted but breaks a constraint of its schema. */
export class ResourcePathValidationError extends ResourceDispatchingError {
  static {
    define(this, "ResourcePathValidationError", 400);
  }
}

/** A resource matches the path, but none with the request's method. */
export class ResourceMethodNotAllowedError extends ResourceDispatchingError {
  static {
    define(this, "ResourceMethodNotAllowedError", 405);
  }

  /** The methods that would be answered, for the `Allow` header field. */
  readonly allow: readonly string[];

  /** Makes the error; `allow` lists the methods that would be answered. */
  constructor(message: string, allow: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.allow = allow;
  }
}

/** The request's media type is not among those the resource consumes. */
export class UnsupportedRequestMediaTypeError extends ResourceDispatchingError {
  static {
    define(this, "UnsupportedRequestMediaTypeError", 415);
  }
}

/** The request accepts none of the media types the resource produces. */
export class RequestNotAcceptableError extends ResourceDispatchingError {
  static {
    define(this, "RequestNotAcceptableError", 406);
  }
}

/** The service failed while it chose or called a resource. */
export class ResourceDispatchingServerError extends ResourceDispatchingError {
  static {
    define(this, "ResourceDispatchingServerError", 500);
  }
}

/** The root of the errors of authentication and authorization. */
export class ListenerAuthError extends ListenerError {
  static {
    define(this, "ListenerAuthError", 401);
  }
}

/** The request is not authenticated. */
export class ListenerAuthnError extends ListenerAuthError {
  static {
    define(this, "ListenerAuthnError", 401);
  }
}

/** The request is authenticated but not authorized. */
export class ListenerAuthzError extends ListenerAuthError {
  static {
    define(this, "ListenerAuthzError", 403);
  }
}
