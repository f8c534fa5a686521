/**
 * Why a redirect was not followed.
 *
 * @module
 */
import { GenericClientError } from "../message/client_errors.ts";
import { define } from "../message/errors.ts";

/** What is known of a redirect that was not followed. */
export interface RedirectErrorOptions extends ErrorOptions {
  /** The status of the redirect; 0 where the platform hides it. */
  readonly statusCode: number;
  /** Its `Location` as it was sent; `undefined` where it had none. */
  readonly location?: string | undefined;
}

/**
 * A redirect leads nowhere, or to where it must not be followed.
 *
 * The message quotes nothing of the address, as a listener tells it to its own client and addresses
 * may hold secrets; {@linkcode RedirectError.location} has it.
 */
export class RedirectError extends GenericClientError {
  static {
    define(this, "RedirectError", 502);
  }

  /** The status of the redirect; 0 where the platform hides it. */
  readonly statusCode: number;
  /** Its `Location` as it was sent; `undefined` where it had none. */
  readonly location: string | undefined;

  /** Makes the error. */
  constructor(message: string, options: RedirectErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.statusCode = options.statusCode;
    this.location = options.location;
  }
}
