/**
 * The calls of a client whose responses are bound by status: what each takes, and what it gives for
 * that. `Shared` is what the client declares for all of them.
 *
 * @module
 */
import type { CallOptions, MessageOptions } from "./call_options.ts";
import type { Responses, StatusAnswers, StatusBinding } from "./status_responses.ts";

/** What a call declares of its responses, and of those it does not, what its client declares. */
export type WithShared<Shared, Declared> = Declared & Omit<Shared, keyof Declared>;

/** The first argument of a call without responses of its own; no text fits where nobody has any. */
export type SharedOnly<Shared> = [keyof Shared] extends [never]
  ? "pass responses, as the client declares none for all calls"
  : string;

/** A call without a message, as GET. */
export interface StatusBodilessCall<Shared> {
  /** Gives what the call, or else the client, declares for the status. */
  <const Declared extends Responses>(
    path: string,
    options: CallOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<WithShared<Shared, Declared>>>;
  /** Gives what the client declares for the status. */
  (path: SharedOnly<Shared>, options?: CallOptions): Promise<StatusAnswers<Shared>>;
}

/** A call that may have a message, as POST. */
export interface StatusMessageCall<Shared> {
  /** Gives what the call, or else the client, declares for the status. */
  <const Declared extends Responses>(
    path: string,
    message: unknown,
    options: MessageOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<WithShared<Shared, Declared>>>;
  /** Gives what the client declares for the status. */
  (
    path: SharedOnly<Shared>,
    message?: unknown,
    options?: MessageOptions,
  ): Promise<StatusAnswers<Shared>>;
}

/** A call of any method. */
export interface StatusExecuteCall<Shared> {
  /** Gives what the call, or else the client, declares for the status. */
  <const Declared extends Responses>(
    method: string,
    path: string,
    message: unknown,
    options: MessageOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<WithShared<Shared, Declared>>>;
  /** Gives what the client declares for the status. */
  (
    method: SharedOnly<Shared>,
    path: string,
    message?: unknown,
    options?: MessageOptions,
  ): Promise<StatusAnswers<Shared>>;
}

/** A call that passes a received request on. */
export interface StatusForwardCall<Shared> {
  /** Gives what the call, or else the client, declares for the status. */
  <const Declared extends Responses>(
    path: string,
    request: Request,
    options: CallOptions & StatusBinding<Declared>,
  ): Promise<StatusAnswers<WithShared<Shared, Declared>>>;
  /** Gives what the client declares for the status. */
  (
    path: SharedOnly<Shared>,
    request: Request,
    options?: CallOptions,
  ): Promise<StatusAnswers<Shared>>;
}
