/**
 * A status reply: what a handler returns to choose a status, headers or a media type itself
 * (spec 2.3.5.1).
 *
 * A reply is known by its class, never by its shape: data that a client sent and a handler echoes
 * stays data, however much it looks like a reply.
 *
 * @module
 */
import type { Cookie } from "./cookie.ts";
import { isBodiless } from "./status.ts";
import { trailerFields, type Trailers } from "./trailers.ts";

/** The value of a header field in a record; an array is sent as several fields. */
export type HeaderFieldValue = string | number | boolean;

/** Header fields of a reply: a record, or anything `Headers` takes. */
export type ReplyHeaders =
  | HeadersInit
  | Readonly<Record<string, HeaderFieldValue | readonly HeaderFieldValue[]>>;

/** The parts of a reply beside its status. */
export interface ReplyOptions<Body> {
  /** The value to encode by its type, or by {@linkcode mediaType} where that is given. */
  readonly body?: Body;
  /** Header fields to send. */
  readonly headers?: ReplyHeaders;
  /**
   * Cookies to set, each in a `Set-Cookie` field; one is removed by its `removal()`.
   *
   * @default none
   */
  readonly cookies?: readonly Cookie[];
  /** The content type, in place of the default of the body's type. */
  readonly mediaType?: string;
  /**
   * Fields to send after the body (RFC 9110 section 6.5), as {@linkcode withTrailers} does; a function
   * is asked once the body was sent.
   *
   * @default none
   */
  readonly trailers?: Trailers;
}

/** A status with a body, headers and a media type; made by `created()`, `notFound()` and so on. */
export class Reply<out Status extends number = number, out Body = unknown> {
  /** Keeps TypeScript from taking a look-alike object for a reply. */
  readonly #status: Status;
  /** The value to encode. */
  readonly body: Body;
  /** Header fields to send, cookies among them. */
  readonly headers: ReplyHeaders | undefined;
  /** The content type, in place of the default of the body's type. */
  readonly mediaType: string | undefined;
  /** Fields to send after the body. */
  readonly trailers: Trailers | undefined;

  /**
   * Makes a reply; `ok()`, `created()` and so on are shorter.
   *
   * @throws {RangeError} when `status` is not a whole number from 100 to 599.
   * @throws {TypeError} when it has a body and a status that never has one, or a trailer field that
   * may not be one.
   * @throws {InvalidCookieError} when a cookie may not be sent.
   */
  constructor(status: Status, options: ReplyOptions<Body> = {}) {
    if (!Number.isInteger(status) || status < 100 || status > 599) {
      throw new RangeError(`Cannot reply with status ${status}: give a whole number, 100 to 599`);
    }
    if (options.body !== undefined && isBodiless(status)) {
      throw new TypeError(`Cannot reply with a body and status ${status}: it never has one`);
    }
    this.#status = status;
    this.body = options.body as Body;
    const { headers, cookies } = options;
    this.headers = cookies === undefined ? headers : withCookies(headers, cookies);
    this.mediaType = options.mediaType;
    const { trailers } = options;
    const isReady = trailers === undefined || typeof trailers === "function";
    this.trailers = isReady ? trailers : trailerFields(trailers);
  }

  /** The status code. */
  get status(): Status {
    return this.#status;
  }
}

/** Makes a reply of one status. */
export interface StatusReply<Status extends number> {
  <Body = undefined>(options?: ReplyOptions<Body>): Reply<Status, Body>;
}

/** Makes a reply of a status that never has a body. */
export interface BodilessReply<Status extends number> {
  (options?: Pick<ReplyOptions<undefined>, "headers" | "cookies">): Reply<Status, undefined>;
}

/**
 * A reply of any status, for those that have no function of their own.
 *
 * @throws {RangeError} when `status` is not a whole number from 100 to 599.
 *
 * @example
 * ```ts
 * import { reply } from "@pirouette/http";
 *
 * const outOfTea = reply(418, { body: "I am a teapot" });
 * ```
 *
 * @example With a cookie
 * ```ts
 * import { Cookie, ok } from "@pirouette/http";
 *
 * const theme = new Cookie("theme", "dark", { path: "/", maxAge: 3600 });
 * const kept = ok({ body: "kept", cookies: [theme] });
 * const forgotten = ok({ body: "forgotten", cookies: [theme.removal()] });
 * ```
 */
export function reply<const Status extends number, Body = undefined>(
  status: Status,
  options?: ReplyOptions<Body>,
): Reply<Status, Body> {
  return new Reply(status, options);
}

/** The function that makes replies of `status`. */
export function statusReply<const Status extends number>(status: Status): StatusReply<Status> {
  return (options) => new Reply(status, options);
}

/** The function that makes replies of a `status` without a body. */
export function bodilessReply<const Status extends number>(status: Status): BodilessReply<Status> {
  return (options) => new Reply<Status, undefined>(status, options);
}

/** Header fields as pairs, which can have one name several times, and cookies behind them. */
function withCookies(
  headers: ReplyHeaders | undefined,
  cookies: readonly Cookie[],
): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const isList = headers !== undefined && Symbol.iterator in headers;
  for (const [name, value] of isList ? headers : Object.entries(headers ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) pairs.push([name, String(one)]);
  }
  for (const cookie of cookies) pairs.push(["set-cookie", cookie.toStringValue()]);
  return pairs;
}
