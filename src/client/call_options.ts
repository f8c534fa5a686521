/**
 * What a call of a client takes beside its path and its message.
 *
 * @module
 */
import type { OnProgress } from "../layers/progress_count.ts";
import type { Schema } from "../schema/standard.ts";
import type { CallHeaders } from "./call_fields.ts";
import type { QueryListStyle, QueryParams } from "./query.ts";
import type { Responses } from "./status_responses.ts";

/** Options of every call. */
export interface CallOptions {
  /**
   * Query parameters, added to those of the path.
   *
   * @default none
   */
  readonly query?: QueryParams;
  /**
   * How the values of a list in `query` are sent.
   *
   * @default the client's
   */
  readonly queryLists?: QueryListStyle;
  /**
   * Header fields; they win over the client's.
   *
   * @default none
   */
  readonly headers?: CallHeaders;
  /**
   * Aborts the call, and the reading of its response; the call then rejects with the signal's reason.
   *
   * @default none
   */
  readonly signal?: AbortSignal;
  /**
   * Told how much of the response was read, as it is decoded. Its total is known unless it came
   * compressed, or in chunks.
   *
   * @default nobody
   */
  readonly onDownloadProgress?: OnProgress;
}

/** Options of a call that has a message. */
export interface MessageOptions extends CallOptions {
  /**
   * The content type of the message; it wins over that in `headers`, and that over the default of the
   * message's type. It also decides how an object is written: as JSON, a form or XML.
   *
   * @default decided by the message
   */
  readonly mediaType?: string;
  /**
   * Told how much of the message was sent, each time that it is: after a redirect, from the start. The
   * client's layers are put around such a call anew.
   *
   * @default nobody
   */
  readonly onUploadProgress?: OnProgress;
}

/** Has the body of the response bound; a status of 400 or more is an error then. */
export interface BodyBinding<As extends Schema> {
  /**
   * What to bind the body to: a Standard Schema, or a kind of body as `json()`, `text()` or
   * `byMediaType(json(), xml())`.
   */
  readonly as: As;
}

/** Every option that a call can have. */
export interface AnyCallOptions extends MessageOptions, Partial<BodyBinding<Schema>> {
  /** What to bind responses to, by status; not beside `as`. */
  readonly responses?: Responses;
}

/** What a call that has no message may be given. */
export const bodilessOptions: Readonly<Record<string, true>> = {
  query: true,
  queryLists: true,
  headers: true,
  signal: true,
  onDownloadProgress: true,
  as: true,
  responses: true,
};

/** What a call may be given whose response has no body. */
export const headOptions: Readonly<Record<string, true>> = {
  query: true,
  queryLists: true,
  headers: true,
  signal: true,
  onDownloadProgress: true,
};

/** What a call that may have a message may be given. */
export const messageOptions: Readonly<Record<keyof AnyCallOptions, true>> = {
  query: true,
  queryLists: true,
  headers: true,
  signal: true,
  onUploadProgress: true,
  onDownloadProgress: true,
  as: true,
  responses: true,
  mediaType: true,
};
