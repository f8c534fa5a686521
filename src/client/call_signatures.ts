/**
 * The calls of a client: what each takes, and what it gives for that.
 *
 * @module
 */
import type { Infer, Schema } from "../schema/standard.ts";
import type { BodyBinding, CallOptions, MessageOptions } from "./call_options.ts";
import type { Responses, StatusAnswers, StatusBinding } from "./status_responses.ts";

/** A call without a message, as GET. */
export interface BodilessCall {
  /** Gives what is declared for the status of the response; `status` tells which that is. */
  <const Declared extends Responses>(
    path: string,
    options: CallOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<Declared>>;
  /** Gives the body, bound. */
  <As extends Schema>(path: string, options: CallOptions & BodyBinding<As>): Promise<Infer<As>>;
  /** Gives the response, whatever its status. */
  (path: string, options?: CallOptions): Promise<Response>;
}

/** A call whose response has no body: HEAD. */
export interface HeadCall {
  /** Gives the response, whatever its status. */
  (path: string, options?: CallOptions): Promise<Response>;
}

/** A call that may have a message, as POST. */
export interface MessageCall {
  /** Gives what is declared for the status of the response; `status` tells which that is. */
  <const Declared extends Responses>(
    path: string,
    message: unknown,
    options: MessageOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<Declared>>;
  /** Gives the body, bound. */
  <As extends Schema>(
    path: string,
    message: unknown,
    options: MessageOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
  /** Gives the response, whatever its status. */
  (path: string, message?: unknown, options?: MessageOptions): Promise<Response>;
}

/** A call of any method. */
export interface ExecuteCall {
  /** Gives what is declared for the status of the response; `status` tells which that is. */
  <const Declared extends Responses>(
    method: string,
    path: string,
    message: unknown,
    options: MessageOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<Declared>>;
  /** Gives the body, bound. */
  <As extends Schema>(
    method: string,
    path: string,
    message: unknown,
    options: MessageOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
  /** Gives the response, whatever its status. */
  (method: string, path: string, message?: unknown, options?: MessageOptions): Promise<Response>;
}

/** A call that passes a received request on. */
export interface ForwardCall {
  /** Gives what is declared for the status of the response; `status` tells which that is. */
  <const Declared extends Responses>(
    path: string,
    request: Request,
    options: CallOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<Declared>>;
  /** Gives the body, bound. */
  <As extends Schema>(
    path: string,
    request: Request,
    options: CallOptions & BodyBinding<As>,
  ): Promise<Infer<As>>;
  /** Gives the response, whatever its status. */
  (path: string, request: Request, options?: CallOptions): Promise<Response>;
}
