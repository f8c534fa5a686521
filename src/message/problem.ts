/**
 * Problem details: a body that says what went wrong in a form that programs read too (RFC 9457).
 *
 * {@linkcode problem} makes a reply of one for a handler to return. How the errors of a service are
 * written is decided by its option `problemDetails`; the XML form of RFC 9457 is not made.
 *
 * @module
 */
import { Reply, type ReplyHeaders } from "./reply.ts";
import { reasonPhrase } from "./status.ts";

/** The media type of problem details. */
export const problemMediaType = "application/problem+json";

/** The members of problem details that RFC 9457 names (section 3.1). */
export interface ProblemMembers<Status extends number = number> {
  /** The status of the reply, 400 to 599. */
  readonly status: Status;
  /**
   * A URI reference, absolute or relative, that names the kind of problem.
   *
   * @default "about:blank"
   */
  readonly type?: string;
  /**
   * The kind of problem in a few words, the same each time.
   *
   * @default the reason phrase of the status where `type` is `about:blank`, else none
   */
  readonly title?: string;
  /** What went wrong this time, for people. */
  readonly detail?: string;
  /** A URI reference that names this one occurrence. */
  readonly instance?: string;
}

/** What {@linkcode problem} takes beside extension members. */
export interface ProblemOptions<Status extends number = number> extends ProblemMembers<Status> {
  /** Header fields to send. */
  readonly headers?: ReplyHeaders;
}

/** Problem details as they are sent: the members of RFC 9457 and the extensions of their type. */
export type ProblemDetails<Status extends number = number, Extensions extends object = object> =
  & ProblemMembers<Status>
  & { readonly type: string }
  & Readonly<Omit<Extensions, keyof ProblemOptions>>;

/**
 * A reply of problem details; all that is given beside the members of RFC 9457 and `headers` is an
 * extension member (section 3.2).
 *
 * @throws {RangeError} when `status` is not a whole number from 400 to 599.
 * @throws {TypeError} when `type` or `instance` is no URI reference, or an extension has the name of
 * something else: of a standard member in another case, of an option of replies, of a prototype.
 *
 * @example
 * ```ts
 * import { problem } from "@pirouette/http";
 *
 * const outOfCredit = problem({
 *   status: 403,
 *   type: "https://example.com/problems/out-of-credit",
 *   title: "You do not have enough credit",
 *   detail: "Your balance is 30, but that costs 50",
 *   instance: "/account/12345/msgs/abc",
 *   balance: 30,
 * });
 * console.log(outOfCredit.body.balance); // 30
 * ```
 */
export function problem<
  const Status extends number,
  const Extensions extends object = Record<never, never>,
>(
  options: ProblemOptions<Status> & Extensions,
): Reply<Status, ProblemDetails<Status, Extensions>> {
  const { status, type = "about:blank", title, detail, instance, headers, ...extensions } = options;
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new RangeError(`Cannot make a problem of status ${status}: give an error's, 400 to 599`);
  }
  checkReference("type", type);
  if (instance !== undefined) checkReference("instance", instance);
  for (const name of Object.keys(extensions)) checkName(name);
  const named = title ?? (type === "about:blank" ? reasonPhrase(status) : undefined);
  const body = problemBody({ type, title: named, status, detail, instance, ...extensions });
  return new Reply(status, {
    body: body as unknown as ProblemDetails<Status, Extensions>,
    mediaType: problemMediaType,
    ...(headers === undefined ? {} : { headers }),
  });
}

/** The members that have a value, in an object without a prototype. */
export function problemBody(members: object): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) body[name] = value;
  }
  return body;
}

/** Each character that RFC 3986 allows, or a percent-encoded octet; at most one fragment. */
const uriReference =
  /^(?:[\w\-.~:/?[\]@!$&'()*+,;=]|%[\dA-Fa-f]{2})*(?:#(?:[\w\-.~:/?@!$&'()*+,;=]|%[\dA-Fa-f]{2})*)?$/;

function checkReference(member: string, value: unknown): void {
  if (
    typeof value === "string" && value !== "" && uriReference.test(value) &&
    URL.canParse(value, "http://localhost/")
  ) return;
  const shown = String(value).slice(0, 40);
  throw new TypeError(
    `Cannot use "${shown}" as the ${member} of a problem: give a URI reference, percent-encoded`,
  );
}

/** What a client may take for something else, or a program for its own. */
const taken: ReadonlySet<string> = new Set([
  ...["type", "title", "status", "detail", "instance"],
  ...["body", "headers", "mediatype"],
  ...["", "__proto__", "constructor", "prototype"],
]);

function checkName(name: string): void {
  if (!taken.has(name.toLowerCase())) return;
  throw new TypeError(
    `Cannot use "${name}" as an extension of a problem: the name is taken, give another`,
  );
}
