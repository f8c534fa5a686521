/**
 * What a call declares of its responses by their status, and what it gives for that: a union that
 * `status` tells apart (spec 2.4.1.9).
 *
 * @module
 */
import type { Infer, Schema } from "../schema/standard.ts";

/** The numbers that texts say. */
export type NumberIn<Text> = Text extends `${infer Value extends number}` ? Value : never;

/** A status code: 100 to 599. */
export type StatusCode = NumberIn<
  `${1 | 2 | 3 | 4 | 5}${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}${
    | 0
    | 1
    | 2
    | 3
    | 4
    | 5
    | 6
    | 7
    | 8
    | 9}`
>;

/** The status codes of responses that never have a body (RFC 9110 section 6.4.1). */
export type BodilessStatusCode = NumberIn<Extract<`${StatusCode}`, `1${string}`>> | 204 | 205 | 304;

/** Schemas of header fields, by the names of properties; `named()` gives a field another name. */
export type HeaderFields = Readonly<Record<string, Schema>>;

/** What the responses of one status are bound to. */
export interface ResponseSpec {
  /**
   * What to bind the body to: a Standard Schema, or a kind of body as `text()`.
   *
   * @default what the media type gives (bytes, where it does not tell), `undefined` without a body
   */
  readonly body?: Schema;
  /**
   * Schemas of header fields, each or as a whole; names are case-insensitive.
   *
   * @default all header fields, as `Headers`
   */
  readonly headers?: HeaderFields | Schema;
  /**
   * The media type that the response must have, or a list of those it may have; case does not count,
   * nor do parameters that are not named. Or a schema of its `Content-Type`.
   *
   * @default any, and none
   */
  readonly mediaType?: string | readonly string[] | Schema;
}

/**
 * What the responses of a call are bound to, by status: a schema of the body, or a
 * {@linkcode ResponseSpec}; `{}` for responses of which only the status matters, as 204.
 */
export interface Responses {
  /** The responses of one status, 100 to 599. */
  readonly [status: number]: Schema | ResponseSpec;
  /** The responses of every other status. Without it these are an error. */
  readonly default?: Schema | ResponseSpec;
}

/**
 * Has responses bound by their status, each to what is declared for it.
 *
 * @example
 * ```ts
 * import { Client, int } from "@pirouette/http";
 * import { z } from "zod";
 *
 * const Album = z.object({ id: z.string(), title: z.string() });
 * const Problem = z.object({ message: z.string() });
 * const api = new Client("https://api.example.com/v1");
 *
 * const answer = await api.get("/albums/1", {
 *   responses: {
 *     200: { body: Album, headers: { "x-total": int() }, mediaType: "application/json" },
 *     204: {},
 *     default: Problem,
 *   },
 * });
 * if (answer.status === 200) console.log(answer.body.title, answer.headers["x-total"]);
 * else if (answer.status !== 204) console.log(answer.status, answer.body.message);
 * ```
 */
export interface StatusBinding<Declared extends Responses> {
  /** What responses are bound to, by status; declared once for many calls, it is read once. */
  readonly responses: Declared & OnlyStatuses<Declared>;
  /** Says the same in another way, and cannot be said as well. */
  readonly as?: never;
}

/** Rejects keys that are no status, fields that a spec does not have, bodies where there are none. */
export type OnlyStatuses<Declared> = {
  readonly [Key in keyof Declared]: Key extends BodilessStatusCode ? OnlySpec<Declared[Key], "body">
    : Key extends StatusCode | "default" ? OnlySpec<Declared[Key], never>
    : number extends Key ? unknown
    : never;
};

/** Rejects the fields of an entry that a spec does not have, or that `Without` lists. */
export type OnlySpec<Entry, Without extends keyof ResponseSpec> = Entry extends Schema
  ? "body" extends Without ? never : unknown
  : { readonly [Key in Exclude<keyof Entry, Exclude<keyof ResponseSpec, Without>>]: never };

/**
 * A response of a declared status: plain, frozen data. A handler that passes it on says what of it, as
 * in `reply(answer.status, { body: answer.body })`: the header fields of the other connection, and its
 * cookies, are not for its own client.
 */
export interface StatusAnswer<
  Status extends number = number,
  BodyType = unknown,
  HeadersType = Headers,
  MediaType = string | undefined,
> {
  /** The status of the response. */
  readonly status: Status;
  /** The body, bound; `undefined` if there is none. */
  readonly body: BodyType;
  /** The declared header fields, bound, or all of them where none is declared. */
  readonly headers: HeadersType;
  /**
   * The declared media type that the response has, or where none is declared its `Content-Type` as it
   * was sent; `undefined` if it has none.
   */
  readonly mediaType: MediaType;
}

/**
 * What a call gives: one member for each declared status, and one for `default` with every status
 * that is not declared.
 */
export type StatusAnswers<Declared> =
  | {
    [Status in keyof Declared & number]: AnswerOf<Status, Declared[Status]>;
  }[keyof Declared & number]
  | (Declared extends { readonly default: infer Entry }
    ? AnswerOf<Exclude<StatusCode, keyof Declared>, Entry>
    : never);

/** What a call gives for a declared status. */
export type AnswerOf<Status extends number, Entry> = Entry extends Schema
  ? StatusAnswer<Status, Infer<Entry>>
  : StatusAnswer<
    Status,
    Entry extends { readonly body: infer Declared extends Schema } ? Infer<Declared>
      : [Status] extends [BodilessStatusCode] ? undefined
      : unknown,
    Entry extends { readonly headers: infer Declared } ? BoundHeaders<Declared> : Headers,
    Entry extends { readonly mediaType: infer Declared } ? BoundMediaType<Declared>
      : string | undefined
  >;

/** What declared header fields are bound to. */
export type BoundHeaders<Declared> = Declared extends Schema ? Infer<Declared>
  : { readonly [Name in keyof Declared]: Infer<Declared[Name]> };

/** What a declared media type is bound to. */
export type BoundMediaType<Declared> = Declared extends Schema ? Infer<Declared>
  : Declared extends readonly (infer Member)[] ? Member
  : Declared;
