/**
 * The error tree's root and the errors that server and client share.
 *
 * Every error has a `name` (as the specification spells it, stable under minification), a stable
 * `code` (the name in capitals without its suffix), the HTTP `status` it answers with when it
 * reaches a listener, and keeps its `cause`.
 *
 * @module
 */

/** The root of every error this library throws on purpose. */
export class HttpError extends Error {
  /** The stable constant of this kind of error, as `QUERY_PARAMETER_BINDING`. */
  declare readonly code: string;
  /** The status a listener answers with when this error reaches it. */
  declare readonly status: number;

  static {
    define(this, "HttpError", 500);
  }
}

/**
 * Gives an error class its name, code and status, once, on its prototype.
 *
 * Classes call it in their static block, so that instances stay small and names survive
 * minification.
 */
export function define(
  errorClass: { readonly prototype: HttpError },
  name: string,
  status: number,
): void {
  const code = name.replace(/Error$/, "").replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
  for (const [key, value] of Object.entries({ name, code, status })) {
    Object.defineProperty(errorClass.prototype, key, { value, configurable: true, writable: true });
  }
}

/**
 * A header that the program asked for is not in the message, which may well be a remote service's
 * response. One that a client has to send is declared, and is a {@linkcode HeaderBindingError}.
 */
export class HeaderNotFoundError extends HttpError {
  static {
    define(this, "HeaderNotFoundError", 500);
  }
}

/** A header is missing or cannot be converted to its declared type (spec 2.3.4.5). */
export class HeaderBindingError extends HttpError {
  static {
    define(this, "HeaderBindingError", 400);
  }
}

/** A header was converted but breaks a constraint of its schema. */
export class HeaderValidationError extends HeaderBindingError {
  static {
    define(this, "HeaderValidationError", 400);
  }
}

/** A payload cannot be decoded, or does not fit the declared type (spec 2.3.4.4). */
export class PayloadBindingError extends HttpError {
  static {
    define(this, "PayloadBindingError", 400);
  }
}

/** A payload was decoded but breaks a constraint of its schema. */
export class PayloadValidationError extends PayloadBindingError {
  static {
    define(this, "PayloadValidationError", 400);
  }
}

/** A media type cannot be parsed or is not the declared one. */
export class MediaTypeBindingError extends HttpError {
  static {
    define(this, "MediaTypeBindingError", 400);
  }
}

/** A media type was read but breaks a constraint of its schema. */
export class MediaTypeValidationError extends MediaTypeBindingError {
  static {
    define(this, "MediaTypeValidationError", 400);
  }
}
