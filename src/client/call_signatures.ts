/**
 * The calls of a client: what each takes, and what it gives for that.
 *
 * @module
 */
import type { Infer, Schema } from "../schema/standard.ts";
import type { BodyBinding, CallOptions, MessageOptions } from "./call_options.ts";

/** A call without a message, as GET. */
export interface BodilessCall {
  /** Gives the response, whatever its status. */
  (path: string, options?: CallOptions): Promise<Response>;
  /** Gives the body, bound. */
  <As extends Schema>(path: string, options: CallOptions & BodyBinding<As>): Promise<Infer<As>>;
}

/** A call whose response has no body: HEAD. */
export interface HeadCall {
  /** Gives the response, whatever its status. */
  (path: string, options?: CallOptions): Promise<Response>;
}

/** A call that may have a message, as POST. */
export interface MessageCall {
  /** Gives the response, whatever its status. */
  (path: string, message?: unknown, options?: MessageOptions): Promise<Response>;
  /** Gives the body, bound. */
  <As extends Schema>(
    path: string,
    message: unknown,
    options: MessageOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
}

/** A call of any method. */
export interface ExecuteCall {
  /** Gives the response, whatever its status. */
  (method: string, path: string, message?: unknown, options?: MessageOptions): Promise<Response>;
  /** Gives the body, bound. */
  <As extends Schema>(
    method: string,
    path: string,
    message: unknown,
    options: MessageOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
}

/** A call that passes a received request on. */
export interface ForwardCall {
  /** Gives the response, whatever its status. */
  (path: string, request: Request, options?: CallOptions): Promise<Response>;
  /** Gives the body, bound. */
  <As extends Schema>(
    path: string,
    request: Request,
    options: CallOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
}
