/**
 * What a call of a client takes beside its path and its message, and what it gives for that.
 *
 * @module
 */
import type { Infer, Schema } from "../schema/standard.ts";
import type { CallHeaders } from "./call_fields.ts";
import type { QueryListStyle, QueryParams } from "./query.ts";

/** Options of one call. */
export interface CallOptions {
  /**
   * What to bind the body of the response to: a Standard Schema, or a kind of body as `json()`,
   * `text()` or `byMediaType(json(), xml())`. With it a status of 400 or more is an error.
   *
   * @default the call gives the `Response`
   */
  readonly as?: Schema;
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
   * The content type of the message; it wins over that in `headers`, and that over the default of the
   * message's type. It also decides how an object is written: as JSON, a form or XML.
   *
   * @default decided by the message
   */
  readonly mediaType?: string;
  /**
   * Aborts the call, and the reading of its response; the call then rejects with the signal's reason.
   *
   * @default none
   */
  readonly signal?: AbortSignal;
}

/** What a call with these options gives. */
export type Answer<Options> = Options extends { readonly as: infer As extends Schema } ? Infer<As>
  : Response;

/** Rejects options that a call does not have. */
export type OnlyOptions<Options, Known = CallOptions> = {
  readonly [Key in Exclude<keyof Options, keyof Known>]: never;
};
