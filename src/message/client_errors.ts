/**
 * What can go wrong while a client calls a remote service, and the status each kind answers with
 * when it reaches a listener unhandled.
 *
 * @module
 */
import { define, HttpError } from "./errors.ts";

/** The root of the errors of a client. */
export class ClientError extends HttpError {
  /**
   * The address of the call, without query and credentials, where it is known: for logs, never sent.
   */
  declare readonly url?: string;

  static {
    define(this, "ClientError", 500);
  }
}

/** A request could not be sent. */
export class OutboundRequestError extends ClientError {
  static {
    define(this, "OutboundRequestError", 502);
  }
}

/** A request could not be begun. */
export class InitializingOutboundRequestError extends OutboundRequestError {
  static {
    define(this, "InitializingOutboundRequestError", 502);
  }
}

/** The request's header section could not be sent. */
export class WritingOutboundRequestHeadersError extends OutboundRequestError {
  static {
    define(this, "WritingOutboundRequestHeadersError", 502);
  }
}

/** The request's body could not be sent. */
export class WritingOutboundRequestBodyError extends OutboundRequestError {
  static {
    define(this, "WritingOutboundRequestBodyError", 502);
  }
}

/** A response could not be received. */
export class InboundResponseError extends ClientError {
  static {
    define(this, "InboundResponseError", 502);
  }
}

/** A response could not be begun. */
export class InitializingInboundResponseError extends InboundResponseError {
  static {
    define(this, "InitializingInboundResponseError", 502);
  }
}

/** The response's header section could not be read or is over its limit. */
export class ReadingInboundResponseHeadersError extends InboundResponseError {
  static {
    define(this, "ReadingInboundResponseHeadersError", 502);
  }
}

/** The response's body broke off or is over its limit. */
export class ReadingInboundResponseBodyError extends InboundResponseError {
  static {
    define(this, "ReadingInboundResponseBodyError", 502);
  }
}

/** Credentials for a request could not be made. */
export class ClientAuthError extends ClientError {
  static {
    define(this, "ClientAuthError", 500);
  }
}

/** An HTTP/2 exchange failed. */
export class Http2ClientError extends ClientError {
  static {
    define(this, "Http2ClientError", 502);
  }
}

/** A TLS connection could not be made or trusted. */
export class SslError extends ClientError {
  static {
    define(this, "SslError", 502);
  }
}

/** A connection could not be made. */
export class ClientConnectorError extends ClientError {
  static {
    define(this, "ClientConnectorError", 502);
  }
}

/** A response without content was bound to a type that needs some. */
export class NoContentError extends ClientError {
  static {
    define(this, "NoContentError", 500);
  }
}

/** A client was used or configured wrongly, or failed for a reason of the program's. */
export class GenericClientError extends ClientError {
  static {
    define(this, "GenericClientError", 500);
  }
}

/** The action is not available on this kind of client. */
export class UnsupportedActionError extends GenericClientError {
  static {
    define(this, "UnsupportedActionError", 500);
  }
}

/** No pooled connection became free in time. */
export class MaximumWaitTimeExceededError extends GenericClientError {
  static {
    define(this, "MaximumWaitTimeExceededError", 503);
  }
}

/** A cookie could not be stored or read. */
export class CookieHandlingError extends GenericClientError {
  static {
    define(this, "CookieHandlingError", 500);
  }
}

/** The root of the errors of retry, circuit breaker, failover and load balance. */
export class ResiliencyError extends ClientError {
  static {
    define(this, "ResiliencyError", 503);
  }
}

/** Every target of a failover failed. */
export class FailoverAllEndpointsFailedError extends ResiliencyError {
  static {
    define(this, "FailoverAllEndpointsFailedError", 502);
  }
}

/** A failover could not be carried out. */
export class FailoverActionFailedError extends ResiliencyError {
  static {
    define(this, "FailoverActionFailedError", 502);
  }
}

/** A circuit breaker is open. */
export class UpstreamServiceUnavailableError extends ResiliencyError {
  static {
    define(this, "UpstreamServiceUnavailableError", 503);
  }
}

/** Every target of a load balance failed. */
export class AllLoadBalanceEndpointsFailedError extends ResiliencyError {
  static {
    define(this, "AllLoadBalanceEndpointsFailedError", 502);
  }
}

/** A circuit breaker's configuration contradicts itself. */
export class CircuitBreakerConfigError extends ResiliencyError {
  static {
    define(this, "CircuitBreakerConfigError", 500);
  }
}

/** Every attempt of a retry failed; each cause is kept. */
export class AllRetryAttemptsFailed extends ResiliencyError {
  static {
    define(this, "AllRetryAttemptsFailed", 502);
  }
}

/** What was waited for in vain: the head of the response, its body, or the call as a whole. */
export type TimeoutPhase = "headers" | "body" | "total";

/** What an {@linkcode IdleTimeoutError} tells besides its message. */
export interface IdleTimeoutErrorOptions extends ErrorOptions {
  /**
   * What was waited for.
   *
   * @default "headers"
   */
  readonly phase?: TimeoutPhase;
  /**
   * The limit that was exceeded, in milliseconds.
   *
   * @default undefined
   */
  readonly limit?: number | undefined;
}

/** The remote service did not answer in time. */
export class IdleTimeoutError extends ResiliencyError {
  /** What was waited for. */
  declare readonly phase: TimeoutPhase;
  /** The limit that was exceeded, in milliseconds; `undefined` where it is not known. */
  declare readonly limit: number | undefined;

  static {
    define(this, "IdleTimeoutError", 504);
    Object.defineProperty(this.prototype, "phase", { value: "headers", writable: true });
    Object.defineProperty(this.prototype, "limit", { value: undefined, writable: true });
  }

  /** Makes the error. */
  constructor(message?: string, { phase, limit, ...options }: IdleTimeoutErrorOptions = {}) {
    super(message, options);
    if (phase !== undefined) this.phase = phase;
    if (limit !== undefined) this.limit = limit;
  }
}

/** A load balance could not be carried out. */
export class LoadBalanceActionError extends ResiliencyError {
  static {
    define(this, "LoadBalanceActionError", 502);
  }
}

/** What came back in place of the expected answer. */
export interface ApplicationResponseDetail {
  /** The status of the response. */
  readonly statusCode: number;
  /** The header fields of the response. */
  readonly headers: Headers;
  /** The body of the response, decoded by its media type; `undefined` if it had none. */
  readonly body: unknown;
}

/** The remote service answered a bound call with 4xx or 5xx; the answer is in `detail`. */
export class ApplicationResponseError extends ClientError {
  static {
    define(this, "ApplicationResponseError", 500);
  }

  /** The answer. */
  readonly detail: ApplicationResponseDetail;

  /** Makes the error; it answers with the status of the response when it reaches a listener. */
  constructor(message: string, detail: ApplicationResponseDetail, options?: ErrorOptions) {
    super(message, options);
    this.detail = detail;
    Object.defineProperty(this, "status", { value: detail.statusCode });
  }
}

/** The remote service answered a bound call with 4xx. */
export class ClientRequestError extends ApplicationResponseError {
  static {
    define(this, "ClientRequestError", 400);
  }
}

/** The remote service answered a bound call with 5xx. */
export class RemoteServerError extends ApplicationResponseError {
  static {
    define(this, "RemoteServerError", 500);
  }
}
