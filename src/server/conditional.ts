/**
 * Conditional requests, answered: 304 for what the client has already, 412 for what it did not
 * mean (RFC 9110 section 13).
 *
 * Answers to GET and HEAD that carry a validator are seen to here. A handler that changes something
 * must ask before it does: {@linkcode checkPreconditions}.
 *
 * @module
 */
import { formatHttpDate, parseHttpDate } from "../message/http_date.ts";
import { evaluatePreconditions, type Validators } from "../message/preconditions.ts";
import { notModified } from "../message/replies.ts";
import { Reply, type ReplyHeaders } from "../message/reply.ts";
import { PreconditionFailedError } from "../message/status_errors.ts";

/** Fields of a 200 that describe the content which a 304 does not have. */
const ofContent = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
];

/**
 * Checks the conditions of a request against what there is now, before anything is done (RFC 9110
 * section 13.2). Between the check and the change nothing may be waited for, unless something else, as
 * a transaction, keeps others out.
 *
 * @param current the validators of what there is now; `undefined` where there is nothing, so that
 * `If-None-Match: *` means "only if it is new".
 * @returns the 304 to answer with, where a GET or HEAD asks for what the client has already;
 * `undefined` to go on.
 * @throws {PreconditionFailedError} when they do not hold.
 *
 * @example
 * ```ts
 * import { checkPreconditions, etagOf, ok, put, service, string, text } from "@pirouette/http";
 *
 * const notes = new Map<string, string>();
 * const notebook = service({}, [
 *   put("/notes/:id", { body: text(string()) }, ({ request, path, body }) => {
 *     const note = notes.get(path.id);
 *     checkPreconditions(request, note === undefined ? undefined : { etag: etagOf(note) });
 *     notes.set(path.id, body);
 *     return ok({ headers: { etag: etagOf(body) } });
 *   }),
 * ]);
 * const request = { method: "PUT", body: "again", headers: { "if-match": '"old"' } };
 * console.log((await notebook.fetch("http://localhost/notes/1", request)).status); // 412
 * ```
 */
export function checkPreconditions(
  request: Request,
  current: Validators | undefined,
): Reply<304, undefined> | undefined {
  const outcome = evaluatePreconditions(request, current);
  if (outcome === "proceed") return undefined;
  if (outcome === "failed") throw failed();
  const headers: Record<string, string> = {};
  if (current?.etag !== undefined) headers.etag = current.etag;
  if (current?.lastModified !== undefined) {
    headers["last-modified"] = formatHttpDate(current.lastModified);
  }
  return notModified({ headers });
}

/** Whether a value that a handler returned may come with conditions; asks no `Headers` for it. */
export function mayBeConditional(value: unknown): boolean {
  return value instanceof Response ||
    (value instanceof Reply && value.headers !== undefined && mayHaveValidator(value.headers));
}

function mayHaveValidator(headers: ReplyHeaders): boolean {
  if (Symbol.iterator in headers) return true;
  for (const name of Object.keys(headers)) {
    if (name.length !== 4 && name.length !== 13) continue;
    const lower = name.toLowerCase();
    if (lower === "etag" || lower === "last-modified" || lower === "accept-ranges") return true;
  }
  return false;
}

/**
 * The answer to a GET or HEAD, or what its conditions make of it.
 *
 * @param response with the validators that count; its body is cancelled where it is not sent.
 * @throws {PreconditionFailedError} when the conditions do not hold.
 */
export function withConditions(request: Request, response: Response): Response {
  if (response.status !== 200) return response;
  const etag = response.headers.get("etag") ?? undefined;
  const date = response.headers.get("last-modified");
  if ((etag === undefined && date === null) || !hasConditions(request, date !== null)) {
    return response;
  }
  const outcome = evaluatePreconditions(request, { etag, lastModified: parseHttpDate(date) });
  if (outcome === "proceed") return response;
  // The body is dropped unread: whatever feeds it must not go on.
  response.body?.cancel().catch(() => {});
  if (outcome === "failed") throw failed();
  const headers = new Headers(response.headers);
  for (const name of ofContent) headers.delete(name);
  return new Response(null, { status: 304, headers });
}

/** Whether there are conditions that can tell; those with a date need one to compare with. */
function hasConditions({ headers }: Request, isDated: boolean): boolean {
  return headers.get("if-none-match") !== null || headers.get("if-match") !== null ||
    (isDated &&
      (headers.get("if-modified-since") !== null || headers.get("if-unmodified-since") !== null));
}

function failed(): PreconditionFailedError {
  return new PreconditionFailedError("The conditions of the request do not hold: ask again");
}
